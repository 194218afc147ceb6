// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/sky_statistics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

#include "core/units.hpp"
#include "core/wide_copies.hpp"

namespace skyweft::phot {
namespace {

constexpr double kEverything = std::numeric_limits<double>::infinity();

// Four numbers side by side: the compiler does not vectorise sums of doubles on its own, because
// their order matters. Here the order is fixed, whatever the width of the registers.
constexpr std::size_t kLanes = 4;
using Floats = float __attribute__((vector_size(kLanes * sizeof(float))));
using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
using Integers = std::int64_t __attribute__((vector_size(kLanes * sizeof(std::int64_t))));

/// Sums over the values within [low, high], of their differences from `pivot`.
struct Moments {
  double n = 0.0;
  double n_low = 0.0;  ///< values below `low`
  double sum = 0.0;
  double squares = 0.0;
};

/// n is a multiple of four; NaNs are in no range.
SKYWEFT_WIDE_COPIES
Moments moments(std::size_t n, const float* __restrict value, double low, double high,
                double pivot) noexcept {
  Integers count{};
  Integers below{};
  Doubles sum{};
  Doubles squares{};
  for (std::size_t i = 0; i < n; i += kLanes) {
    Floats four;
    std::memcpy(&four, value + i, sizeof four);
    const Doubles v = __builtin_convertvector(four, Doubles);
    const Integers is_low = v < low;  // −1 where true
    const Integers is_kept = (v >= low) & (v <= high);
    const Doubles any = v - pivot;
    Integers bits;
    std::memcpy(&bits, &any, sizeof bits);
    bits &= is_kept;
    Doubles d;
    std::memcpy(&d, &bits, sizeof d);
    count -= is_kept;
    below -= is_low;
    sum += d;
    squares += d * d;
  }
  return {static_cast<double>(count[0] + count[1] + count[2] + count[3]),
          static_cast<double>(below[0] + below[1] + below[2] + below[3]),
          (sum[0] + sum[1]) + (sum[2] + sum[3]),
          (squares[0] + squares[1]) + (squares[2] + squares[3])};
}

/// How many values lie more than `reach` below `centre`; n is a multiple of four.
SKYWEFT_WIDE_COPIES
std::int32_t count_below(std::size_t n, const float* __restrict value, float centre,
                         float reach) noexcept {
  std::int32_t count = 0;
  for (std::size_t i = 0; i < n; ++i) count += value[i] - centre < -reach ? 1 : 0;
  return count;
}

/// Copies the values within `reach` of `centre`; returns how many they are.
std::size_t copy_near(std::size_t n, const float* __restrict value, float centre, float reach,
                      float* __restrict kept) noexcept {
  std::size_t n_kept = 0;
  for (std::size_t i = 0; i < n; ++i) {
    kept[n_kept] = value[i];  // always written, kept when it is near: no branch to mispredict
    n_kept += std::abs(value[i] - centre) <= reach ? 1 : 0;
  }
  return n_kept;
}

/// Values next to each other in rank, sorted, and how many of the survivors lie below them.
struct Window {
  std::int64_t n_below = 0;
  std::size_t n = 0;

  bool holds(std::int64_t rank) const {
    return rank >= n_below && rank < n_below + static_cast<std::int64_t>(n);
  }
};

class Clipper {
 public:
  Clipper(SkySample& sample)
      : sample_(sample), n_padded_((sample.n + kLanes - 1) / kLanes * kLanes) {
    for (std::size_t i = sample.n; i < n_padded_; ++i) sample.value[i] = kNaNf;
    if (sample.scratch.size() < n_padded_ + 1) sample.scratch.resize(n_padded_ + 1);
    now_ =
        moments(n_padded_, values(), low_, high_, static_cast<double>(sample.value[sample.n / 2]));
    pivot_ = static_cast<double>(sample.value[sample.n / 2]);
    // A pivot far out costs digits: once more about the mean.
    const double offset = now_.sum / now_.n;
    if (offset * offset > 16.0 * now_.squares / now_.n - 16.0 * offset * offset) {
      pivot_ += offset;
      now_ = moments(n_padded_, values(), low_, high_, pivot_);
    }
    describe();
    find_window();
  }

  const ClippedSummary& summary() const { return summary_; }

  /// Keeps what lies within `limit` of the median; false when that is everything.
  bool clip(double limit) {
    pivot_ = summary_.median;
    low_ = std::max(low_, pivot_ - limit);
    high_ = std::min(high_, pivot_ + limit);
    const double n_before = now_.n;
    const double n_low_before = now_.n_low;
    now_ = moments(n_padded_, values(), low_, high_, pivot_);
    if (now_.n == n_before) return false;
    window_.n_below -= static_cast<std::int64_t>(now_.n_low - n_low_before);
    describe();
    if (!is_within_limits() || !has_middle()) find_window();
    take_median();
    return true;
  }

