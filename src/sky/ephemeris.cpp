// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/ephemeris.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <erfa.h>
#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "sky/earth.hpp"

namespace skyweft::sky {
namespace {

constexpr double kMaxStep_deg = 45.0;
constexpr std::size_t kMaxRows = 4;
constexpr double kShortest_s = 4.0;  // rounding of JD is 1e-5 of it

/// The vector in the tangent plane of `base` with the direction and the length, in radians, of the
/// way to `to`.
Vec3 way(const Vec3& base, const Vec3& to) {
  const double along = dot(base, to);
  Vec3 out{};
  double across2 = 0.0;
  for (std::size_t k = 0; k < 3; ++k) {
    out[k] = to[k] - along * base[k];
    across2 += out[k] * out[k];
  }
  const double across = std::sqrt(across2);
  const double stretch = across > 0.0 ? std::atan2(across, along) / across : 1.0;
  for (double& one : out) one *= stretch;
  return out;
}

/// Where one gets from `base` on this way.
Vec3 gone(const Vec3& base, const Vec3& by) {
  const double angle = std::sqrt(dot(by, by));
  const double share = angle > 0.0 ? std::sin(angle) / angle : 1.0;
  Vec3 out{};
  for (std::size_t k = 0; k < 3; ++k) out[k] = std::cos(angle) * base[k] + share * by[k];
  return out;
}

}  // namespace

EphemerisPath::EphemerisPath(const Ephemeris& ephemeris)
    : name_(ephemeris.name), scale_(ephemeris.scale), jd_(ephemeris.jd) {
  const std::string name = printable(name_);
  const std::size_t n = jd_.size();
  if (ephemeris.ra_deg.size() != n || ephemeris.dec_deg.size() != n)
    throw Error{Errc::internal, fmt::format("ephemeris of {}: columns of unequal length", name)};
  if (n < 2)
    throw Error{Errc::bad_input,
                fmt::format("the ephemeris of {} has {} rows, too few to say where it is between; "
                            "give at least two, four for a curved way",
                            name, n)}
        .because({"ephemeris_rows", static_cast<double>(n), 2.0});
  direction_.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double ra = ephemeris.ra_deg[i];
    const double dec = ephemeris.dec_deg[i];
    if (!std::isfinite(jd_[i]) || (i > 0 && !(jd_[i] > jd_[i - 1])) || !(std::abs(ra) <= 360.0) ||
        !(std::abs(dec) <= 90.0))
      throw Error{Errc::bad_input,
                  fmt::format("the ephemeris of {}, row {} (JD {:.6f}, RA {} deg, Dec {} deg), is "
                              "not later than the one before or not on the sphere",
                              name, i + 1, jd_[i], ra, dec)}
          .because({"ephemeris_order", static_cast<double>(i + 1), 0.0});
    direction_.push_back(unit_vector({Angle::from_deg(ra), Angle::from_deg(dec)}));
    if (i == 0) continue;
    const Vec3 step = way(direction_[i - 1], direction_[i]);
    const double step_deg = std::sqrt(dot(step, step)) / kRadPerDeg;
    // Opposite rows have no way between them; dot() tells them from equal ones.
    if (step_deg > kMaxStep_deg || dot(direction_[i - 1], direction_[i]) < 0.0)
      throw Error{Errc::bad_input,
                  fmt::format("the ephemeris of {} leaps by {:.1f} deg to row {} (JD {:.6f}); ask "
                              "for a finer step",
                              name, step_deg, i + 1, jd_[i])}
          .because({"ephemeris_step_deg", step_deg, kMaxStep_deg});
  }
}

/// Interpolates through the `n_row` rows (at most those there are) nearest to the interval of `jd`.
Vec3 EphemerisPath::place(double jd, std::size_t n_row) const {
  const std::size_t n = jd_.size();
  n_row = std::min({n_row, n, kMaxRows});
  const auto above = static_cast<std::size_t>(std::ranges::upper_bound(jd_, jd) - jd_.begin());
  const std::size_t before = std::clamp<std::size_t>(above, 1, n - 1) - 1;
  // Rows on both sides; of three, the third on the nearer one.
  std::size_t first = before;
  if (n_row == 4 && before > 0) first = before - 1;
  if (n_row == 3 && before > 0 && jd - jd_[before] < jd_[before + 1] - jd) first = before - 1;
  first = std::min(first, n - n_row);
  const Vec3& base = direction_[before];
  Vec3 by{};
  for (std::size_t i = first; i < first + n_row; ++i) {
    double share = 1.0;
    for (std::size_t j = first; j < first + n_row; ++j)
      if (j != i) share *= (jd - jd_[j]) / (jd_[i] - jd_[j]);
    const Vec3 there = way(base, direction_[i]);
    for (std::size_t k = 0; k < 3; ++k) by[k] += share * there[k];
  }
  return gone(base, by);
}

SkyPos EphemerisPath::at(double jd) const {
  if (!covers(jd))
    throw Error{Errc::bad_input,
                fmt::format("the ephemeris of {} reaches from JD {:.6f} to {:.6f} ({}) and says "
                            "nothing of JD {:.6f}; give one for the whole run",
                            printable(name_), jd_.front(), jd_.back(),
                            scale_ == Ephemeris::Scale::utc ? "UTC" : "TDB", jd)}
        .because({"ephemeris_span", jd, jd < jd_.front() ? jd_.front() : jd_.back()});
  return direction_of(place(jd, kMaxRows));
}

Angle EphemerisPath::doubt(double jd) const {
  const std::size_t n_row = std::min(kMaxRows, jd_.size());
  if (n_row < 3 || !covers(jd)) return Angle::from_rad(kNaN);
  return separation(direction_of(place(jd, n_row)), direction_of(place(jd, n_row - 1)));
}

double ephemeris_jd(Ephemeris::Scale scale, double utc_jd, const LeapSeconds& leap_seconds) {
  if (scale == Ephemeris::Scale::utc) return utc_jd;
  const Instant t = instant_of(utc_jd, leap_seconds);
  const double tdb_minus_tt_s = eraDtdb(t.tt[0], t.tt[1], 0.0, 0.0, 0.0, 0.0);
  return t.tt[0] + (t.tt[1] + tdb_minus_tt_s / kSecondsPerDay);
}

double motion_px(const EphemerisPath& path, double jd_mid, double exposure_s,
                 double scale_arcsec_px) {
  if (!(scale_arcsec_px > 0.0))
    throw Error{Errc::bad_input, fmt::format("a pixel of {} arcsec has no scale", scale_arcsec_px)}
        .because({"pixel_scale", scale_arcsec_px, 0.0});
  path.at(jd_mid);  // refuses what lies outside
  if (!(exposure_s > 0.0)) return 0.0;
  // At least some seconds, of which one double of JD loses little; beyond the table, what is inside
  // stands for the whole.
  const double half_d = 0.5 * std::max(exposure_s, kShortest_s) / kSecondsPerDay;
  const double from = std::max(jd_mid - half_d, path.first_jd());
  const double to = std::min(jd_mid + half_d, path.last_jd());
  const double way_px = separation(path.at(from), path.at(to)).arcsec() / scale_arcsec_px;
  return way_px * exposure_s / kSecondsPerDay / (to - from);
}

}  // namespace skyweft::sky
