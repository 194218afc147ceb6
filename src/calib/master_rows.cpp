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
                      std::span<const float> bias_adu, std::span<float> out, double scale) {
  const auto factor = static_cast<float>(scale);
  for (std::size_t i = 0; i < adu.size(); ++i)
    out[i] = usable(bits, i) ? (adu[i] - or_zero(bias_adu, i)) * factor : kNaNf;
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

}  // namespace skyweft::calib
