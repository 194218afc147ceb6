// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/node_window.hpp"

#include <algorithm>
#include <exception>

#include "mpi/collectives.hpp"
#include "mpi/raw.hpp"

namespace skyweft::mpi::detail {

struct NodeWindow::Window {
  MPI_Win window = MPI_WIN_NULL;
  int n_unwinding = std::uncaught_exceptions();  ///< at construction
  Window() = default;
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;
  ~Window() {
    if (window == MPI_WIN_NULL || std::uncaught_exceptions() > n_unwinding || !mpi_is_running())
      return;
    MPI_Win_unlock_all(window);
    MPI_Win_free(&window);
  }
};

NodeWindow::NodeWindow(const Comm& comm, std::int64_t n_byte, bool share)
    : seen_(static_cast<std::size_t>(comm.size()), nullptr) {
  if (share && comm.size() > 1) {
    node_ = std::make_unique<Comm>(comm.node());
    window_ = std::make_unique<Window>();
    void* start = nullptr;
    const int status = MPI_Win_allocate_shared(static_cast<MPI_Aint>(n_byte), 1, MPI_INFO_NULL,
                                               raw(*node_), &start, &window_->window);
    // Another node may have memory where this one has none: all go the same way.
    if (!comm.all_of(status == MPI_SUCCESS)) {
      if (status == MPI_SUCCESS) MPI_Win_free(&window_->window);
      window_.reset();
    } else {
      mine_ = {static_cast<std::byte*>(start), static_cast<std::size_t>(n_byte)};
    }
  }
  if (!window_) {
    own_.resize(static_cast<std::size_t>(n_byte));
    mine_ = own_;
    seen_[static_cast<std::size_t>(comm.rank())] = own_.data();
    sees_all_ = comm.size() == 1;
    return;
  }
  check(MPI_Win_set_errhandler(window_->window, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
  check(MPI_Win_lock_all(MPI_MODE_NOCHECK, window_->window), "MPI_Win_lock_all");
  const std::int64_t me = comm.rank();
  const auto ranks = allgatherv_rows<std::int64_t>(*node_, std::span{&me, 1});
  for (int i = 0; i < node_->size(); ++i) {
    MPI_Aint n_there = 0;
    int unit = 1;
    void* start = nullptr;
    check(MPI_Win_shared_query(window_->window, i, &n_there, &unit, &start),
          "MPI_Win_shared_query");
    seen_[static_cast<std::size_t>(ranks[static_cast<std::size_t>(i)])] =
        static_cast<const std::byte*>(start);
  }
  sees_all_ = comm.all_of(node_->size() == comm.size());
}

NodeWindow::~NodeWindow() = default;

void NodeWindow::meet() {
  if (!window_) return;
  check(MPI_Win_sync(window_->window), "MPI_Win_sync");
  node_->barrier();
  check(MPI_Win_sync(window_->window), "MPI_Win_sync");
}

}  // namespace skyweft::mpi::detail
