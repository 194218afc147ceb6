// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <limits>
#include <numbers>

namespace skyweft {

inline constexpr double kPi = std::numbers::pi;
inline constexpr double kRadPerDeg = kPi / 180.0;
inline constexpr double kArcsecPerRad = 3600.0 / kRadPerDeg;
inline constexpr double kSecondsPerDay = 86400.0;
/// 2.5 / ln 10: a relative flux error of 1 % is 0.010857 mag.
inline constexpr double kMagPerRelativeFlux = 1.0857362047581296;
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr float kNaNf = std::numeric_limits<float>::quiet_NaN();

/// An angle that knows its unit; never a bare double across a border.
class Angle {
 public:
  constexpr Angle() = default;
  static constexpr Angle from_rad(double v) { return Angle{v}; }
  static constexpr Angle from_deg(double v) { return Angle{v * kRadPerDeg}; }
  static constexpr Angle from_hours(double v) { return Angle{v * 15.0 * kRadPerDeg}; }
  static constexpr Angle from_arcsec(double v) { return Angle{v / kArcsecPerRad}; }
  constexpr double rad() const { return rad_; }
  constexpr double deg() const { return rad_ / kRadPerDeg; }
  constexpr double hours() const { return deg() / 15.0; }
  constexpr double arcsec() const { return rad_ * kArcsecPerRad; }
  constexpr auto operator<=>(const Angle&) const = default;
  friend constexpr Angle operator+(Angle a, Angle b) { return Angle{a.rad_ + b.rad_}; }
  friend constexpr Angle operator-(Angle a, Angle b) { return Angle{a.rad_ - b.rad_}; }
  friend constexpr Angle operator*(double s, Angle a) { return Angle{s * a.rad_}; }

 private:
  explicit constexpr Angle(double rad) : rad_(rad) {}
  double rad_ = 0.0;
};

/// A direction on the sky, ICRS.
struct SkyPos {
  Angle ra;
  Angle dec;
  bool operator==(const SkyPos&) const = default;
};

/// A place on the detector: 0-based, pixel centres at integers.
struct PixelPos {
  double x_px = 0.0;
  double y_px = 0.0;
  bool operator==(const PixelPos&) const = default;
};

}  // namespace skyweft
