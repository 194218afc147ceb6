// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics_median.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/wide_copies.hpp"

namespace skyweft::lc {
namespace {

constexpr std::size_t kLeast = 256;  // fewer are selected from directly
constexpr std::size_t kSample = 64;
constexpr std::uint16_t kBuckets = 512;  // the first and the last hold what lies outside

/// The mean of the values of rank `low` and `high` (low, or low + 1); reorders.
double middle_of(std::span<float> values, std::size_t low, std::size_t high) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(high);
  std::nth_element(values.begin(), at, values.end());
  const double upper = static_cast<double>(*at);
  if (low == high) return upper;
  return 0.5 * (static_cast<double>(*std::max_element(values.begin(), at)) + upper);
}

/// Subtraction, product and truncation keep the order, so buckets do.
SKYWEFT_WIDE_COPIES
void find_buckets(const float* values, std::size_t n, float from, float per_unit,
                  std::uint16_t* bucket) {
  constexpr float kLast = kBuckets - 1;
  for (std::size_t i = 0; i < n; ++i) {
    const float at = (values[i] - from) * per_unit + 1.0F;
    const float inside = at > 0.0F ? (at < kLast ? at : kLast) : 0.0F;
    bucket[i] = static_cast<std::uint16_t>(static_cast<std::int32_t>(inside));
  }
}

/// Points per bucket. Four tables, so that neighbours in the same bucket need not wait.
std::array<std::uint32_t, kBuckets> count_buckets(const std::uint16_t* bucket, std::size_t n) {
  std::array<std::array<std::uint32_t, kBuckets>, 4> part{};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) ++part[lane][bucket[i + lane]];
  for (; i < n; ++i) ++part[0][bucket[i]];
  for (std::size_t b = 0; b < kBuckets; ++b) part[0][b] += part[1][b] + part[2][b] + part[3][b];
  return part[0];
}

}  // namespace

double quick_median(std::span<const float> values, MedianScratch& scratch) {
  const std::size_t n = values.size();
  if (n == 0) return std::numeric_limits<double>::quiet_NaN();
  if (scratch.values.size() < n) scratch.values.resize(n);
  const std::size_t low = (n - 1) / 2;
  const std::size_t high = n / 2;
  float* const chosen = scratch.values.data();
  std::array<float, kSample> sample{};
  if (n >= kLeast) {
    for (std::size_t i = 0; i < kSample; ++i) sample[i] = values[i * n / kSample];
    std::ranges::sort(sample);
  }
  // Half of the sample lies between; the middle of all is four of its standard errors inside.
  const float from = sample[kSample / 4];
  const float width = sample[3 * kSample / 4] - from;
  if (width > 0.0F && width <= std::numeric_limits<float>::max()) {
    if (scratch.bucket.size() < n) scratch.bucket.resize(n);
    std::uint16_t* const bucket = scratch.bucket.data();
    find_buckets(values.data(), n, from, (kBuckets - 2) / width, bucket);
    const auto count = count_buckets(bucket, n);
    std::size_t n_below = 0;
    std::uint16_t first = 0;
    while (n_below + count[first] <= low) n_below += count[first++];
    std::uint16_t last = first;
    for (std::size_t upto = n_below + count[first]; upto <= high; upto += count[last]) ++last;
    if (first > 0 && last < kBuckets - 1) {
      const auto span = static_cast<unsigned>(last - first);
      std::size_t n_chosen = 0;
      for (std::size_t i = 0; i < n; ++i)
        if (static_cast<unsigned>(bucket[i] - first) <= span) chosen[n_chosen++] = values[i];
      return middle_of({chosen, n_chosen}, low - n_below, high - n_below);
    }
  }
  std::ranges::copy(values, chosen);
  return middle_of({chosen, n}, low, high);
}

}  // namespace skyweft::lc
