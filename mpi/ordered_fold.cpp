// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/ordered_fold.hpp"

#include <map>

#include "core/error.hpp"
#include "mpi/collectives.hpp"
#include "mpi/gather.hpp"
#include "mpi/raw.hpp"

namespace skyweft::mpi {

namespace {

/// The rank that holds each tile.
std::vector<int> owners_of(const Comm& comm, std::int64_t n_tiles,
                           std::span<const std::int64_t> my_tiles) {
  const auto counts = detail::gather_counts(comm, static_cast<std::int64_t>(my_tiles.size()));
  const auto tiles = allgatherv_rows<std::int64_t>(comm, my_tiles);
  require_each_once(tiles, n_tiles);
  std::vector<int> owner(static_cast<std::size_t>(n_tiles));
  std::size_t k = 0;
  for (int rank = 0; rank < comm.size(); ++rank)
    for (std::int64_t i = 0; i < counts[static_cast<std::size_t>(rank)]; ++i, ++k)
      owner[static_cast<std::size_t>(tiles[k])] = rank;
  return owner;
}

using Nodes = std::map<std::int64_t, std::vector<double>>;  // by node number on the present level

/// Joins nodes 2k and 2k + 1 into node k at the owner of 2k. Messages between two ranks keep their
/// order, and both sides go through the pairs in the same order, so one tag is enough.
Nodes join_neighbours(const Comm& comm, Nodes nodes, const std::vector<int>& owner,
                      std::int64_t length) {
  const auto n_node = static_cast<std::int64_t>(owner.size());
  std::vector<MPI_Request> requests;
  Nodes received;
  for (std::int64_t right = 1; right < n_node; right += 2) {
    const int to = owner[static_cast<std::size_t>(right - 1)];
    const int from = owner[static_cast<std::size_t>(right)];
    if (to == from) continue;
    if (from == comm.rank()) {
      check(MPI_Isend(nodes.at(right).data(), count(length), MPI_DOUBLE, to, 0, raw(comm),
                      &requests.emplace_back()),
            "MPI_Isend");
    } else if (to == comm.rank()) {
      auto& row = received[right] = std::vector<double>(static_cast<std::size_t>(length));
      check(MPI_Irecv(row.data(), count(length), MPI_DOUBLE, from, 0, raw(comm),
                      &requests.emplace_back()),
            "MPI_Irecv");
    }
  }
  check(MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE),
        "MPI_Waitall");
  Nodes joined;
  for (auto& [node, sum] : nodes) {
    if (node % 2 != 0) continue;
    if (node + 1 < n_node) {
      const auto mine = nodes.find(node + 1);
      const std::vector<double>& right = mine != nodes.end() ? mine->second : received.at(node + 1);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += right[i];
    }
    joined.emplace(node / 2, std::move(sum));
  }
  return joined;
}

}  // namespace

std::vector<double> ordered_fold(const Comm& comm, std::int64_t n_tiles, std::int64_t length,
                                 std::span<const std::int64_t> my_tiles,
                                 std::span<const double> my_partials) {
  if (!comm.all_of(my_partials.size() == my_tiles.size() * static_cast<std::size_t>(length)))
    throw Error{Errc::internal, "ordered_fold: partial sums and tiles differ in number"};
  std::vector<int> owner = owners_of(comm, n_tiles, my_tiles);
  std::vector<double> total(static_cast<std::size_t>(length), 0.0);
  if (n_tiles == 0) return total;
  Nodes nodes;
  for (std::size_t i = 0; i < my_tiles.size(); ++i) {
    const auto row = my_partials.begin() + static_cast<std::int64_t>(i) * length;
    nodes.emplace(my_tiles[i], std::vector<double>(row, row + length));
  }
  while (owner.size() > 1) {
    nodes = join_neighbours(comm, std::move(nodes), owner, length);
    for (std::size_t k = 0; 2 * k < owner.size(); ++k) owner[k] = owner[2 * k];
    owner.resize((owner.size() + 1) / 2);
  }
  if (owner.front() == comm.rank()) total = std::move(nodes.at(0));
  bcast(comm, std::span{total}, owner.front());
  return total;
}

}  // namespace skyweft::mpi
