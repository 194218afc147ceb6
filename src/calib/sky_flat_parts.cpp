// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat_parts.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "calib/sky_flat.hpp"
#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

bool usable(const Mask& bits, std::size_t i) {
  return bits.empty() || (bits.pixels()[i] & mask::unusable) == 0;
}

/// Median over the central quarter of the area; value(ix, iy) may be NaN.
template <class Value>
double central_median(std::int64_t nx, std::int64_t ny, Value value) {
  std::vector<float> values;
  for (std::int64_t iy = ny / 4; iy < ny - ny / 4; ++iy)
    for (std::int64_t ix = nx / 4; ix < nx - nx / 4; ++ix)
      if (const float v = value(ix, iy); std::isfinite(v)) values.push_back(v);
  const auto median = static_cast<double>(median_in_place(std::span<float>{values}));
  if (!(median > 0.0))
    throw Error{Errc::bad_input,
                "the stacked flat is not positive in its centre; check the flat frames"}
        .because({"flat_median", median, 0.0});
  return median;
}

/// Standard deviation and range of numbers given one by one.
class Spread {
 public:
  void add(double v) {
    n_ += 1.0;
    const double d = v - 1.0;  // parts of a flat are near 1
    sum_ += d;
    squares_ += d * d;
    low_ = std::min(low_, v);
    high_ = std::max(high_, v);
  }
  double rms() const {
    if (n_ == 0.0) return 0.0;
    return std::sqrt(std::max(squares_ / n_ - sum_ / n_ * (sum_ / n_), 0.0));
  }
  double peak_to_peak() const { return n_ == 0.0 ? 0.0 : high_ - low_; }

 private:
  double n_ = 0.0;
  double sum_ = 0.0;
  double squares_ = 0.0;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

FlatParts split_flat(const Grid<float>& master, const Mask& bits, const SkyFlatConfig& config) {
  const FlatCells flat = flat_cells(master, bits, config);
  SmoothSurface large = smooth_cells(flat.cells, config);
  const std::int64_t nx = master.nx();
  const std::int64_t ny = master.ny();
  Grid<float> smooth(nx, ny);
  for (std::int64_t iy = 0; iy < ny; ++iy) large.evaluate_row(iy, smooth.row(iy));
  FlatParts parts;
  const double centre =
      central_median(nx, ny, [&](std::int64_t ix, std::int64_t iy) { return smooth(ix, iy); });
  parts.large = large.scaled(1.0 / centre);
  parts.small = Grid<float>(nx, ny, kNaNf);
  for (std::size_t i = 0; i < master.pixels().size(); ++i) {
    const float l = smooth.pixels()[i];
    if (usable(bits, i) && std::isfinite(master.pixels()[i]) && l > 0.0F)
      parts.small.pixels()[i] = master.pixels()[i] / l;
  }
  const auto per_median =
      static_cast<float>(1.0 / central_median(nx, ny, [&](std::int64_t ix, std::int64_t iy) {
                           return parts.small(ix, iy);
                         }));
  for (float& v : parts.small.pixels()) v *= per_median;
  return parts;
}

FlatStability flat_stability(const Grid<float>& a, const Mask& a_bits, const Grid<float>& b,
                             const Mask& b_bits, const SkyFlatConfig& config) {
  if (!same_shape(a, b)) throw Error{Errc::internal, "flat_stability: masters differ in shape"};
  Grid<float> ratio(a.nx(), a.ny(), kNaNf);
  for (std::size_t i = 0; i < a.pixels().size(); ++i) {
    const float va = a.pixels()[i];
    const float vb = b.pixels()[i];
    if (usable(a_bits, i) && usable(b_bits, i) && va > 0.0F && vb > 0.0F)
      ratio.pixels()[i] = va / vb;
  }
  const FlatParts parts = split_flat(ratio, {}, config);
  Spread small;
  Spread large;
  std::vector<float> row(static_cast<std::size_t>(a.nx()));
  for (std::int64_t iy = 0; iy < a.ny(); ++iy) {
    parts.large.evaluate_row(iy, row);
    for (const float v : row) large.add(static_cast<double>(v));
    for (const float v : parts.small.row(iy))
      if (std::isfinite(v)) small.add(static_cast<double>(v));
  }
  return {.small_rms = small.rms(),
          .small_peak_to_peak = small.peak_to_peak(),
          .large_rms = large.rms(),
          .large_peak_to_peak = large.peak_to_peak()};
}

}  // namespace skyweft::calib
