// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/detect.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/detect_stars.hpp"

using namespace skyweft;
using support::add_star;
using support::flux_of_snr;
using support::sky_frame;

namespace {
struct Score {
  int found = 0;
  double rms_px = 0.0;
};

// A 16 x 16 lattice of equal stars at changing pixel phases in 640 x 640 pixels.
Frame lattice(double snr, double fwhm_px) {
  Frame f = sky_frame(640, 640, 200.0, 10.0, 11);
  for (int i = 0; i < 256; ++i)
    add_star(f, 20 + 40 * (i % 16) + 0.37 * (i % 7), 20 + 40 * (i / 16) + 0.23 * (i % 11),
             flux_of_snr(snr, fwhm_px, 10.0), fwhm_px);
  return f;
}

Score score(const SourceList& s) {
  Score out;
  for (int i = 0; i < 256; ++i) {
    const double x = 20 + 40 * (i % 16) + 0.37 * (i % 7), y = 20 + 40 * (i / 16) + 0.23 * (i % 11);
    for (std::size_t k = 0; k < s.x_px.size(); ++k) {
      const double d2 = std::pow(s.x_px[k] - x, 2) + std::pow(s.y_px[k] - y, 2);
      if (d2 > 4.0) continue;
      ++out.found;
      out.rms_px += 0.5 * d2;  // per axis
      break;
    }
  }
  out.rms_px = std::sqrt(out.rms_px / std::max(1, out.found));
  return out;
}

detect::Detection run(const Frame& f, const detect::DetectConfig& c = {}) {
  return detect::detect_sources(f, detect::estimate_background(f), c);
}
}  // namespace

// A star of S/N 10 falls below 5 with probability 3e-7; sampling and phase cost a few per cent.
// False: 4e5 pixels / ~20 px per independent cell × 3e-7 = 0.006 expected.
TEST(DetectSources, FindStarsOfSnrTenAndNothingElse) {
  const auto d = run(lattice(10.0, 2.5));
  EXPECT_GE(score(d.sources).found, 244);
  EXPECT_LE(d.sources.size(), 258);
}

// Sky-limited Cramér–Rao bound of one axis: √2 σ_star/(S/N). The rms of 512 values is known to
// 3 %, so 1.3 leaves only 0.2 for the kernel's imperfections.
TEST(DetectSources, CentroidsComeNearTheCramerRaoBound) {
  for (const double fwhm_px : {2.5, 5.0}) {
    const auto d = run(lattice(100.0, fwhm_px));
    const Score s = score(d.sources);
    EXPECT_EQ(s.found, 256);
    EXPECT_LT(s.rms_px, 1.3 * std::sqrt(2.0) * fwhm_px / 2.3548 / 100.0) << fwhm_px;
    EXPECT_NEAR(d.fwhm_px, fwhm_px, 0.03 * fwhm_px);
    EXPECT_LT(d.elongation, 1.1);
  }
}

TEST(DetectSources, OfEmptyFrameIsAnEmptyList) {
  const auto d = run(sky_frame(200, 150, 50.0, 3.0, 5));
  EXPECT_EQ(d.sources.size(), 0);
  EXPECT_TRUE(std::isnan(d.fwhm_px));
}

TEST(DetectSources, RefuseHotPixelsAndMaskedPixels) {
  Frame f = lattice(60.0, 3.0);
  f.signal_e(40, 40) += 5000.0f;                              // hot, unknown
  f.signal_e(80, 40) += 5000.0f, f.mask(80, 40) = mask::hot;  // hot, known
  const auto d = run(f);
  EXPECT_EQ(d.sources.size(), 256);
}

TEST(DetectSources, ListSaturatedStarOnceAtItsCentre) {
  Frame f = lattice(60.0, 3.0);
  add_star(f, 320.3, 319.8, 3e6, 3.0);
  for (std::int64_t i = 0; i < f.signal_e.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (f.signal_e.pixels()[k] < 30000.0f) continue;
    f.signal_e.pixels()[k] = 30000.0f;
    f.mask.pixels()[k] = mask::oversaturated;
  }
  const auto d = run(f);
  ASSERT_EQ(d.sources.size(), 257);
  EXPECT_NE(d.sources.mask[0] & mask::saturated, 0);
  EXPECT_NEAR(d.sources.x_px[0], 320.3, 0.3);
  EXPECT_NEAR(d.sources.y_px[0], 319.8, 0.3);
}

TEST(DetectSources, AboveTheLimitAreSpreadOverTheFrame) {
  const auto d = run(lattice(60.0, 3.0), {.max_sources = 64});
  ASSERT_EQ(d.sources.size(), 64);
  int left = 0;
  for (const double x : d.sources.x_px) left += x < 320 ? 1 : 0;
  EXPECT_EQ(left, 32);
}
