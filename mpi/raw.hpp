// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// For the .cpp files of this room only: brings in <mpi.h>.

#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1  // the old C++ bindings do not compile without warnings
#endif
#include <source_location>

#include <mpi.h>

#include "mpi/comm.hpp"

namespace skyweft::mpi {

struct CommHandle {
  MPI_Comm comm = MPI_COMM_NULL;
  ~CommHandle();  ///< frees `comm` while MPI runs
  explicit CommHandle(MPI_Comm owned) : comm(owned) {}
  CommHandle(const CommHandle&) = delete;
  CommHandle& operator=(const CommHandle&) = delete;
};

inline MPI_Comm raw(const Comm& comm) noexcept {
  return comm.handle().comm;
}

/// Throws Error{mpi} "call: MPI's text" unless `status` is MPI_SUCCESS.
void check(int status, const char* call,
           std::source_location where = std::source_location::current());

/// True between MPI_Init and MPI_Finalize.
bool mpi_is_running() noexcept;

}  // namespace skyweft::mpi
