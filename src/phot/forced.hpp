// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/flags.hpp"
#include "data/frame.hpp"
#include "phot/ellipse_overlap.hpp"

namespace skyweft::phot {

struct ForcedConfig {
  std::string shape = "circle";
  std::vector<double> radii{1.0, 1.5, 2.0};
  std::string radii_unit = "fwhm";
  double ellipse_a_px = 0.0;
  double ellipse_b_px = 0.0;
  double ellipse_theta_deg = 0.0;
  std::vector<double> ellipse_scales{1.0};
  double kron_factor = 2.5;
  double kron_min_radius = 3.5;
  std::string background = "annulus";
  double annulus_inner_px = 0.0;
  double annulus_outer_px = 0.0;
  std::int64_t min_background_pixels = 50;
  double background_clip = 3.0;
  double map_box_px = 64.0;
  std::vector<double> limits_sigma{3.0, 5.0};
  double flat_error = 5e-4;

  static constexpr auto fields() {
    using C = ForcedConfig;
    return std::tuple{
        field("shape", &C::shape, "", "apertures: circles, ellipses or Kron ellipses",
              one_of("circle|ellipse|kron")),
        field("radii", &C::radii, "", "radii of the circles, in radii_unit", positive),
        field("radii_unit", &C::radii_unit, "", "unit of the radii; fwhm: of this frame's stars",
              one_of("px|arcsec|fwhm")),
        field("ellipse_a_px", &C::ellipse_a_px, "px",
              "semi-axis of the ellipse of targets that bring none; 0: they get a circle",
              non_negative),
        field("ellipse_b_px", &C::ellipse_b_px, "px", "its other semi-axis", non_negative),
        field("ellipse_theta_deg", &C::ellipse_theta_deg, "deg",
              "direction of its axis a, from +x towards +y"),
        field("ellipse_scales", &C::ellipse_scales, "",
              "every ellipse is measured in these multiples of its axes", positive),
        field("kron_factor", &C::kron_factor, "", "Kron ellipse in Kron radii", positive),
        field("kron_min_radius", &C::kron_min_radius, "sigma",
              "its least size, in units of the rms along its axes", non_negative),
        field("background", &C::background, "",
              "annulus: one level per target; map: the frame's background map; none: the frame has "
              "no background",
              one_of("annulus|map|none")),
        field("annulus_inner_px", &C::annulus_inner_px, "px",
              "inner radius of the annulus; 0: 4 FWHM, and outside the largest aperture",
              non_negative),
        field("annulus_outer_px", &C::annulus_outer_px, "px",
              "outer radius; 0: 7 FWHM, and 4 px beyond the inner radius", non_negative),
        field("min_background_pixels", &C::min_background_pixels, "",
              "fewer annulus pixels than this: the background map is used and the row flagged",
              at_least(3)),
        field("background_clip_sigma", &C::background_clip, "sigma",
              "annulus pixels further than this from the median are dropped", positive),
        field("map_box_px", &C::map_box_px, "px",
              "boxes of the background map: the error of its level is that of the median of one",
              at_least(1)),
        field("limits_sigma", &C::limits_sigma, "sigma", "upper limits are given at these",
              positive),
        field("flat_error", &C::flat_error, "", "relative error of the flat field under a target",
              fraction)};
  }
};

/// A place to measure, and optionally its own ellipse: the aperture itself for shape "ellipse", the
/// rms of the light along its axes for "kron". a_px = b_px = 0: none.
struct ForcedTarget {
  double x_px = kNaN;
  double y_px = kNaN;
  double a_px = 0.0;
  double b_px = 0.0;
  double theta_deg = 0.0;  ///< of axis a, from +x towards +y
};

/// What turns the configuration's units into pixels and electrons into magnitudes; NaN: not known.
struct FrameScale {
  double fwhm_px = kNaN;
  double arcsec_per_px = kNaN;
  double zero_point_mag = kNaN;
};

/// One target in one aperture. NaN where nothing could be measured; `quality` says why.
struct ForcedRow {
  std::int64_t target = 0;
  std::int64_t aperture = 0;  ///< in the order of radii or of ellipse_scales; 0 for Kron
  Ellipse shape;              ///< of the aperture
  double flux_e = kNaN;
  double flux_err_e = kNaN;        ///< quadratic sum of the next four
  double source_err_e = kNaN;      ///< variance above that of the sky
  double sky_err_e = kNaN;         ///< sky, dark, read-out
  double level_err_e = kNaN;       ///< of the background level
  double flat_err_e = kNaN;        ///< of the flat field
  double background_e = kNaN;      ///< per pixel
  double background_err_e = kNaN;  ///< of background_e
  double area_px = kNaN;           ///< of the aperture over usable pixels of the frame
  double coverage = kNaN;          ///< its share of the whole aperture
  std::int64_t n_masked = 0;       ///< pixels of the frame that it touches and leaves out
  double peak_e = kNaN;            ///< highest usable pixel, background removed
  double snr = kNaN;               ///< flux_e / flux_err_e
  double noise_e = kNaN;           ///< of the flux if there were no source: sky and level
  double kron_radius = kNaN;       ///< in units of the rms along the axes
  QualityBits quality = quality::not_measured;
};

/// Row of target t and aperture a: t · n_aperture + a.
struct ForcedTable {
  std::int64_t n_aperture = 0;
  double zero_point_mag = kNaN;
  std::vector<double> limits_sigma;
  std::vector<double> radii_px;  ///< of the circles
  std::vector<ForcedRow> rows;

