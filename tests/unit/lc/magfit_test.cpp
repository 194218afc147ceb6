// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
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
    ASSERT_EQ(fit.level, 0);
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
      fits.back().level = 2;
      fits.back().coefficients.resize(3);
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
    EXPECT_EQ(fit.level, level) << n_star;
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
