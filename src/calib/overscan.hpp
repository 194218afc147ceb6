// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/grid.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

struct OverscanConfig {
  std::string overscan = "auto";
  std::int64_t overscan_skip_px = 2;
  double overscan_clip_sigma = 5.0;
  int overscan_rounds = 10;
  std::int64_t overscan_min_pixels = 100;
  int overscan_order = 3;
  int overscan_knots = 64;
  int overscan_smooth_rows = 15;

  static constexpr auto fields() {
    return std::tuple{
        field("overscan", &OverscanConfig::overscan, "",
              "how the level without light follows the rows of an amplifier; auto: a spline where "
              "the rows differ by more than noise, else a constant",
              one_of("auto|none|constant|row|polynomial|spline")),
        field("overscan_skip_px", &OverscanConfig::overscan_skip_px, "px",
              "overscan next to the data that is left out (deferred charge)", non_negative),
        field("overscan_clip_sigma", &OverscanConfig::overscan_clip_sigma, "sigma",
              "drop overscan pixels and rows further than this from the level", positive),
        field("overscan_rounds", &OverscanConfig::overscan_rounds, "", "clipping rounds at most",
              non_negative),
        field("overscan_min_pixels", &OverscanConfig::overscan_min_pixels, "px",
              "set a frame aside when fewer overscan pixels are left", at_least(1)),
        field("overscan_order", &OverscanConfig::overscan_order, "",
              "order of the polynomial along the rows", between(0, 10)),
        field("overscan_knots", &OverscanConfig::overscan_knots, "px",
              "rows from one knot of the spline to the next", at_least(4)),
        field("overscan_smooth_rows", &OverscanConfig::overscan_smooth_rows, "px",
              "rows of the running median of the model \"row\"", at_least(1))};
  }
};

/// The level without light of one amplifier, for each row of its data in the raw image.
struct OverscanLevel {
  std::string model = "none";        ///< what was used: none, constant, row, polynomial, spline
  std::vector<float> level_adu;      ///< [data.ny()]; 0 for none
  std::vector<float> variance_adu2;  ///< [data.ny()] of the level; 0 for none
  double median_adu = 0.0;           ///< over all rows, whatever the model
  double sigma_adu = 0.0;            ///< of one overscan pixel: about the constant, else its row
};

/// Measures the level without light in an amplifier's overscan (science.md 3.1).
///
/// `raw` is the whole raw image [ny][nx]; `raw_mask` may be empty. Pixels that are masked
/// (mask::unusable) or not finite, and the overscan_skip_px next to the data, take no part.
/// constant: median after iterative clipping, variance (π/2) s²/n with s the clipped standard
/// deviation (that of a Gaussian's median). Ties are taken as spread over the converter's step, so
/// that integers do not bind the median (grouped median). row: medians of the rows, pixels clipped,
/// then a running median over overscan_smooth_rows (cut off at the ends), variance (π/2)² s²/n.
/// polynomial, spline (cubic, knots every overscan_knots rows): clipped least squares through the
/// rows' medians, variance from the fit's covariance. Rows the overscan lacks take the level of its
/// nearest row. auto: the spline if it lowers the variance of the rows' medians by more than
/// 4 R²/n_col, else constant; R is `read_noise_adu`, or the overscan's own scatter when that is NaN
/// or 0. An overscan above or below the data, or of too few rows for the model, gives a constant.
///
/// Throws Error{bad_input} because of "overscan_pixels" when fewer than overscan_min_pixels are
/// left, of "section" when the overscan leaves the image or covers data. Collective: no.
OverscanLevel fit_overscan(const Grid<float>& raw, const Mask& raw_mask, const Amplifier& amplifier,
                           double read_noise_adu, const OverscanConfig& config);

/// By how many robust sigmas a frame's overscan departs from those of its session (medians of the
/// same amplifier): more than 5 either way means failing electronics. The session's sigma is at
/// least `floor_adu` (say, the level's own error). NaN with fewer than 5 finite medians.
/// Collective: no.
double overscan_drift(std::span<const double> session_medians_adu, double median_adu,
                      double floor_adu);

}  // namespace skyweft::calib
