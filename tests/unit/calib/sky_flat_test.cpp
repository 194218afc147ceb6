// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "calib/sky_flat_parts.hpp"
#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::flat_cells;
using calib::SkyFlatConfig;

namespace {

std::string test_of(auto run) {
  try {
    run();
  } catch (const Error& e) {
    return e.test() ? e.test()->name : "no test";
  }
  return "no error";
}

Grid<float> slope(double per_width, float level = 1000.0F) {
  Grid<float> image(128, 96);
  for (std::int64_t iy = 0; iy < 96; ++iy)
    for (std::int64_t ix = 0; ix < 128; ++ix)
      image(ix, iy) =
          static_cast<float>(static_cast<double>(level) *
                             (1.0 + per_width * (static_cast<double>(ix) - 63.5) / 128.0));
  return image;
}

Grid<float> reference_of(const std::vector<calib::FlatCells>& frames, const SkyFlatConfig& config) {
  std::vector<float> samples;
  for (const auto& f : frames)
    samples.insert(samples.end(), f.cells.mean.pixels().begin(), f.cells.mean.pixels().end());
  Grid<float> out(frames[0].cells.mean.nx(), frames[0].cells.mean.ny());
  std::ranges::copy(
      calib::reference_cells(samples, static_cast<std::int64_t>(frames.size()), out.size(), config),
      out.pixels().begin());
  return out;
}

TEST(FlatCells, HaveMeanOneAndRememberTheLevel) {
  const auto flat = flat_cells(slope(0.1), {}, {});
  EXPECT_NEAR(flat.level_adu, 1000.0, 1e-3);
  EXPECT_NEAR(flat.cells.mean(0, 0), 1.0 + 0.1 * (1.5 - 63.5) / 128.0, 1e-6);
}

TEST(FlatCells, SayWhyAFrameCannotBeUsed) {
  const Grid<float> flat = slope(0.0);
  EXPECT_EQ(test_of([&] { flat_cells(flat, Mask(128, 96, mask::oversaturated), {}); }),
            "flat_cells");
  EXPECT_EQ(test_of([] { flat_cells(Grid<float>(64, 64, kNaNf), {}, {}); }), "flat_cells");
  EXPECT_EQ(test_of([] { flat_cells(Grid<float>(64, 64, -1.0F), {}, {}); }), "flat_level_adu");
  EXPECT_EQ(test_of([] { flat_cells({}, {}, {}); }), "flat_cells");
}

TEST(Reference, IsTheClippedMedianOfTheFrames) {
  // Three frames, four cells: plain; one missing; two missing; none.
  const std::vector<float> samples{1, 1, 1, kNaNf, 2, kNaNf, kNaNf, kNaNf, 9, 3, kNaNf, kNaNf};
  auto out = calib::reference_cells(samples, 3, 4, {.reference_min_frames = 2});
  EXPECT_EQ(out[0], 1.5F);  // of 1 2 9, MAD 1: 9 is beyond 4 × 1.48
  EXPECT_EQ(out[1], 2.0F);
  EXPECT_TRUE(std::isnan(out[2]));
  EXPECT_TRUE(std::isnan(out[3]));
}

TEST(FlatModel, BringsASlopeToTheReference) {
  const SkyFlatConfig config;
  const auto flat = flat_cells(slope(0.1, 5000.0F), {}, config);
  const Grid<float> reference = flat_cells(slope(-0.1), {}, config).cells.mean;
  const auto model = calib::model_of_flat(reference, flat, config);
  EXPECT_NEAR(model.level_adu, 5000.0, 1e-2);
  // The ratio (1 − s)/(1 + s) bends little; what the box median takes off at the edge cells is half
  // a cell of slope, 0.2 × 4 / 128 / 2 = 3e-3 at most, in the outermost row of samples alone.
  EXPECT_LT(model.deviation, 1e-3);
  std::vector<float> row(128, 1.0F);
  std::vector<float> scratch(128);
  calib::correct_flat_row(model.ratio, 48, row, scratch);
  for (std::size_t ix = 12; ix < 116; ++ix) {
    const double s = 0.1 * (static_cast<double>(ix) - 63.5) / 128.0;
    EXPECT_NEAR(row[ix], (1.0 - s) / (1.0 + s), 5e-4);
  }
  EXPECT_LT(model.deviation, config.cloud_deviation);
}

TEST(FlatModel, NoticesACloudThatTheSurfaceCannotFollow) {
  SkyFlatConfig config;
  config.cloud_filter_size = 5;
  Grid<float> cloudy = slope(0.0);
  for (std::int64_t iy = 40; iy < 64; ++iy)
    for (std::int64_t ix = 50; ix < 74; ++ix) cloudy(ix, iy) *= 1.15F;  // 6 cells, box 13: no trace
  const Grid<float> reference = flat_cells(slope(0.0), {}, config).cells.mean;
  const auto model = calib::model_of_flat(reference, flat_cells(cloudy, {}, config), config);
  // The patch is 4.7 % of the area: the mean, and with it the level, is up by 0.7 %.
  EXPECT_NEAR(model.deviation, 0.15, 0.03);
  EXPECT_GT(model.deviation, config.cloud_deviation);
  // Outside the tested part it is not seen.
  Grid<float> corner = slope(0.0);
  for (std::int64_t iy = 0; iy < 8; ++iy)
    for (std::int64_t ix = 0; ix < 8; ++ix) corner(ix, iy) *= 1.15F;
  config.cloud_area = 0.5;
  EXPECT_LT(calib::model_of_flat(reference, flat_cells(corner, {}, config), config).deviation,
            0.01);
}

TEST(FlatModel, OfOneFrameIsUnity) {
  // One frame is its own reference: nothing to correct, a session of one goes through.
  const SkyFlatConfig config;
  const std::vector<calib::FlatCells> frames{flat_cells(slope(0.2), {}, config)};
  const Grid<float> reference = reference_of(frames, config);
  const auto model = calib::model_of_flat(reference, frames[0], config);
  for (const double c : model.ratio.coefficients()) EXPECT_NEAR(c, 1.0, 1e-9);
  EXPECT_LT(model.deviation, 1e-6);
}

TEST(FlatModel, OfAConstantFrameIsConstant) {
  const SkyFlatConfig config;
  const auto flat = flat_cells(Grid<float>(128, 96, 300.0F), {}, config);
  const auto model = calib::model_of_flat(flat.cells.mean, flat, config);
  EXPECT_EQ(model.level_adu, 300.0);
  EXPECT_NEAR(model.ratio.at({.x_px = 127.0, .y_px = 0.0}), 1.0, 1e-9);
}

TEST(FlatModel, LivesWithAMaskedBlock) {
  const SkyFlatConfig config;
  Mask bits(128, 96);
  for (std::int64_t iy = 20; iy < 70; ++iy)
    for (std::int64_t ix = 30; ix < 90; ++ix) bits(ix, iy) = mask::fault;
  const auto flat = flat_cells(slope(0.1), bits, config);
  const Grid<float> reference = flat_cells(slope(0.0), {}, config).cells.mean;
  const auto model = calib::model_of_flat(reference, flat, config);
  const double left = model.ratio.at({.x_px = 10.0, .y_px = 48.0});
  const double right = model.ratio.at({.x_px = 117.0, .y_px = 48.0});
  EXPECT_NEAR(left / right, 1.1 / 1.0, 0.03);  // (1 + 0.042) / (1 − 0.042) = 1.087
  EXPECT_NEAR(model.ratio.at({.x_px = 60.0, .y_px = 45.0}), 0.5 * (left + right), 0.02);
  EXPECT_EQ(
      test_of([&] { calib::large_scale_ratio(Grid<float>(32, 24, kNaNf), flat.cells, config); }),
      "flat_cells");
}

TEST(FlatParts, MultiplyToTheMaster) {
  Grid<float> master = slope(0.2, 1.0F);
  for (std::int64_t iy = 0; iy < 96; ++iy)
    for (std::int64_t ix = (iy % 2); ix < 128; ix += 2) master(ix, iy) *= 1.02F;
  Mask bits(128, 96);
  bits(5, 5) = mask::fault;
  const auto parts = calib::split_flat(master, bits, {});
  EXPECT_TRUE(std::isnan(parts.small(5, 5)));
  std::vector<float> row(128);
  parts.large.evaluate_row(40, row);
  const float constant = master(10, 40) / (row[10] * parts.small(10, 40));
  for (std::int64_t ix = 0; ix < 128; ++ix)
    EXPECT_NEAR(row[static_cast<std::size_t>(ix)] * parts.small(ix, 40) * constant, master(ix, 40),
                1e-6);
  EXPECT_NEAR(parts.small(64, 40) / parts.small(65, 40), 1.02, 1e-3);
  EXPECT_EQ(test_of([] { calib::split_flat(Grid<float>(64, 64, kNaNf), {}, {}); }), "flat_cells");
}

TEST(FlatStability, TellsSlopesFromPixels) {
  const Grid<float> a = slope(0.0, 1.0F);
  EXPECT_LT(calib::flat_stability(a, {}, a, {}, {}).small_rms, 1e-7);
  Grid<float> b = slope(0.1, 2.0F);
  b(70, 50) *= 1.5F;
  const auto s = calib::flat_stability(b, {}, a, {}, {});
  EXPECT_NEAR(s.large_rms, 0.1 / std::sqrt(12.0), 1e-3);  // a line over its length
  EXPECT_NEAR(s.large_peak_to_peak, 0.1, 5e-3);
  EXPECT_NEAR(s.small_rms, 0.5 / std::sqrt(128.0 * 96.0), 1e-3);  // one pixel of 12288
  EXPECT_NEAR(s.small_peak_to_peak, 0.5, 0.01);
}

}  // namespace
