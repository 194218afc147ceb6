// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/aperture_choice.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

const std::vector<double> kRadius_px{1.5, 2, 2.5, 3, 4, 5, 6};

/// Random stars whose scatter has nothing to do with their magnitude, or, `physical`, sky noise
/// that grows with the radius and lost light that shrinks with it.
struct Field {
  std::vector<double> mag;
  std::vector<float> scatter;  ///< [star][ap]

  Field(std::uint64_t seed, std::size_t n, bool physical) {
    std::mt19937_64 random{seed};
    std::uniform_real_distribution<double> any{0.0, 1.0};
    for (std::size_t i = 0; i < n; ++i) {
      mag.push_back(8.0 + 7.0 * any(random));
      const double sky = std::pow(10.0, 0.4 * (mag.back() - 13.0));
      for (const double r : kRadius_px) {
        const double clean = 0.003 * sky * r + 0.004 * std::exp(-r / 2.0) + 0.001;
        const double made = physical ? clean * (0.9 + 0.2 * any(random)) : any(random);
        scatter.push_back(static_cast<float>(made));
      }
    }
  }
  std::vector<std::int32_t> choose() const { return choose_apertures(mag, scatter, kRadius_px); }
};

TEST(ApertureChoice, NeverGrowsTowardsFaintStarsWhateverTheScatter) {
  for (std::uint64_t seed = 0; seed < 30; ++seed)
    for (const std::size_t n : {3u, 11u, 60u, 400u}) {
      const Field field{seed, n, seed % 2 == 0};
      const auto chosen = field.choose();
      std::vector<std::size_t> order(n);
      for (std::size_t i = 0; i < n; ++i) order[i] = i;
      std::ranges::sort(order, {}, [&](std::size_t i) { return field.mag[i]; });
      for (std::size_t k = 1; k < n; ++k)
        EXPECT_LE(chosen[order[k]], chosen[order[k - 1]]) << "seed " << seed << " n " << n;
    }
}

TEST(ApertureChoice, IsNeverAStarsOwn) {
  // A star whose own scatter is a hundredth in one aperture gets what its neighbour of the same
  // magnitude gets: in a bin of 20 the median does not follow one star.
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Field field{seed, 400, true};
    std::mt19937_64 random{seed};
    const std::size_t star = random() % field.mag.size();
    field.mag[(star + 1) % field.mag.size()] = field.mag[star];
    for (std::size_t a = 0; a < kRadius_px.size(); ++a) {
      Field lucky = field;
      lucky.scatter[star * kRadius_px.size() + a] *= 0.01F;
      const auto after = lucky.choose();
      EXPECT_EQ(after[star], after[(star + 1) % field.mag.size()]);
    }
  }
}

TEST(ApertureChoice, DoesNotDependOnTheOrderOfStars) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Field field{seed, 150, true};
    Field turned = field;
    std::ranges::reverse(turned.mag);
    const std::size_t n_ap = kRadius_px.size();
    for (std::size_t i = 0; i < field.mag.size(); ++i)
      std::copy_n(field.scatter.begin() + static_cast<std::ptrdiff_t>(i * n_ap), n_ap,
                  turned.scatter.end() - static_cast<std::ptrdiff_t>((i + 1) * n_ap));
    auto chosen = turned.choose();
    std::ranges::reverse(chosen);
    EXPECT_EQ(chosen, field.choose());
  }
}

}  // namespace
}  // namespace skyweft::lc
