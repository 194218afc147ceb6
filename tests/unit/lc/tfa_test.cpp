// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "support/lc_tfa_twin.hpp"

namespace skyweft::lc {
namespace {

using support::dense_tfa_residual;

// No clipping: the filter is linear then.
const TfaConfig kLinear{.reject = 1e6};
constexpr SkyPoint kFarAway{50, 50};
constexpr std::int64_t kNoTemplate = -1;

/// Templates that are white noise of 10 mmag, one degree apart.
struct Templates {
  std::int64_t n_frame;
  std::vector<std::int64_t> rows;
  std::vector<SkyPoint> at;
  std::vector<float> mags;

  Templates(std::int64_t frames, std::int64_t count, unsigned seed = 1) : n_frame(frames) {
    std::mt19937_64 random{seed};
    std::normal_distribution<float> noise{10.0f, 0.01f};
    for (std::int64_t j = 0; j < count; ++j) {
      rows.push_back(100 + j);
      at.push_back({static_cast<double>(j), 1.0});
    }
    mags.resize(static_cast<std::size_t>(frames * count));
    for (float& m : mags) m = noise(random);
  }
  TemplateSet set(const TfaConfig& config = kLinear) const {
    return make_templates(rows, at, mags, n_frame, config);
  }
  std::span<const float> series(std::size_t j) const {
    return std::span{mags}.subspan(j * static_cast<std::size_t>(n_frame),
                                   static_cast<std::size_t>(n_frame));
  }
};

struct Filtered {
  std::vector<float> mag;
  std::vector<QualityBits> quality;
  TfaFit fit;
};

Filtered filter(std::vector<float> mag, const TemplateSet& set, const TfaConfig& config = kLinear,
                std::span<const std::uint8_t> excluded = {}) {
  Filtered out{std::move(mag), {}, {}};
  out.quality.assign(out.mag.size(), 0);
  out.fit = detrend_star(out.mag, out.quality, kNoTemplate, kFarAway, set, excluded, config);
  return out;
}

TEST(Tfa, MatchesDenseLeastSquaresWithFewAndWithMostPointsMissing) {
  const Templates templates{200, 6};
  const TemplateSet set = templates.set();
  for (const std::size_t missing : {0u, 25u, 120u}) {  // the last rebuilds the normal matrix
    std::vector<float> star;
    for (std::size_t i = 0; i < 200; ++i) {
      star.push_back(2.0f + templates.series(0)[i] + 0.1f * templates.series(3)[(i + 7) % 200]);
      if (i % 200 >= 5 && i < 5 + missing) star[i] = NAN;
    }
    const std::vector<double> twin = dense_tfa_residual(star, set.values);
    double sum2 = 0.0;
    for (const double r : twin) sum2 += r * r;
    const Filtered out = filter(star, set);
    const double n = 200.0 - static_cast<double>(missing);
    EXPECT_EQ(out.fit.n_used, 200 - static_cast<std::int64_t>(missing));
    // Normal equations of condition below 10 in double: far better than 1e-10.
    EXPECT_NEAR(out.fit.rms_mag, std::sqrt(sum2 / (n - 7.0)), 1e-10);
    const double level = median_of_finite(std::span<const double>{twin}) -
                         median_of_finite(std::span<const float>{star});
    for (std::size_t i = 0, k = 0; i < 200; ++i) {
      ASSERT_EQ(std::isfinite(out.mag[i]), std::isfinite(star[i]));
      if (!std::isfinite(star[i])) continue;
      EXPECT_NEAR(static_cast<double>(out.mag[i]), twin[k++] - level, 1e-6);  // float's step
    }
  }
}

TEST(Tfa, RemovesSharedSystematics) {
  constexpr std::size_t kFrames = 400;
  constexpr std::size_t kCount = 30;
  std::mt19937_64 random{8};
  std::normal_distribution<double> gauss{0.0, 1.0};
  std::vector<double> trend[3];
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t i = 0; i < kFrames; ++i)
      trend[t].push_back(
          std::sin(0.01 * static_cast<double>((t + 1) * i) + static_cast<double>(t)));
  const auto series = [&] {
    const double load[3] = {0.01 * gauss(random), 0.01 * gauss(random), 0.01 * gauss(random)};
    std::vector<float> out;
    for (std::size_t i = 0; i < kFrames; ++i)
      out.push_back(static_cast<float>(12.0 + load[0] * trend[0][i] + load[1] * trend[1][i] +
                                       load[2] * trend[2][i] + 0.002 * gauss(random)));
    return out;
  };
  Templates templates{kFrames, kCount};
  templates.mags.clear();
  for (std::size_t j = 0; j < kCount; ++j) {
    const auto one = series();
    templates.mags.insert(templates.mags.end(), one.begin(), one.end());
  }
  const TfaConfig config;
  const TemplateSet set = templates.set(config);
  double mean_ratio = 0.0;
  for (int k = 0; k < 10; ++k)
    mean_ratio += filter(series(), set, config).fit.rms_mag / 0.002 / 10.0;
  // The templates' own noise comes in with the trends: 3 trends of loads like those of the 30
  // templates add 3/30 of the variance, 5 %; ten estimates of 1/sqrt(740) each: 1.2 %, times four.
  EXPECT_NEAR(mean_ratio, 1.05, 0.05);
}

TEST(Tfa, KeepsTheExpectedShareOfABox) {
  constexpr std::int64_t kFrames = 300;
  constexpr std::int64_t kCount = 30;
  double kept = 0.0;
  for (unsigned seed = 1; seed <= 25; ++seed) {
    const Templates templates{kFrames, kCount, seed};
    const TemplateSet set = templates.set();
    std::mt19937_64 random{seed + 100};
    std::normal_distribution<float> noise{12.0f, 0.003f};
    std::vector<float> without;
    for (std::int64_t i = 0; i < kFrames; ++i) without.push_back(noise(random));
    std::vector<float> with = without;
    std::vector<double> box(kFrames, 0.0);
    for (std::size_t i = 0; i < kFrames; ++i) {
      if (i % 60 >= 8) continue;  // 2 % deep, 8 of every 60 points
      box[i] = 0.02;
      with[i] += 0.02f;
    }
    const Filtered a = filter(without, set);
    const Filtered b = filter(with, set);
    EXPECT_EQ(b.fit.expected_loss, 0.1);
    double mean = 0.0;
    for (const double v : box) mean += v / static_cast<double>(kFrames);
    double sum = 0.0;
    double sum_box = 0.0;
    for (std::size_t i = 0; i < kFrames; ++i) {
      sum += (static_cast<double>(b.mag[i]) - static_cast<double>(a.mag[i])) * (box[i] - mean);
      sum_box += (box[i] - mean) * (box[i] - mean);
    }
    kept += sum / sum_box / 25.0;
  }
  // M random directions of N − 1 take the share M/(N − 1) of a signal, with a scatter of
  // sqrt(2M)/N = 2.6 %, a fifth of it after 25 trials; four times that.
  EXPECT_NEAR(kept, 1.0 - 30.0 / 299.0, 4.0 * 0.026 / 5.0);
}

TEST(Tfa, KeepsAnEventThatIsLeftOutOfTheFit) {
  const Templates templates{300, 20};
  const TemplateSet set = templates.set();
  std::vector<float> star(300, 12.0f);
  std::vector<std::uint8_t> excluded(300, 0);
  for (std::size_t i = 100; i < 120; ++i) {
    star[i] = 12.02f;
    excluded[i] = 1;
  }
  const Filtered out = filter(star, set, kLinear, excluded);
  EXPECT_EQ(out.fit.n_used, 280);
  for (std::size_t i = 0; i < 300; ++i) {
    EXPECT_NEAR(out.mag[i], star[i], 1e-6f);
  }
}

TEST(Tfa, LeavesTheStarItselfAndItsNeighboursOut) {
  const Templates templates{200, 5};
  const TemplateSet set = templates.set();
  const auto star = [&] {
    return std::vector<float>(templates.series(2).begin(), templates.series(2).end());
  };
  std::vector<QualityBits> quality(200, 0);
  auto own = star();
  const TfaFit by_row = detrend_star(own, quality, 102, kFarAway, set, {}, kLinear);
  EXPECT_EQ(by_row.n_template, 4);
  EXPECT_GT(by_row.rms_mag, 0.008);  // independent noise of 10 mmag stays
  auto near = star();
  const TfaFit by_place =
      detrend_star(near, quality, kNoTemplate, {2.0 + 29.0 / 3600.0, 1.0}, set, {}, kLinear);
  EXPECT_EQ(by_place.n_template, 4);
  EXPECT_EQ(near, own);
  auto far = star();
  const TfaFit neither =
      detrend_star(far, quality, kNoTemplate, {2.0 + 31.0 / 3600.0, 1.0}, set, {}, kLinear);
  EXPECT_EQ(neither.n_template, 5);
  EXPECT_LT(neither.rms_mag, 1e-6);
}

TEST(Tfa, SurvivesIdenticalAndEmptyTemplates) {
  const Templates three{200, 3};
  Templates more = three;
  for (const std::size_t j : {0u, 1u}) {  // two twins
    more.rows.push_back(200 + static_cast<std::int64_t>(j));
    more.at.push_back({10.0 + static_cast<double>(j), 1.0});
    const std::vector<float> copy(three.series(j).begin(), three.series(j).end());
    more.mags.insert(more.mags.end(), copy.begin(), copy.end());
  }
  more.rows.push_back(300);  // a template without a single point
  more.at.push_back({20.0, 1.0});
  more.mags.insert(more.mags.end(), 200, NAN);
  const Templates other{200, 1, 9};
  std::vector<float> star(other.series(0).begin(), other.series(0).end());
  for (std::size_t i = 0; i < 200; ++i) star[i] += 0.5f * (three.series(0)[i] - 10.0f);
  const Filtered a = filter(star, three.set());
  const Filtered b = filter(star, more.set());
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_NEAR(b.mag[i], a.mag[i], 1e-6f);
  }
}

