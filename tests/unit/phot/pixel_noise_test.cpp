// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/pixel_noise.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

using skyweft::phot::model_weights;

namespace {

/// 121 pixels of a star on a level of 100, with noise.
struct Stamp {
  std::vector<std::int32_t> owner = std::vector<std::int32_t>(121, 0);
  std::vector<double> base = std::vector<double>(121, 100.0);
  std::vector<double> light, data, variance, weight = std::vector<double>(121, 0.0);

  Stamp() {
    std::mt19937_64 random(3);
    std::normal_distribution<double> noise(0.0, 15.0);
    for (int i = 0; i < 121; ++i) {
      const double dx = i % 11 - 5;
      const double dy = i / 11 - 5;
      light.push_back(800.0 * std::exp(-0.5 * (dx * dx + dy * dy) / 1.5));
      data.push_back(light.back() + noise(random));
    }
  }
  void weigh() { model_weights(owner, {}, 1, base, data, variance, light, weight); }
};

TEST(ModelWeights, DoNotFollowTheValueRead) {
  Stamp s;  // variance 2 I + 9, of a pixel with half of the mean response
  for (std::size_t p = 0; p < 121; ++p) s.variance.push_back(2.0 * (s.base[p] + s.data[p]) + 9.0);
  s.weigh();
  for (std::size_t p = 0; p < 121; ++p)
    EXPECT_NEAR(s.weight[p] * (2.0 * (s.base[p] + s.light[p]) + 9.0), 1.0, 1e-12);
}

TEST(ModelWeights, AreThoseOfTrueLevels) {
  Stamp s;
  for (std::size_t p = 0; p < 121; ++p) s.variance.push_back(s.base[p] + s.light[p] + 25.0);
  s.weigh();
  for (std::size_t p = 0; p < 121; ++p) EXPECT_NEAR(s.weight[p] * s.variance[p], 1.0, 1e-12);
}

TEST(ModelWeights, AreEqualForEqualVariances) {
  Stamp s;
  s.variance.assign(121, 400.0);
  s.weigh();
  for (const double w : s.weight) EXPECT_DOUBLE_EQ(w, 1.0 / 400.0);
}

TEST(ModelWeights, KeepAPixelThatIsWorseThanItsLight) {
  Stamp s;
  for (std::size_t p = 0; p < 121; ++p) s.variance.push_back(s.base[p] + s.data[p] + 25.0);
  s.variance[17] += 1e5;  // a hole in the flat
  // A cosmic ray that nobody masked: what it adds is not the pixel's noise, for all it is in V.
  s.data[60] += 5000.0;
  s.variance[60] += 5000.0;
  s.weigh();
  for (std::size_t p = 0; p < 121; ++p) {
    const double expected = s.base[p] + s.light[p] + 25.0 + (p == 17 ? 1e5 : 0.0);
    EXPECT_NEAR(s.weight[p] * expected, 1.0, 1e-9) << p;
  }
}

TEST(ModelWeights, AreFoundInEveryPieceAlone) {
  Stamp s;
  const std::vector<std::int64_t> piece{0, 1};
  for (std::size_t p = 0; p < 121; ++p) {
    s.owner[p] = p % 2 == 0 ? 0 : 1;
    s.variance.push_back((p % 2 == 0 ? 1.0 : 3.0) * (s.base[p] + s.data[p]) + 4.0);
  }
  model_weights(s.owner, piece, 2, s.base, s.data, s.variance, s.light, s.weight);
  for (std::size_t p = 0; p < 121; ++p)
    EXPECT_NEAR(s.weight[p] * ((p % 2 == 0 ? 1.0 : 3.0) * (s.base[p] + s.light[p]) + 4.0), 1.0,
                1e-12);
}

}  // namespace
