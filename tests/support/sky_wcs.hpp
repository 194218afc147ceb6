// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "data/wcs.hpp"
#include "sky/wcs.hpp"
#include "support/sky_field.hpp"

namespace skyweft::support {

/// A lens on a frame: `linear` or, with u, v in units of half the frame's width on the sky and
/// r² = u² + v², distorted by the factor 1 + k3 r² + k5 r⁴.
struct Lens {
  SkyPos centre = at_deg(50.0, 20.0);
  double field_deg = 1.0;  ///< width of the frame by the scale in its middle
  double rotation_deg = 0.0;
  bool mirrored = false;
  double k3 = 0.0;
  double k5 = 0.0;
  std::int64_t nx = 2000;
  std::int64_t ny = 1500;
};

inline Wcs wcs_of(const Lens& lens) {
  const PixelPos middle{0.5 * static_cast<double>(lens.nx - 1),
                        0.5 * static_cast<double>(lens.ny - 1)};
  const Wcs plain =
      sky::linear_wcs(lens.centre, 3600.0 * lens.field_deg / static_cast<double>(lens.nx),
                      lens.rotation_deg, lens.mirrored, middle);
  if (lens.k3 == 0.0 && lens.k5 == 0.0) return plain;
  Wcs out;
  out.centre = lens.centre;
  out.unit_deg = 0.5 * lens.field_deg;
  out.order = 5;
  out.cx.assign(21, 0.0);
  out.cy.assign(21, 0.0);
  // u (1 + k3 r² + k5 r⁴) and v (…) term by term; u^p v^q stands at degree (degree + 1)/2 + q.
  const auto at = [](int p, int q) {
    return static_cast<std::size_t>((p + q) * (p + q + 1) / 2 + q);
  };
  const std::array<std::array<double, 3>, 6> factor{{{0, 0, 1.0},
                                                     {2, 0, lens.k3},
                                                     {0, 2, lens.k3},
                                                     {4, 0, lens.k5},
                                                     {2, 2, 2.0 * lens.k5},
                                                     {0, 4, lens.k5}}};
  for (const auto& [p_real, q_real, value] : factor) {
    const int p = static_cast<int>(p_real);
    const int q = static_cast<int>(q_real);
    const double c = value * out.unit_deg;
    out.cx[at(p + 1, q)] += plain.cx[1] * c;
    out.cx[at(p, q + 1)] += plain.cx[2] * c;
    out.cy[at(p + 1, q)] += plain.cy[1] * c;
    out.cy[at(p, q + 1)] += plain.cy[2] * c;
  }
  out.cx[0] = middle.x_px;
  out.cy[0] = middle.y_px;
  return out;
}

/// Lenses that plate solutions meet: plain, mirrored, rotated, at a pole, across RA 0, and 25°
/// distorted by 3.2 and 3.5 % at the
/// corner.
inline std::vector<Lens> many_lenses() {
  return {{},
          {.mirrored = true},
          {.rotation_deg = 137.0, .k3 = 0.002},
          {.centre = at_deg(77.0, 89.9), .field_deg = 3.0, .k3 = -0.003},
          {.centre = at_deg(359.95, -42.0), .field_deg = 8.0, .mirrored = true, .k3 = 0.01},
          {.centre = at_deg(200.0, -70.0),
           .field_deg = 25.0,
           .rotation_deg = -61.0,
           .k3 = 0.02,
           .k5 = -0.002,
           .nx = 4096,
           .ny = 4096},
          {.centre = at_deg(12.0, 5.0),
           .field_deg = 25.0,
           .rotation_deg = 20.0,
           .mirrored = true,
           .k3 = -0.03,
           .k5 = 0.004,
           .nx = 6000,
           .ny = 4000}};
}

/// Pixels of a frame from edge to edge, all corners among them.
inline std::vector<PixelPos> pixels_of(const Lens& lens, int side) {
  std::vector<PixelPos> out;
  for (int j = 0; j < side; ++j)
    for (int i = 0; i < side; ++i)
      out.push_back({static_cast<double>(lens.nx) * i / (side - 1) - 0.5,
                     static_cast<double>(lens.ny) * j / (side - 1) - 0.5});
  return out;
}

/// `lines` of 80 characters without their line ends.
inline std::string joined(const std::string& lines) {
  std::string out;
  for (const char c : lines)
    if (c != '\n') out += c;
  return out;
}

}  // namespace skyweft::support
