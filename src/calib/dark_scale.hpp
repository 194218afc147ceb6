// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace skyweft::calib {

/// What a dark of `dark_exposure_s` at `dark_temperature_c` is multiplied by to stand for an
/// exposure of `exposure_s` at `temperature_c`: τ/τ_D exp(κ (T − T_D)).
///
/// The temperature counts only when both are finite and κ (`kappa_per_c`, 1/°C) is not 0; silicon
/// doubles its dark current in about 6 °C, κ ≈ 0.11. 0 when one exposure time is not finite or the
/// dark's is not positive: nothing to subtract. Collective: no.
inline double dark_scale(double exposure_s, double dark_exposure_s, double temperature_c,
                         double dark_temperature_c, double kappa_per_c) {
  if (!std::isfinite(exposure_s) || !std::isfinite(dark_exposure_s) || !(dark_exposure_s > 0.0))
    return 0.0;
  const double by_time = exposure_s / dark_exposure_s;
  const double warmer_c = temperature_c - dark_temperature_c;
  if (kappa_per_c == 0.0 || !std::isfinite(warmer_c)) return by_time;
  return by_time * std::exp(kappa_per_c * warmer_c);
}

}  // namespace skyweft::calib
