// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/signals.hpp"

#include <array>
#include <cmath>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

constexpr double kPi = std::numbers::pi;

std::vector<double> shape_at(const Signal& signal, std::vector<double> times) {
  return signal_shape(signal, times);
}

/// The light hidden by the disc, from rings of the disc instead of the star: the slow twin. With
/// midpoints in s², ds² being area, and in angle.
double hidden_by_disc(double p, double z, double u1, double u2) {
  constexpr int kRadii = 1000, kAngles = 1000;
  double sum = 0.0;
  for (int i = 0; i < kRadii; ++i) {
    const double s = p * std::sqrt((i + 0.5) / kRadii);
    for (int j = 0; j < kAngles; ++j) {
      const double angle = 2.0 * kPi * (j + 0.5) / kAngles;
      const double r2 = z * z + s * s + 2.0 * z * s * std::cos(angle);
      if (r2 >= 1.0) continue;
      const double far = 1.0 - std::sqrt(1.0 - r2);
      sum += 1.0 - u1 * far - u2 * far * far;
    }
  }
  return sum * p * p / (static_cast<double>(kRadii) * kAngles) / (1.0 - u1 / 3.0 - u2 / 6.0);
}

TEST(TransitFlux, OfAnEvenDiscIsTheOverlapOfTwoCircles) {
  // Mandel & Agol (2002), equation 1.
  for (const double p : {0.05, 0.1, 0.3}) {
    EXPECT_NEAR(transit_flux(p, 0.0, 0.0, 0.0), 1.0 - p * p, 1e-9);
    EXPECT_NEAR(transit_flux(p, 0.6, 0.0, 0.0), 1.0 - p * p, 1e-9);
    EXPECT_EQ(transit_flux(p, 1.0 + p, 0.0, 0.0), 1.0);
    for (const double z : {1.0 - 0.7 * p, 1.0, 1.0 + 0.4 * p}) {
      const double k0 = std::acos((p * p + z * z - 1.0) / (2.0 * p * z));
      const double k1 = std::acos((1.0 - p * p + z * z) / (2.0 * z));
      const double root = std::sqrt(4.0 * z * z - std::pow(1.0 + z * z - p * p, 2.0));
      const double overlap = (p * p * k0 + k1 - 0.5 * root) / kPi;
      EXPECT_NEAR(transit_flux(p, z, 0.0, 0.0), 1.0 - overlap, 1e-7) << p << " " << z;
    }
  }
}

TEST(TransitFlux, OfADarkenedDiscIsTheSumOverTheHiddenPart) {
  // The twin errs by part of the cells that the limb cuts: p² / 1000 × O(0.1).
  for (const double p : {0.1, 0.3})
    for (const double z : {0.0, 0.5 * p, 0.4, 1.0 - 0.9 * p, 1.0, 1.0 + 0.5 * p})
      EXPECT_NEAR(transit_flux(p, z, 0.4, 0.25), 1.0 - hidden_by_disc(p, z, 0.4, 0.25),
                  2e-4 * p * p)
          << p << " " << z;
  // Eclipsed altogether.
  EXPECT_NEAR(transit_flux(1.2, 0.05, 0.4, 0.25), 0.0, 1e-7);
}

TEST(Transit, IsATrapezoidWithoutARadius) {
  const Signal s{.kind = Signal::Kind::transit,
                 .mid_bjd = 10.0,
                 .period_d = 4.0,
                 .duration_d = 0.2,
                 .ingress = 0.25};
  const auto shape = shape_at(s, {10.0, 10.025, 10.075, 10.1, 10.2, 14.0, 6.049, 12.0});
  const std::vector<double> expected{1.0, 1.0, 0.5, 0.0, 0.0, 1.0, 1.0, 0.0};
  for (std::size_t i = 0; i < shape.size(); ++i) EXPECT_NEAR(shape[i], expected[i], 1e-12) << i;
}

