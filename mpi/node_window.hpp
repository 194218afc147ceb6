// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "mpi/comm.hpp"

namespace skyweft::mpi::detail {

/// Memory of each rank into which the other ranks of its node look (MPI_Win_allocate_shared).
///
/// Collective over `comm`: construction, and destruction in the same order on all ranks. While an
/// exception unwinds the stack the memory is left to the end of the process.
class NodeWindow {
 public:
  /// `n_byte` of memory of this rank. Where `share` is false, or the system has no shared memory
  /// left, every rank has its memory for itself.
  NodeWindow(const Comm& comm, std::int64_t n_byte, bool share);
  NodeWindow(const NodeWindow&) = delete;
  NodeWindow& operator=(const NodeWindow&) = delete;
  ~NodeWindow();

  std::span<std::byte> mine() noexcept { return mine_; }
  /// The memory of a rank of `comm`; null when it is on another node or cannot be seen.
  const std::byte* of_rank(int rank) const noexcept {
    return seen_[static_cast<std::size_t>(rank)];
  }
  /// True when all ranks of the communicator see each other.
  bool sees_all() const noexcept { return sees_all_; }

  /// Collective over the node. What each rank wrote before is seen by the others afterwards.
  void meet();

 private:
  struct Window;
  std::unique_ptr<Comm> node_;
  std::unique_ptr<Window> window_;
  std::vector<std::byte> own_;  ///< in place of the window
  std::span<std::byte> mine_;
  std::vector<const std::byte*> seen_;  ///< [rank]
  bool sees_all_ = false;
};

}  // namespace skyweft::mpi::detail
