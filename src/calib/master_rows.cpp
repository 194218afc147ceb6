// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/master_rows.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

bool usable(std::span<const MaskBits> bits, std::size_t i) {
  return bits.empty() || (bits[i] & mask::unusable) == 0;
}

float or_zero(std::span<const float> row, std::size_t i) {
  return row.empty() ? 0.0F : row[i];
}

/// Calls use(i) for every pixel of the central box, half of each axis.
template <class Use>
void for_central_quarter(std::int64_t nx, std::int64_t ny, Use use) {
  for (std::int64_t iy = ny / 4; iy < ny - ny / 4; ++iy)
    for (std::int64_t ix = nx / 4; ix < nx - nx / 4; ++ix)
      use(static_cast<std::size_t>(iy * nx + ix));
}

}  // namespace

void prepare_bias_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<float> out) {
  for (std::size_t i = 0; i < adu.size(); ++i) out[i] = usable(bits, i) ? adu[i] : kNaNf;
}

void prepare_dark_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<const float> bias_adu, std::span<float> out) {
  for (std::size_t i = 0; i < adu.size(); ++i)
    out[i] = usable(bits, i) ? adu[i] - or_zero(bias_adu, i) : kNaNf;
}

void prepare_flat_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<const float> bias_adu, std::span<const float> dark_adu,
                      double dark_scale, double level_adu, std::span<float> out) {
  const auto per_level = static_cast<float>(1.0 / level_adu);
  const auto scale = static_cast<float>(dark_scale);
  for (std::size_t i = 0; i < adu.size(); ++i)
    out[i] = usable(bits, i)
                 ? (adu[i] - or_zero(bias_adu, i) - scale * or_zero(dark_adu, i)) * per_level
                 : kNaNf;
}

double flat_level(const Grid<float>& adu, const Mask& bits, std::span<const float> bias_adu,
                  std::span<const float> dark_adu, double dark_scale) {
  std::vector<float> values;
  const auto scale = static_cast<float>(dark_scale);
  for_central_quarter(adu.nx(), adu.ny(), [&](std::size_t i) {
    const float v = adu.pixels()[i] - or_zero(bias_adu, i) - scale * or_zero(dark_adu, i);
    if (usable(bits.pixels(), i) && std::isfinite(v)) values.push_back(v);
  });
  const auto level = static_cast<double>(median_in_place(std::span<float>{values}));
  if (!(level > 0.0))
    throw Error{Errc::bad_input,
                "a flat frame has no light left after bias and dark; was it exposed?"}
        .because({"flat_level_adu", level, 0.0});
  return level;
}

void mark_hot_pixels(std::span<const float> dark_adu, std::span<MaskBits> bits,
                     double limit_sigma) {
  const RobustSummary summary = robust_summary(dark_adu);
  const double limit = summary.median + limit_sigma * summary.sigma;
  for (std::size_t i = 0; i < dark_adu.size(); ++i)
    if (static_cast<double>(dark_adu[i]) > limit)
      bits[i] = static_cast<MaskBits>(bits[i] | mask::hot);
}

void normalise_flat(std::int64_t nx, std::int64_t ny, std::span<float> flat, std::span<float> error,
                    std::span<const MaskBits> bits) {
  std::vector<float> values;
  for_central_quarter(nx, ny, [&](std::size_t i) {
    if (usable(bits, i) && std::isfinite(flat[i])) values.push_back(flat[i]);
  });
  const float median = median_in_place(std::span<float>{values});
  if (!(median > 0.0F))
    throw Error{Errc::bad_input,
                "the stacked flat is not positive in its centre; check the flat frames"}
        .because({"flat_median", static_cast<double>(median), 0.0});
  for (float& v : flat) v /= median;
  for (float& v : error) v /= median;
}

void mark_flat_pixels(std::int64_t nx, std::int64_t ny, std::span<const float> flat,
                      std::span<const float> error, std::span<MaskBits> bits,
                      const FlatLimits& limits) {
  constexpr std::int64_t kTile = 15;
  std::vector<float> values;
  for (std::int64_t y0 = 0; y0 < ny; y0 += kTile)
    for (std::int64_t x0 = 0; x0 < nx; x0 += kTile) {
      const auto for_tile = [&](auto use) {
        for (std::int64_t iy = y0; iy < std::min(y0 + kTile, ny); ++iy)
          for (std::int64_t ix = x0; ix < std::min(x0 + kTile, nx); ++ix)
            use(static_cast<std::size_t>(iy * nx + ix));
      };
      values.clear();
      for_tile([&](std::size_t i) {
        if (usable(bits, i) && std::isfinite(flat[i])) values.push_back(flat[i]);
      });
      const auto local = static_cast<double>(median_in_place(std::span<float>{values}));
      for_tile([&](std::size_t i) {
        const auto v = static_cast<double>(flat[i]);
        const double relative = error.empty() ? 0.0 : static_cast<double>(error[i]) / v;
        if (!(v >= limits.low_flat) || relative > limits.error_max)
          bits[i] = static_cast<MaskBits>(bits[i] | mask::low_flat);
        if (v < limits.response_low * local || v > limits.response_high * local)
          bits[i] = static_cast<MaskBits>(bits[i] | mask::fault);
      });
    }
}

}  // namespace skyweft::calib
