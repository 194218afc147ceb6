// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack_block.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__)
#define SKYWEFT_X86 1
#endif

namespace skyweft::calib {
namespace {

#define SKYWEFT_INLINE [[gnu::always_inline]] inline

constexpr float kEmpty = std::numeric_limits<float>::infinity();
constexpr std::size_t kWidth = kBlockWidth;

SKYWEFT_INLINE void exchange(float& low, float& high) {
  const float a = low;
  const float b = high;
  low = a < b ? a : b;
  high = b > a ? b : a;  // equal values change places: none is lost, not even of two zeros
}

SKYWEFT_INLINE void sort_8(BlockRow* rows) {
#pragma GCC ivdep
  for (std::size_t lane = 0; lane < kWidth; ++lane) {
    float v0 = rows[0][lane], v1 = rows[1][lane], v2 = rows[2][lane], v3 = rows[3][lane];
    float v4 = rows[4][lane], v5 = rows[5][lane], v6 = rows[6][lane], v7 = rows[7][lane];
    exchange(v0, v2), exchange(v1, v3), exchange(v4, v6), exchange(v5, v7);
    exchange(v0, v4), exchange(v1, v5), exchange(v2, v6), exchange(v3, v7);
    exchange(v0, v1), exchange(v2, v3), exchange(v4, v5), exchange(v6, v7);
    exchange(v2, v4), exchange(v3, v5), exchange(v1, v4), exchange(v3, v6);
    exchange(v1, v2), exchange(v3, v4), exchange(v5, v6);
    rows[0][lane] = v0, rows[1][lane] = v1, rows[2][lane] = v2, rows[3][lane] = v3;
    rows[4][lane] = v4, rows[5][lane] = v5, rows[6][lane] = v6, rows[7][lane] = v7;
  }
}

/// The last three steps of a merge, distances 4, 2, 1 within 8 rows.
SKYWEFT_INLINE void merge_8(BlockRow* rows) {
#pragma GCC ivdep
  for (std::size_t lane = 0; lane < kWidth; ++lane) {
    float v0 = rows[0][lane], v1 = rows[1][lane], v2 = rows[2][lane], v3 = rows[3][lane];
    float v4 = rows[4][lane], v5 = rows[5][lane], v6 = rows[6][lane], v7 = rows[7][lane];
    exchange(v0, v4), exchange(v1, v5), exchange(v2, v6), exchange(v3, v7);
    exchange(v0, v2), exchange(v1, v3), exchange(v4, v6), exchange(v5, v7);
    exchange(v0, v1), exchange(v2, v3), exchange(v4, v5), exchange(v6, v7);
    rows[0][lane] = v0, rows[1][lane] = v1, rows[2][lane] = v2, rows[3][lane] = v3;
    rows[4][lane] = v4, rows[5][lane] = v5, rows[6][lane] = v6, rows[7][lane] = v7;
  }
}

SKYWEFT_INLINE void exchange_rows(BlockRow& low, BlockRow& high) {
#pragma GCC ivdep
  for (std::size_t lane = 0; lane < kWidth; ++lane) {
    float a = low[lane], b = high[lane];
    exchange(a, b);
    low[lane] = a, high[lane] = b;
  }
}

/// Distances d and d / 2 at once, for the 2 d rows from `first` on. Rows from n on are +∞ and stay
/// where they are.
SKYWEFT_INLINE void merge_two_steps(BlockRow* rows, std::size_t first, std::size_t d,
                                    std::size_t n) {
  const std::size_t h = d / 2;
  for (std::size_t i = first; i < first + h && i < n; ++i) {
    if (i + d + h >= n) {  // of the upper half only i + d can be there, and is in place after this
      if (i + d < n) exchange_rows(rows[i], rows[i + d]);
      if (i + h < n) exchange_rows(rows[i], rows[i + h]);
      continue;
    }
    BlockRow& r0 = rows[i];
    BlockRow& r1 = rows[i + h];
    BlockRow& r2 = rows[i + d];
    BlockRow& r3 = rows[i + d + h];
#pragma GCC ivdep
    for (std::size_t lane = 0; lane < kWidth; ++lane) {
      float a = r0[lane], b = r1[lane], c = r2[lane], e = r3[lane];
      exchange(a, c), exchange(b, e), exchange(a, b), exchange(c, e);
      r0[lane] = a, r1[lane] = b, r2[lane] = c, r3[lane] = e;
    }
  }
}

/// Merges the sorted runs [first, first + p) and [first + p, first + 2 p), cut at n.
SKYWEFT_INLINE void merge_runs(BlockRow* rows, std::size_t first, std::size_t p, std::size_t n) {
  // The second run is read backwards, which makes the pair bitonic; what lies beyond n is +∞.
  const std::size_t last = first + 2 * p - 1;
  for (std::size_t i = 0; i < p; ++i)
    if (last - i < n) exchange_rows(rows[first + i], rows[last - i]);
  const std::size_t end = std::min(first + 2 * p, n);
  std::size_t d = p / 2;
  for (; d >= 16; d /= 4)
    for (std::size_t b = first; b < end; b += 2 * d) merge_two_steps(rows, b, d, n);
  if (d == 8)
    for (std::size_t b = first; b < end; b += 16)
      for (std::size_t i = b; i < b + 8 && i + 8 < end; ++i) exchange_rows(rows[i], rows[i + 8]);
  for (std::size_t b = first; b < end; b += 8) merge_8(rows + b);
}

/// `n` is a multiple of 8.
SKYWEFT_INLINE void sort_rows(BlockRow* rows, std::size_t n) {
  for (std::size_t b = 0; b < n; b += 8) sort_8(rows + b);
  for (std::size_t p = 8; p < n; p *= 2)
    for (std::size_t first = 0; first + p < n; first += 2 * p) merge_runs(rows, first, p, n);
}

SKYWEFT_INLINE void copy_row(const float* from, std::size_t width, BlockRow& to,
                             std::array<std::int32_t, kWidth>& n) {
  for (std::size_t i = 0; i < width; ++i) {
    const float v = from[i];
    const bool finite = std::abs(v) < kEmpty;
    to[i] = finite ? v : kEmpty;
    n[i] += finite ? 1 : 0;
  }
}

/// See median_distance() of stack_column.cpp: the smallest reach of all runs of k neighbours.
SKYWEFT_INLINE void nearest_reach(const BlockRow* rows, std::size_t n, std::size_t k,
                                  const BlockRow& centre, BlockRow& best) {
  best.fill(kEmpty);
  for (std::size_t i = 0; i + k <= n; ++i)
    for (std::size_t lane = 0; lane < kWidth; ++lane) {
      const float down = std::abs(rows[i][lane] - centre[lane]);
      const float up = std::abs(rows[i + k - 1][lane] - centre[lane]);
      const float reach = down > up ? down : up;
      best[lane] = reach < best[lane] ? reach : best[lane];
    }
}

SKYWEFT_INLINE void take_numbers(const BlockRow* rows, std::size_t n, std::size_t n_low,
                                 std::size_t n_high, BlockStats& out) {
  for (std::size_t lane = 0; lane < kWidth; ++lane) {
    const float below = rows[(n - 1) / 2][lane];
    out.median[lane] = below + (rows[n / 2][lane] - below) / 2.0F;
  }
  nearest_reach(rows, n, (n + 1) / 2, out.median, out.mad);
  if (n % 2 == 0) {
    BlockRow above;
    nearest_reach(rows, n, n / 2 + 1, out.median, above);
    for (std::size_t lane = 0; lane < kWidth; ++lane)
      out.mad[lane] = out.mad[lane] + (above[lane] - out.mad[lane]) / 2.0F;
  }
  std::array<double, kWidth> sum{};
  for (std::size_t k = n_low; k < n - n_high; ++k)
    for (std::size_t lane = 0; lane < kWidth; ++lane)
      sum[lane] += static_cast<double>(rows[k][lane]);
  const auto kept = static_cast<double>(n - n_low - n_high);
  for (std::size_t lane = 0; lane < kWidth; ++lane) out.mean[lane] = sum[lane] / kept;
  std::array<double, kWidth> squares{};
  for (std::size_t k = n_low; k < n - n_high; ++k)
    for (std::size_t lane = 0; lane < kWidth; ++lane) {
      const double d = static_cast<double>(rows[k][lane]) - out.mean[lane];
      squares[lane] += d * d;
    }
  out.squares = squares;
}

struct Job {
  const float* samples;
  std::size_t n_frame;
  std::size_t stride;
  std::size_t width;
  std::size_t n_low;
  std::size_t n_high;
  BlockRow* rows;
  std::size_t n_row;
  BlockStats* stats;
};

SKYWEFT_INLINE void run(const Job& job) {
  std::array<std::int32_t, kWidth> n{};
  for (std::size_t k = 0; k < job.n_frame; ++k) {
    const float* from = job.samples + k * job.stride;
    if (job.width == kWidth) {
      copy_row(from, kWidth, job.rows[k], n);
    } else {
      job.rows[k].fill(kEmpty);
      copy_row(from, job.width, job.rows[k], n);
    }
  }
  for (std::size_t k = job.n_frame; k < job.n_row; ++k) job.rows[k].fill(kEmpty);
  sort_rows(job.rows, job.n_row);
  std::int32_t n_full = 0;
  for (const std::int32_t count : n) n_full = std::max(n_full, count);
  job.stats->n = n;
  job.stats->n_full = n_full;
  const auto full = static_cast<std::size_t>(n_full);
  if (full > job.n_low + job.n_high)
    take_numbers(job.rows, full, job.n_low, job.n_high, *job.stats);
}

void run_any(const Job& job) {
  run(job);
}
#ifdef SKYWEFT_X86
[[gnu::target("avx2")]] void run_avx2(const Job& job) {
  run(job);
}
[[gnu::target("avx512f,avx512dq,avx512vl")]] void run_avx512(const Job& job) {
  run(job);
}
#endif

}  // namespace

bool runs_here([[maybe_unused]] VectorUnit unit) {
#ifdef SKYWEFT_X86
  if (unit == VectorUnit::avx2) return __builtin_cpu_supports("avx2") != 0;
  if (unit == VectorUnit::avx512)
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0;
#endif
  return unit == VectorUnit::any;
}

VectorUnit widest_unit() {
  for (const VectorUnit unit : {VectorUnit::avx512, VectorUnit::avx2})
    if (runs_here(unit)) return unit;
  return VectorUnit::any;
}

void sort_block(const float* samples, std::int64_t n_frame, std::int64_t stride, std::int64_t width,
                std::int64_t n_low, std::int64_t n_high, [[maybe_unused]] VectorUnit unit,
                std::vector<BlockRow>& rows, BlockStats& stats) {
  const auto n = static_cast<std::size_t>(n_frame);
  rows.resize((n + 7) / 8 * 8);
  const Job job{.samples = samples,
                .n_frame = n,
                .stride = static_cast<std::size_t>(stride),
                .width = static_cast<std::size_t>(width),
                .n_low = static_cast<std::size_t>(n_low),
                .n_high = static_cast<std::size_t>(n_high),
                .rows = rows.data(),
                .n_row = rows.size(),
                .stats = &stats};
#ifdef SKYWEFT_X86
  if (unit == VectorUnit::avx512) return run_avx512(job);
  if (unit == VectorUnit::avx2) return run_avx2(job);
#endif
  run_any(job);
}

}  // namespace skyweft::calib
