// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magnitudes.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace skyweft::lc {

float instrumental_mag(double flux_e, double exposure_s) {
  if (!(flux_e > 0.0) || !(exposure_s > 0.0)) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(25.0 - 2.5 * std::log10(flux_e / exposure_s));
}

float instrumental_mag_err(double flux_e, double flux_err_e) {
  if (!(flux_e > 0.0)) return std::numeric_limits<float>::quiet_NaN();
  return static_cast<float>(2.5 / std::numbers::ln10 * flux_err_e / flux_e);
}

void instrumental_mags(std::span<const float> flux_e, std::span<const float> flux_err_e,
                       double exposure_s, std::span<float> mag, std::span<float> mag_err) {
  for (std::size_t i = 0; i < flux_e.size(); ++i) {
    mag[i] = instrumental_mag(static_cast<double>(flux_e[i]), exposure_s);
    mag_err[i] =
        instrumental_mag_err(static_cast<double>(flux_e[i]), static_cast<double>(flux_err_e[i]));
  }
}

}  // namespace skyweft::lc
