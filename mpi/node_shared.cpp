// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/node_shared.hpp"

#include <exception>

#include "mpi/raw.hpp"
#include "mpi/shared_error.hpp"

namespace skyweft::mpi::detail {

struct SharedWindow {
  MPI_Win window = MPI_WIN_NULL;
  int n_unwinding = std::uncaught_exceptions();  ///< at construction
  SharedWindow() = default;
  SharedWindow(const SharedWindow&) = delete;
  SharedWindow& operator=(const SharedWindow&) = delete;
  ~SharedWindow() {
    if (window == MPI_WIN_NULL || std::uncaught_exceptions() > n_unwinding || !mpi_is_running())
      return;
    MPI_Win_free(&window);
  }
};

SharedBytes::SharedBytes(const Comm& node, std::int64_t n_byte)
    : window_(std::make_unique<SharedWindow>()) {
  void* own = nullptr;
  const MPI_Aint n_own = node.is_root() ? static_cast<MPI_Aint>(n_byte) : 0;
  check(MPI_Win_allocate_shared(n_own, 1, MPI_INFO_NULL, raw(node), &own, &window_->window),
        "MPI_Win_allocate_shared");
  check(MPI_Win_set_errhandler(window_->window, MPI_ERRORS_RETURN), "MPI_Win_set_errhandler");
  MPI_Aint n_there = 0;
  int unit = 1;
  check(MPI_Win_shared_query(window_->window, 0, &n_there, &unit, &data_), "MPI_Win_shared_query");
}

SharedBytes::SharedBytes(SharedBytes&&) noexcept = default;
SharedBytes& SharedBytes::operator=(SharedBytes&&) noexcept = default;
SharedBytes::~SharedBytes() = default;

void SharedBytes::fill_once(const Comm& node, const std::function<void()>& fill) {
  const std::exception_ptr fault = node.is_root() ? caught(fill) : nullptr;
  check(MPI_Win_fence(0, window_->window), "MPI_Win_fence");
  throw_together(node, fault);
}

}  // namespace skyweft::mpi::detail
