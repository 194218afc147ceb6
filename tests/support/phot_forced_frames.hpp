// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "data/frame.hpp"
#include "phot/ellipse_overlap.hpp"

namespace skyweft::support {

/// A frame of one level and variance, gain 1.
inline Frame even_frame(std::int64_t nx, std::int64_t ny, float level, float variance) {
  Frame frame;
  frame.signal_e = Grid<float>(nx, ny, level);
  frame.variance_e2 = Grid<float>(nx, ny, variance);
  frame.mask = Mask(nx, ny);
  return frame;
}

/// Adds Gaussian noise of the frame's variance, the same for the same seed.
inline void add_noise(Frame& frame, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> gauss;
  const auto value = frame.signal_e.pixels();
  const auto variance = frame.variance_e2.pixels();
  for (std::size_t i = 0; i < value.size(); ++i)
    value[i] += static_cast<float>(std::sqrt(static_cast<double>(variance[i])) * gauss(random));
}

/// Adds profile(r) at each pixel's centre, r in units of the ellipse's axes about (x, y).
template <class Profile>
void add_source(Frame& frame, double x, double y, const phot::Ellipse& e, Profile profile) {
  const double c = std::cos(e.theta_deg * std::acos(-1.0) / 180.0);
  const double s = std::sin(e.theta_deg * std::acos(-1.0) / 180.0);
  for (std::int64_t iy = 0; iy < frame.ny(); ++iy)
    for (std::int64_t ix = 0; ix < frame.nx(); ++ix) {
      const double dx = static_cast<double>(ix) - x;
      const double dy = static_cast<double>(iy) - y;
      const double r = std::hypot((dx * c + dy * s) / e.a_px, (dy * c - dx * s) / e.b_px);
      frame.signal_e(ix, iy) += static_cast<float>(profile(r));
    }
}

}  // namespace skyweft::support
