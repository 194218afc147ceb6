// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/background.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"
#include "detect/mesh.hpp"

namespace skyweft::detect {
namespace {

struct BoxValue {
  double level_e = kNaN;
  double rms_e = kNaN;
};

struct Moments {
  double mean = 0.0;
  double sigma = 0.0;
};

/// Mean and population sigma of the values in [low, high]; `origin` keeps the sums small.
Moments moments_within(std::span<const float> values, float low, float high, float origin) {
  std::array<double, 4> count{}, sum{}, sum2{};
  const std::size_t n = values.size();
  for (std::size_t i = 0; i < n; ++i) {
    const float v = values[i];
    const bool in = v >= low && v <= high;
    const double d = in ? static_cast<double>(v - origin) : 0.0;
    const std::size_t lane = i & 3u;
    count[lane] += in ? 1.0 : 0.0;
    sum[lane] += d;
    sum2[lane] += d * d;
  }
  const double c = count[0] + count[1] + count[2] + count[3];
  if (c < 1.0) return {static_cast<double>(origin), 0.0};
  const double mean = (sum[0] + sum[1] + sum[2] + sum[3]) / c;
  const double var = (sum2[0] + sum2[1] + sum2[2] + sum2[3]) / c - mean * mean;
  return {static_cast<double>(origin) + mean, std::sqrt(std::max(0.0, var))};
}

BoxValue sky_of(double mean, double median, double sigma, double sigma_before) {
  if (sigma <= 0.0) return {mean, 0.0};
  if (std::abs(sigma_before - sigma) < 0.2 * sigma) return {mean, sigma};
  if (std::abs(mean - median) > 0.3 * sigma) return {median, sigma};
  return {2.5 * median - 1.5 * mean, sigma};
}

constexpr int kBinsPerSigma = 100;
constexpr int kHalfWidthSigma = 6;
constexpr int kBins = 2 * kBinsPerSigma * kHalfWidthSigma;

/// Clips on a histogram about a robust first guess: each pixel is touched four times in all.
class BoxClipper {
 public:
  explicit BoxClipper(const BackgroundConfig& config) : config_{config}, counts_(kBins) {}

  BoxValue operator()(std::span<float> values) {
    const std::size_t step = std::max<std::size_t>(1, values.size() / 255);
    sample_.clear();
    for (std::size_t i = 0; i < values.size(); i += step) sample_.push_back(values[i]);
    const float guess = median_in_place(std::span<float>{sample_});
    for (float& v : sample_) v = std::abs(v - guess);
    const double width =
        kMadToSigma * static_cast<double>(median_in_place(std::span<float>{sample_}));
    const float inf = std::numeric_limits<float>::infinity();
    const double sigma_before = moments_within(values, -inf, inf, guess).sigma;
    if (!(width > 0.0)) {  // most values are equal: no bins to make
      const ClippedSummary s =
          sigma_clipped_in_place(values, config_.clip_sigma, config_.max_rounds);
      return sky_of(s.mean, s.median, s.sigma, sigma_before);
    }
    const float bin = static_cast<float>(width / kBinsPerSigma);
    const float start = guess - static_cast<float>(kHalfWidthSigma * width);
    count(values, start, 1.0f / bin);

    double median = static_cast<double>(guess), sigma = width;
    int low = 0, high = kBins;
    for (int round = 0; round < config_.max_rounds; ++round) {
      double n = 0.0, sum = 0.0, sum2 = 0.0;
      for (int i = low; i < high; ++i) {
        const double c = counts_[static_cast<std::size_t>(i)], u = i + 0.5 - kBins / 2;
        n += c;
        sum += c * u;
        sum2 += c * u * u;
      }
      if (n < 1.0) break;
      double below = 0.0;
      int i = low;
      while (i + 1 < high && below + counts_[static_cast<std::size_t>(i)] < 0.5 * n)
        below += counts_[static_cast<std::size_t>(i++)];
      const double in_bin = std::max(1, counts_[static_cast<std::size_t>(i)]);
      const double at = i + std::clamp((0.5 * n - below) / in_bin, 0.0, 1.0);
      sigma = std::sqrt(std::max(0.0, sum2 / n - (sum / n) * (sum / n)));  // in bins
      const int new_low =
          std::max(low, static_cast<int>(std::floor(at - config_.clip_sigma * sigma)));
      const int new_high =
          std::min(high, static_cast<int>(std::ceil(at + config_.clip_sigma * sigma)));
      median = static_cast<double>(start) + at * static_cast<double>(bin);
      if (new_low == low && new_high == high) break;
      low = new_low;
      high = new_high;
    }
    const Moments kept = moments_within(values, start + bin * static_cast<float>(low),
                                        start + bin * static_cast<float>(high), guess);
    return sky_of(kept.mean, median, kept.sigma, sigma_before);
  }

 private:
  void count(std::span<const float> values, float start, float per_bin) {
    std::fill(counts_.begin(), counts_.end(), 0);
    for (const float v : values) {
      const float at = (v - start) * per_bin;
      if (at >= 0.0f && at < static_cast<float>(kBins)) ++counts_[static_cast<std::size_t>(at)];
    }
  }

