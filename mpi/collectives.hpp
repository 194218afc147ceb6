// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "mpi/comm.hpp"

namespace skyweft::mpi {

// One MPI call per function. Counts are rows of `row_length` values, which travel as one datatype,
// so that a message may be larger than 2^31 bytes; all functions throw Error{mpi} on every rank
// that sees the fault, and Error{internal} when a span is not a whole number of rows.

/// `n` as MPI's count; throws Error{mpi} beyond what an int holds.
int count(std::int64_t n);

/// Where each part starts, when parts of these sizes lie one after the other.
std::vector<std::int64_t> starts_of(std::span<const std::int64_t> sizes);

namespace detail {
std::int64_t whole_rows(std::size_t n_value, std::int64_t row_length);
std::vector<std::int64_t> gather_counts(const Comm& comm, std::int64_t mine);
void bcast_bytes(const Comm& comm, void* data, std::int64_t n_row, std::int64_t row_bytes,
                 int root);
void gatherv_bytes(const Comm& comm, const void* mine, std::int64_t n_row, void* all,
                   std::span<const std::int64_t> rows, std::int64_t row_bytes);
void allgatherv_bytes(const Comm& comm, const void* mine, std::int64_t n_row, void* all,
                      std::span<const std::int64_t> rows, std::int64_t row_bytes);
void alltoallv_bytes(const Comm& comm, const void* send, std::span<const std::int64_t> send_rows,
                     void* receive, std::span<const std::int64_t> receive_rows,
                     std::int64_t row_bytes);
}  // namespace detail

template <class T>
concept Flat = std::is_trivially_copyable_v<T>;

/// Collective. Copies root's `values` to all ranks; equal lengths everywhere.
template <Flat T>
void bcast(const Comm& comm, std::span<T> values, int root = 0) {
  detail::bcast_bytes(comm, values.data(), static_cast<std::int64_t>(values.size()), sizeof(T),
                      root);
}

/// Collective. The rows of all ranks in rank order on root; empty elsewhere.
template <Flat T>
std::vector<T> gatherv_rows(const Comm& comm, std::span<const T> mine,
                            std::int64_t row_length = 1) {
  const std::int64_t n_row = detail::whole_rows(mine.size(), row_length);
  const auto rows = detail::gather_counts(comm, n_row);
  std::int64_t total = 0;
  for (const auto n : rows) total += n;
  std::vector<T> all(comm.is_root() ? static_cast<std::size_t>(total * row_length) : 0);
  detail::gatherv_bytes(comm, mine.data(), n_row, all.data(), rows,
                        row_length * static_cast<std::int64_t>(sizeof(T)));
  return all;
}

/// Collective. The rows of all ranks in rank order, everywhere.
template <Flat T>
std::vector<T> allgatherv_rows(const Comm& comm, std::span<const T> mine,
                               std::int64_t row_length = 1) {
  const std::int64_t n_row = detail::whole_rows(mine.size(), row_length);
  const auto rows = detail::gather_counts(comm, n_row);
  std::int64_t total = 0;
  for (const auto n : rows) total += n;
  std::vector<T> all(static_cast<std::size_t>(total * row_length));
  detail::allgatherv_bytes(comm, mine.data(), n_row, all.data(), rows,
                           row_length * static_cast<std::int64_t>(sizeof(T)));
  return all;
}

/// Collective. Sends `send_rows[r]` rows to rank r, taken one after the other from `send`, and puts
/// `receive_rows[r]` rows of rank r one after the other into `receive`.
template <Flat T>
void alltoallv_rows(const Comm& comm, std::span<const T> send,
                    std::span<const std::int64_t> send_rows, std::span<T> receive,
                    std::span<const std::int64_t> receive_rows, std::int64_t row_length = 1) {
  detail::alltoallv_bytes(comm, send.data(), send_rows, receive.data(), receive_rows,
                          row_length * static_cast<std::int64_t>(sizeof(T)));
}

/// Collective. For counters and clocks; what reaches a product goes through ordered_fold.
std::int64_t sum_over_ranks(const Comm& comm, std::int64_t mine);
double sum_over_ranks(const Comm& comm, double mine);
std::int64_t max_over_ranks(const Comm& comm, std::int64_t mine);
double max_over_ranks(const Comm& comm, double mine);
std::int64_t min_over_ranks(const Comm& comm, std::int64_t mine);
double min_over_ranks(const Comm& comm, double mine);

}  // namespace skyweft::mpi
