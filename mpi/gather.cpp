// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/gather.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace skyweft::mpi {

namespace {

constexpr std::int64_t kRowBytes = 4096;  // text travels in rows of this size: up to 8 TiB

void pad(std::string& bytes, std::int64_t n_byte) {
  bytes.resize(static_cast<std::size_t>((n_byte + kRowBytes - 1) / kRowBytes * kRowBytes));
}

}  // namespace

void bcast_text(const Comm& comm, std::string& bytes) {
  auto n_byte = static_cast<std::int64_t>(bytes.size());
  bcast(comm, std::span{&n_byte, 1});
  pad(bytes, n_byte);
  detail::bcast_bytes(comm, bytes.data(), static_cast<std::int64_t>(bytes.size()) / kRowBytes,
                      kRowBytes, 0);
  bytes.resize(static_cast<std::size_t>(n_byte));
}

std::vector<std::string> allgather_text(const Comm& comm, const std::string& mine) {
  const auto lengths = detail::gather_counts(comm, static_cast<std::int64_t>(mine.size()));
  std::string padded = mine;
  pad(padded, static_cast<std::int64_t>(mine.size()));
  const std::vector<char> all = allgatherv_rows<char>(comm, padded, kRowBytes);
  std::vector<std::string> out;
  std::int64_t start = 0;
  for (const std::int64_t n : lengths) {
    out.emplace_back(all.data() + start, static_cast<std::size_t>(n));
    start += (n + kRowBytes - 1) / kRowBytes * kRowBytes;
  }
  return out;
}

void require_each_once(std::span<const std::int64_t> indices, std::int64_t n_items) {
  std::vector<bool> seen(static_cast<std::size_t>(n_items), false);
  for (const std::int64_t i : indices) {
    if (i < 0 || i >= n_items)
      throw Error{Errc::internal, fmt::format("index {} of {} items gathered", i, n_items)};
    if (seen[static_cast<std::size_t>(i)])
      throw Error{Errc::internal, fmt::format("item {} of {} was gathered twice", i, n_items)};
    seen[static_cast<std::size_t>(i)] = true;
  }
  const auto hole = std::ranges::find(seen, false);
  if (hole != seen.end())
    throw Error{Errc::internal, fmt::format("item {} of {} was gathered from no rank",
                                            hole - seen.begin(), n_items)};
}

std::vector<double> gather_rows_in_order(const Comm& comm, std::int64_t n_items,
                                         std::int64_t row_length,
                                         std::span<const std::int64_t> my_indices,
                                         std::span<const double> my_rows) {
  if (!comm.all_of(my_indices.size() * static_cast<std::size_t>(row_length) == my_rows.size()))
    throw Error{Errc::internal, "gather_rows_in_order: indices and rows differ in number"};
  const auto indices = allgatherv_rows<std::int64_t>(comm, my_indices);
  require_each_once(indices, n_items);
  if (row_length == 0) return {};
  const auto rows = allgatherv_rows<double>(comm, my_rows, row_length);
  std::vector<double> ordered(rows.size());
  for (std::size_t k = 0; k < indices.size(); ++k)
    std::copy_n(rows.begin() + static_cast<std::int64_t>(k) * row_length, row_length,
                ordered.begin() + indices[k] * row_length);
  return ordered;
}

}  // namespace skyweft::mpi
