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

using support::dense_tfa;
using support::finite_points;

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
  const Eigen::MatrixXd columns = template_columns(templates.mags, 6, 200, kLinear);
  for (const std::size_t missing : {0u, 25u, 120u}) {  // the last lists the points in use
    std::vector<float> star;
    for (std::size_t i = 0; i < 200; ++i) {
      star.push_back(2.0f + templates.series(0)[i] + 0.1f * templates.series(3)[(i + 7) % 200]);
      if (i % 200 >= 5 && i < 5 + missing) star[i] = NAN;
    }
    const auto twin = dense_tfa(star, columns, finite_points(star));
    const Filtered out = filter(star, set);
    EXPECT_EQ(out.fit.n_used, 200 - static_cast<std::int64_t>(missing));
    EXPECT_EQ(out.fit.rank, 7);
    // The rms is stationary at the solution, which is known to 1e-7 of 0.1 mag or better; the rest
    // is rounding in double.
    EXPECT_NEAR(out.fit.rms_mag, twin.rms, 1e-12);
    const Eigen::VectorXd found = term_coefficients(out.fit, set);
    // The constant is about the star's own mean.
    EXPECT_LT((found - twin.coefficients).tail(6).cwiseAbs().maxCoeff(), 1e-6);
    double level = 0.0;
    for (const float m : star)
      level += std::isfinite(m) ? static_cast<double>(m) / static_cast<double>(twin.n_used) : 0.0;
    for (std::size_t i = 0; i < 200; ++i) {
      ASSERT_EQ(std::isfinite(out.mag[i]), std::isfinite(star[i]));
      if (!std::isfinite(star[i])) continue;
      EXPECT_NEAR(static_cast<double>(out.mag[i]), twin.residual[i] + level, 1e-6);  // float's step
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

TEST(TemplateColumns, AreCentredOnTheMeanOfWhatIsNotClipped) {
  Templates templates{100, 2};
  templates.mags[3] = NAN;
  templates.mags[4] = 12.0f;  // 200 sigma
  const Eigen::MatrixXd x = template_columns(templates.mags, 2, 100, {.gaps = "zero"});
  EXPECT_EQ(x(3, 1), 0.0);
  EXPECT_EQ(x(4, 1), 0.0);
  EXPECT_NE(x(5, 1), 0.0);
  EXPECT_NEAR(x.col(1).sum(), 0.0, 1e-12);  // a hundred roundings of 10 mag
  EXPECT_EQ(x.col(0).sum(), 100.0);
  EXPECT_EQ(template_columns(templates.mags, 2, 100, {.classic = true}).col(0).sum(), 0.0);
}

TEST(TemplateColumns, TakeGapsFromWhatTheOthersShow) {
  // Ten templates follow one trend of 50 mmag with noise of 1 mmag: the other nine tell it to 0.33
  // mmag; a first round that begins at zero leaves less than 1 % of the trend, 0.5 mmag; and their
  // means over 285 of 300 points differ from that of the trend by 50·√(1/285 − 1/300), 0.66 mmag.
  std::mt19937_64 random{5};
  std::normal_distribution<float> gauss{0.0f, 1.0f};
  constexpr std::int64_t kFrames = 300;
  std::vector<float> trend(kFrames);
  for (float& t : trend) t = 0.05f * gauss(random);
  std::vector<float> mags;
  for (int j = 0; j < 10; ++j)
    for (const float t : trend) mags.push_back(11.0f + t + 0.001f * gauss(random));
  for (std::size_t i = 0; i < mags.size(); i += 19) mags[i] = NAN;
  const Eigen::MatrixXd x = template_columns(mags, 10, kFrames, TfaConfig{});
  double mean = 0.0;
  for (const float t : trend) mean += static_cast<double>(t) / kFrames;
  double sum2 = 0.0;
  double n = 0.0;
  for (std::size_t i = 0; i < mags.size(); i += 19) {
    const double off =
        x(static_cast<Eigen::Index>(i % kFrames), static_cast<Eigen::Index>(i / kFrames) + 1) -
        (static_cast<double>(trend[i % kFrames]) - mean);
    sum2 += off * off;
    n += 1.0;
  }
  EXPECT_LT(std::sqrt(sum2 / n), 0.002);  // twice all of it
}

TEST(TemplateSet, IsOrthonormalAndDropsWhatOthersMakeUp) {
  Templates templates{300, 20, 4};
  const std::vector<float> copy(templates.series(3).begin(), templates.series(3).end());
  std::ranges::copy(copy, templates.mags.begin() + 300 * 11);  // 11 is 3 again
  const TemplateSet set = templates.set();
  EXPECT_EQ(set.rank, 20);
  ASSERT_EQ(set.dropped.size(), 1u);
  EXPECT_TRUE(set.dropped[0] == 4 || set.dropped[0] == 12);  // terms count the constant
  const Eigen::MatrixXd gram = set.basis * set.basis.transpose();
  // 300 products of numbers below one.
  EXPECT_LT((gram.topLeftCorner(20, 20) - Eigen::MatrixXd::Identity(20, 20)).cwiseAbs().maxCoeff(),
            1e-13);
  const Eigen::MatrixXd columns = template_columns(templates.mags, 20, 300, kLinear);
  // Terms make up the basis, as well as their condition (below 30) lets them.
  EXPECT_LT((columns * set.to_term - set.basis.transpose()).cwiseAbs().maxCoeff(), 1e-12);
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
  EXPECT_EQ(none.fit.outcome, TfaOutcome::no_template);
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
  const Templates stars{120, 300, 2};
  const TemplateSet set = templates.set();
  TfaConfig config;
  config.reject = 3.0;  // most stars take several rounds
  std::vector<float> tile = stars.mags;
  for (std::size_t i = 0; i < tile.size(); i += 7) tile[i] = NAN;
  const std::vector<float> before = tile;
  std::vector<QualityBits> quality(tile.size(), 0);
  std::vector<TfaStar> known;
  for (std::int64_t s = 0; s < 300; ++s)
    known.push_back({.row = s < 299 ? s : 101, .at = {60.0 + static_cast<double>(s), 1.0}});
  const auto fits = detrend_tile(tile, quality, known, set, config);
  for (std::size_t s = 0; s < 300; s += s < 290 ? 41 : 1) {
    std::vector<float> one(before.begin() + 120 * static_cast<std::ptrdiff_t>(s),
                           before.begin() + 120 * static_cast<std::ptrdiff_t>(s + 1));
    std::vector<QualityBits> q(120, 0);
    const TfaFit fit = detrend_star(one, q, known[s].row, known[s].at, set, {}, config);
    EXPECT_EQ(fit.n_template, fits[s].n_template);
    EXPECT_EQ(fit.rms_mag, fits[s].rms_mag);
    for (std::size_t i = 0; i < 120; ++i) {
      ASSERT_TRUE(one[i] == tile[120 * s + i] || !std::isfinite(before[120 * s + i]));
    }
  }
  EXPECT_EQ(fits[299].n_template, 3);
}

TEST(Tfa, RejectsTheOutliersTheTwinRejects) {
  const Templates templates{250, 8};
  const TemplateSet set = templates.set();
  const Eigen::MatrixXd columns = template_columns(templates.mags, 8, 250, kLinear);
  TfaConfig config;
  config.reject = 4.0;
  std::mt19937_64 random{3};
  std::normal_distribution<float> noise{12.0f, 0.003f};
  std::vector<float> star;
  for (std::size_t i = 0; i < 250; ++i) star.push_back(noise(random) + templates.series(1)[i]);
  for (const std::size_t i : {10u, 11u, 77u, 200u}) star[i] += 0.1f;
  const auto twin = dense_tfa(star, columns, finite_points(star), 4.0, 5);
  const Filtered out = filter(star, set, config);
  EXPECT_EQ(out.fit.n_used, twin.n_used);
  EXPECT_LT(out.fit.n_used, 247);
  EXPECT_GT(out.fit.n_round, 1);
  EXPECT_NEAR(out.fit.rms_mag, twin.rms, 1e-12);
}

TEST(Tfa, SubtractsNothingOfASignalThatIsFittedToo) {
  // A trend of 30 mmag shared with the templates, and an event of 20 mmag at half of the points.
  const Templates templates{400, 30};
  const TemplateSet set = templates.set();
  std::mt19937_64 random{6};
  std::normal_distribution<float> noise{12.0f, 0.002f};
  std::vector<double> shape(400, 0.0);
  std::vector<float> star;
  for (std::size_t i = 0; i < 400; ++i) {
    shape[i] = i % 50 < 25 ? 1.0 : 0.0;
    star.push_back(noise(random) + 3.0f * (templates.series(4)[i] - 10.0f) +
                   0.02f * static_cast<float>(shape[i]));
    if (i % 20 == 3) star[i] = NAN;
  }
  const std::vector<std::vector<double>> signals{shape};
  std::vector<QualityBits> quality(400, 0);
  std::vector<float> out = star;
  const TfaFit fit = detrend_star(out, quality, kNoTemplate, kFarAway, set, {}, kLinear, signals);
  // Twin: the shape as one more column.
  Eigen::MatrixXd columns(400, 32);
  columns << template_columns(templates.mags, 30, 400, kLinear),
      Eigen::Map<const Eigen::VectorXd>(shape.data(), 400);
  const auto twin = dense_tfa(star, columns, finite_points(star));
  ASSERT_EQ(fit.signal_amplitude.size(), 1u);
  EXPECT_NEAR(fit.signal_amplitude[0], twin.coefficients[31], 1e-8);
  EXPECT_NEAR(fit.rms_mag, twin.rms, 1e-10);
  EXPECT_EQ(fit.rank, 32);
  double sum[2] = {};
  double n[2] = {};
  for (std::size_t i = 0; i < 400; ++i) {
    if (!std::isfinite(out[i])) continue;
    const std::size_t k = shape[i] > 0.0 ? 1 : 0;
    sum[k] += static_cast<double>(out[i]);
    n[k] += 1.0;
  }
  // 190 points of 2 mmag on each side; four times the error of the difference.
  EXPECT_NEAR(sum[1] / n[1] - sum[0] / n[0], 0.02, 4.0 * 0.002 * std::sqrt(2.0 / 190.0));
}

TEST(Tfa, FitsSignalsThatTheTemplatesOrOthersMakeUp) {
  const Templates templates{200, 5};
  const TemplateSet set = templates.set();
  std::vector<double> as_template;
  for (const float m : templates.series(2)) as_template.push_back(static_cast<double>(m));
  const std::vector<std::vector<double>> signals{std::vector<double>(200, 1.0), as_template,
                                                 std::vector<double>(200, 0.0)};
  std::vector<float> star(templates.series(0).begin(), templates.series(0).end());
  std::vector<float> alone = star;
  std::vector<QualityBits> quality(200, 0);
  detrend_star(alone, quality, kNoTemplate, kFarAway, set, {}, kLinear);
  const TfaFit fit = detrend_star(star, quality, kNoTemplate, kFarAway, set, {}, kLinear, signals);
  EXPECT_EQ(fit.rank, 6);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_NEAR(star[i], alone[i], 2e-6f);
  }
}

TEST(Tfa, LetsATwinTakeThePlaceOfABarredTemplate) {
  // Templates 1 and 4 are one series; the star is template 1, and then template 4.
  Templates templates{200, 5};
  const std::vector<float> copy(templates.series(1).begin(), templates.series(1).end());
  std::ranges::copy(copy, templates.mags.begin() + 200 * 4);
  const TemplateSet set = templates.set();
  for (const std::int64_t own : {101, 104}) {
    std::vector<float> star = copy;
    std::vector<QualityBits> quality(200, 0);
    const TfaFit fit = detrend_star(star, quality, own, kFarAway, set, {}, kLinear);
    EXPECT_EQ(fit.n_template, 4);
    EXPECT_EQ(fit.rank, 5);
    EXPECT_LT(fit.rms_mag, 1e-6);
  }
}

TEST(Tfa, LeavesDirectionsAloneThatAStarDoesNotSee) {
  // Template 2 varies in the first 40 frames alone, which the star lacks.
  Templates templates{300, 3};
  for (std::size_t i = 40; i < 300; ++i) templates.mags[600 + i] = 10.0f;
  const TemplateSet set = templates.set();
  std::vector<float> star(templates.series(0).begin(), templates.series(0).end());
  std::fill_n(star.begin(), 40, NAN);
  const Filtered out = filter(star, set);
  EXPECT_LT(out.fit.rms_mag, 1e-6);
  EXPECT_LT(term_coefficients(out.fit, set).cwiseAbs().maxCoeff(), 1.1);  // template 0 alone
  for (std::size_t i = 40; i < 300; ++i) {
    EXPECT_TRUE(std::isfinite(out.mag[i]));
  }
}

TEST(Tfa, TellsTheLossOfABoxByTheTemplatesThemselves) {
  constexpr std::size_t kFrames = 400;
  TfaConfig config = kLinear;
  config.event_h = 2.9;  // twelve points, however times are rounded
  const Templates white{kFrames, 20};
  std::vector<double> time_d;
  for (std::size_t i = 0; i < kFrames; ++i) time_d.push_back(0.25 / 24.0 * static_cast<double>(i));
  const TemplateSet set = make_templates(white.rows, white.at, white.mags, kFrames, config, time_d);
  // White templates take M/(N − 1) of any shape; the mean over 34 windows that do not overlap of
  // chi-squares of 20 has a scatter of 5.4 %.
  EXPECT_NEAR(set.event_loss, 20.0 / 399.0, 4.0 * 0.054 * 20.0 / 399.0);
  // One template is a box of twelve points at every fourth such place: it takes three points of
  // four of them and less elsewhere.
  std::vector<float> mags(kFrames, 10.0f);
  for (std::size_t i = 0; i < kFrames; ++i)
    if (i / 12 % 4 == 0) mags[i] = 10.1f;
  const TemplateSet box = make_templates(std::vector<std::int64_t>{0}, std::vector<SkyPoint>{{}},
                                         mags, kFrames, config, time_d);
  double twin = 0.0;
  double n_window = 0.0;
  const Eigen::MatrixXd columns = template_columns(mags, 1, kFrames, kLinear);
  for (std::size_t begin = 0; begin + 3 <= kFrames; ++begin) {
    std::vector<float> shape(kFrames, 0.0f);
    for (std::size_t i = begin; i < std::min(begin + 12, kFrames); ++i) shape[i] = 1.0f;
    const auto left = dense_tfa(shape, columns, finite_points(shape));
    double with = 0.0;
    double own = 0.0;
    double mean = 0.0;
    for (const float s : shape) mean += static_cast<double>(s) / kFrames;
    for (std::size_t i = 0; i < kFrames; ++i) {
      with += left.residual[i] * (static_cast<double>(shape[i]) - mean);
      own += std::pow(static_cast<double>(shape[i]) - mean, 2);
    }
    twin += 1.0 - with / own;
    n_window += 1.0;
  }
  EXPECT_NEAR(box.event_loss, twin / n_window, 1e-9);
}

TEST(PhaseBins, AreAPartitionOfTime) {
  const std::vector<double> time{0.1, 0.9, 2.2, -0.1, 5.55};
  const auto columns = phase_bin_columns(time, 1.0, 4);
  ASSERT_EQ(columns.size(), 3u);  // no point between 0.25 and 0.5
  EXPECT_EQ(columns[0], (std::vector<double>{1, 0, 1, 0, 0}));
  EXPECT_EQ(columns[1], (std::vector<double>{0, 0, 0, 0, 1}));
  EXPECT_EQ(columns[2], (std::vector<double>{0, 1, 0, 1, 0}));
}

}  // namespace
}  // namespace skyweft::lc
