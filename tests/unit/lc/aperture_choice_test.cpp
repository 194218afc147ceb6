// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/aperture_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

const std::vector<double> kRadius_px{2, 2.5, 3, 4, 5, 6};

/// Scatter of star `i` is least in aperture `best(mag)`.
struct Field {
  std::vector<double> mag;
  std::vector<float> scatter;  ///< [star][ap]

  template <class Best>
  Field(std::size_t n, Best best) {
    for (std::size_t i = 0; i < n; ++i) {
      mag.push_back(8.0 + 6.0 * static_cast<double>((i * 37) % n) / static_cast<double>(n));
      for (const double r : kRadius_px)
        scatter.push_back(static_cast<float>(0.01 + 0.002 * std::abs(r - best(mag[i]))));
    }
  }
  std::vector<std::int32_t> choose() const { return choose_apertures(mag, scatter, kRadius_px); }
};

TEST(ApertureChoice, FollowsTheLeastScatterWithinOneStep) {
  const auto best = [](double m) { return 6.0 - 4.0 * (m - 8.0) / 6.0; };
  const Field field{300, best};
  const auto chosen = field.choose();
  for (std::size_t i = 0; i < 300; ++i) {
    // A bin of 15 stars spans 0.3 mag, 0.2 px of radius; apertures are 1 px apart at most.
    EXPECT_LE(std::abs(kRadius_px[static_cast<std::size_t>(chosen[i])] - best(field.mag[i])), 0.8);
  }
}

TEST(ApertureChoice, NeverGrowsTowardsFaintStars) {
  // Brighter stars want smaller apertures here, against the rule: the pooled choice is one radius.
  const Field field{200, [](double m) { return m < 11.0 ? 2.0 : 6.0; }};
  const auto chosen = field.choose();
  for (std::size_t i = 0; i < 200; ++i)
    for (std::size_t j = 0; j < 200; ++j) {
      if (field.mag[i] < field.mag[j]) {
        EXPECT_GE(chosen[i], chosen[j]);
      }
    }
}

TEST(ApertureChoice, GivesStarsWithoutMagnitudeTheMiddle) {
  Field field{100, [](double) { return 3.0; }};
  field.mag[5] = NAN;
  for (const std::int32_t a : field.choose()) {
    EXPECT_EQ(a, 2);
  }
}

TEST(ApertureChoice, AvoidsAperturesInWhichAStarHasNoScatter) {
  Field field{100, [](double) { return 5.0; }};
  for (std::size_t k = 2; k < 6; ++k) field.scatter[7 * 6 + k] = NAN;  // the edge is 2.7 px away
  const auto chosen = field.choose();
  EXPECT_EQ(chosen[7], 1);
  EXPECT_EQ(chosen[8], 4);
}

TEST(ApertureChoice, TakesThePsfFitForTheFaintStarsItServesBetter) {
  // Two apertures and the PSF fit; the latter is worse by half down to magnitude 12, then better.
  // 200 stars have all three, which makes 20 bins of 10, one of which begins there.
  std::vector<double> mag;
  std::vector<float> scatter;
  for (int i = 0; i < 201; ++i) {
    mag.push_back(9.0 + 0.03 * i);
    const bool faint = i >= 100;
    scatter.insert(scatter.end(), {0.02F, 0.01F, faint ? 0.005F : 0.015F});
  }
  scatter[3 * 150 + 2] = NAN;  // one faint star without a fit
  const auto chosen = choose_apertures(mag, scatter, std::vector<double>{2.0, 3.0, 0.0});
  for (std::size_t i = 0; i < mag.size(); ++i)
    EXPECT_EQ(chosen[i], i < 100 || i == 150 ? 1 : 2) << mag[i];
  for (float& s : scatter) s = std::max(s, 0.012F);  // nowhere better than the aperture
  for (const std::int32_t a : choose_apertures(mag, scatter, std::vector<double>{2.0, 3.0, 0.0}))
    EXPECT_EQ(a, 1);
}

TEST(ApertureChoice, IsDefinedForDegenerateFields) {
  EXPECT_TRUE(choose_apertures({}, {}, kRadius_px).empty());
  Field field{20, [](double) { return 5.0; }};
  std::ranges::fill(field.scatter, std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(field.choose(), std::vector<std::int32_t>(20, 0));
  const std::vector<double> mag{9, 9, 9};
  const std::vector<float> scatter{0.1f, 0.2f, 0.3f};
  EXPECT_EQ(choose_apertures(mag, scatter, std::vector<double>{3.0}),
            (std::vector<std::int32_t>{0, 0, 0}));
  const Field one{1, [](double) { return 4.0; }};
  EXPECT_EQ(one.choose(), std::vector<std::int32_t>{3});
}

}  // namespace
}  // namespace skyweft::lc
