// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/flags.hpp"

namespace skyweft {

/// What an object looks like beside the frame's stars.
enum class SourceClass : std::int32_t { unknown, point, extended, trace };

/// "unknown", "point", "extended" or "trace".
constexpr std::string_view name_of(SourceClass kind) noexcept {
  constexpr std::string_view kNames[] = {"unknown", "point", "extended", "trace"};
  return kNames[static_cast<std::size_t>(kind)];
}

/// Objects of one frame as columns of equal length, brightest Kron flux first. The ellipse is that
/// of the second moments of the smoothed pixels above the threshold; lengths in pixels, sky
/// removed.
struct ExtendedSources {
  std::vector<double> x_px;  ///< light-weighted mean of the isophote
  std::vector<double> y_px;
  std::vector<double> x_win_px;  ///< Gaussian-windowed centre; the mean where it did not converge
  std::vector<double> y_win_px;
  std::vector<std::int32_t> n_pix;     ///< pixels above the threshold
  std::vector<float> flux_iso_e;       ///< sum of these
  std::vector<float> flux_iso_err_e;   ///< standard error
  std::vector<float> peak_e;           ///< brightest pixel
  std::vector<float> a_px;             ///< rms along the major axis
  std::vector<float> b_px;             ///< and along the minor axis
  std::vector<float> theta_deg;        ///< major axis from +x towards +y, (−90, 90]
  std::vector<float> cxx;              ///< cxx Δx² + cyy Δy² + cxy Δx Δy = 1 is that ellipse
  std::vector<float> cyy;              ///< 1/px²
  std::vector<float> cxy;              ///< 1/px²
  std::vector<float> kron_radius;      ///< first moment, in units of a and b; 0: not measured
  std::vector<float> flux_auto_e;      ///< in the Kron ellipse
  std::vector<float> flux_auto_err_e;  ///< standard error
  std::vector<float> snr;              ///< their ratio
  std::vector<float> half_light_px;    ///< radius of the circle with half of flux_auto_e
  std::vector<float> fwhm_px;          ///< of a Gaussian with these moments, smoothing taken off
  std::vector<float> elongation;       ///< a/b, >= 1
  std::vector<SourceBits> flags;       ///< source_flag bits
  std::vector<SourceClass> kind;       ///< by width and elongation
  std::vector<double> aperture_px;     ///< radii of the circles [n_ap]
  std::vector<float> aperture_flux_e;  ///< [size()][n_ap]
  std::vector<float> aperture_err_e;   ///< [size()][n_ap]

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(x_px.size()); }
  std::int64_t n_ap() const noexcept { return static_cast<std::int64_t>(aperture_px.size()); }
};

}  // namespace skyweft
