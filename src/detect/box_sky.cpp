// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/box_sky.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/robust.hpp"

namespace skyweft::detect {
namespace {

constexpr int kBinsPerSigma = 50;
constexpr int kHalf = 6 * kBinsPerSigma;  ///< bins on either side of the guess
constexpr std::size_t kSample = 63;
constexpr std::size_t kLanes = 64;  ///< partial sums, so that no addition waits for the last one

BoxValue sky_of(double mean, double median, double sigma, double sigma_before) {
  if (sigma <= 0.0) return {mean, 0.0};
  if (std::abs(sigma_before - sigma) < 0.2 * sigma) return {mean, sigma};
  if (std::abs(mean - median) > 0.3 * sigma) return {median, sigma};
  return {2.5 * median - 1.5 * mean, sigma};
}

/// Bin numbers 0…2 kHalf + 1, the first and last for all that lies outside; adds (v − centre) in
/// bins and its square to the lanes.
void bin_block(std::span<const float> values, float centre, float per_bin,
               std::int32_t* __restrict bin, float* __restrict sum, float* __restrict sum2) {
  for (std::size_t begin = 0; begin < values.size(); begin += kLanes) {
    const std::size_t n = std::min(kLanes, values.size() - begin);
    const float* v = values.data() + begin;
    std::int32_t* out = bin + begin;
    for (std::size_t i = 0; i < n; ++i) {
      const float u = (v[i] - centre) * per_bin;
      sum[i] += u;
      sum2[i] += u * u;
      const float at = u + static_cast<float>(kHalf + 1);
      const float low = at > 0.0f ? at : 0.0f;
      constexpr auto kLast = static_cast<float>(2 * kHalf + 1);
      out[i] = static_cast<std::int32_t>(low < kLast ? low : kLast);
    }
  }
}

/// Number, sum and sum of squares of bins; the middle of bin i lies at i − kHalf + 1/2.
struct Moments {
  double n = 0.0, u = 0.0, u2 = 0.0;
  void add(int i, std::uint32_t count, double sign) {
    const double c = sign * static_cast<double>(count), at = i - kHalf + 0.5;
    n += c;
    u += c * at;
    u2 += c * at * at;
  }
};

}  // namespace

BoxSky::BoxSky(double clip_sigma, int max_rounds)
    : clip_sigma_{clip_sigma}, max_rounds_{max_rounds}, counts_(2 * kHalf + 2), odd_(counts_) {}

BoxSky::Guess BoxSky::guess_from_few(std::span<const float> values) {
  const std::size_t step = (values.size() / kSample) | 1u;  // odd: all colours of a mosaic
  sample_.clear();
  for (std::size_t i = 0; i < values.size(); i += step) sample_.push_back(values[i]);
  const float centre = median_in_place(std::span<float>{sample_});
  for (float& v : sample_) v = std::abs(v - centre);
  return {centre, kMadToSigma * static_cast<double>(median_in_place(std::span<float>{sample_}))};
}

/// Fills the histogram; returns the population sigma of all values.
double BoxSky::count(std::span<const float> values, const Guess& guess) {
  constexpr std::size_t kAtOnce = 16 * kLanes;
  std::fill(counts_.begin(), counts_.end(), 0u);
  std::fill(odd_.begin(), odd_.end(), 0u);
  std::array<std::int32_t, kAtOnce> bin;
  double all = 0.0, all2 = 0.0;
  for (std::size_t begin = 0; begin < values.size(); begin += kAtOnce) {
    const auto block = values.subspan(begin, std::min(kAtOnce, values.size() - begin));
    std::array<float, kLanes> sum{}, sum2{};
    bin_block(block, guess.centre, static_cast<float>(kBinsPerSigma / guess.sigma), bin.data(),
              sum.data(), sum2.data());
    for (const float s : sum) all += static_cast<double>(s);
    for (const float s : sum2) all2 += static_cast<double>(s);
    // Two histograms: neighbours are often equal, and a counter waits for its last increment.
    std::uint32_t* even = counts_.data();
    std::uint32_t* odd = odd_.data();
    std::size_t i = 0;
    for (; i + 1 < block.size(); i += 2) {
      ++even[bin[i]];
      ++odd[bin[i + 1]];
    }
    if (i < block.size()) ++even[bin[i]];
  }
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += odd_[i];
  const auto n = static_cast<double>(values.size());
  const double mean = all / n;
  return guess.sigma / kBinsPerSigma * std::sqrt(std::max(0.0, all2 / n - mean * mean));
}

/// Median and 0.7413 of the distance of the quartiles, to whole bins, of what is in the histogram.
BoxSky::Guess BoxSky::quartiles(const Guess& guess) const {
  std::uint64_t n = 0, seen = 0;
  for (int i = 1; i <= 2 * kHalf; ++i) n += counts_[static_cast<std::size_t>(i)];
  std::array<int, 3> at{};
  int i = 0;
  for (std::uint64_t q = 1; q <= 3; ++q) {
    while (4 * (seen + counts_[static_cast<std::size_t>(i + 1)]) < q * n)
      seen += counts_[static_cast<std::size_t>(i++ + 1)];
    at[static_cast<std::size_t>(q - 1)] = i;
  }
  const double bin = guess.sigma / kBinsPerSigma;
  return {guess.centre + static_cast<float>(bin * (at[1] - kHalf + 0.5)),
          0.7413 * bin * (at[2] - at[0])};
}

BoxValue BoxSky::clipped(const Guess& guess, double sigma_before) const {
  const std::uint32_t* counts = counts_.data() + 1;
  int low = 0, high = 2 * kHalf, middle = kHalf;  // the median's bin
  Moments kept;
  double below = 0.0;  // kept values in the bins before `middle`
  for (int i = low; i < high; ++i) kept.add(i, counts[i], 1.0);
  for (int i = low; i < middle; ++i) below += counts[i];
  double mean = 0.0, median = 0.0, sigma = 0.0;  // in bins from the guess
  for (int round = 0; kept.n >= 1.0; ++round) {
    const double half = 0.5 * kept.n;
    while (middle > low && below >= half) below -= counts[--middle];
    while (middle + 1 < high && below + counts[middle] < half) below += counts[middle++];
    // Values are spread evenly over the bin.
    const double inside = std::max(1.0, static_cast<double>(counts[middle]));
    median = middle - kHalf + std::clamp((half - below) / inside, 0.0, 1.0);
    mean = kept.u / kept.n;
    sigma = std::sqrt(std::max(0.0, kept.u2 / kept.n - mean * mean));
    const int to_low = static_cast<int>(std::lround(kHalf + median - clip_sigma_ * sigma));
    const int to_high = static_cast<int>(std::lround(kHalf + median + clip_sigma_ * sigma));
    if (round == max_rounds_ || (to_low <= low && to_high >= high)) break;
    for (; low < to_low; ++low) {
      kept.add(low, counts[low], -1.0);
      below -= counts[low];
    }
    for (; high > to_high; --high) kept.add(high - 1, counts[high - 1], -1.0);
  }
  const double bin = guess.sigma / kBinsPerSigma;
  const auto origin = static_cast<double>(guess.centre);
  return sky_of(origin + bin * mean, origin + bin * median, bin * sigma, sigma_before);
}

BoxValue BoxSky::operator()(std::span<float> values) {
  Guess guess = guess_from_few(values);
  // Without a width there are no bins to make; nor with values coarser than they (single
  // precision).
  const auto has_bins = [](const Guess& g) {
    return g.sigma > 1e-5 * std::abs(static_cast<double>(g.centre));
  };
  double sigma_before = 0.0;
  bool is_settled = false;
  for (int attempt = 0; attempt < 4 && !is_settled && has_bins(guess); ++attempt) {
    sigma_before = count(values, guess);
    const Guess all = quartiles(guess);
    is_settled = all.sigma > 0.75 * guess.sigma && all.sigma < 1.33 * guess.sigma &&
                 std::abs(static_cast<double>(all.centre - guess.centre)) < guess.sigma;
    if (!is_settled) guess = all;
  }
  if (is_settled) return clipped(guess, sigma_before);
  const auto n = static_cast<double>(values.size());
  double sum = 0.0, sum2 = 0.0;
  for (const float v : values) {
    const auto d = static_cast<double>(v) - static_cast<double>(guess.centre);
    sum += d;
    sum2 += d * d;
  }
  sigma_before = std::sqrt(std::max(0.0, sum2 / n - sum / n * (sum / n)));
  const ClippedSummary s = sigma_clipped_in_place(values, clip_sigma_, max_rounds_);
  return sky_of(s.mean, s.median, s.sigma, sigma_before);
}

}  // namespace skyweft::detect