TEST(Tfa, ClipsAndFillsTemplates) {
  Templates templates{100, 2};
  templates.mags[3] = NAN;
  templates.mags[4] = 12.0f;  // 200 sigma
  const TemplateSet set = templates.set(TfaConfig{});
  EXPECT_EQ(set.values(3, 1), 0.0);
  EXPECT_EQ(set.values(4, 1), 0.0);
  EXPECT_NE(set.values(5, 1), 0.0);
  EXPECT_EQ(set.values.col(0).sum(), 100.0);
}

TEST(Tfa, FlagsStarsItCannotFitAndLeavesThemUnchanged) {
  const Templates templates{40, 4};
  const TemplateSet set = templates.set();
  for (const std::size_t n_point : {0u, 1u, 9u, 10u}) {  // ten are 2 (4 + 1)
    std::vector<float> star(40, NAN);
    for (std::size_t i = 0; i < n_point; ++i) star[i] = templates.series(0)[39 - i];
    const Filtered out = filter(star, set);
    const bool is_fitted = n_point == 10;
    EXPECT_EQ(out.fit.n_used, is_fitted ? 10 : 0);
    EXPECT_EQ(std::isnan(out.fit.expected_loss), !is_fitted);
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_EQ(out.quality[i], is_fitted ? 0 : quality::tfa_not_fitted);
      EXPECT_EQ(std::isfinite(out.mag[i]), i < n_point);
      if (!is_fitted && i < n_point) {
        EXPECT_EQ(out.mag[i], star[i]);
      }
    }
  }
  const Filtered none = filter(std::vector<float>(40, 10.0f), Templates{40, 0}.set());
  EXPECT_EQ(none.fit.n_template, 0);
  EXPECT_EQ(none.quality[0], quality::tfa_not_fitted);
}

