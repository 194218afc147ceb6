// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mpi/comm.hpp"
#include "mpi/serialize.hpp"

namespace skyweft::mpi {

/// Collective. Root's bytes, everywhere.
void bcast_text(const Comm& comm, std::string& bytes);

/// Collective. One string from each rank, in rank order, everywhere.
std::vector<std::string> allgather_text(const Comm& comm, const std::string& mine);

/// Throws Error{internal} unless `indices` holds each of 0 … n_items − 1 once. Collective: no.
void require_each_once(std::span<const std::int64_t> indices, std::int64_t n_items);

/// Collective. Copies root's object to all ranks.
template <class T>
void bcast_object(const Comm& comm, T& object) {
  if (comm.size() == 1) return;
  std::string bytes = comm.is_root() ? to_bytes(object) : std::string{};
  bcast_text(comm, bytes);
  if (!comm.is_root()) from_bytes(bytes, object);
}

/// Collective. All ranks' (index, object) pairs as one vector in index order, on every rank: the
/// same for every number of ranks. Throws Error{internal} on all ranks when an index of 0 … n_items
/// − 1 is missing or comes twice.
template <class T>
std::vector<T> gather_in_order(const Comm& comm, std::int64_t n_items,
                               const std::vector<std::pair<std::int64_t, T>>& mine) {
  std::vector<std::int64_t> indices;
  std::vector<T> found;
  for (const std::string& bytes : allgather_text(comm, to_bytes(mine))) {
    std::vector<std::pair<std::int64_t, T>> theirs;
    from_bytes(bytes, theirs);
    for (auto& [index, object] : theirs) {
      indices.push_back(index);
      found.push_back(std::move(object));
    }
  }
  require_each_once(indices, n_items);
  std::vector<T> ordered(found.size());
  for (std::size_t k = 0; k < found.size(); ++k)
    ordered[static_cast<std::size_t>(indices[k])] = std::move(found[k]);
  return ordered;
}

/// Collective. The same for rows of `row_length` numbers: [n_items][row_length] in index order.
std::vector<double> gather_rows_in_order(const Comm& comm, std::int64_t n_items,
                                         std::int64_t row_length,
                                         std::span<const std::int64_t> my_indices,
                                         std::span<const double> my_rows);

}  // namespace skyweft::mpi
