// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

#include "bench/options.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// What one core of this machine can do at best.
struct Floors {
  double read_gb_s = kNaN;         ///< a sum over memory larger than the caches
  double copy_gb_s = kNaN;         ///< memcpy, bytes read plus bytes written
  double gemm_gflop_s = kNaN;      ///< double, Eigen, one thread
  double cached_read_mb_s = kNaN;  ///< a file of a raw frame's size, in the page cache, wall
};

/// Measures all floors and adds their rows to `table`. Collective: no. Throws Error{io}.
Floors measure_floors(const Options& options, Table& table);

/// Write and fsync of a new file of `n_byte` bytes, MB/s of wall time; to be asked right beside the
/// stage it is compared with, because disks and their caches have moods. Collective: no. Throws
/// Error{io}.
double write_floor_mb_s(const Options& options, std::int64_t n_byte, Cost* cost = nullptr);

}  // namespace skyweft::bench
