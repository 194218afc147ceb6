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

struct TransparencyConfig {
  double extinction_mag = kNaN;
  double min_airmass_span = 0.3;
  double cloud_limit_mag = 0.3;

  static constexpr auto fields() {
    return std::tuple{
        field("extinction_mag", &TransparencyConfig::extinction_mag, "mag",
              "light lost per unit of airmass; nan: fitted to the clear frames"),
        field("min_airmass_span", &TransparencyConfig::min_airmass_span, "",
              "clear frames that span less airmass than this determine no extinction", positive),
        field("cloud_limit_mag", &TransparencyConfig::cloud_limit_mag, "mag",
              "frames that lose more light than this against the clear ones are cloudy", positive)};
  }
};

/// How clear the sky was, columns [frame].
struct TransparencySeries {
  std::vector<double> transparency;  ///< 1: clear; NaN without zero point (or, if used, airmass)
  std::vector<std::uint8_t> cloudy;  ///< 1: more than cloud_limit_mag is lost; 0 when unknown
  double extinction_mag = 0.0;       ///< k, mag per airmass, as subtracted
  double extinction_err_mag = kNaN;  ///< NaN when k was given or not fitted
  bool is_extinction_fitted = false;
  double clear_zero_point = kNaN;  ///< of transparency 1 at airmass 0, or, with k = 0, as it is
  std::int64_t n_clear = 0;        ///< frames the extinction was fitted to
};

/// Computes the relative transparency of frames from their zero points,
///   T ∝ 10^{0.4 (Z + k X)}, 1 for the 90th percentile of Z + k X.
///
/// `zero_point_mag` are catalogue − instrumental magnitudes; `airmass` is [frame] or empty (no
/// extinction). `exposure_s` is [frame] when instrumental magnitudes are of whole exposures, and
/// empty when they are per second. Clouds only dim, so k is fitted along the upper side: the line
/// below which three quarters of the frames lie (Koenker & Bassett 1978), then least squares of the
/// frames within three sigma of it. No k is fitted to fewer than ten such frames, within
/// min_airmass_span, or when it comes out negative by more than three of its errors: then k = 0.
/// Clouds that thicken in step with airmass all night cannot be told from extinction.
/// Throws Error{internal} for columns of unequal length. Collective: no.
TransparencySeries transparency_series(std::span<const double> zero_point_mag,
                                       std::span<const double> airmass,
                                       std::span<const double> exposure_s,
                                       const TransparencyConfig& config);

}  // namespace skyweft::phot
