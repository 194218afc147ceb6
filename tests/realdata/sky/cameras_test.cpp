// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Plate solutions of real frames of three more cameras with Tycho-2 stars: their positions are of
// 2000 and carry no proper motion, so that some 10 to 20 mas/yr remain in the residuals.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/sibling.hpp"
#include "sky/solve.hpp"
#include "support/real_data.hpp"
#include "support/sky_frames.hpp"

namespace {

using namespace skyweft;

void report(const char* what, const SourceList& sources, const sky::Solution& s) {
  std::printf(
      "%s: %zu sources, %ld matched (%.2f of the bright), rms %.3f px, order %d, ln odds "
      "%.0f\n",
      what, sources.x_px.size(), static_cast<long>(s.n_matched), s.matched_fraction, s.rms_px,
      s.wcs.order, s.log_odds);
}

TEST(SolveField, SolvesNgtsDespiteItsHeader) {
  const auto folder = support::real_data_dir() / "ngts";
  SKYWEFT_NEEDS(folder);
  const StarCatalog stars = support::read_star_csv(folder / "catalog_tycho2.csv");
  const support::Pixels frame = support::read_pixels(
      folder / "observeField_IMAGE80220150320023345.fits.fz", {20, 3, 2068, 2048});
  ASSERT_EQ(frame.nx, 2048);
  const SourceList sources = support::windowed_peaks(frame, 120.0f, 60000.0f);
  sky::SolveConfig config;
  config.distortion_order = 3;
  config.choose_order = false;
  // The header's own position: 4.7' and 1.8 degrees of rotation off.
  const sky::SolveHint hint{support::at_deg(148.41952, -45.6334), 5.0};
  const auto s = sky::solve_field(sources, frame.nx, frame.ny, stars, hint, config, nullptr);
  report("ngts", sources, s);
  EXPECT_EQ(s.wcs.order, 3);
  EXPECT_GT(s.n_matched, 400);
  EXPECT_LT(s.rms_px, 0.08);
  config.pointing_tolerance_deg = 0.02;  // 1.2', less than the header's error
  const auto near_by = [&] {
    return sky::solve_field(sources, frame.nx, frame.ny, stars, hint, config, nullptr);
  };
  EXPECT_THROW(near_by(), Error);
}

TEST(SolveField, SolvesTheTurningFieldOfSkycamz) {
  const auto folder = support::real_data_dir() / "skycamz";
  SKYWEFT_NEEDS(folder);
  const StarCatalog stars = support::read_star_csv(folder / "catalog_tycho2.csv");
  Wcs previous;
  double last_turn = kNaN;
  std::map<std::int64_t, std::vector<PixelPos>> residual;  // of each star, frame by frame
  for (int k = 210; k <= 215; ++k) {
    const auto path = folder / ("z_e_20130610_" + std::to_string(k) + "_1_1_1.fits");
    const support::Pixels frame = support::read_pixels(path);
    const SourceList sources = support::windowed_peaks(frame, 30.0f, 60000.0f);
    const sky::SolveHint hint{support::at_deg(256.1659, 12.789), 3.567};
    const auto s = sky::solve_field(sources, frame.nx, frame.ny, stars, hint, {},
                                    previous.valid() ? &previous : nullptr);
    report(path.filename().c_str(), sources, s);
    EXPECT_GT(s.n_matched, 25);
    EXPECT_LT(s.rms_px, 0.2);
    const double turn = sky::rotation_deg(s.wcs, {511.5, 511.5});
    if (std::isfinite(last_turn)) {
      EXPECT_NEAR(std::abs(turn - last_turn), 0.4, 0.3);
    }
    for (const auto& [source, star] : s.matches) {
      const auto i = static_cast<std::size_t>(source);
      const auto j = static_cast<std::size_t>(star);
      const PixelPos p = sky::to_pixel(
          s.wcs, {Angle::from_deg(stars.ra_deg[j]), Angle::from_deg(stars.dec_deg[j])});
      residual[star].push_back({sources.x_px[i] - p.x_px, sources.y_px[i] - p.y_px});
    }
    last_turn = turn;
    previous = s.wcs;
  }
  // What differs from frame to frame is ours; what all frames agree on is the catalogue's missing
  // proper motion (13 years of 20 mas/yr are 0.07 px) and the bend that 33 stars do not carry.
  double own = 0.0;
  double n = 0.0;
  for (const auto& [star, r] : residual) {
    PixelPos mean{};
    for (const PixelPos& p : r) {
      mean.x_px += p.x_px / static_cast<double>(r.size());
      mean.y_px += p.y_px / static_cast<double>(r.size());
    }
    for (const PixelPos& p : r)
      own += std::pow(p.x_px - mean.x_px, 2) + std::pow(p.y_px - mean.y_px, 2);
    n += static_cast<double>(r.size()) - 1.0;
  }
  std::printf("skycamz: %.3f px rms from frame to frame\n", std::sqrt(own / n));
  EXPECT_LT(std::sqrt(own / n), 0.12);
}

TEST(SolveField, SolvesPanoptesFromOneBayerChannelAndItsSiblingsFromThat) {
  const auto folder = support::real_data_dir() / "panoptes";
  SKYWEFT_NEEDS(folder);
  const StarCatalog stars = support::read_star_csv(folder / "catalog_tycho2.csv");
  const sky::SolveHint hint{support::at_deg(301.56439, 44.456875), 20.6};
  sky::SolveConfig config;
  config.pointing_tolerance_deg = 3.0;
  const auto channel = [&](std::int64_t x, std::int64_t y) {
    return support::read_pixels(folder / "unsolved.fits", {x, y, 0, 0}, 2);
  };
  const support::Pixels green = channel(1, 0);
  const SourceList sources = support::windowed_peaks(green, 60.0f, 16000.0f);
  const auto s = sky::solve_field(sources, green.nx, green.ny, stars, hint, config, nullptr);
  report("panoptes G1", sources, s);
  EXPECT_LT(s.rms_px, 0.5);
  const RawLayout from{.hdus = {}, .x_start = 1, .y_start = 0, .x_step = 2, .y_step = 2};
  const RawLayout to{.hdus = {}, .x_start = 0, .y_start = 1, .x_step = 2, .y_step = 2};
  const support::Pixels other = channel(0, 1);
  const SourceList of_other = support::windowed_peaks(other, 60.0f, 16000.0f);
  const Wcs expected = sky::sibling_wcs(s.wcs, from, to);
  const auto t = sky::solve_field(of_other, other.nx, other.ny, stars, hint, config, &expected);
  report("panoptes G2", of_other, t);
  EXPECT_TRUE(t.from_previous);
  // Both greens see the same stars through the same glass: the half pixel would show.
  EXPECT_LT(support::worst_difference_px(t.wcs, expected, other.nx, other.ny), 0.4);

  // Crops of 200 x 200 mosaic pixels. Two of them are the middle of the frame above and may be
  // solved, but then as it was; the others show other places.
  for (const char* small : {"noheader.fits", "pole.fits", "rotation.fits", "tiny.fits"}) {
    const support::Pixels crop = support::read_pixels(folder / small, {1, 0, 0, 0}, 2);
    const SourceList few = support::windowed_peaks(crop, 60.0f, 16000.0f);
    try {
      const auto r = sky::solve_field(few, crop.nx, crop.ny, stars, hint, config, nullptr);
      report(small, few, r);
      const Wcs part = sky::sibling_wcs(s.wcs, {.x0 = 0.0}, {.x0 = 125.0, .y0 = 125.0});
      // A dozen stars of 0.3 px: 0.3·√(5/12) = 0.2 px in the corner; five times that.
      EXPECT_LT(support::worst_difference_px(r.wcs, part, crop.nx, crop.ny), 1.0) << small;
    } catch (const Error& e) {
      EXPECT_TRUE(e.test().has_value());
      std::printf("%s: %s\n", small, e.what());
    }
  }
}

}  // namespace
