// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/ellipse_overlap.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/units.hpp"

namespace skyweft::phot {
namespace {

/// t − sin t, without loss of digits for small t (terms from t¹⁹ on are below 1e-17 of the first).
double angle_minus_sine(double t) {
  if (std::abs(t) > 0.5) return t - std::sin(t);
  const double t2 = t * t;
  double series = 1.0;
  for (int k = 16; k >= 4; k -= 2) series = 1.0 - series * t2 / (k * (k + 1.0));
  return t * t2 / 6.0 * series;
}

}  // namespace

EllipseOverlap::EllipseOverlap(const Ellipse& e) noexcept {
  if (!(e.a_px > 0.0) || !(e.b_px > 0.0) || !std::isfinite(e.a_px * e.b_px) ||
      !std::isfinite(e.theta_deg))
    return;
  const double c = std::cos(e.theta_deg * kRadPerDeg);
  const double s = std::sin(e.theta_deg * kRadPerDeg);
  ab_ = e.a_px * e.b_px;
  step_x_ = {c / e.a_px, -s / e.b_px};
  step_y_ = {s / e.a_px, c / e.b_px};
  reach_ = 0.5 * std::max(std::hypot(step_x_.x + step_y_.x, step_x_.y + step_y_.y),
                          std::hypot(step_x_.x - step_y_.x, step_x_.y - step_y_.y));
  half_width_ = std::hypot(e.a_px * c, e.b_px * s);
  half_height_ = std::hypot(e.a_px * s, e.b_px * c);
}

double EllipseOverlap::area_px2() const noexcept {
  return kPi * ab_;
}

/// Twice the area between `centre`, the chord and the arc of the unit circle, signed.
double EllipseOverlap::arc(Vec from, Vec to, Vec centre) const noexcept {
  const double turn = std::atan2(from.x * to.y - from.y * to.x, from.x * to.x + from.y * to.y);
  const Vec p{from.x - centre.x, from.y - centre.y};
  const Vec q{to.x - centre.x, to.y - centre.y};
  return p.x * q.y - p.y * q.x + angle_minus_sine(turn);
}

double EllipseOverlap::operator()(double dx, double dy) const noexcept {
  if (!(ab_ > 0.0)) return 0.0;
  const Vec centre{dx * step_x_.x + dy * step_y_.x, dx * step_x_.y + dy * step_y_.y};
  const double far = 1.0 + reach_;
  if (!(centre.x * centre.x + centre.y * centre.y < far * far)) return 0.0;

  // Corners counter-clockwise, relative to the pixel's centre, and the edges that start there.
  constexpr std::array<double, 4> kSignX{-0.5, 0.5, 0.5, -0.5};
  constexpr std::array<double, 4> kSignY{-0.5, -0.5, 0.5, 0.5};
  const std::array<Vec, 4> edge{
      step_x_, step_y_, {-step_x_.x, -step_x_.y}, {-step_y_.x, -step_y_.y}};
  std::array<Vec, 4> local;
  std::array<Vec, 4> corner;
  std::array<Vec, 4> onto;  // the corner pulled in to the circle where it lies outside
  std::array<bool, 4> inside{};
  for (std::size_t k = 0; k < 4; ++k) {
    local[k] = {kSignX[k] * step_x_.x + kSignY[k] * step_y_.x,
                kSignX[k] * step_x_.y + kSignY[k] * step_y_.y};
    corner[k] = {centre.x + local[k].x, centre.y + local[k].y};
    const double r2 = corner[k].x * corner[k].x + corner[k].y * corner[k].y;
    inside[k] = r2 <= 1.0;
    const double shrink = inside[k] ? 1.0 : 1.0 / std::sqrt(r2);
    onto[k] = {corner[k].x * shrink, corner[k].y * shrink};
  }
  if (inside[0] && inside[1] && inside[2] && inside[3]) return 1.0;

  double twice = 0.0;
  bool crossed = false;
  for (std::size_t k = 0; k < 4; ++k) {
    const std::size_t next = (k + 1) % 4;
    const Vec p = corner[k];
    const Vec d = edge[k];
    // The part [low, high] of the edge that lies in the circle; low = high: none.
    const double dd = d.x * d.x + d.y * d.y;
    const double across = p.x * d.y - p.y * d.x;
    const double nearest = -(p.x * d.x + p.y * d.y) / dd;
    const double half = std::sqrt(std::max(0.0, (1.0 - across * across / dd) / dd));
    const double low = inside[k] ? 0.0 : std::clamp(nearest - half, 0.0, 1.0);
    const double high = inside[next] ? 1.0 : std::clamp(nearest + half, 0.0, 1.0);
    if (!(low < high)) {
      twice += arc(onto[k], onto[next], centre);
      continue;
    }
    crossed = true;
    const auto at = [&](double t) { return Vec{p.x + t * d.x, p.y + t * d.y}; };
    // The cross product of two points of a line is that of one of them and the way between.
    twice += (high - low) * (local[k].x * d.y - local[k].y * d.x);
    if (!inside[k]) twice += arc(onto[k], at(low), centre);
    if (!inside[next]) twice += arc(at(high), onto[next], centre);
  }
  // The edges went once around the circle, or not at all.
  if (!crossed) return twice > kPi ? kPi * ab_ : 0.0;
  return std::clamp(0.5 * ab_ * twice, 0.0, 1.0);
}

}  // namespace skyweft::phot
