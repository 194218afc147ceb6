// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "data/ephemeris.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// A moving target's way over the sky: the rows of an ephemeris and what lies between them.
///
/// Between two rows the cubic through the four nearest ones is taken (fewer at hand: a parabola, a
/// line), in coordinates about the row before in which angle and direction from it are kept, so
/// that even motion along a great circle is exact whatever the step. Where the fourth derivative of
/// these coordinates is f, the error is below 3/128 f h⁴ for rows h apart, and below f h⁴/24
/// between the first and the last two rows.
class EphemerisPath {
 public:
  /// Throws Error{bad_input}: fewer than two rows (test "ephemeris_rows"), times not ascending or
  /// no numbers, places off the sphere ("ephemeris_order"), or rows further than 45° apart, between
  /// which nothing can be trusted ("ephemeris_step_deg").
  explicit EphemerisPath(const Ephemeris& ephemeris);

  const std::string& name() const noexcept { return name_; }
  Ephemeris::Scale scale() const noexcept { return scale_; }
  double first_jd() const noexcept { return jd_.front(); }
  double last_jd() const noexcept { return jd_.back(); }
  bool covers(double jd) const noexcept { return jd >= jd_.front() && jd <= jd_.back(); }

  /// The direction at `jd`, in the scale of the table. Throws Error{bad_input} with test
  /// "ephemeris_span" outside the table: nothing is extrapolated. Collective: no.
  SkyPos at(double jd) const;

  /// How far at(jd) is from what three rows instead of four give (two instead of three): larger
  /// than the error wherever the rows are dense enough. NaN with two rows, or outside the table.
  /// Collective: no. Throws: never.
  Angle doubt(double jd) const;

 private:
  Vec3 place(double jd, std::size_t n_row) const;

  std::string name_;
  Ephemeris::Scale scale_;
  std::vector<double> jd_;
  std::vector<Vec3> direction_;
};

/// The time of an exposure in the scale of the table; TDB of the geocentre, which is 2 µs or less
/// from any observer's. Throws Error{bad_input} for an impossible date. Collective: no.
double ephemeris_jd(Ephemeris::Scale scale, double utc_jd,
                    const LeapSeconds& leap_seconds = shipped_leap_seconds());

/// The length of the trail that the target leaves on a frame of sidereal tracking, px: how far it
/// moves in `exposure_s` about `jd_mid` (in the scale of the table), which may reach half an
/// exposure beyond the table. Aperture sums lose light when this is not small against their radius.
/// Throws Error{bad_input} as at(), and with test "pixel_scale" when the scale is not positive.
/// Collective: no.
double motion_px(const EphemerisPath& path, double jd_mid, double exposure_s,
                 double scale_arcsec_px);

}  // namespace skyweft::sky
