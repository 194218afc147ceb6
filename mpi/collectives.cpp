// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/collectives.hpp"

#include <climits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/raw.hpp"

namespace skyweft::mpi {

namespace {

/// A datatype of `n_byte` bytes, freed at the end of the block.
class RowType {
 public:
  explicit RowType(std::int64_t n_byte) {
    check(MPI_Type_contiguous(count(n_byte), MPI_BYTE, &type_), "MPI_Type_contiguous");
    check(MPI_Type_commit(&type_), "MPI_Type_commit");
  }
  ~RowType() { MPI_Type_free(&type_); }
  RowType(const RowType&) = delete;
  RowType& operator=(const RowType&) = delete;
  MPI_Datatype type() const noexcept { return type_; }

 private:
  MPI_Datatype type_ = MPI_DATATYPE_NULL;
};

std::vector<int> counts(std::span<const std::int64_t> values) {
  std::vector<int> out;
  out.reserve(values.size());
  for (const std::int64_t v : values) out.push_back(count(v));
  return out;
}

template <class T>
T reduce(const Comm& comm, T mine, MPI_Datatype type, MPI_Op op) {
  T result{};
  check(MPI_Allreduce(&mine, &result, 1, type, op, raw(comm)), "MPI_Allreduce");
  return result;
}

}  // namespace

int count(std::int64_t n) {
  if (n < 0 || n > INT_MAX)
    throw Error{
        Errc::mpi,
        fmt::format(
            "an MPI message of {} rows exceeds what MPI counts with ({}); use more ranks or "
            "lower run.memory_mib",
            n, INT_MAX)};
  return static_cast<int>(n);
}

std::vector<std::int64_t> starts_of(std::span<const std::int64_t> sizes) {
  std::vector<std::int64_t> starts;
  std::int64_t next = 0;
  for (const std::int64_t n : sizes) {
    starts.push_back(next);
    next += n;
  }
  return starts;
}

namespace detail {

std::int64_t whole_rows(std::size_t n_value, std::int64_t row_length) {
  const auto n = static_cast<std::int64_t>(n_value);
  if (row_length < 1 || n % row_length != 0)
    throw Error{Errc::internal, fmt::format("{} values are not whole rows of {}", n, row_length)};
  return n / row_length;
}

std::vector<std::int64_t> gather_counts(const Comm& comm, std::int64_t mine) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(comm.size()));
  check(MPI_Allgather(&mine, 1, MPI_INT64_T, all.data(), 1, MPI_INT64_T, raw(comm)),
        "MPI_Allgather");
  return all;
}

void bcast_bytes(const Comm& comm, void* data, std::int64_t n_row, std::int64_t row_bytes,
                 int root) {
  const RowType row{row_bytes};
  check(MPI_Bcast(data, count(n_row), row.type(), root, raw(comm)), "MPI_Bcast");
}

void gatherv_bytes(const Comm& comm, const void* mine, std::int64_t n_row, void* all,
                   std::span<const std::int64_t> rows, std::int64_t row_bytes) {
  const RowType row{row_bytes};
  const auto n = counts(rows);
  const auto start = counts(starts_of(rows));
  check(MPI_Gatherv(mine, count(n_row), row.type(), all, n.data(), start.data(), row.type(), 0,
                    raw(comm)),
        "MPI_Gatherv");
}

void allgatherv_bytes(const Comm& comm, const void* mine, std::int64_t n_row, void* all,
                      std::span<const std::int64_t> rows, std::int64_t row_bytes) {
  const RowType row{row_bytes};
  const auto n = counts(rows);
  const auto start = counts(starts_of(rows));
  check(MPI_Allgatherv(mine, count(n_row), row.type(), all, n.data(), start.data(), row.type(),
                       raw(comm)),
        "MPI_Allgatherv");
}

void alltoallv_bytes(const Comm& comm, const void* send, std::span<const std::int64_t> send_rows,
                     void* receive, std::span<const std::int64_t> receive_rows,
                     std::int64_t row_bytes) {
  const RowType row{row_bytes};
  const auto n_send = counts(send_rows);
  const auto from = counts(starts_of(send_rows));
  const auto n_receive = counts(receive_rows);
  const auto to = counts(starts_of(receive_rows));
  check(MPI_Alltoallv(send, n_send.data(), from.data(), row.type(), receive, n_receive.data(),
                      to.data(), row.type(), raw(comm)),
        "MPI_Alltoallv");
}

}  // namespace detail

std::int64_t sum_over_ranks(const Comm& comm, std::int64_t mine) {
  return reduce(comm, mine, MPI_INT64_T, MPI_SUM);
}
double sum_over_ranks(const Comm& comm, double mine) {
  return reduce(comm, mine, MPI_DOUBLE, MPI_SUM);
}
std::int64_t max_over_ranks(const Comm& comm, std::int64_t mine) {
  return reduce(comm, mine, MPI_INT64_T, MPI_MAX);
}
double max_over_ranks(const Comm& comm, double mine) {
  return reduce(comm, mine, MPI_DOUBLE, MPI_MAX);
}
std::int64_t min_over_ranks(const Comm& comm, std::int64_t mine) {
  return reduce(comm, mine, MPI_INT64_T, MPI_MIN);
}
double min_over_ranks(const Comm& comm, double mine) {
  return reduce(comm, mine, MPI_DOUBLE, MPI_MIN);
}

}  // namespace skyweft::mpi