  const BackgroundConfig& config_;
  std::vector<int> counts_;
  std::vector<float> sample_;
};

/// Replaces missing boxes by the mean of their known neighbours, ring by ring.
void fill_missing(Grid<double>& mesh) {
  for (bool missing = true; missing;) {
    missing = false;
    const Grid<double> before = mesh;
    for (std::int64_t j = 0; j < mesh.ny(); ++j)
      for (std::int64_t i = 0; i < mesh.nx(); ++i) {
        if (!std::isnan(before(i, j))) continue;
        double sum = 0.0;
        int n = 0;
        for (std::int64_t b = j - 1; b <= j + 1; ++b)
          for (std::int64_t a = i - 1; a <= i + 1; ++a)
            if (before.contains(a, b) && !std::isnan(before(a, b))) sum += before(a, b), ++n;
        if (n > 0)
          mesh(i, j) = sum / n;
        else
          missing = true;
      }
  }
}

/// Median filter; a box that sees fewer than half of the window's boxes is left as it is.
Grid<double> median_filtered(const Grid<double>& mesh, int side) {
  Grid<double> out = mesh;
  const int half = side / 2, window = 2 * half + 1;
  std::vector<double> seen;
  for (std::int64_t j = 0; j < mesh.ny(); ++j)
    for (std::int64_t i = 0; i < mesh.nx(); ++i) {
      seen.clear();
      for (std::int64_t b = j - half; b <= j + half; ++b)
        for (std::int64_t a = i - half; a <= i + half; ++a)
          if (mesh.contains(a, b)) seen.push_back(mesh(a, b));
      if (2 * static_cast<int>(seen.size()) >= window * window)
        out(i, j) = median_in_place(std::span<double>{seen});
    }
  return out;
}

/// Packs the usable pixels of one box into `values`; returns how many.
std::size_t gather(const Frame& frame, std::int64_t x0, std::int64_t x1, std::int64_t y0,
                   std::int64_t y1, std::vector<float>& values) {
  std::size_t n = 0;
  for (std::int64_t y = y0; y < y1; ++y) {
    const std::span<const float> signal = frame.signal_e.row(y);
    const std::span<const MaskBits> bits = frame.mask.row(y);
    for (auto x = static_cast<std::size_t>(x0); x < static_cast<std::size_t>(x1); ++x) {
      const float v = signal[x];
      values[n] = v;
      n += static_cast<std::size_t>(((bits[x] & mask::unusable) == 0) & (std::abs(v) < 1e30f));
    }
  }
  return n;
}

}  // namespace

Background estimate_background(const Frame& frame, const BackgroundConfig& config) {
  const std::int64_t nx = frame.nx(), ny = frame.ny();
  if (frame.signal_e.empty() || !same_shape(frame.signal_e, frame.mask))
    throw Error{Errc::bad_input, "background: the frame has no pixels or a mask of another shape"};
  const auto boxes = [&](std::int64_t n) {
    return std::max<std::int64_t>(1, (n + config.mesh_px / 2) / config.mesh_px);
  };
  const std::int64_t mx = boxes(nx), my = boxes(ny);
  Grid<double> level(mx, my, kNaN), rms(mx, my, kNaN);
  std::vector<float> values;
  BoxClipper clip{config};
  std::int64_t n_good = 0;
  for (std::int64_t j = 0; j < my; ++j)
    for (std::int64_t i = 0; i < mx; ++i) {
      const std::int64_t x0 = i * nx / mx, x1 = (i + 1) * nx / mx;
      const std::int64_t y0 = j * ny / my, y1 = (j + 1) * ny / my;
      const auto area = static_cast<std::size_t>((x1 - x0) * (y1 - y0));
      values.resize(area + 1);
      const std::size_t n = gather(frame, x0, x1, y0, y1, values);
      if (static_cast<double>(n) <
          std::max(4.0, config.min_box_fraction * static_cast<double>(area)))
        continue;
      const BoxValue box = clip({values.data(), n});
      level(i, j) = box.level_e;
      rms(i, j) = box.rms_e;
      ++n_good;
    }
  if (n_good == 0)
    throw Error{Errc::bad_input,
                "background: no box has enough usable pixels; check the mask and saturation level"}
        .because({"background_boxes", 0.0, 1.0});
  fill_missing(level);
  fill_missing(rms);
  if (config.filter_px > 1 && (config.filter_small_mesh || std::min(mx, my) >= 5)) {
    level = median_filtered(level, config.filter_px);
    rms = median_filtered(rms, config.filter_px);
  }
  Background out;
  out.median_level_e = median_of_finite(level.pixels());
  out.median_rms_e = median_of_finite(rms.pixels());
  const bool cubic = config.interpolation == "bicubic";
  out.level_e = interpolate_mesh(level, nx, ny, cubic);
  out.rms_e = interpolate_mesh(rms, nx, ny, cubic);
  const auto least =
      static_cast<float>(*std::min_element(rms.pixels().begin(), rms.pixels().end()));
  for (float& r : out.rms_e.pixels()) r = std::max(r, 0.5f * least);  // splines may overshoot
  return out;
}

}  // namespace skyweft::detect
