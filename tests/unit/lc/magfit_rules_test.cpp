// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit_rules.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::lc {
namespace {

std::vector<FrameRecord> ten_frames() {
  std::vector<FrameRecord> frames(10);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames[i].state = FrameState::measured;
    frames[i].fwhm_px = 2.0 + 0.1 * static_cast<double>((i * 7) % 10);
    frames[i].bg_e = 100.0 + static_cast<double>((i * 3) % 10);
    frames[i].n_matched = 500 - static_cast<std::int64_t>((i * 9) % 10);
    frames[i].airmass = 2.0 - 0.1 * static_cast<double>(i);
  }
  return frames;
}

FrameFit fit_of(double zero_shift, double rms) {
  FrameFit fit;
  fit.n_used = 100;
  fit.zero_shift_mag = zero_shift;
  fit.rms_mag = rms;
  return fit;
}

TEST(ReferenceMerit, WrittenOutIsTheMeritBuiltIn) {
  const std::vector<FrameRecord> frames = ten_frames();
  EXPECT_EQ(choose_reference_frame(frames, Expression::parse(MagfitConfig{}.reference_merit)),
            choose_reference_frame(frames));
}

TEST(ReferenceMerit, MayBeAnyExpression) {
  std::vector<FrameRecord> frames = ten_frames();
  EXPECT_EQ(choose_reference_frame(frames, Expression::parse("-airmass")), 9);
  EXPECT_EQ(choose_reference_frame(frames, Expression::parse("bg")), 3);
  EXPECT_EQ(choose_reference_frame(frames, Expression::parse("1")), 0);  // ties: the earlier
  // Missing numbers come last, but a frame is chosen.
  EXPECT_EQ(choose_reference_frame(frames, Expression::parse("moon_separation")), 0);
  frames[4].moon_separation_deg = -5.0;
  EXPECT_EQ(choose_reference_frame(frames, Expression::parse("moon_separation")), 4);
  EXPECT_EQ(choose_reference_frame({}, Expression::parse("1")), -1);
}

TEST(ReferenceMerit, RefusesUnknownNamesAndTexts) {
  const std::vector<FrameRecord> frames = ten_frames();
  EXPECT_THROW(choose_reference_frame(frames, Expression::parse("seeing")), Error);
  EXPECT_THROW(choose_reference_frame(frames, Expression::parse("'dark'")), Error);
  EXPECT_THROW(check_rules({.exclude = "rmss > 1"}), Error);
  EXPECT_THROW(check_rules({.reference_merit = "rms"}), Error);
  EXPECT_NO_THROW(check_rules({}));
  EXPECT_NO_THROW(check_rules({.exclude = ""}));
}

TEST(ExcludedFrames, OfTheDefaultRuleAreCloudyOnes) {
  const std::vector<FrameRecord> frames = ten_frames();
  const Expression rule = Expression::parse(MagfitConfig{}.exclude);
  std::vector<std::vector<FrameFit>> fits(1);
  for (int f = 0; f < 10; ++f) fits[0].push_back(fit_of(0.01 * f, 0.01));
  fits[0][2] = fit_of(-0.5, 0.05);  // dim and ragged
  fits[0][3] = fit_of(-0.5, 0.02);  // dim alone: thin, even haze
  fits[0][4] = fit_of(0.0, 0.05);   // ragged alone
  fits[0][5] = FrameFit{};
  EXPECT_EQ(excluded_frames(frames, fits, rule),
            (std::vector<std::uint8_t>{0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
  // Medians over three apertures: one of them does not decide.
  fits.push_back(fits[0]);
  fits.push_back(fits[0]);
  fits[0][6] = fit_of(-9.0, 9.0);
  EXPECT_EQ(excluded_frames(frames, fits, rule),
            (std::vector<std::uint8_t>{0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(ExcludedFrames, MayBeChosenByFrameVariables) {
  const std::vector<FrameRecord> frames = ten_frames();
  const std::vector<std::vector<FrameFit>> fits(1, std::vector<FrameFit>(10, fit_of(0.0, 0.01)));
  EXPECT_EQ(excluded_frames(frames, fits, Expression::parse("airmass > 1.75 or n_used < 9")),
            (std::vector<std::uint8_t>{1, 1, 1, 0, 0, 0, 0, 0, 0, 0}));
  // A rule that leaves nothing tells nothing.
  EXPECT_EQ(excluded_frames(frames, fits, Expression::parse("airmass > 0")),
            std::vector<std::uint8_t>(10, 0));
}

}  // namespace
}  // namespace skyweft::lc
