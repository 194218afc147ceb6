// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "mpi/collectives.hpp"
#include "mpi/comm.hpp"

namespace skyweft::mpi {

namespace detail {
struct SharedWindow;

/// Memory that all ranks of a node see; collective construction, destruction and seal.
class SharedBytes {
 public:
  SharedBytes(const Comm& node, std::int64_t n_byte);
  SharedBytes(SharedBytes&&) noexcept;
  SharedBytes& operator=(SharedBytes&&) noexcept;
  ~SharedBytes();
  void* data() const noexcept { return data_; }
  /// Runs `fill` on the node's root and makes what it wrote visible; its error is thrown on all
  /// ranks.
  void fill_once(const Comm& node, const std::function<void()>& fill);

 private:
  std::unique_ptr<SharedWindow> window_;
  void* data_ = nullptr;
};
}  // namespace detail

/// An array held once per node (MPI_Win_allocate_shared) and read by all its ranks.
///
/// Collective over `node` (Comm::node()): construction, and destruction in the same order on all
/// ranks. While an exception unwinds the stack, when the other ranks may not come along, the memory
/// is left to the end of the process. An error of `fill_on_node_root` is thrown on all ranks of the
/// node.
template <Flat T>
class NodeShared {
 public:
  NodeShared(const Comm& node, std::int64_t n,
             const std::function<void(std::span<T>)>& fill_on_node_root)
      : bytes_(node, n * static_cast<std::int64_t>(sizeof(T))), n_(n) {
    bytes_.fill_once(node, [&] {
      fill_on_node_root({static_cast<T*>(bytes_.data()), static_cast<std::size_t>(n)});
    });
  }

  std::span<const T> view() const noexcept {
    return {static_cast<const T*>(bytes_.data()), static_cast<std::size_t>(n_)};
  }

 private:
  detail::SharedBytes bytes_;
  std::int64_t n_ = 0;
};

}  // namespace skyweft::mpi
