// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/injection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::lc {
namespace {

StarCatalog stars_of(std::int64_t n) {
  StarCatalog stars;
  for (std::int64_t i = 0; i < n; ++i) {
    stars.id.push_back(1000 + 7 * i);
    stars.mag.push_back(static_cast<float>(9 + i % 6));
  }
  return stars;
}

InjectConfig some_transits() {
  InjectConfig config;
  config.kind = "transit";
  config.share = 0.3;
  config.min_amplitude_mag = 0.002;
  config.max_amplitude_mag = 0.05;
  return config;
}

TEST(Plan, GivesTheShareAskedForAndStaysWithinTheLimits) {
  InjectConfig config = some_transits();
  config.max_mag = 12.5;
  const StarCatalog stars = stars_of(6000);
  const auto plan = plan_injections(stars, {}, config).stars;
  // 4000 stars of 9 to 12 mag, each with probability 0.3: 1200 ± 5 √(4000·0.3·0.7).
  EXPECT_NEAR(static_cast<double>(plan.size()), 1200.0, 5.0 * 29.0);
  double log_mean = 0.0;
  for (const Injection& i : plan) {
    EXPECT_EQ(i.star_id, stars.id[static_cast<std::size_t>(i.row)]);
    EXPECT_LT(stars.mag[static_cast<std::size_t>(i.row)], 12.5F);
    EXPECT_GE(i.amplitude_mag, 0.002);
    EXPECT_LE(i.amplitude_mag, 0.05);
    EXPECT_GE(i.signal.period_d, 1.0);
    EXPECT_LE(i.signal.period_d, 5.0);
    EXPECT_EQ(i.signal.duration_d, 0.125);
    log_mean += std::log(i.amplitude_mag) / static_cast<double>(plan.size());
  }
  // Uniform in the logarithm: the mean of ln a is half-way, with σ = ln 25/√12/√n.
  EXPECT_NEAR(log_mean, 0.5 * (std::log(0.002) + std::log(0.05)),
              5.0 * std::log(25.0) / std::sqrt(12.0 * static_cast<double>(plan.size())));
  EXPECT_TRUE(std::ranges::is_sorted(plan, {}, &Injection::row));
  const InjectionPlan whole = plan_injections(stars, {}, config);
  EXPECT_FALSE(whole.in_pixels || whole.reconstruct);
  EXPECT_EQ(whole.of_star(plan[7].row)->star_id, plan[7].star_id);
  EXPECT_EQ(whole.of_star(plan.back().row + 1), nullptr);
}

TEST(Plan, DependsOnTheStarAndNotOnItsRowOrOnOtherStars) {
  const InjectConfig config = some_transits();
  const StarCatalog all = stars_of(300);
  StarCatalog some;
  std::vector<std::uint8_t> left_out(300, 0);
  for (std::size_t i = 0; i < 300; i += 2) {
    some.id.push_back(all.id[i]);
    some.mag.push_back(all.mag[i]);
    left_out[i + 1] = 1;
  }
  const auto a = plan_injections(all, left_out, config).stars;
  const auto b = plan_injections(some, {}, config).stars;
  ASSERT_EQ(a.size(), b.size());
  ASSERT_GT(a.size(), 20U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].star_id, b[i].star_id);
    EXPECT_EQ(a[i].row, 2 * b[i].row);
    EXPECT_EQ(a[i].amplitude_mag, b[i].amplitude_mag);
    EXPECT_EQ(a[i].signal.period_d, b[i].signal.period_d);
    EXPECT_EQ(a[i].signal.mid_bjd, b[i].signal.mid_bjd);
  }
  InjectConfig other = config;
  other.seed = 2;
  const auto c = plan_injections(some, {}, other).stars;
  EXPECT_FALSE(std::ranges::equal(b, c, {}, &Injection::star_id, &Injection::star_id));
}

TEST(Plan, KeepsTheStarsWhenOnlyTheSignalChanges) {
  InjectConfig config = some_transits();
  const StarCatalog stars = stars_of(300);
  const auto transits = plan_injections(stars, {}, config).stars;
  config.kind = "sinusoid";
  config.mid_bjd = 2460000.0;
  const auto waves = plan_injections(stars, {}, config).stars;
  ASSERT_TRUE(std::ranges::equal(transits, waves, {}, &Injection::row, &Injection::row));
  for (const Injection& i : waves) {
    EXPECT_EQ(i.signal.mid_bjd, 2460000.0);
    EXPECT_EQ(i.signal.kind, Signal::Kind::sinusoid);
  }
  config.share = 1.0;
  EXPECT_EQ(plan_injections(stars, {}, config).stars.size(), 300U);
  config.kind = "none";
  EXPECT_TRUE(plan_injections(stars, {}, config).stars.empty());
}

TEST(Plan, RefusesLimitsInTheWrongOrder) {
  InjectConfig config = some_transits();
  config.min_period_d = 6.0;
  try {
    (void)plan_injections(stars_of(3), {}, config);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_config);
    EXPECT_NE(error.text().find("max_period_d"), std::string::npos) << error.text();
  }
}

TEST(Disc, IsAsDeepAsTheAmplitudeWhateverTheLimbDarkening) {
  InjectConfig config = some_transits();
  config.shape = "disc";
  config.share = 1.0;
  config.mid_bjd = 2460000.0;
  for (const Injection& i : plan_injections(stars_of(20), {}, config).stars) {
    const auto factor = injection_factors(i, std::vector<double>{2460000.0, 2460000.2});
    EXPECT_NEAR(-2.5 * std::log10(factor[0]), i.amplitude_mag, 1e-12);
    EXPECT_EQ(factor[1], 1.0);
  }
}

TEST(Fluxes, AreMultipliedAndErrorsChangeAsPhotonsDo) {
  // 10000 e- of the star and 30000 e2 of everything else, 0.9 of the light left: σ² loses 1000 e2.
  std::vector<float> flux{10000.0F, 10000.0F, -50.0F, std::numeric_limits<float>::quiet_NaN()};
  std::vector<float> err{200.0F, 10.0F, 100.0F, 5.0F};
  inject_in_magnitudes(flux, err, 0.9);
  EXPECT_FLOAT_EQ(flux[0], 9000.0F);
  EXPECT_FLOAT_EQ(err[0], std::sqrt(39000.0F));
  EXPECT_FLOAT_EQ(err[1], std::sqrt(90.0F));  // less noise than photons: no less than 0.9 σ²
  EXPECT_FLOAT_EQ(flux[2], -45.0F);
  EXPECT_FLOAT_EQ(err[2], 100.0F);
  EXPECT_TRUE(std::isnan(flux[3]));
  EXPECT_EQ(err[3], 5.0F);
  std::vector<float> up{10000.0F}, up_err{200.0F};
  inject_in_magnitudes(up, up_err, 1.1);
  EXPECT_FLOAT_EQ(up[0], 11000.0F);
  EXPECT_FLOAT_EQ(up_err[0], std::sqrt(41000.0F));
}

}  // namespace
}  // namespace skyweft::lc
