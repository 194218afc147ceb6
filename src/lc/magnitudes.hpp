// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

namespace skyweft::lc {

/// Turns flux into 25 − 2.5 log10(F/t); NaN when flux or exposure is not positive.
/// Collective: no. Throws: never.
float instrumental_mag(double flux_e, double exposure_s);

/// Magnitude error 1.0857 σ/F; NaN when the flux is not positive. Collective: no. Throws: never.
float instrumental_mag_err(double flux_e, double flux_err_e);

/// Fills `mag` and `mag_err` [point] from fluxes of one exposure time; all spans of one length.
/// Collective: no. Throws: never.
void instrumental_mags(std::span<const float> flux_e, std::span<const float> flux_err_e,
                       double exposure_s, std::span<float> mag, std::span<float> mag_err);

}  // namespace skyweft::lc
