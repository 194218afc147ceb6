// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <bit>
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/segments.hpp"
#include "io/tables.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;
using support::test_record;
using support::test_stamp;

void expect_same_bits(const FrameRecord& a, const FrameRecord& b) {
  const auto bits = [](const FrameRecord& r) {
    std::vector<std::uint64_t> out;
    for (const double v : {r.measured,
                           r.threshold,
                           r.time_utc_mid_jd,
                           r.time_tdb_mid_jd,
                           r.exposure_s,
                           r.observer_bary_ls[0],
                           r.observer_bary_ls[1],
                           r.observer_bary_ls[2],
                           r.zenith[0],
                           r.zenith[1],
                           r.zenith[2],
                           r.airmass,
                           r.hour_angle_deg,
                           r.ra_deg,
                           r.dec_deg,
                           r.scale_arcsec_px,
                           r.rotation_deg,
                           r.wcs_rms_px,
                           r.fwhm_px,
                           r.elongation,
                           r.bg_e,
                           r.bg_rms_e,
                           r.zero_point})
      out.push_back(std::bit_cast<std::uint64_t>(v));
    return out;
  };
  EXPECT_EQ(bits(a), bits(b));
  EXPECT_EQ(a.wcs, b.wcs);
  EXPECT_EQ(std::tie(a.id, a.file, a.state, a.stage, a.reason, a.test, a.n_sources, a.n_matched),
            std::tie(b.id, b.file, b.state, b.stage, b.reason, b.test, b.n_sources, b.n_matched));
}

Segment small_segment() {
  Segment segment{
      .records = {}, .photometry = make_frame_block(3, 5, 2), .aperture_radius_px = {1.5, 2.5}};
  for (int i = 0; i < 3; ++i) segment.records.push_back(test_record(i));
  support::fill_points(segment.photometry.points, 100);
  return segment;
}

TEST(Segment, ReadsBackBitForBit) {
  const ScratchFolder folder{"segment_back"};
  const Segment written = small_segment();
  write_segment(folder / "s.h5", written, test_stamp());
  const Segment read = read_segment(folder / "s.h5");
  EXPECT_EQ(read.aperture_radius_px, written.aperture_radius_px);
  EXPECT_EQ(read.photometry, written.photometry);
  ASSERT_EQ(read.records.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) expect_same_bits(read.records[i], written.records[i]);
  EXPECT_EQ(read_segment_records(folder / "s.h5").size(), 3u);
}

TEST(Segment, GivesARangeOfStars) {
  const ScratchFolder folder{"segment_range"};
  const Segment written = small_segment();
  write_segment(folder / "s.h5", written, test_stamp());
  const FrameBlock part = read_segment(folder / "s.h5", 1, 3).photometry;
  ASSERT_EQ(part.n_star, 3);
  for (std::size_t f = 0; f < 3; ++f)
    for (std::size_t s = 0; s < 3; ++s) {
      EXPECT_EQ(part.points.quality[f * 3 + s], written.photometry.points.quality[f * 5 + s + 1]);
      EXPECT_EQ(part.points.flux_e[(f * 3 + s) * 2 + 1],
                written.photometry.points.flux_e[(f * 5 + s + 1) * 2 + 1]);
    }
  EXPECT_THROW(read_segment(folder / "s.h5", 3, 3), Error);
}

TEST(Segment, OfUnequalColumnsIsRefusedAndLeavesNothing) {
  const ScratchFolder folder{"segment_refused"};
  Segment segment = small_segment();
  segment.photometry.points.x_px.pop_back();
  EXPECT_THROW(write_segment(folder / "s.h5", segment, test_stamp()), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FramesTable, ReadsBackBitForBit) {
  const ScratchFolder folder{"frames_back"};
  std::vector<FrameRecord> records;
  for (int i = 0; i < 7; ++i) records.push_back(test_record(i));
  write_frames_table(folder / "frames.h5", records, test_stamp());
  const auto read = read_frames_table(folder / "frames.h5");
  ASSERT_EQ(read.size(), records.size());
  for (std::size_t i = 0; i < records.size(); ++i) expect_same_bits(read[i], records[i]);
}

TEST(FramesTable, MayBeEmpty) {
  const ScratchFolder folder{"frames_empty"};
  write_frames_table(folder / "frames.h5", {}, test_stamp());
  EXPECT_TRUE(read_frames_table(folder / "frames.h5").empty());
}

TEST(StarTable, ReadsBackAndAnEmptyColumnIsMissing) {
  const ScratchFolder folder{"stars_back"};
  StarTable table;
  table.stars = support::test_stars(3);
  table.aperture_radius_px = {1, 2};
  table.n_points = {5, 6, 7};
  table.aperture = {0, 1, 1};
  table.median_mag = {1, 2, 3, 4, 5, 6};
  table.scatter[0] = {6, 5, 4, 3, 2, 1};
  table.rms[1] = {1, 2, 3, 4, 5, 7};
  table.beta[2] = {1, 1, 2, 1, 1, 3};
  table.n_finite[3] = {5, 6, 7, 8, 9, 10};
  table.group = {"wide/season1", "wide/season2"};
  table.n_points_group = {2, 3, 4, 2, 7, 0};
  table.scatter_group = {1, 2, 3, 4, 5, kNaNf};
  write_star_table_h5(folder / "stars.h5", table, test_stamp());
  const StarTable read = read_star_table_h5(folder / "stars.h5");
  EXPECT_EQ(read.stars, table.stars);
  EXPECT_EQ(read.n_points, table.n_points);
  EXPECT_EQ(read.aperture, table.aperture);
  EXPECT_EQ(read.median_mag, table.median_mag);
  EXPECT_EQ(read.scatter[0], table.scatter[0]);
  ASSERT_EQ(read.scatter[3].size(), 6u);
  EXPECT_TRUE(std::isnan(read.scatter[3][0]));
  EXPECT_EQ(read.rms[1], table.rms[1]);
  EXPECT_EQ(read.beta[2], table.beta[2]);
  EXPECT_EQ(read.n_finite[3], table.n_finite[3]);
  EXPECT_TRUE(std::isnan(read.red_noise[0].at(5)));
  EXPECT_EQ(read.group, table.group);
  EXPECT_EQ(read.n_points_group, table.n_points_group);
  EXPECT_EQ(read.scatter_group[4], 5.0F);
  EXPECT_TRUE(std::isnan(read.scatter_group[5]));
}

TEST(StarTable, MayHaveNoGroups) {
  const ScratchFolder folder{"stars_no_groups"};
  StarTable table;
  table.stars = support::test_stars(2);
  table.aperture_radius_px = {1};
  write_star_table_h5(folder / "stars.h5", table, test_stamp());
  const StarTable read = read_star_table_h5(folder / "stars.h5");
  EXPECT_TRUE(read.group.empty() && read.n_points_group.empty());
  EXPECT_EQ(read.n_finite[0].size(), 2u);
}

}  // namespace
}  // namespace skyweft::io
