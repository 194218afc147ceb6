// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <functional>

#include "mpi/comm.hpp"

namespace skyweft::mpi {

/// Runs `action` and keeps what it throws.
std::exception_ptr caught(const std::function<void()>& action) noexcept;

/// Collective. Returns when `mine` is null on every rank; else throws the lowest failed rank's
/// error on all ranks, with the same code, text and failed test, so that they go the same way.
void throw_together(const Comm& comm, std::exception_ptr mine);

}  // namespace skyweft::mpi