TEST(Tfa, LeavesAConstantStarConstant) {
  const Filtered out = filter(std::vector<float>(100, 11.0f), Templates{100, 5}.set());
  EXPECT_EQ(out.fit.rms_mag, 0.0);
  for (const float m : out.mag) {
    EXPECT_EQ(m, 11.0f);
  }
}

TEST(Tfa, CorrectsSaturatedPointsWithoutFittingThem) {
  const Templates templates{100, 3};
  const TemplateSet set = templates.set();
  std::vector<float> star(templates.series(0).begin(), templates.series(0).end());
  star[7] += 1.0f;
  std::vector<QualityBits> quality(100, 0);
  quality[7] = quality::saturated;
  quality[8] = quality::edge | quality::bad_pixel | quality::cosmic | quality::bleed;
  const TfaFit fit = detrend_star(star, quality, kNoTemplate, kFarAway, set, {}, kLinear);
  EXPECT_EQ(fit.n_used, 99);
  EXPECT_NEAR(star[7] - star[8], 1.0f, 3e-6f);
}

TEST(Tfa, FiltersATileAsItFiltersItsStars) {
  const Templates templates{120, 4};
  const Templates stars{120, 3, 2};
  const TemplateSet set = templates.set();
  std::vector<float> tile = stars.mags;
  std::vector<QualityBits> quality(tile.size(), 0);
  const std::vector<std::int64_t> rows{1, 2, 101};
  const std::vector<SkyPoint> at{{60, 1}, {61, 1}, {1, 1}};
  const auto fits = detrend_tile(tile, quality, rows, at, set, kLinear);
  for (std::size_t s = 0; s < 3; ++s) {
    std::vector<float> one(stars.series(s).begin(), stars.series(s).end());
    std::vector<QualityBits> q(120, 0);
    const TfaFit fit = detrend_star(one, q, rows[s], at[s], set, {}, kLinear);
    EXPECT_EQ(fit.n_template, fits[s].n_template);
    EXPECT_TRUE(
        std::equal(one.begin(), one.end(), tile.begin() + 120 * static_cast<std::ptrdiff_t>(s)));
  }
  EXPECT_EQ(fits[2].n_template, 3);
}

}  // namespace
}  // namespace skyweft::lc
