// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "lc/injection.hpp"
#include "lc/recovery.hpp"

namespace skyweft::lc {
namespace {

/// A light curve of three nights and two cameras with white noise of known size.
struct Curve {
  std::vector<double> time, shape;
  std::vector<float> mag, err;
  std::vector<std::int32_t> group;
};

Curve curve_of(std::mt19937_64& random, double amplitude) {
  std::normal_distribution<double> gauss{0.0, 1.0};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  Curve c;
  for (int i = 0; i < 240; ++i) {
    c.time.push_back(2460000.0 + i / 80 + (i % 80) * 0.003);
    c.group.push_back(i % 2);
  }
  const Signal signal{.kind = Signal::Kind::transit,
                      .mid_bjd = 2460000.05 + 0.1 * uniform(random),
                      .period_d = 0.9 + 0.2 * uniform(random),
                      .duration_d = 0.08};
  c.shape = signal_shape(signal, c.time);
  for (std::size_t i = 0; i < c.time.size(); ++i) {
    c.err.push_back(static_cast<float>(0.002 + 0.004 * uniform(random)));
    c.mag.push_back(static_cast<float>(11.0 + 0.7 * c.group[i] + amplitude * c.shape[i] +
                                       static_cast<double>(c.err[i]) * gauss(random)));
  }
  return c;
}

/// Weighted least squares with all unknowns at once: amplitude and two constants.
double twin(const Curve& c) {
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < c.time.size(); ++i) {
    const double w = 1.0 / (static_cast<double>(c.err[i]) * static_cast<double>(c.err[i]));
    const Eigen::Vector3d row{c.shape[i], c.group[i] == 0 ? 1.0 : 0.0, c.group[i] == 1 ? 1.0 : 0.0};
    normal += w * row * row.transpose();
    right += w * static_cast<double>(c.mag[i]) * row;
  }
  return normal.ldlt().solve(right)[0];
}

TEST(Recovery, IsTheJointFitOfAmplitudeAndConstants) {
  std::mt19937_64 random{3};
  int compared = 0;
  for (int trial = 0; trial < 200; ++trial) {
    const Curve c = curve_of(random, 0.01);
    const Recovered found = recover_signal(c.shape, c.mag, c.err, c.group);
    if (!std::isfinite(found.amplitude_mag)) continue;
    // A point beyond 5 sigma has probability 6e-7: none is left out. Sums of 240 doubles of 11
    // against amplitudes of 0.01 round to 1e-12.
    EXPECT_NEAR(found.amplitude_mag, twin(c), 1e-10);
    ++compared;
  }
  EXPECT_GT(compared, 150);
}

TEST(Recovery, QuotesTheErrorItHas) {
  std::mt19937_64 random{4};
  double sum = 0.0, sum2 = 0.0, n = 0.0;
  for (int trial = 0; trial < 400; ++trial) {
    const Curve c = curve_of(random, 0.01);
    const Recovered found = recover_signal(c.shape, c.mag, c.err, c.group);
    if (!std::isfinite(found.amplitude_mag)) continue;
    // Without the red noise that white noise seems to have half of the time.
    const double pull = (found.amplitude_mag - 0.01) / (found.error_mag / found.beta);
    EXPECT_GE(found.beta, 1.0);
    sum += pull;
    sum2 += pull * pull;
    n += 1.0;
  }
  ASSERT_GT(n, 300.0);
  EXPECT_NEAR(sum / n, 0.0, 4.0 / std::sqrt(n));
  // χ²/n has √(2/n); the residuals' scatter stands for sigma and has 237 degrees of freedom.
  EXPECT_NEAR(sum2 / n, 1.0, 4.0 * std::sqrt(2.0 / n));
}

TEST(Recovery, GivesBackWhatIsInjectedIntoFluxes) {
  // The same light curve with and without the injection: what is recovered differs by what was
  // injected, because the fit is linear in the magnitudes.
  std::mt19937_64 random{5};
  for (int trial = 0; trial < 50; ++trial) {
    Curve c = curve_of(random, 0.0);
    const Recovered before = recover_signal(c.shape, c.mag, c.err, c.group);
    if (!std::isfinite(before.amplitude_mag)) continue;
    for (std::size_t i = 0; i < c.mag.size(); ++i) {
      float flux =
          static_cast<float>(1e6 * std::pow(10.0, -0.4 * (static_cast<double>(c.mag[i]) - 11.0)));
      float err = 1.0F;
      inject_in_magnitudes({&flux, 1}, {&err, 1}, std::pow(10.0, -0.4 * 0.02 * c.shape[i]));
      c.mag[i] = static_cast<float>(11.0 - 2.5 * std::log10(static_cast<double>(flux) / 1e6));
    }
    const Recovered after = recover_signal(c.shape, c.mag, c.err, c.group);
    // Floats of 11 mag are steps of 1e-6, fluxes of 6e-8 of themselves.
    EXPECT_NEAR(after.amplitude_mag - before.amplitude_mag, 0.02, 1e-6);
  }
}

}  // namespace
}  // namespace skyweft::lc
