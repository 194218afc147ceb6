// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/photometry.hpp"

namespace skyweft::phot {

struct GrowthConfig {
  double reference_radius_px = 0.0;
  double isolation_px = 0.0;
  double isolation_mag = 5.0;
  double min_snr = 100.0;
  std::int64_t max_stars = 300;
  std::int64_t min_stars = 10;
  double clip_sigma = 4.0;
  double max_scatter = 0.05;

  static constexpr auto fields() {
    using C = GrowthConfig;
    return std::tuple{
        field("reference_radius_px", &C::reference_radius_px, "px",
              "fluxes are corrected to this radius, one of the measured; 0: the largest",
              non_negative),
        field("isolation_px", &C::isolation_px, "px",
              "a star of the curve has no other this near; 0: twice the reference radius",
              non_negative),
        field("isolation_mag", &C::isolation_mag, "mag",
              "others fainter than the star by more than this do not count"),
        field("min_snr", &C::min_snr, "", "in the reference aperture", positive),
        field("max_stars", &C::max_stars, "", "the brightest of the rest are used", at_least(1)),
        field("min_stars", &C::min_stars, "", "fewer stars: not usable", at_least(1)),
        field("clip_sigma", &C::clip_sigma, "sigma",
              "a star whose ratio lies further than this from the median is dropped there",
              positive),
        field("max_scatter", &C::max_scatter, "",
              "larger star-to-star scatter of a ratio: not usable", positive)};
  }
};

/// How a frame's stars fill their apertures.
struct GrowthCurve {
  std::vector<double> radii_px;  ///< [n_ap], in the order of the photometry
  double reference_radius_px = kNaN;
  std::vector<double> ratio;         ///< median of F(r)/F(reference); NaN: no star
  std::vector<double> ratio_err;     ///< standard error of that median
  std::vector<double> scatter;       ///< from star to star, 1.4826 median absolute deviation
  std::vector<std::int64_t> n_star;  ///< that the ratio is from
  std::int64_t n_selected = 0;       ///< isolated bright stars without flags
  bool usable = false;  ///< enough stars and little scatter at every radius that is not NaN

  /// The magnitude to add to one measured at radius k so that it is one at the reference radius;
  /// negative when the aperture is smaller. NaN where there is no ratio.
  double correction_mag(std::size_t k) const;
  double correction_err_mag(std::size_t k) const;
};

/// Rows of the stars that a curve of growth may be taken from, brightest flux first.
///
/// Without any quality bit of the pixels, neighbours or background, finite flux in the reference
/// aperture with S/N of min_snr, and no other row within isolation_px that is not fainter by more
/// than isolation_mag; another without magnitude counts as bright. At most max_stars. Ties by row.
/// Throws as growth_curve(). Collective: no.
std::vector<std::int64_t> growth_stars(const FramePhotometry& photometry,
                                       std::span<const float> catalog_mag,
                                       std::span<const double> radii_px,
                                       const GrowthConfig& config);

/// Measures the curve of growth of one frame from its isolated bright stars (Howell 1989).
///
/// Per radius: the median of F(r)/F(reference) over the stars that clip_sigma leaves around it, and
/// its error √(π/2) σ/√n. Stars NaN at a radius are left out there. The error of a ratio at the
/// reference radius is 0. Throws Error{bad_config} when the reference is not one of the radii
/// (within 1e-6 px), Error{internal} for unequal lengths. Collective: no.
GrowthCurve growth_curve(const FramePhotometry& photometry, std::span<const float> catalog_mag,
                         std::span<const double> radii_px, const GrowthConfig& config);

/// The ratio and the correction between the measured radii.
struct ApertureCorrection {
  double ratio = kNaN;           ///< F(r)/F(reference)
  double correction_mag = kNaN;  ///< 2.5 log10(ratio)
  double error_mag = kNaN;       ///< the larger of the neighbouring radii's
};

/// Interpolates the curve at any radius up to the largest by monotone cubics (Fritsch & Carlson
/// 1980) through the ratios and 0 at radius 0; NaN beyond, and for a curve without ratios. Below
/// the smallest measured radius it is a guess. Collective: no. Throws: never.
ApertureCorrection aperture_correction(const GrowthCurve& curve, double radius_px);

}  // namespace skyweft::phot
