// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/import_rows.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/time.hpp"
#include "steps/frame_work.hpp"
#include "workflows/stages/import_frames.hpp"

namespace skyweft::workflows {
namespace {

struct Row {
  StarId star;
  double ra_deg;
  double dec_deg;
  double time_jd;
  double value;
  std::int32_t frame = -1;
};

io::PhotometryTable table_of(const std::vector<Row>& rows) {
  io::PhotometryTable t;
  t.n_ap = 1;
  t.frame.names = {"a", "b"};
  for (const Row& row : rows) {
    t.star.push_back(row.star);
    t.ra_deg.push_back(row.ra_deg);
    t.dec_deg.push_back(row.dec_deg);
    t.time_jd.push_back(row.time_jd);
    t.value.push_back(row.value);
    t.error.push_back(0.01);
    t.frame.of_row.push_back(row.frame);
    t.camera.of_row.push_back(-1);
    t.filter.of_row.push_back(-1);
    t.exposure_s.push_back(100.0F);
    for (auto* column :
         {&t.mag, &t.colour, &t.airmass, &t.x_px, &t.y_px, &t.background_adu, &t.fwhm_px})
      column->push_back(kNaNf);
  }
  t.error_is_mag = true;
  return t;
}

constexpr double kT = 2457000.25;

TEST(TableStars, WithNumbersAreSortedByThemAndLieAtTheMean) {
  const auto t =
      table_of({{20, 10.0, 1.0, kT, 1}, {10, 359.9999, 0.0, kT, 1}, {10, 0.0001, 0.0, kT + 1, 1}});
  const TableStars stars = stars_of_table(t, {});
  EXPECT_EQ(stars.stars.id, (std::vector<StarId>{10, 20}));
  EXPECT_EQ(stars.star_of_row, (std::vector<std::int64_t>{1, 0, 0}));
  // The mean of two directions across RA 0; rounding of unit vectors is 1e-14 deg.
  const double ra = stars.stars.ra_deg[0];
  EXPECT_NEAR(std::min(ra, 360.0 - ra), 0.0, 1e-12);
}

TEST(TableStars, WithoutNumbersAreGroupedByPlace) {
  const double arcsec = 1.0 / 3600.0;
  const auto t = table_of({{0, 10.0, 60.0, kT, 1},
                           {0, 10.0, 60.0 + 5 * arcsec, kT, 1},
                           {0, 10.0 + 2 * arcsec, 60.0 + 1 * arcsec, kT + 1, 1},  // 1.4 arcsec away
                           {0, 10.0, 60.0 + 4 * arcsec, kT + 1, 1}});
  const TableStars stars = stars_of_table(t, {.group_arcsec = 3.0});
  ASSERT_EQ(stars.stars.size(), 2);
  EXPECT_EQ(stars.star_of_row[0], stars.star_of_row[2]);
  EXPECT_EQ(stars.star_of_row[1], stars.star_of_row[3]);
  EXPECT_NE(stars.star_of_row[0], stars.star_of_row[1]);
  EXPECT_LT(stars.stars.id[0], stars.stars.id[1]);
}

TEST(TableFrames, AreTimesInOrderAtMidExposure) {
  const auto t = table_of({{1, 10, 0, kT + 1, 1}, {2, 11, 0, kT, 1}, {1, 10, 0, kT, 1}});
  const TableFrames frames =
      frames_of_table(t, {.time_reference = "start"}, Site{}, sky::shipped_leap_seconds());
  ASSERT_EQ(frames.records.size(), 2U);
  EXPECT_EQ(frames.frame_of_row, (std::vector<std::int64_t>{1, 0, 0}));
  // Half of 100 s; a double of JD resolves 40 us.
  EXPECT_NEAR(frames.records[0].time_utc_mid_jd, kT + 50.0 / 86400.0, 5e-10);
  EXPECT_EQ(frames.records[0].id % 64, 0);
  EXPECT_EQ(frames.records[0].n_sources, 2);
  EXPECT_EQ(frames.records[0].camera, "main");
}

TEST(TableFrames, InBarycentricTimeAreTurnedBack) {
  const Site site{Angle::from_deg(-110.0), Angle::from_deg(30.0), 2000.0};
  const SkyPos near_pole{Angle::from_deg(270.0), Angle::from_deg(66.0)};
  const SkyPos equator{Angle::from_deg(80.0), Angle::from_deg(0.0)};
  const sky::FrameTime time = sky::frame_time(kT, site);
  const auto t = table_of({{1, 270.0, 66.0, sky::bjd_tdb(time, near_pole), 1, 0},
                           {2, 80.0, 0.0, sky::bjd_tdb(time, equator), 1, 0}});
  EXPECT_GT(std::abs(t.time_jd[0] - t.time_jd[1]) * 86400.0, 100.0);  // else it tests nothing
  const TableFrames frames = frames_of_table(t, {.time_scale = "bjd_tdb", .frame = "f"}, site,
                                             sky::shipped_leap_seconds());
  ASSERT_EQ(frames.records.size(), 1U);
  // Two roundings of a JD, 40 us each.
  EXPECT_NEAR(frames.records[0].time_utc_mid_jd, kT, 1e-9);
}

TEST(TableFrames, OfOneNameMustBeOneExposure) {
  const auto t = table_of({{1, 10, 0, kT, 1, 0}, {2, 11, 0, kT + 0.1, 1, 0}});
  try {
    frames_of_table(t, {}, Site{}, sky::shipped_leap_seconds());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input);
    EXPECT_EQ(error.test()->name, "frame_span_s");
  }
}

TEST(TableFluxes, AreElectrons) {
  auto t = table_of({{1, 10, 0, kT, 20.0}});
  t.is_flux = false;
  TableFrames frames = frames_of_table(t, {}, Site{}, sky::shipped_leap_seconds());
  // 100 s of 10^(0.4 (25 - 20)) = 100 e/s; 0.01 mag is 0.9210 %.
  FluxTable fluxes = fluxes_of(t, {}, frames.records, frames.frame_of_row);
  EXPECT_FLOAT_EQ(fluxes.flux_e[0], 10000.0F);
  EXPECT_FLOAT_EQ(fluxes.flux_err_e[0], 92.10340F);
  t.is_flux = true;
  t.error_is_mag = false;
  fluxes = fluxes_of(t, {.gain_e_per_adu = 1.5}, frames.records, frames.frame_of_row);
  EXPECT_FLOAT_EQ(fluxes.flux_e[0], 30.0F);
  EXPECT_FLOAT_EQ(fluxes.flux_err_e[0], 0.015F);
}

TEST(FrameFiller, FillsPointsPlaneAndState) {
  const auto t = table_of({{1, 10.0, 0.0, kT, 50.0},
                           {2, 10.0, 1.0, kT, -3.0},
                           {1, 10.0, 0.0, kT, 60.0},
                           {2, 10.0, 1.0, kT + 1, -3.0}});
  const TableStars stars = stars_of_table(t, {});
  TableFrames frames = frames_of_table(t, {}, Site{}, sky::shipped_leap_seconds());
  const FluxTable fluxes = fluxes_of(t, {}, frames.records, frames.frame_of_row);
  const steps::FrameOptions options;
  const FrameFiller filler{t, fluxes, stars, frames, options};
  FrameBlock block = make_frame_block(2, 2, 1);
  EXPECT_EQ(filler.fill(0, frames.records[0], block, 0), 1);  // star 1 twice: the first counts
  EXPECT_EQ(filler.fill(1, frames.records[1], block, 1), 0);
  EXPECT_EQ(block.points.flux_e[0], 50.0F);
  EXPECT_EQ(block.points.quality[0], 0);
  EXPECT_EQ(block.points.quality[1], quality::not_measured);  // negative
  EXPECT_EQ(block.points.quality[2], quality::not_measured);  // no row
  EXPECT_TRUE(std::isnan(block.points.flux_e[2]));
  EXPECT_EQ(frames.records[0].state, FrameState::measured);
  EXPECT_EQ(frames.records[1].state, FrameState::rejected);
  EXPECT_EQ(frames.records[1].test, "stars_with_flux");
  // Half a degree from the middle: tan(0.5 deg) = 0.00872687 rad = 1800.046 arcsec.
  EXPECT_NEAR(block.points.y_px[1], 1800.046F, 2e-3F);
  EXPECT_NEAR(block.points.y_px[0], -1800.046F, 2e-3F);
  EXPECT_NEAR(frames.records[0].scale_arcsec_px, 1.0, 1e-6);
}

}  // namespace
}  // namespace skyweft::workflows
