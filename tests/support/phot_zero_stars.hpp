// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "phot/zero_point.hpp"

namespace skyweft::support {

/// What the catalogue − instrumental magnitude of made-up stars follows.
struct ZeroTruth {
  double zero_point = 22.3;
  double colour_zero = 0.8;  ///< where zero_point is meant
  double colour = 0.0;
  double colour2 = 0.0;
  double u = 0.0;
  double v = 0.0;
  double uu = 0.0;
  double intrinsic_mag = 0.01;
  double at(double c, double pu, double pv) const {
    const double d = c - colour_zero;
    return zero_point + colour * d + colour2 * d * d + u * pu + v * pv + uu * pu * pu;
  }
};

/// Stars of 10 to 15 mag with errors from 1 to 40 mmag, colours about 0.8 ± 0.4, anywhere.
struct ZeroSky {
  std::vector<double> instrumental, err, catalog, colour, u, v;
  std::vector<std::uint8_t> usable;
  phot::ZeroPointStars stars() const {
    return {.instrumental_mag = instrumental,
            .mag_err = err,
            .catalog_mag = catalog,
            .colour = colour,
            .u = u,
            .v = v,
            .contamination = {},
            .usable = usable};
  }
};

inline ZeroSky zero_sky(int n, const ZeroTruth& truth, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  ZeroSky out;
  for (int i = 0; i < n; ++i) {
    const double mag = 10.0 + 5.0 * std::sqrt(uniform(random));
    out.catalog.push_back(mag);
    out.err.push_back(1e-3 * std::pow(10.0, 0.32 * (mag - 10.0)));
    out.colour.push_back(0.8 + 0.4 * normal(random));
    out.u.push_back(2.0 * uniform(random) - 1.0);
    out.v.push_back(2.0 * uniform(random) - 1.0);
    out.instrumental.push_back(mag - truth.at(out.colour.back(), out.u.back(), out.v.back()) +
                               std::hypot(out.err.back(), truth.intrinsic_mag) * normal(random));
    out.usable.push_back(1);
  }
  return out;
}

}  // namespace skyweft::support
