// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/cosmic_rays.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::CosmicConfig;
using calib::CosmicCount;
using calib::mark_cosmic_rays;

namespace {

constexpr CosmicConfig kOn{.cosmics = true};

/// Constant sky of 100 e- with a variance of 100 e-², so that N = 10.
Frame flat_frame(std::int64_t nx, std::int64_t ny) {
  Frame frame;
  frame.signal_e = Grid<float>(nx, ny, 100.0F);
  frame.variance_e2 = Grid<float>(nx, ny, 100.0F);
  frame.mask = Mask(nx, ny, 0);
  return frame;
}

std::vector<PixelPos> marked(const Frame& frame) {
  std::vector<PixelPos> out;
  for (std::int64_t y = 0; y < frame.ny(); ++y)
    for (std::int64_t x = 0; x < frame.nx(); ++x)
      if ((frame.mask(x, y) & mask::cosmic) != 0)
        out.push_back({static_cast<double>(x), static_cast<double>(y)});
  return out;
}

using Places = std::vector<PixelPos>;

// A spike of C on flat sky: each of the four subpixels has ½ C, L+ = 2 C, S = 2 C / (2 · 10);
// all else in the 5×5 is 0 (its neighbours are clipped), so S' = C / 10.
TEST(CosmicRays, OfOnePixelAreMarkedAboveSigmaTimesTheNoise) {
  for (const float c : {44.9F, 45.1F}) {
    Frame frame = flat_frame(9, 9);
    frame.signal_e(4, 4) += c;
    frame.variance_e2(4, 4) += c;  // its own shot noise is not the noise of the place
    const Frame before = frame;
    const auto count = mark_cosmic_rays(frame, {}, 2.5, kOn);
    if (c < 45.0F) {
      EXPECT_EQ(count, (CosmicCount{.n_px = 0, .rounds = 1}));
      EXPECT_EQ(frame, before);
    } else {
      EXPECT_EQ(count, (CosmicCount{.n_px = 1, .rounds = 2}));
      EXPECT_EQ(marked(frame), (Places{{4, 4}}));
      EXPECT_EQ(frame.signal_e, before.signal_e);
    }
  }
}

// At (5,4), beside 1000 on (4,4): corners see ½ (right + up) = 0 on two sides and ½ · 1000 above
// its own value on the other two. With 40 there: L+ = ½ · 2 · 40 = 40, S = 2 = S', above
// 0.3 · 4.5 = 1.35 and below 4.5. With 26 there, S = 1.3.
TEST(CosmicRays, GrowBesideAHit) {
  CosmicConfig once = kOn;
  once.cosmic_rounds = 1;
  for (const float beside : {40.0F, 26.0F}) {
    Frame frame = flat_frame(9, 9);
    frame.signal_e(4, 4) += 1000.0F;
    frame.signal_e(5, 4) += beside;
    mark_cosmic_rays(frame, {}, 2.5, once);
    EXPECT_EQ(marked(frame), beside > 27.0F ? (Places{{4, 4}, {5, 4}}) : (Places{{4, 4}}));
  }
}

// A plateau of 3×3: its centre has no Laplacian until the corners and sides are gone.
TEST(CosmicRays, AreEatenFromOutsideInRounds) {
  Frame frame = flat_frame(15, 15);
  for (std::int64_t y = 6; y < 9; ++y)
    for (std::int64_t x = 6; x < 9; ++x) frame.signal_e(x, y) += 5000.0F;
  CosmicConfig config = kOn;
  config.cosmic_contrast = 0.1;  // 3×3 px are as wide as a star: F = 5000 in the centre
  config.cosmic_rounds = 1;
  Frame once = frame;
  EXPECT_EQ(mark_cosmic_rays(once, {}, 2.5, config).n_px, 8);
  config.cosmic_rounds = 4;
  EXPECT_EQ(mark_cosmic_rays(frame, {}, 2.5, config).n_px, 9);
}

TEST(CosmicRays, AreNotSearchedWhenOffOrWhenStarsAreSharp) {
  Frame frame = flat_frame(9, 9);
  frame.signal_e(4, 4) = 5000.0F;
  EXPECT_EQ(mark_cosmic_rays(frame, {}, 2.5, {}).skipped, "off");
  EXPECT_EQ(mark_cosmic_rays(frame, {}, 1.9, kOn).skipped, "fwhm_below_limit");
  EXPECT_EQ(mark_cosmic_rays(frame, {}, kNaN, kOn).skipped, "fwhm_unknown");
  EXPECT_TRUE(marked(frame).empty());
  EXPECT_EQ(mark_cosmic_rays(frame, {}, 2.0, kOn).skipped, "");
  EXPECT_EQ(marked(frame), (Places{{4, 4}}));
}

TEST(CosmicRays, NearAStarsCentreAreProtectedUnlessTheStarIsTooSharp) {
  const auto star = [](float fwhm_px) {
    SourceList list;
    list.x_px = {4.2};
    list.y_px = {4.1};
    list.fwhm_px = {fwhm_px};
    return list;
  };
  for (const std::int64_t x : {4, 6, 7}) {  // 0.2, 1.8 and 2.8 px from a star of 2.5 px
    Frame frame = flat_frame(12, 9);
    frame.signal_e(x, 4) = 5000.0F;
    Frame copy = frame;
    EXPECT_EQ(mark_cosmic_rays(frame, star(2.5F), 2.5, kOn).n_px, x == 7 ? 1 : 0);
    EXPECT_EQ(mark_cosmic_rays(copy, star(1.2F), 2.5, kOn).n_px, 1) << "0.48 FWHM is a hit";
  }
  Frame frame = flat_frame(9, 9);
  frame.signal_e(4, 4) = 5000.0F;
  SourceList odd = star(kNaNf);
  EXPECT_EQ(mark_cosmic_rays(frame, odd, 2.5, kOn).n_px, 0);
  odd.fwhm_px.clear();
  EXPECT_EQ(mark_cosmic_rays(frame, odd, 2.5, kOn).n_px, 0);
  odd.x_px = {kNaN};
  EXPECT_EQ(mark_cosmic_rays(frame, odd, 2.5, kOn).n_px, 1);
}

TEST(CosmicRays, AreNeitherUnusableNorNaNNorSaturatedPixels) {
  for (const MaskBits bits :
       {mask::fault, mask::hot, mask::no_data, mask::oversaturated, mask::leaked, mask::user}) {
    Frame frame = flat_frame(11, 11);
    frame.signal_e(5, 5) = 60000.0F;
    frame.signal_e(5, 6) = bits == mask::no_data ? kNaNf : 100.0F;
    frame.mask(5, 5) = bits;
    EXPECT_EQ(mark_cosmic_rays(frame, {}, 2.5, kOn).n_px, 0) << mask_names(bits);
    EXPECT_EQ(frame.mask(5, 5), bits);
  }
  Frame frame = flat_frame(11, 11);
  frame.signal_e(5, 5) = kNaNf;
  frame.variance_e2(2, 2) = 0.0F;
  frame.variance_e2(8, 2) = -1.0F;
  frame.signal_e(8, 8) = 5000.0F;
  frame.variance_e2(8, 9) = kNaNf;
  mark_cosmic_rays(frame, {}, 2.5, kOn);
  EXPECT_EQ(marked(frame), (Places{{8, 8}}));
}

// Two pixels from saturation are left alone; the third is not.
TEST(CosmicRays, NearSaturationAreNotMarked) {
  for (const std::int64_t x : {6, 7, 8}) {
    Frame frame = flat_frame(15, 11);
    frame.mask(5, 5) = mask::oversaturated;
    frame.signal_e(5, 5) = 60000.0F;
    frame.signal_e(x, 5) = 9000.0F;
    EXPECT_EQ(mark_cosmic_rays(frame, {}, 2.5, kOn).n_px, x == 8 ? 1 : 0) << x;
  }
}

TEST(CosmicRays, AreFoundInFramesOfAnySize) {
  Frame empty;
  EXPECT_EQ(mark_cosmic_rays(empty, {}, 2.5, kOn), CosmicCount{});
  Frame frame = flat_frame(3, 3);
  frame.signal_e(1, 1) = 5000.0F;
  mark_cosmic_rays(frame, {}, 2.5, kOn);
  EXPECT_EQ(marked(frame), (Places{{1, 1}}));
}

TEST(CosmicRays, OfPlanesThatDifferAreOurMistake) {
  Frame frame = flat_frame(9, 9);
  frame.mask = Mask(8, 9);
  EXPECT_THROW(mark_cosmic_rays(frame, {}, 2.5, kOn), Error);
}

}  // namespace
