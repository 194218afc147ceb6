// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::lc {
namespace {

constexpr double kNoise_mag = 0.003;

/// One star with trends along x, y, bg, fwhm and airmass.
struct Star {
  std::vector<double> x, y, bg, fwhm, airmass, flat;
  std::vector<float> mag;
  std::vector<QualityBits> quality;
  Terms terms = Terms::parse("O1{x, y, bg, fwhm, airmass}");

  explicit Star(std::size_t n, double trend = 1.0, double noise = kNoise_mag) : quality(n, 0) {
    std::mt19937_64 random{5};
    std::normal_distribution<double> gauss{0.0, 1.0};
    for (std::size_t i = 0; i < n; ++i) {
      const double age = static_cast<double>(i) / static_cast<double>(n);
      x.push_back(500.0 + 3.0 * gauss(random));
      y.push_back(700.0 + 3.0 * gauss(random));
      bg.push_back(300.0 + 40.0 * age + 5.0 * gauss(random));
      fwhm.push_back(2.5 + 0.2 * gauss(random));
      airmass.push_back(1.0 + (age - 0.4) * (age - 0.4));
      flat.push_back(7.0);
      const double shape = 0.01 * (x[i] - 500.0) - 0.004 * (y[i] - 700.0) +
                           0.0005 * (bg[i] - 320.0) + 0.05 * (fwhm[i] - 2.5) +
                           0.1 * (airmass[i] - 1.1);
      mag.push_back(static_cast<float>(11.0 + trend * shape + noise * gauss(random)));
    }
  }
  NamedColumns columns() const {
    NamedColumns c;
    c.add("x", x);
    c.add("y", y);
    c.add("bg", bg);
    c.add("fwhm", fwhm);
    c.add("airmass", airmass);
    return c;
  }
  EpdResult detrend(std::span<const std::uint8_t> excluded = {}, const EpdConfig& config = {}) {
    return detrend_external(mag, quality, columns(), terms, excluded, config);
  }
};

double rms_about_mean(std::span<const float> mag) {
  double centre = 0.0;
  for (const float m : mag) centre += static_cast<double>(m) / static_cast<double>(mag.size());
  double sum = 0.0;
  for (const float m : mag)
    sum += (static_cast<double>(m) - centre) * (static_cast<double>(m) - centre);
  return std::sqrt(sum / static_cast<double>(mag.size()));
}

TEST(Epd, RemovesInjectedTrends) {
  Star star{400};
  EXPECT_GT(robust_summary(std::span<const float>{star.mag}).sigma, 0.03);
  const EpdResult fit = star.detrend();
  EXPECT_EQ(fit.coefficients.size(), 7u);  // a constant and the six of O1, of which one is constant
  // Six of 400 degrees of freedom are fitted: noise·sqrt(394/400), known to 1/sqrt(800) = 3.5 %.
  EXPECT_NEAR(fit.rms_mag, kNoise_mag * std::sqrt(394.0 / 400.0), 3.0 * 0.035 * kNoise_mag);
  EXPECT_NEAR(rms_about_mean(star.mag), fit.rms_mag, 1e-6);
  EXPECT_EQ(std::ranges::count(star.quality, 0), 400);
}

TEST(Epd, MakesANoiselessTrendConstant) {
  Star star{100, 1.0, 0.0};
  const double median = median_of_finite(std::span<const float>{star.mag});
  star.detrend();
  // Rounding of the input and of the result, 4.8e-7 each, and a fitted mean of such roundings.
  for (const float m : star.mag) {
    EXPECT_NEAR(static_cast<double>(m), median, 1.5e-6);
  }
}

TEST(Epd, KeepsTheMedian) {
  Star star{301};
  const double before = median_of_finite(std::span<const float>{star.mag});
  star.detrend();
  EXPECT_NEAR(median_of_finite(std::span<const float>{star.mag}), before, 1e-6);
}

TEST(Epd, KeepsAKnownEventThatIsLeftOut) {
  // 20 points of a 20 mmag dip at the end, where airmass is highest and could imitate it.
  Star star{400};
  std::vector<double> time;
  for (std::size_t i = 0; i < 400; ++i) time.push_back(100.0 + 0.01 * static_cast<double>(i));
  const auto mask = event_mask(time, {.mid_bjd = 103.895, .period_d = 0, .duration_d = 0.199});
  ASSERT_EQ(std::ranges::count(mask, 1), 20);
  for (std::size_t i = 380; i < 400; ++i) star.mag[i] += 0.02f;
  const std::vector<QualityBits> clean(400, 0);
  star.detrend(mask);
  double depth = 0.0;
  for (std::size_t i = 380; i < 400; ++i) depth += (static_cast<double>(star.mag[i]) - 11.0) / 20.0;
  const double level = median_of_finite(std::span<const float>{star.mag}.first(380));
  // Mean of 20 points: noise/sqrt(20) = 0.67 mmag; the fit extrapolated by 5 % of the night adds
  // about as much; four times their sum in quadrature. The level was the median of unmasked points.
  EXPECT_NEAR(depth + 11.0 - level, 0.02, 4.0 * std::sqrt(2.0) * kNoise_mag / std::sqrt(20.0));
  EXPECT_EQ(star.quality, clean);
}

TEST(Epd, LeavesStarsWithTooFewPointsUnchangedAndFlagged) {
  // Six terms, five points for each.
  Star few{29};
  const std::vector<float> before = few.mag;
  const EpdResult fit = few.detrend();
  EXPECT_EQ(fit.n_used, 0);
  EXPECT_TRUE(fit.coefficients.empty());
  EXPECT_EQ(few.mag, before);
  for (const QualityBits q : few.quality) {
    EXPECT_EQ(q, quality::epd_not_fitted);
  }
  Star enough{30};
  EXPECT_EQ(enough.detrend().n_used, 30);
}

TEST(Epd, LeavesPointsWithoutParametersAloneAndFlagsThem) {
  Star star{200};
  star.fwhm[17] = NAN;
  const float before = star.mag[17];
  star.detrend();
  EXPECT_EQ(star.mag[17], before);
  EXPECT_EQ(star.quality[17], quality::epd_not_fitted);
  EXPECT_EQ(std::ranges::count(star.quality, 0), 199);
  EXPECT_LT(std::abs(star.mag[18] - 11.0f), 6.0f * static_cast<float>(kNoise_mag));
}

TEST(Epd, CountsAColumnWithoutValuesAndAConstantOneAsNothing) {
  Star star{200};
  Star same = star;
  std::ranges::fill(star.airmass, NAN);
  std::ranges::fill(same.airmass, 1.3);
  star.detrend();
  same.detrend();
  EXPECT_EQ(star.mag, same.mag);
  EXPECT_EQ(std::ranges::count(star.quality, 0), 200);
}

TEST(Epd, SurvivesIdenticalParameters) {
  Star star{200};
  star.y = star.x;
  for (std::size_t i = 0; i < 200; ++i)
    star.mag[i] = static_cast<float>(11.0 + 0.01 * (star.x[i] - 500.0));
  star.detrend();
  for (const float m : star.mag) {
    EXPECT_NEAR(m, star.mag[0], 2e-6);
  }
}

TEST(Epd, CorrectsSaturatedAndOutlyingPointsWithoutFittingThem) {
  Star star{200, 1.0, 0.0};
  const double median = median_of_finite(std::span<const float>{star.mag});
  star.mag[3] += 1.0f;
  star.quality[4] = quality::saturated;
  star.mag[4] += 1.0f;
  star.quality[5] = quality::edge | quality::bad_pixel | quality::bleed;
  const EpdResult fit = star.detrend();
  EXPECT_EQ(fit.n_used, 198);
  // The median of the fitted points, which is kept, moved by the outlier: two neighbours of 199.
  EXPECT_NEAR(static_cast<double>(star.mag[3]) - static_cast<double>(star.mag[0]), 1.0, 3e-6);
  EXPECT_NEAR(static_cast<double>(star.mag[4]) - static_cast<double>(star.mag[0]), 1.0, 3e-6);
  EXPECT_NEAR(static_cast<double>(star.mag[0]), median, 0.005);
}

TEST(Epd, IsDefinedForStarsWithoutData) {
  Star star{100};
  std::ranges::fill(star.mag, NAN);
  EXPECT_EQ(star.detrend().n_used, 0);
  for (const float m : star.mag) {
    EXPECT_TRUE(std::isnan(m));
  }
  Star constant{100};
  std::ranges::fill(constant.mag, 11.0f);
  EXPECT_EQ(constant.detrend().rms_mag, 0.0);
  for (const float m : constant.mag) {
    EXPECT_EQ(m, 11.0f);
  }
  Star none{0};
  EXPECT_EQ(none.detrend().n_used, 0);
}

TEST(Epd, RefusesUnknownVariables) {
  Star star{100};
  star.terms = Terms::parse("O1{moon}");
  EXPECT_THROW(star.detrend(), Error);
}

TEST(EventMask, CoversHalfADurationEachSideOfEveryMid) {
  const std::vector<double> time{9.0, 9.96, 10.0, 10.04, 10.06, 12.0, 14.06, 7.97, NAN};
  EXPECT_EQ(event_mask(time, {10.0, 2.0, 0.1}),
            (std::vector<std::uint8_t>{0, 1, 1, 1, 0, 1, 0, 1, 0}));
  EXPECT_EQ(event_mask(time, {10.0, 0.0, 0.1}),
            (std::vector<std::uint8_t>{0, 1, 1, 1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(event_mask(time, {10.0, 2.0, 0.0}), std::vector<std::uint8_t>(9, 0));
}

}  // namespace
}  // namespace skyweft::lc
