// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "lc/magfit_correct.hpp"
#include "lc/magfit_frame.hpp"
#include "support/lc_simulation.hpp"

namespace skyweft::lc {
namespace {

using support::LcSimulation;
using support::simulate_lc;

// Half a step of the simulated magnitudes, 2^-19; of float between 8 and 16 mag it is a quarter.
constexpr double kRounding_mag = 1.91e-6;

LcSimulation noiseless() {
  return simulate_lc({.n_frame = 12, .n_star = 100, .noise = 0.0});
}

TEST(Magfit, RecoversNoiselessFramesExactly) {
  const LcSimulation sim = noiseless();
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  const Reference reference = reference_from_frame(sim.frame(0), config);
  for (std::size_t f = 0; f < sim.n_frame; ++f) {
    const FrameSlice slice = sim.frame(f);
    const FrameFit fit =
        fit_frame(slice, sim.frame_columns(), sim.star_mag, reference, model, config);
    ASSERT_EQ(fit.parts.at(0).level, 0);
    // Two values, each evenly spread over ± half a step: sqrt(2/3) of it.
    EXPECT_LT(fit.rms_mag, kRounding_mag);
    std::vector<float> mag(slice.mag.begin(), slice.mag.end());
    std::vector<QualityBits> quality(mag.size(), 0);
    correct_frame(fit, model, sim.frame_columns(), sim.star_mag, slice.x_px, slice.y_px, mag,
                  quality);
    for (std::size_t s = 0; s < mag.size(); ++s) {
      if (!std::isfinite(slice.mag[s])) {
        EXPECT_TRUE(std::isnan(mag[s]));
        continue;
      }
      // Measured and reference are rounded; the fit's and the result's part are less than one more.
      EXPECT_NEAR(static_cast<double>(mag[s]), reference.mag[s], 3.0 * kRounding_mag);
    }
  }
}

TEST(Magfit, CorrectsFramesAndStarsToTheSameBits) {
  const LcSimulation sim = simulate_lc({.n_frame = 15, .n_star = 80});
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  const Reference reference = reference_from_frame(sim.frame(0), config);
  std::vector<FrameFit> fits;
  std::vector<float> by_frame = sim.mag;
  std::vector<QualityBits> quality_by_frame = sim.quality;
  for (std::size_t f = 0; f < sim.n_frame; ++f) {
    const FrameSlice slice = sim.frame(f);
    fits.push_back(
        f == 3 ? FrameFit{}
               : fit_frame(slice, sim.frame_columns(), sim.star_mag, reference, model, config));
    if (f == 5) {  // a frame of another level
      fits.back().parts[0].level = 2;
      fits.back().parts[0].coefficients.resize(3);
    }
    correct_frame(fits.back(), model, sim.frame_columns(), sim.star_mag, slice.x_px, slice.y_px,
                  std::span{by_frame}.subspan(f * sim.n_star, sim.n_star),
                  std::span{quality_by_frame}.subspan(f * sim.n_star, sim.n_star));
  }
  for (std::size_t s = 0; s < sim.n_star; ++s) {
    std::vector<float> mag = sim.of_star(sim.mag, s);
    std::vector<QualityBits> quality = sim.of_star(sim.quality, s);
    correct_star(fits, model, sim.star_columns(s), sim.star_mag[s], sim.of_star(sim.x_px, s),
                 sim.of_star(sim.y_px, s), mag, quality);
    EXPECT_EQ(quality, sim.of_star(quality_by_frame, s));
    const std::vector<float> expected = sim.of_star(by_frame, s);
    for (std::size_t f = 0; f < mag.size(); ++f) {
      EXPECT_TRUE(mag[f] == expected[f] || (std::isnan(mag[f]) && std::isnan(expected[f])));
    }
    EXPECT_TRUE(std::isnan(mag[3]));
    EXPECT_NE(quality[3] & quality::magfit_excluded, 0);
  }
}

TEST(Magfit, TakesTheFirstLevelWithEnoughStars) {
  LcSimulation sim = noiseless();
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  Reference reference = reference_from_frame(sim.frame(0), config);
  // Terms per level are 8, 4, 3, 1; three stars are needed for each.
  const std::vector<std::pair<std::size_t, int>> cases{{24, 0}, {23, 1}, {12, 1}, {11, 2},
                                                       {9, 2},  {8, 3},  {3, 3},  {2, -1}};
  for (const auto& [n_star, level] : cases) {
    for (std::size_t s = n_star; s < sim.n_star; ++s) reference.used[s] = 0;
    const FrameFit fit =
        fit_frame(sim.frame(0), sim.frame_columns(), sim.star_mag, reference, model, config);
    EXPECT_EQ(fit.parts.at(0).level, level) << n_star;
    EXPECT_EQ(fit.ok(), level >= 0);
  }
}

TEST(Magfit, LeavesOutSaturatedStarsButNotStarsHitInTheLargestApertureOnly) {
  LcSimulation sim = noiseless();
  sim.quality[0] |= quality::saturated;
  sim.quality[1] |= quality::edge;
  sim.quality[2] |= quality::bad_pixel;
  sim.quality[3] |= quality::cosmic;
  sim.quality[4] |= quality::manual_veto;
  sim.mag_err[5] = 0.2f;
  const Reference reference = reference_from_frame(sim.frame(0), {});
  EXPECT_EQ(reference.used[0], 0);
  EXPECT_EQ(reference.used[1], 1);
  EXPECT_EQ(reference.used[2], 1);
  EXPECT_EQ(reference.used[3], 1);
  EXPECT_EQ(reference.used[4], 0);
  EXPECT_EQ(reference.used[5], 0);
  const FrameFit fit =
      fit_frame(sim.frame(0), sim.frame_columns(), sim.star_mag, reference, magfit_model({}), {});
  EXPECT_EQ(fit.n_used, static_cast<std::int64_t>(sim.n_star) - 3);
}

TEST(Magfit, FlagsStarsOutsideTheRangeOfTheFittedOnes) {
  const LcSimulation sim = noiseless();
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  Reference reference = reference_from_frame(sim.frame(0), config);
  for (std::size_t s = 0; s < sim.n_star; ++s) reference.used[s] = sim.star_mag[s] < 12.0 ? 1 : 0;
  const FrameSlice slice = sim.frame(0);
  const FrameFit fit =
      fit_frame(slice, sim.frame_columns(), sim.star_mag, reference, model, config);
  std::vector<float> mag(slice.mag.begin(), slice.mag.end());
  std::vector<QualityBits> quality(mag.size(), 0);
  correct_frame(fit, model, sim.frame_columns(), sim.star_mag, slice.x_px, slice.y_px, mag,
                quality);
  for (std::size_t s = 0; s < sim.n_star; ++s) {
    if (reference.used[s] != 0) {
      EXPECT_EQ(quality[s], 0);
    }
    if (sim.star_mag[s] > 12.0) {
      EXPECT_EQ(quality[s], quality::magfit_extrapolated);
    }
  }
}

TEST(Magfit, KeepsAnOutlyingStarOutOfTheFit) {
  LcSimulation sim = noiseless();
  const Reference reference = reference_from_frame(sim.frame(0), {});
  const MagfitModel model = magfit_model({});
  const FrameFit before =
      fit_frame(sim.frame(0), sim.frame_columns(), sim.star_mag, reference, model, {});
  sim.mag[7] += 0.5f;
  const FrameFit after =
      fit_frame(sim.frame(0), sim.frame_columns(), sim.star_mag, reference, model, {});
  EXPECT_EQ(after.n_used, before.n_used - 1);
  EXPECT_LT(after.rms_mag, kRounding_mag);
}

TEST(Magfit, RefusesUnknownVariables) {
  const LcSimulation sim = noiseless();
  const MagfitConfig config{.terms = {"O1{moon}"}};
  const Reference reference = reference_from_frame(sim.frame(0), config);
  EXPECT_THROW(fit_frame(sim.frame(0), sim.frame_columns(), sim.star_mag, reference,
                         magfit_model(config), config),
               Error);
}

/// 200 stars on a 2000 px wide frame whose halves have zero points of their own.
struct SplitFrame {
  std::vector<float> mag, mag_err, x, y;
  std::vector<double> star_mag;
  std::vector<QualityBits> quality;
  NamedColumns columns;
  Reference reference;
  SplitFrame() {
    for (int i = 0; i < 200; ++i) {
      x.push_back(static_cast<float>(10 * i));
      y.push_back(static_cast<float>((37 * i) % 1000));
      star_mag.push_back(9.0 + 0.01 * ((29 * i) % 200));
      const double zero = x.back() < 1024.0F ? 0.25 : -0.5;
      mag.push_back(static_cast<float>(star_mag.back() - zero));
      mag_err.push_back(0.01F);
      quality.push_back(0);
      reference.mag.push_back(star_mag.back());
      reference.err.push_back(0.001);
      reference.used.push_back(1);
    }
    columns.add("mag", star_mag);
  }
  SplitFrame(const SplitFrame&) = delete;
  FrameSlice slice() const {
    return {.mag = mag, .mag_err = mag_err, .x_px = x, .y_px = y, .quality = quality};
  }
};

// Of magnitudes below 16, in float: half a step, 4.8e-7, for the measured and for the result.
constexpr double kFloat_mag = 1e-6;

TEST(MagfitSplit, FitsAndCorrectsEveryPartByItself) {
  const SplitFrame at;
  const MagfitConfig config{.terms = {"O1{x,y}"}, .split = "floor(x/1024)"};
  const MagfitModel model = magfit_model(config);
  const FrameFit fit = fit_frame(at.slice(), at.columns, at.star_mag, at.reference, model, config);
  ASSERT_EQ(fit.parts.size(), 2u);
  EXPECT_EQ(fit.parts[0].split, 0.0);
  EXPECT_EQ(fit.parts[1].split, 1.0);
  EXPECT_EQ(fit.parts[0].n_used, 103);  // x = 0, 10, … 1020
  EXPECT_EQ(fit.n_used, 200);
  EXPECT_NEAR(fit.parts[0].zero_shift_mag, 0.25, kFloat_mag);
  EXPECT_NEAR(fit.parts[1].zero_shift_mag, -0.5, kFloat_mag);
  EXPECT_LT(fit.rms_mag, kFloat_mag);
  std::vector<float> mag = at.mag;
  std::vector<QualityBits> quality = at.quality;
  correct_frame(fit, model, at.columns, at.star_mag, at.x, at.y, mag, quality);
  for (std::size_t i = 0; i < mag.size(); ++i)
    EXPECT_NEAR(mag[i], at.star_mag[i], 2.0 * kFloat_mag);
}

TEST(MagfitSplit, ExcludesPartsWithTooFewStarsAndStarsOfNoPart) {
  SplitFrame at;
  at.x[150] = NAN;
  for (std::size_t i = 103; i < 195; ++i) at.reference.used[i] = 0;  // five are left in part 1
  const MagfitConfig config{.terms = {"O1{x,y}"}, .split = "floor(x/1024)"};
  const MagfitModel model = magfit_model(config);
  const FrameFit fit = fit_frame(at.slice(), at.columns, at.star_mag, at.reference, model, config);
  ASSERT_EQ(fit.parts.size(), 2u);
  EXPECT_TRUE(fit.parts[0].ok());
  EXPECT_FALSE(fit.parts[1].ok());
  std::vector<float> by_frame = at.mag;
  std::vector<QualityBits> quality(200, 0);
  correct_frame(fit, model, at.columns, at.star_mag, at.x, at.y, by_frame, quality);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(std::isfinite(by_frame[i]), i < 103) << i;
    EXPECT_EQ(quality[i] & quality::magfit_excluded, i < 103 ? 0 : quality::magfit_excluded) << i;
  }
  // The same star by star.
  for (std::size_t i = 0; i < 200; i += 7) {
    NamedColumns star;
    star.add_scalar("mag", at.star_mag[i]);
    float mag = at.mag[i];
    QualityBits bits = 0;
    correct_star({&fit, 1}, model, star, at.star_mag[i], {&at.x[i], 1}, {&at.y[i], 1}, {&mag, 1},
                 {&bits, 1});
    EXPECT_EQ(bits, quality[i]);
    if (std::isfinite(by_frame[i])) {
      EXPECT_EQ(mag, by_frame[i]);
    } else {
      EXPECT_TRUE(std::isnan(mag));
    }
  }
}

TEST(MagfitSplit, RefusesListsAndTooManyParts) {
  EXPECT_THROW(magfit_model({.split = "x, y"}), Error);
  const SplitFrame at;
  const MagfitConfig config{.terms = {"O0{x}"}, .split = "x"};
  EXPECT_THROW(
      fit_frame(at.slice(), at.columns, at.star_mag, at.reference, magfit_model(config), config),
      Error);
}

TEST(Magfit, RejectsByTheAverageThatIsAskedFor) {
  // 200 residuals: half of them 0.01, 90 of them 0.02, ten of them 0.05, of both signs.
  SplitFrame at;
  for (std::size_t i = 0; i < 200; ++i) {
    const double size = i % 20 == 0 || i % 20 == 1 ? (i < 100 ? 0.05 : 0.02)
                        : i % 2 == 0               ? 0.01
                                                   : 0.02;
    at.mag[i] = static_cast<float>(at.star_mag[i] + ((i / 2) % 2 == 0 ? size : -size));
  }
  MagfitConfig config{.terms = {"O0{x}"}, .reject = 3.0, .max_rounds = 1};
  const FrameFit by_rms =
      fit_frame(at.slice(), at.columns, at.star_mag, at.reference, magfit_model(config), config);
  // Mean square about (95·1 + 95·4 + 10·25)·1e-4/200 = 3.6e-4: three times its root is 0.057.
  EXPECT_EQ(by_rms.n_used, 200);
  config.error_average = "median";
  const FrameFit by_median =
      fit_frame(at.slice(), at.columns, at.star_mag, at.reference, magfit_model(config), config);
  // The median square is at most 0.02² or so: with reject 2, ten of 0.05 go.
  config.reject = 2.0;
  const FrameFit closer =
      fit_frame(at.slice(), at.columns, at.star_mag, at.reference, magfit_model(config), config);
  EXPECT_EQ(by_median.n_used, 200);
  EXPECT_EQ(closer.n_used, 190);
}

TEST(Magfit, SharesTermsBetweenApertures) {
  const LcSimulation sim = simulate_lc({.n_frame = 2, .n_star = 80});
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  const Reference reference = reference_from_frame(sim.frame(0), config);
  FrameSlice other = sim.frame(1);
  std::vector<float> dimmer(other.mag.begin(), other.mag.end());
  for (std::size_t s = 0; s < dimmer.size(); s += 3) dimmer[s] = NAN;
  other.mag = dimmer;
  FrameFitter fitter{other.x_px, other.y_px, sim.frame_columns(), sim.star_mag, model, config};
  const auto same = [](const FrameFit& a, const FrameFit& b) {
    EXPECT_EQ(a.parts.at(0).coefficients, b.parts.at(0).coefficients);
    EXPECT_EQ(a.rms_mag, b.rms_mag);
    EXPECT_EQ(a.n_used, b.n_used);
  };
  for (const FrameSlice& slice : {sim.frame(1), other, sim.frame(1)})
    same(fitter.fit(slice, reference),
         fit_frame(slice, sim.frame_columns(), sim.star_mag, reference, model, config));
}

TEST(Magfit, LeavesTermsThatSayNothingAtZero) {
  // One airmass for all stars, a colour that is the same for all, and y twice: dependent terms.
  const LcSimulation sim = noiseless();
  const MagfitConfig config{.terms = {"O2{x,y} + O1{mag} + O1{colour} + {airmass} + {2*y}"}};
  const MagfitModel model = magfit_model(config);
  const Reference reference = reference_from_frame(sim.frame(0), config);
  NamedColumns columns = sim.frame_columns();
  columns.add_scalar("airmass", 1.5);
  const FrameFit fit = fit_frame(sim.frame(1), columns, sim.star_mag, reference, model, config);
  ASSERT_TRUE(fit.ok());
  EXPECT_LT(fit.rms_mag, kRounding_mag);
  for (const double c : fit.parts[0].coefficients) EXPECT_TRUE(std::isfinite(c));
  EXPECT_EQ(fit.parts[0].level, 0);
}

TEST(Magfit, AddsAShiftOfEachPoint) {
  const LcSimulation sim = simulate_lc({.n_frame = 3, .n_star = 40});
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  const Reference reference = reference_from_frame(sim.frame(0), config);
  std::vector<std::vector<FrameFit>> fits(1);
  for (std::size_t f = 0; f < 3; ++f)
    fits[0].push_back(
        fit_frame(sim.frame(f), sim.frame_columns(), sim.star_mag, reference, model, config));
  const FrameCorrections corrections{fits, model};
  std::vector<float> plain = sim.of_star(sim.mag, 5);
  std::vector<float> moved = plain;
  std::vector<QualityBits> quality(3, 0);
  const std::vector<double> shift{1.0, 0.0, -2.0};
  for (auto* mag : {&plain, &moved})
    corrections.correct_star(
        sim.star_columns(5), sim.star_mag[5], sim.of_star(sim.x_px, 5), sim.of_star(sim.y_px, 5),
        *mag, quality, mag == &moved ? std::span<const double>{shift} : std::span<const double>{});
  for (std::size_t f = 0; f < 3; ++f)
    EXPECT_NEAR(moved[f], static_cast<double>(plain[f]) + shift[f], kFloat_mag);
}

TEST(Magfit, HasNoFitWithoutStars) {
  const MagfitConfig config;
  const MagfitModel model = magfit_model(config);
  NamedColumns columns;
  columns.add("mag", {});
  columns.add("colour", {});
  const Reference none{{}, {}, {}};
  EXPECT_FALSE(fit_frame({}, columns, {}, none, model, config).ok());
  const LcSimulation sim = noiseless();
  Reference reference = reference_from_frame(sim.frame(0), config);
  std::ranges::fill(reference.used, std::uint8_t{0});
  EXPECT_FALSE(
      fit_frame(sim.frame(1), sim.frame_columns(), sim.star_mag, reference, model, config).ok());
}

TEST(ReferenceFrame, IsSharpDarkAndFullOfStars) {
  std::vector<FrameRecord> frames(5);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames[i].state = FrameState::measured;
    frames[i].fwhm_px = 2.0 + 0.1 * static_cast<double>(i);
    frames[i].bg_e = 100.0 + static_cast<double>(i);
    frames[i].n_matched = 500 - static_cast<std::int64_t>(i);
  }
  EXPECT_EQ(choose_reference_frame(frames), 0);
  frames[0].state = FrameState::rejected;
  EXPECT_EQ(choose_reference_frame(frames), 1);
  for (FrameRecord& f : frames) f.state = FrameState::rejected;
  EXPECT_EQ(choose_reference_frame(frames), -1);
  EXPECT_EQ(choose_reference_frame({}), -1);
}

}  // namespace
}  // namespace skyweft::lc
