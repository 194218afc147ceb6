// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/star_flux.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "core/units.hpp"

namespace skyweft::phot {
namespace {

QualityBits touched(const ApertureSet& apertures, const Nearest& nearest) {
  QualityBits bits = 0;
  const double largest = apertures.largest_px;
  if (largest > nearest.edge) bits |= quality::edge;
  if (largest > nearest.unusable) bits |= quality::bad_pixel;
  if (largest > nearest.cosmic) bits |= quality::cosmic;
  if (largest > nearest.leaked) bits |= quality::bleed;
  if (largest > nearest.interpolated) bits |= quality::interpolated;
  if (apertures.core_px > nearest.saturated) bits |= quality::saturated;
  return bits;
}

}  // namespace

ApertureSet aperture_set(std::vector<double> radii_px, double fwhm_px) {
  assert(!radii_px.empty());
  const auto [smallest, largest] = std::ranges::minmax(radii_px);
  return {.radii_px = std::move(radii_px),
          .largest_px = largest,
          .core_px = std::min(largest, std::max(fwhm_px, smallest))};
}

QualityBits finish_star(const ApertureSet& apertures, std::span<const ApertureSum> sums,
                        const LocalBackground& background, const Nearest& nearest,
                        const ApertureConfig& config, std::span<float> flux_e,
                        std::span<float> flux_err_e) noexcept {
  const auto level = static_cast<double>(static_cast<float>(background.level_e));
  const auto level_error = static_cast<double>(static_cast<float>(background.error_e));
  for (std::size_t a = 0; a < sums.size(); ++a) {
    flux_e[a] = flux_err_e[a] = kNaNf;
    if (!nearest.is_clean(apertures.radii_px[a])) continue;
    const ApertureSum& s = sums[a];
    const double flux = s.signal - s.area * level - background.slope_x_e * s.moment_x -
                        background.slope_y_e * s.moment_y;
    const double weight = s.sky_weight > 0.0 ? s.sky_weight : s.area;
    const double of_level = config.parity ? s.square : weight * weight;
    const double of_flat = config.flat_error * flux;
    const double variance = s.variance + of_level * (level_error * level_error) +
                            s.n_pixel * (config.error_offset_e * config.error_offset_e) +
                            of_flat * of_flat;
    flux_e[a] = static_cast<float>(flux);
    flux_err_e[a] = static_cast<float>(std::sqrt(variance));
  }
  return background.quality | touched(apertures, nearest);
}

}  // namespace skyweft::phot
