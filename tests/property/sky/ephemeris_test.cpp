// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/ephemeris.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "sky/earth.hpp"

using namespace skyweft;
using namespace skyweft::sky;

namespace {

// Rows at small days, so that rounding of the time does not hide what is tested.
constexpr double kRounding = 1e-13;

/// A great circle through two random directions.
struct Circle {
  Vec3 from, side;
  Vec3 at(double angle) const {
    Vec3 out{};
    for (std::size_t k = 0; k < 3; ++k)
      out[k] = std::cos(angle) * from[k] + std::sin(angle) * side[k];
    return out;
  }
};

Circle random_circle(std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  Circle out;
  for (std::size_t k = 0; k < 3; ++k) {
    out.from[k] = normal(random);
    out.side[k] = normal(random);
  }
  const auto scale = [](Vec3& v) {
    const double length = std::sqrt(dot(v, v));
    for (double& one : v) one /= length;
  };
  scale(out.from);
  const double along = dot(out.from, out.side);
  for (std::size_t k = 0; k < 3; ++k) out.side[k] -= along * out.from[k];
  scale(out.side);
  return out;
}

void add(Ephemeris& to, double jd, const Vec3& place) {
  const SkyPos p = direction_of(place);
  to.jd.push_back(jd);
  to.ra_deg.push_back(p.ra.deg());
  to.dec_deg.push_back(p.dec.deg());
}

/// Times of `n` rows, about one apart and uneven.
std::vector<double> uneven_times(int n, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform{-0.4, 0.4};
  std::vector<double> out;
  for (int i = 0; i < n; ++i) out.push_back(i + uniform(random));
  return out;
}

}  // namespace

TEST(EphemerisPath, IsExactAlongAGreatCircle) {
  std::mt19937_64 random{3};
  for (int trial = 0; trial < 200; ++trial) {
    const Circle circle = random_circle(random);
    const double rate = 0.4 * (trial + 1) / 200.0;  // up to 23° a row
    Ephemeris table;
    for (const double t : uneven_times(2 + trial % 6, random)) add(table, t, circle.at(rate * t));
    const EphemerisPath path{table};
    for (int k = 0; k <= 50; ++k) {
      const double t = std::clamp(path.first_jd() + (path.last_jd() - path.first_jd()) * k / 50.0,
                                  path.first_jd(), path.last_jd());
      EXPECT_LT(separation(path.at(t), direction_of(circle.at(rate * t))).rad(), kRounding);
    }
  }
}

// Along a circle with the angle a t + b t² + c t³, exact; with d t⁴ besides, the error is that of
// the cubic through four rows, d Π (t − t_i), whatever their steps: below 24 d · 3/128 h⁴ for equal
// ones, 24 d h⁴/24 at the ends.
TEST(EphemerisPath, ErrsByTheFourthDerivativeWhenItAccelerates) {
  std::mt19937_64 random{4};
  for (const double d : {0.0, 1e-5}) {
    const Circle circle = random_circle(random);
    const auto angle = [&](double t) {
      return 0.01 * t + 2e-3 * t * t - 3e-4 * t * t * t + d * t * t * t * t;
    };
    Ephemeris table;
    for (int i = -5; i <= 5; ++i) add(table, i, circle.at(angle(i)));
    const EphemerisPath path{table};
    double worst_inside = 0.0, worst_end = 0.0;
    for (int k = 0; k <= 1000; ++k) {
      const double t = -5.0 + 0.01 * k;
      const double error = separation(path.at(t), direction_of(circle.at(angle(t)))).rad();
      (std::abs(t) < 4.0 ? worst_inside : worst_end) =
          std::max(std::abs(t) < 4.0 ? worst_inside : worst_end, error);
      const double first = std::clamp(std::floor(t) - 1.0, -5.0, 2.0);
      double product = d;
      for (int i = 0; i < 4; ++i) product *= t - (first + i);
      EXPECT_NEAR(error, std::abs(product), kRounding) << t;
      // The parabola leaves out the third derivative too, which is larger here.
      if (d > 0.0) {
        EXPECT_LE(error, path.doubt(t).rad() + 2.0 * kRounding);
      }
    }
    EXPECT_LE(worst_inside, 24.0 * d * 3.0 / 128.0 + kRounding);
    EXPECT_LE(worst_end, d + kRounding);
    if (d > 0.0) {
      EXPECT_GT(worst_inside, 0.99 * 24.0 * d * 3.0 / 128.0);
    }
  }
}

// A small circle of radius r about a pole, with a turns a per row: in coordinates about a row all
// derivatives are bounded by those of a plane circle and the curvature of the sphere. Halving the
// step divides the error by 16 (15 to 17 at these steps).
TEST(EphemerisPath, ErrsByTheFourthPowerOfTheStep) {
  const auto place = [](double t) {
    return unit_vector({Angle::from_rad(0.6 * t), Angle::from_deg(80.0)});
  };
  double before = 0.0;
  for (const double step : {0.4, 0.2, 0.1}) {
    Ephemeris table;
    for (int i = 0; i <= static_cast<int>(4.0 / step + 0.5); ++i)
      add(table, step * i, place(step * i));
    const EphemerisPath path{table};
    double worst = 0.0;
    for (double t = 1.0; t < 3.0; t += 0.013)
      worst = std::max(worst, separation(path.at(t), direction_of(place(t))).rad());
    if (before > 0.0) {
      EXPECT_GT(before / worst, 15.0);
      EXPECT_LT(before / worst, 17.0);
    }
    before = worst;
  }
}
