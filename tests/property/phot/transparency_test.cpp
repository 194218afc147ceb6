// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/transparency.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

using namespace skyweft;
using namespace skyweft::phot;

namespace {

constexpr double kNoise_mag = 0.004;
constexpr double kExtinction_mag = 0.15;

struct Night {
  std::vector<double> zero, airmass, lost;
};

/// A field that passes the meridian; a share of the frames, in runs, loses 0.1 to 2 mag to clouds.
Night make_night(double cloudy_share, std::uint64_t seed) {
  constexpr int kFrames = 240;
  std::mt19937_64 random{seed};
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  Night out;
  bool is_cloudy = false;
  for (int i = 0; i < kFrames; ++i) {
    // A run of clouds lasts ten frames on average.
    const double change = is_cloudy ? 0.1 : 0.1 * cloudy_share / (1.0 - cloudy_share);
    if (uniform(random) < change) is_cloudy = !is_cloudy;
    const double hour = (i - 90.0) / 60.0;
    out.airmass.push_back(1.05 + 0.11 * hour * hour);
    out.lost.push_back(is_cloudy ? 0.1 + 1.9 * uniform(random) : 0.0);
    out.zero.push_back(22.0 - kExtinction_mag * out.airmass.back() - out.lost.back() +
                       kNoise_mag * normal(random));
  }
  return out;
}

}  // namespace

// Clouds of 0.1 mag are 25 sigma off, so the clear frames alone decide, at three sigma clipped:
// their scatter is then 1.4 % low (variance of a Gaussian cut at three), and so is the error, and
// that much is lost besides. Pulls over the seeds within four sigma.
TEST(Extinction, IsThatOfTheClearFrames) {
  for (const double share : {0.0, 0.2, 0.4}) {
    constexpr int kSeeds = 200;
    int n = 0;
    double sum = 0.0, square = 0.0;
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
      const Night night = make_night(share, 10 + seed);
      const auto n_clear = std::ranges::count(night.lost, 0.0);
      if (n_clear < 90) continue;  // more than a quarter has to be clear, with room
      const TransparencySeries t = transparency_series(night.zero, night.airmass, {}, {});
      ASSERT_TRUE(t.is_extinction_fitted) << share << ' ' << seed;
      // Three sigma leave 99.73 %, four sigma binomial of 240: all but 4.
      EXPECT_LE(t.n_clear, n_clear);
      EXPECT_GE(t.n_clear, n_clear - 5) << share << ' ' << seed;
      const double pull = (t.extinction_mag - kExtinction_mag) / t.extinction_err_mag;
      ++n;
      sum += pull;
      square += pull * pull;
      for (std::size_t i = 0; i < night.lost.size(); ++i) {
        // The 90th percentile of all lies between the middle of the clear ones and two sigma above;
        // then five sigma of noise and of k.
        const double limit = 7.0 * kNoise_mag + 5.0 * t.extinction_err_mag * 0.8;
        EXPECT_NEAR(-2.5 * std::log10(t.transparency[i]), night.lost[i], limit);
        if (std::abs(night.lost[i] - 0.3) > limit) {
          EXPECT_EQ(t.cloudy[i], night.lost[i] > 0.3 ? 1 : 0);
        }
      }
    }
    EXPECT_GT(n, kSeeds / 2);
    const double mean = sum / n;
    EXPECT_NEAR(mean, 0.0, 4.0 / std::sqrt(n)) << share;
    EXPECT_NEAR(std::sqrt(square / n - mean * mean), 1.0, 4.0 / std::sqrt(2.0 * n) + 0.03) << share;
  }
}
