// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/projection.hpp"

#include <cmath>

namespace skyweft::sky {
namespace {

double wrapped(double rad) {
  const double turn = 2.0 * kPi;
  const double in = std::fmod(rad, turn);
  const double out = in < 0.0 ? in + turn : in;
  return out >= turn ? 0.0 : out;
}

}  // namespace

Vec3 unit_vector(const SkyPos& position) {
  const double c = std::cos(position.dec.rad());
  return {c * std::cos(position.ra.rad()), c * std::sin(position.ra.rad()),
          std::sin(position.dec.rad())};
}

SkyPos direction_of(const Vec3& v) {
  return {Angle::from_rad(wrapped(std::atan2(v[1], v[0]))),
          Angle::from_rad(std::atan2(v[2], std::hypot(v[0], v[1])))};
}

Angle separation(const SkyPos& a, const SkyPos& b) {
  const Vec3 u = unit_vector(a);
  const Vec3 v = unit_vector(b);
  const double cross =
      std::hypot(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]);
  return Angle::from_rad(std::atan2(cross, u[0] * v[0] + u[1] * v[1] + u[2] * v[2]));
}

Angle position_angle(const SkyPos& from, const SkyPos& to) {
  const double d_ra = to.ra.rad() - from.ra.rad();
  const double half = std::sin(0.5 * d_ra);
  const double east = std::cos(to.dec.rad()) * std::sin(d_ra);
  // sin(Δδ) + the curvature term: keeps its digits when the two are close.
  const double north = std::sin(to.dec.rad() - from.dec.rad()) +
                       2.0 * std::sin(from.dec.rad()) * std::cos(to.dec.rad()) * half * half;
  return Angle::from_rad(wrapped(std::atan2(east, north)));
}

TangentPlane::TangentPlane(const SkyPos& centre)
    : centre_(centre), sin_dec_(std::sin(centre.dec.rad())), cos_dec_(std::cos(centre.dec.rad())) {}

std::optional<PlanePos> TangentPlane::project(const SkyPos& position) const {
  const double d_ra = position.ra.rad() - centre_.ra.rad();
  const double s = std::sin(position.dec.rad());
  const double c = std::cos(position.dec.rad());
  const double half = std::sin(0.5 * d_ra);
  const double cos_distance = sin_dec_ * s + cos_dec_ * c * std::cos(d_ra);
  if (!(cos_distance > 1e-9)) return std::nullopt;
  const double east = c * std::sin(d_ra);
  const double north =
      std::sin(position.dec.rad() - centre_.dec.rad()) + 2.0 * sin_dec_ * c * half * half;
  return PlanePos{east / cos_distance / kRadPerDeg, north / cos_distance / kRadPerDeg};
}

SkyPos TangentPlane::deproject(const PlanePos& place) const {
  const double xi = place.xi_deg * kRadPerDeg;
  const double eta = place.eta_deg * kRadPerDeg;
  const double toward = cos_dec_ - eta * sin_dec_;
  const double up = sin_dec_ + eta * cos_dec_;
  return {Angle::from_rad(wrapped(centre_.ra.rad() + std::atan2(xi, toward))),
          Angle::from_rad(std::atan2(up, std::hypot(xi, toward)))};
}

}  // namespace skyweft::sky