TEST(Transit, OfADiscIsOneAtMidTransitAndRoundAtTheBottom) {
  const Signal s{.kind = Signal::Kind::transit,
                 .mid_bjd = 10.0,
                 .duration_d = 0.2,
                 .radius_ratio = 0.1,
                 .impact = 0.3,
                 .limb_u1 = 0.4,
                 .limb_u2 = 0.25};
  const auto shape = shape_at(s, {10.0, 10.05, 9.95, 10.0999, 10.1001, 9.8});
  EXPECT_NEAR(shape[0], 1.0, 1e-12);
  EXPECT_LT(shape[1], 0.99);  // nearer to the limb, where the star is darker
  EXPECT_GT(shape[1], 0.8);
  EXPECT_NEAR(shape[1], shape[2], 1e-12);
  EXPECT_GT(shape[3], 0.0);
  EXPECT_LT(shape[3], 1e-3);
  EXPECT_EQ(shape[4], 0.0);
  EXPECT_EQ(shape[5], 0.0);
  // By hand: the distance at a quarter of the duration is hypot(b, half chord / 2).
  const double z = std::hypot(0.3, 0.5 * std::sqrt(1.1 * 1.1 - 0.3 * 0.3));
  const auto loss = [](double f) { return -2.5 * std::log10(f); };
  EXPECT_NEAR(shape[1],
              loss(transit_flux(0.1, z, 0.4, 0.25)) / loss(transit_flux(0.1, 0.3, 0.4, 0.25)),
              1e-12);
}

TEST(LongExposures, AverageTheShape) {
  Signal s{.kind = Signal::Kind::transit, .mid_bjd = 10.0, .duration_d = 0.2, .ingress = 0.0};
  s.exposure_d = 0.1;
  const auto shape = shape_at(s, {10.0, 10.1, 10.05, 10.15, 10.13});
  EXPECT_NEAR(shape[0], 1.0, 1e-12);
  EXPECT_NEAR(shape[1], 0.5, 1e-12);
  EXPECT_NEAR(shape[2], 1.0, 1e-12);
  EXPECT_NEAR(shape[3], 0.0, 1e-12);
  EXPECT_NEAR(shape[4], 0.2, 1e-12);  // 2 of 10 parts: 10.08 to 10.18
}

TEST(Sinusoid, IsBrightestAtItsEpochAndItsColumnsSpanEveryPhase) {
  const Signal s{.kind = Signal::Kind::sinusoid, .mid_bjd = 3.0, .period_d = 0.5};
  const auto shape = shape_at(s, {3.0, 3.125, 3.25, 4.0});
  EXPECT_NEAR(shape[0], -1.0, 1e-12);
  EXPECT_NEAR(shape[1], 0.0, 1e-12);
  EXPECT_NEAR(shape[2], 1.0, 1e-12);
  EXPECT_NEAR(shape[3], -1.0, 1e-12);
  const std::vector<double> times{3.01, 3.17, 3.4};
  const auto columns = signal_columns(s, times);
  ASSERT_EQ(columns.size(), 2U);
  for (std::size_t i = 0; i < times.size(); ++i)
    EXPECT_NEAR(-columns[0][i], signal_shape(s, times)[i], 1e-12);
}

TEST(Columns, AreAsManyAsTheSignalHasFreeAmplitudes) {
  const std::vector<double> times{1.0, 2.0};
  EXPECT_TRUE(signal_columns({}, times).empty());
  EXPECT_EQ(signal_shape({}, times), (std::vector<double>{0.0, 0.0}));
  EXPECT_EQ(signal_columns({.kind = Signal::Kind::transit, .duration_d = 0.1}, times).size(), 1U);
  EXPECT_EQ(signal_columns({.kind = Signal::Kind::fourier, .period_d = 1.0, .n_harmonic = 3}, times)
                .size(),
            6U);
}

}  // namespace
}  // namespace skyweft::lc