  double magnitude_of(std::size_t row) const;
  double magnitude_error_of(std::size_t row) const;
  /// The upper limit of limits_sigma[k] from the error budget (phot/limits.hpp).
  double limit_e(std::size_t row, std::size_t k) const;
  double limit_mag(std::size_t row, std::size_t k) const;
};

/// Measures a list of places of one frame, whether a source is there or not.
///
///   flux = Σ w (I − B),   σ² = Σ w² V + (Σ w σ_B)² + (flat_error · flux)²
///
/// with w the exact overlap of aperture and pixel. The variance of a pixel of sky times Σ w² is the
/// sky's part of Σ w² V, the rest the source's; sky and level alone are `noise_e`, from which
/// come the upper limits. `frame.signal_e` holds its background unless config.background is "none".
/// Maps have the frame's shape or are empty; `is_sky` = 0 keeps pixels out of annuli
/// (sky_pixels() of phot/empty_apertures.hpp).
///
/// Unusable pixels are left out of the sums (not filled in), so that the flux is that of `coverage`
/// of the aperture. Quality:
///   edge                   the aperture leaves the frame: flux and errors are NaN
///   bad_pixel, cosmic, bleed, saturated   pixels of that kind are left out
///   interpolated           such a pixel is in the sum
///   background_unreliable  too few annulus pixels: level from the maps, NaN flux without these
///   psf_unreliable         Kron: the form or the radius could not be measured (kron_aperture())
///   not_measured           no place or no ellipse, wholly outside the frame, or no usable pixel
///
/// Cost: pixels of apertures and annuli; in sequence. Collective: no. Throws Error{bad_config} for
/// unusable radii, Error{bad_input} when they need a FWHM ("fwhm_px") or a pixel scale
/// ("arcsec_per_px") that is not known, Error{internal} for unequal shapes.
ForcedTable measure_targets(const Frame& frame, const Grid<float>& background_e,
                            const Grid<float>& background_rms_e, const Grid<std::uint8_t>& is_sky,
                            std::span<const ForcedTarget> targets, const FrameScale& scale,
                            const ForcedConfig& config);

/// The radii of the circles in pixels. Throws as measure_targets(). Collective: no.
std::vector<double> radii_in_px(const ForcedConfig& config, const FrameScale& scale);

}  // namespace skyweft::phot
