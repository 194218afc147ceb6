// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"

namespace skyweft::phot {

struct ZeroPointConfig {
  std::int64_t colour_order = 1;
  std::int64_t position_order = 0;
  double mag_min = kNaN;
  double mag_max = kNaN;
  double colour_min = kNaN;
  double colour_max = kNaN;
  double max_contamination = 0.05;
  double clip_sigma = 4.0;
  std::int64_t min_stars = 10;

  static constexpr auto fields() {
    return std::tuple{
        field("colour_order", &ZeroPointConfig::colour_order, "",
              "highest power of the colour; taken when it improves stars left out of the fit",
              between(0, 2)),
        field("position_order", &ZeroPointConfig::position_order, "",
              "highest order in the place on the frame; taken when it improves stars left out of "
              "the fit",
              between(0, 2)),
        field("mag_min", &ZeroPointConfig::mag_min, "mag",
              "catalogue stars brighter than this are not used; nan: all"),
        field("mag_max", &ZeroPointConfig::mag_max, "mag",
              "catalogue stars fainter than this are not used; nan: all"),
        field("colour_min", &ZeroPointConfig::colour_min, "mag",
              "bluer catalogue stars are not used; nan: all"),
        field("colour_max", &ZeroPointConfig::colour_max, "mag",
              "redder catalogue stars are not used; nan: all"),
        field("max_contamination", &ZeroPointConfig::max_contamination, "",
              "stars with more light of others in their aperture, over their own, are not used",
              non_negative),
        field("clip_sigma", &ZeroPointConfig::clip_sigma, "sigma",
              "stars further off than this, in their error and the intrinsic scatter, are dropped",
              between(2.0, 100.0)),
        field("min_stars", &ZeroPointConfig::min_stars, "",
              "with fewer stars there is no zero point; each term but the first asks for three",
              between(10, 1e9))};
  }
};

/// The stars of one frame, columns [star].
struct ZeroPointStars {
  std::span<const double> instrumental_mag;
  std::span<const double> mag_err;  ///< of instrumental_mag
  std::span<const double> catalog_mag;
  std::span<const double> colour;         ///< or empty: unknown
  std::span<const double> u;              ///< x over the frame, −1 … 1; or empty
  std::span<const double> v;              ///< y likewise
  std::span<const double> contamination;  ///< neighbours' light over the star's own; or empty
  std::span<const std::uint8_t> usable;   ///< 0 where the caller excludes it; or empty
};

/// catalogue − instrumental magnitude as a function of colour C and place:
///   Z + Σ_{p=1}^{a} c_p (C − C₀)^p + Σ_{1 ≤ p+q ≤ b} d_pq u^p v^q.
struct ZeroPoint {
  double zero_point = kNaN;  ///< Z: a star of colour_zero at the middle of the frame
  double zero_point_err = kNaN;
  double colour_zero = 0.0;    ///< C₀, the stars' median; 0 when no star has a colour
  std::vector<double> colour;  ///< [a] mag per mag^p
  std::vector<double> colour_err;
  std::vector<double> position;  ///< u, v, u², uv, v² as far as b goes
  std::vector<double> position_err;
  std::vector<double> covariance;  ///< [term][term] of (Z, colour, position), mag²

  double scatter_mag = kNaN;    ///< 1.4826 · MAD of the residuals of the stars used
  double intrinsic_mag = kNaN;  ///< what the stars' errors leave unexplained; counted in all errors
  double colour_scatter = 0.0;  ///< of the stars used; how far an unknown colour may be off
  double held_out_mag = kNaN;   ///< rms of stars left out of the fit, for these terms
  double held_out_constant_mag = kNaN;  ///< the same for Z alone

  std::int64_t n_candidate = 0;     ///< stars that pass the selection
  std::int64_t n_used = 0;          ///< of these, not clipped
  std::int64_t colour_order = 0;    ///< a, as used
  std::int64_t position_order = 0;  ///< b, as used
  bool is_limited = false;  ///< some order allowed was not fitted: too few stars, or all alike

  bool valid() const noexcept { return n_used > 0; }
};

/// Fits the zero point of a frame (science.md 3.17).
///
/// Used are stars that are usable, finite, of positive error and within the configured limits. When
/// fewer than half of them have a colour, no colour term is fitted and all count; else only those
/// with one. The fit weighs with 1/(σ² + s₀²), s₀ the scatter that the errors do not explain,
/// starts robustly (Huber) and drops stars beyond clip_sigma · √(σ² + s₀²) until none changes.
/// Errors follow from these weights.
///
/// Orders: each pair allowed is judged by stars left out (ten folds by index, squares cut off at
/// clip_sigma). Going up in the number of terms, one replaces the best so far when its gain is
/// above the standard error of the gain (of the paired differences). A colour term that is not
/// there is then taken once in about 130 frames of many stars (once in 70 with 150 of them).
///
/// Fewer than min_stars: NaN, n_used 0, n_candidate tells. Terms that three stars each do not
/// carry, or whose design is degenerate, are left out with is_limited. Throws Error{internal} for
/// columns of unequal length. Deterministic. Collective: no.
ZeroPoint fit_zero_point(const ZeroPointStars& stars, const ZeroPointConfig& config);

/// The catalogue-system magnitude of a star. NaN colour counts as colour_zero when there is a
/// colour term; see apply_error(). NaN without a zero point. Collective: no. Throws: never.
double apply(const ZeroPoint& zero_point, double instrumental_mag, double colour, double u,
             double v);

/// The error that the zero point itself adds there, common to like stars: from the covariance, and
/// for an unknown colour also from the stars' spread in colour. Collective: no. Throws: never.
double apply_error(const ZeroPoint& zero_point, double colour, double u, double v);

}  // namespace skyweft::phot
