// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "core/grid.hpp"
#include "core/units.hpp"

namespace skyweft::simulator {

/// Width and elongation of a star at one place of one frame.
struct StarShape {
  double fwhm_px = 2.6;     ///< geometric mean of the axes
  double elongation = 1.0;  ///< major / minor
  double angle_rad = 0.0;   ///< of the major axis, from +x
};

/// An elliptical star profile of unit volume, integrated over pixels: Gauss-Legendre 5×5 in the
/// core, 2×2 outside, on a cubic table of the radial profile. Immutable after construction.
class StarProfile {
 public:
  /// "moffat" with exponent `beta`, or "gaussian".
  StarProfile(std::string_view kind, double beta);

  /// Adds `flux_e` to the image; light outside the frame is lost. Light beyond the radius holding
  /// all but 1e-4 of it, or where a pixel gets less than 0.02 e- if that is larger, is left out
  /// (at most 30 FWHM). `response` multiplies the flux by [iy & 1][ix & 1].
  void add_star(Grid<float>& image_e, PixelPos at, double flux_e, const StarShape& shape,
                const std::array<double, 4>& response = {1, 1, 1, 1}) const;

  /// Share of the light in the brightest pixel of a centred round star, roughly.
  double peak_share(double fwhm_px) const;

 private:
  double at(double q) const;
  double profile(double q) const;
  double slope(double q) const;

  bool is_moffat_;
  double beta_;
  double scale_per_fwhm_;  ///< α or σ divided by the FWHM
  double centre_;          ///< central brightness × scale²
  double q_max_;
  std::vector<double> table_;  ///< (value, slope × step) pairs
};

}  // namespace skyweft::simulator
