// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/red_noise.hpp"

#include <algorithm>
#include <cmath>

#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr double kHoursPerDay = 24.0;
constexpr std::int64_t kLeastBins = 3;

std::vector<std::int32_t> starts_of(std::span<const double> time_d, double width_d, double gap_d) {
  std::vector<std::int32_t> starts;
  double night_d = 0.0;
  double bin = 0.0;
  for (std::size_t f = 0; f < time_d.size(); ++f) {
    const bool is_new_night = f == 0 || time_d[f] - time_d[f - 1] > gap_d;
    if (is_new_night) night_d = time_d[f];
    const double here =
        width_d > 0.0 ? std::floor((time_d[f] - night_d) / width_d) : static_cast<double>(f);
    if (is_new_night || here != bin) starts.push_back(static_cast<std::int32_t>(f));
    bin = here;
  }
  starts.push_back(static_cast<std::int32_t>(time_d.size()));
  return starts;
}

/// Sums (deviations from the median) and counts of kept points before each frame, [frame + 1].
void sum_up(std::span<const float> mag, const SeriesSpread& of, SeriesBuffers& buffers) {
  const std::size_t n = mag.size();
  if (buffers.sums.size() < n + 1) buffers.sums.resize(n + 1);
  if (buffers.counts.size() < n + 1) buffers.counts.resize(n + 1);
  double sum = 0.0;
  std::int32_t count = 0;
  for (std::size_t f = 0; f < n; ++f) {
    buffers.sums[f] = sum;
    buffers.counts[f] = count;
    const double d = static_cast<double>(mag[f]) - of.of.median;
    const bool is_kept = std::abs(d) <= of.limit;
    sum += is_kept ? d : 0.0;
    count += static_cast<std::int32_t>(is_kept);
  }
  buffers.sums[n] = sum;
  buffers.counts[n] = count;
}

BinnedScatter scatter_of(std::span<const std::int32_t> starts, const SeriesBuffers& buffers) {
  BinnedScatter out{.rms = kNaN, .white = kNaN};
  const std::size_t n_bin = starts.size() - 1;
  const auto count_of = [&](std::size_t b) {
    return buffers.counts[static_cast<std::size_t>(starts[b + 1])] -
           buffers.counts[static_cast<std::size_t>(starts[b])];
  };
  std::int64_t n_filled = 0;
  for (std::size_t b = 0; b < n_bin; ++b) n_filled += count_of(b) > 0 ? 1 : 0;
  if (n_filled == 0) return out;
  const std::int32_t total = buffers.counts[static_cast<std::size_t>(starts[n_bin])];
  const auto least = std::max<std::int64_t>(1, (total + 2 * n_filled - 1) / (2 * n_filled));
  double n = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (std::size_t b = 0; b < n_bin; ++b) {
    const std::int32_t count = count_of(b);
    if (count < least) continue;
    const double share = 1.0 / static_cast<double>(count);
    const double mean = share * (buffers.sums[static_cast<std::size_t>(starts[b + 1])] -
                                 buffers.sums[static_cast<std::size_t>(starts[b])]);
    n += 1.0;
    out.one_over_n += share;
    sum += mean;
    squares += mean * mean;
  }
  out.n_bin = std::llround(n);
  out.one_over_n /= n;
  if (out.n_bin >= kLeastBins)
    out.rms = std::sqrt(std::max(0.0, squares - sum * sum / n) / (n - 1.0));
  return out;
}

}  // namespace

TimeBins make_time_bins(std::span<const double> time_d, std::span<const double> widths_d,
                        double gap_d) {
  TimeBins out;
  for (const double width_d : widths_d) {
    out.width_d.push_back(width_d);
    out.starts.push_back(starts_of(time_d, width_d, gap_d));
  }
  return out;
}

TimeBins make_time_bins(std::span<const double> time_d, const StatisticsConfig& config) {
  constexpr double kLeastCadences = 1.5;
  constexpr std::size_t kMostWidths = 16;
  std::vector<double> steps;
  for (std::size_t f = 1; f < time_d.size(); ++f) steps.push_back(time_d[f] - time_d[f - 1]);
  const double cadence_d = steps.empty() ? 0.0 : median_in_place(std::span<double>{steps});
  std::vector<double> widths;
  for (double width_d = config.timescale_h / kHoursPerDay;
       widths.size() < kMostWidths && (widths.empty() || width_d > kLeastCadences * cadence_d);
       width_d *= 0.5)
    widths.push_back(width_d);
  widths.push_back(0.0);
  std::ranges::reverse(widths);
  return make_time_bins(time_d, widths, config.night_gap_h / kHoursPerDay);
}

std::vector<BinnedScatter> binned_scatter(std::span<const float> mag, const SeriesSpread& of,
                                          const TimeBins& bins, SeriesBuffers& buffers) {
  sum_up(mag, of, buffers);
  std::vector<BinnedScatter> curve;
  for (std::size_t w = 0; w < bins.width_d.size(); ++w) {
    if (bins.width_d[w] > 0.0)
      curve.push_back(scatter_of(bins.starts[w], buffers));
    else
      curve.push_back(
          {.n_bin = of.n_kept, .one_over_n = 1.0, .rms = of.n_kept >= kLeastBins ? of.rms : kNaN});
    curve.back().width_d = bins.width_d[w];
    curve.back().white = of.rms * std::sqrt(curve.back().one_over_n);
  }
  return curve;
}

RedNoise fit_red_noise(std::span<const BinnedScatter> curve) {
  RedNoise out{kNaN, kNaN, kNaN};
  if (curve.empty()) return out;
  if (curve.back().white > 0.0) out.beta = curve.back().rms / curve.back().white;
  // Normal equations of V = w·x + r with x = ⟨1/n⟩.
  double s = 0.0, sx = 0.0, sxx = 0.0, sv = 0.0, sxv = 0.0;
  std::int64_t n = 0;
  for (const BinnedScatter& one : curve) {
    if (!std::isfinite(one.rms)) continue;
    ++n;
    const double v = one.rms * one.rms;
    if (!(v > 0.0)) continue;
    const double weight = static_cast<double>(one.n_bin - 1) / (2.0 * v * v);
    s += weight;
    sx += weight * one.one_over_n;
    sxx += weight * one.one_over_n * one.one_over_n;
    sv += weight * v;
    sxv += weight * one.one_over_n * v;
  }
  if (n < 2) return out;
  if (s == 0.0) return {0.0, 0.0, out.beta};  // a constant light curve
  const double determinant = s * sxx - sx * sx;
  double white = determinant > 0.0 ? (s * sxv - sx * sv) / determinant : 0.0;
  double red = determinant > 0.0 ? (sxx * sv - sx * sxv) / determinant : sv / s;
  if (red < 0.0) {
    red = 0.0;
    white = sxv / sxx;
  } else if (white < 0.0) {
    white = 0.0;
    red = sv / s;
  }
  out.white = std::sqrt(white);
  out.red = std::sqrt(red);
  return out;
}

}  // namespace skyweft::lc