  void take_median() {
    if (summary_.n == 0) {
      summary_.median = kNaN;
      return;
    }
    const float upper = at(middle());
    if (summary_.n % 2 == 1) {
      summary_.median = static_cast<double>(upper);
      return;
    }
    const float lower = at(middle() - 1);
    summary_.median = static_cast<double>(lower + (upper - lower) / 2.0F);
  }

  /// The median of the survivors when equal values are spread over one quantum.
  double grouped_median(double quantum) const {
    const float* const begin = sample_.scratch.data();
    const auto [first, last] = std::equal_range(begin, begin + window_.n, at(middle()));
    const auto n_equal = last - first;
    if (n_equal == 1) return summary_.median;
    const double n_below = static_cast<double>(window_.n_below + (first - begin));
    const double into =
        (0.5 * static_cast<double>(summary_.n) - n_below) / static_cast<double>(n_equal);
    return static_cast<double>(*first) + quantum * (into - 0.5);
  }

 private:
  const float* values() const { return sample_.value.data(); }
  std::int64_t middle() const { return summary_.n / 2; }
  float at(std::int64_t rank) const {
    return sample_.scratch[static_cast<std::size_t>(rank - window_.n_below)];
  }

  void describe() {
    summary_.n = static_cast<std::int64_t>(now_.n);
    if (summary_.n == 0) {
      summary_.mean = summary_.sigma = kNaN;
      return;
    }
    const double mean = now_.sum / now_.n;
    summary_.mean = pivot_ + mean;
    summary_.sigma = std::sqrt(std::max(now_.squares / now_.n - mean * mean, 0.0));
  }

  bool has_middle() const {
    return window_.holds(middle()) && (summary_.n % 2 == 1 || window_.holds(middle() - 1));
  }
  bool is_within_limits() const {
    const float* const kept = sample_.scratch.data();
    return window_.n > 0 && static_cast<double>(kept[0]) >= low_ &&
           static_cast<double>(kept[window_.n - 1]) <= high_;
  }

  /// Sorts the values near the median; those of a Gaussian first, then a wider range, then all.
  void find_window() {
    if (summary_.n == 0) return;
    float* const kept = sample_.scratch.data();
    // Near the mean of a Gaussian there are n / (σ √2π) values per unit.
    const double per_value = summary_.sigma * std::sqrt(2.0 * kPi) / now_.n;
    const auto mean = static_cast<float>(summary_.mean);
    const double lacking =
        0.5 * now_.n + now_.n_low - static_cast<double>(count_below(n_padded_, values(), mean, 0));
    const auto guess = static_cast<float>(summary_.mean + lacking * per_value);
    auto reach = static_cast<float>((12.0 + 0.25 * std::abs(lacking)) * per_value);
    for (int i = 0; i < 2; ++i, reach *= 8.0F) {
      window_.n = copy_near(sample_.n, values(), guess, reach, kept);
      window_.n_below =
          count_below(n_padded_, values(), guess, reach) - static_cast<std::int64_t>(now_.n_low);
      if (!has_middle()) continue;
      std::sort(kept, kept + window_.n);
      if (is_within_limits()) return;
    }
    window_ = {};
    for (const float v : std::span{sample_.value}.first(sample_.n))
      if (static_cast<double>(v) >= low_ && static_cast<double>(v) <= high_) kept[window_.n++] = v;
    std::sort(kept, kept + window_.n);
  }

  SkySample& sample_;
  std::size_t n_padded_;
  double low_ = -kEverything;  ///< survivors lie within [low_, high_]
  double high_ = kEverything;
  double pivot_ = 0.0;
  Moments now_;
  Window window_;
  ClippedSummary summary_;
};

}  // namespace

ClippedSummary clipped_sky(SkySample& sample, double clip_sigma, int max_rounds, double quantum) {
  if (sample.n == 0) return {.mean = kNaN, .median = kNaN, .sigma = kNaN, .n = 0};
  Clipper clipper(sample);
  clipper.take_median();
  for (int round = 0; round < max_rounds; ++round)
    if (!clipper.clip(clip_sigma * clipper.summary().sigma)) break;
  ClippedSummary out = clipper.summary();
  if (out.n > 0) out.median = clipper.grouped_median(quantum);
  return out;
}

}  // namespace skyweft::phot
