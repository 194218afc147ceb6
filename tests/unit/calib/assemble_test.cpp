// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/assemble.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::assemble;

namespace {

/// Two amplifiers of 2×2 in a raw image of 6×2, read out towards the middle; frame of 5×2.
FrameInfo two_amplifiers() {
  FrameInfo info;
  info.nx = 5;
  info.ny = 2;
  info.raw_nx = 6;
  info.raw_ny = 2;
  info.saturation_adu = 50;
  info.amplifiers = {{.name = "L", .data = {0, 0, 2, 2}, .overscan = {}, .frame = {0, 0, 2, 2}},
                     {.name = "R",
                      .data = {4, 0, 6, 2},
                      .overscan = {},
                      .frame = {3, 0, 5, 2},
                      .flip_x = true,
                      .flip_y = true,
                      .saturation_adu = 30}};
  return info;
}

Grid<float> raw_image() {
  Grid<float> raw(6, 2);
  for (std::size_t i = 0; i < 12; ++i) raw.pixels()[i] = static_cast<float>(i);
  return raw;
}

std::string failed_test(const FrameInfo& info) {
  try {
    assemble(raw_image(), {}, info, 0.8, {});
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    return e.test() ? e.test()->name : "";
  }
  return "none";
}

TEST(Assemble, TrimsFlipsAndJoins) {
  // Raw rows 0 1 2 3 4 5 and 6 7 8 9 10 11; the right half is turned by 180°.
  const auto out = assemble(raw_image(), {}, two_amplifiers(), 0.8, {});
  const std::vector<float> adu{0, 1, 0, 11, 10, 6, 7, 0, 5, 4};
  EXPECT_TRUE(std::ranges::equal(out.adu.pixels(), adu));
  const std::vector<MaskBits> bits{0, 0, mask::no_data, 0, 0, 0, 0, mask::no_data, 0, 0};
  EXPECT_TRUE(std::ranges::equal(out.mask.pixels(), bits));
  ASSERT_EQ(out.overscan.size(), 2U);
  EXPECT_EQ(out.overscan[1].model, "none");
}

TEST(Assemble, JudgesRawValuesBeforeOverscanIsTakenOff) {
  FrameInfo info;
  info.nx = 5;
  info.ny = 1;
  info.saturation_adu = 50;
  info.traits.nonlinear_adu = 45;
  info.amplifiers = {
      {.name = "A", .data = {0, 0, 5, 1}, .overscan = {5, 0, 9, 1}, .frame = {0, 0, 5, 1}}};
  Grid<float> raw(9, 1, 20.0F);
  Mask bits(9, 1);
  for (std::int64_t i = 0; i < 5; ++i)
    raw(i, 0) = std::vector<float>{39, 40, 45, 46, 50}[static_cast<std::size_t>(i)];
  bits(0, 0) = mask::hot;
  calib::OverscanConfig config;
  config.overscan_min_pixels = 2;
  const auto out = assemble(std::move(raw), std::move(bits), info, 0.8, config);
  EXPECT_TRUE(std::ranges::equal(out.adu.pixels(), std::vector<float>{19, 20, 25, 26, 30}));
  using namespace mask;
  EXPECT_TRUE(std::ranges::equal(out.mask.pixels(),
                                 std::vector<MaskBits>{hot, suspect, suspect, suspect | nonlinear,
                                                       suspect | nonlinear | oversaturated}));
}

TEST(Assemble, ComparesWithLimitsThatAreNoFloats) {
  // 0.8 × 65535.3 lies between two floats; so does the limit of linearity.
  FrameInfo info = two_amplifiers();
  info.saturation_adu = 65535.3;
  const auto limits = calib::raw_limits(info.amplifiers[0], info, 0.8);
  EXPECT_EQ(limits.suspect_adu, 0.8 * 65535.3);
  auto raw = raw_image();
  const auto below = static_cast<float>(limits.suspect_adu);
  ASSERT_LT(static_cast<double>(below), limits.suspect_adu);
  raw(0, 0) = below;
  raw(1, 0) = std::nextafter(below, 1e9F);
  const auto out = assemble(std::move(raw), {}, info, 0.8, {});
  EXPECT_EQ(out.mask(0, 0), 0);
  EXPECT_EQ(out.mask(1, 0), mask::suspect);
}

TEST(Assemble, UsesAnAmplifiersOwnSaturationAndNoneWhenUnknown) {
  FrameInfo info = two_amplifiers();
  auto raw = raw_image();
  raw(0, 0) = raw(4, 0) = 30.0F;
  EXPECT_EQ(assemble(Grid{raw}, {}, info, 0.8, {}).mask(0, 0), 0);
  EXPECT_EQ(assemble(Grid{raw}, {}, info, 0.8, {}).mask(4, 1), mask::oversaturated | mask::suspect);
  info.amplifiers[1].saturation_adu = info.saturation_adu = kNaN;
  EXPECT_EQ(assemble(Grid{raw}, {}, info, 0.8, {}).mask(4, 1), 0);
}

TEST(Assemble, GivesPixelsWithoutValueZeroAndNoData) {
  auto raw = raw_image();
  Mask bits(6, 2);
  raw(0, 0) = kNaNf;
  raw(1, 0) = std::numeric_limits<float>::infinity();
  bits(0, 1) = mask::no_data;
  bits(1, 1) = mask::user;
  const auto out = assemble(std::move(raw), std::move(bits), two_amplifiers(), 0.8, {});
  EXPECT_EQ(out.adu(0, 0), 0.0F);
  EXPECT_EQ(out.mask(0, 0), mask::no_data);
  EXPECT_EQ(out.adu(1, 0), 0.0F);
  EXPECT_EQ(out.mask(1, 0), mask::no_data);
  EXPECT_EQ(out.adu(0, 1), 0.0F);
  EXPECT_EQ(out.mask(0, 1), mask::no_data);
  EXPECT_EQ(out.adu(1, 1), 7.0F);
  EXPECT_EQ(out.mask(1, 1), mask::user);
}

TEST(Assemble, HandsTheRawImageThroughWhereItIsTheFrame) {
  auto raw = raw_image();
  const float* const pixels = raw.pixels().data();
  FrameInfo info;
  info.saturation_adu = 1;
  const auto out = assemble(std::move(raw), {}, info, 0.8, {});
  EXPECT_EQ(out.adu.pixels().data(), pixels);
  EXPECT_TRUE(out.mask.empty());
  EXPECT_TRUE(out.overscan.empty());
}

TEST(Assemble, RefusesSectionsThatDoNotFit) {
  EXPECT_EQ(failed_test(two_amplifiers()), "none");
  const auto broken = [](const std::function<void(FrameInfo&)>& edit) {
    FrameInfo info = two_amplifiers();
    edit(info);
    return failed_test(info);
  };
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[1].data = {5, 0, 7, 2}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[1].data = {4, -1, 6, 1}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[1].data = {3, 0, 6, 2}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[0].frame = {0, 1, 2, 3}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[0].frame = {2, 0, 4, 2}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[0].data = {}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.amplifiers[0].overscan = {2, 0, 4, 3}; }), "section");
  EXPECT_EQ(broken([](FrameInfo& i) { i.raw_nx = 8; }), "raw_nx");
  EXPECT_EQ(broken([](FrameInfo& i) { i.raw_ny = 3; }), "raw_ny");
}

TEST(RawRows, CountFromTheOtherEndWhenFlipped) {
  Amplifier amp{.name = "", .data = {0, 10, 4, 20}, .overscan = {}, .frame = {0, 100, 4, 110}};
  EXPECT_EQ(calib::raw_rows_of(amp, 95, 8).first, 10);
  EXPECT_EQ(calib::raw_rows_of(amp, 95, 8).n, 3);
  EXPECT_EQ(calib::raw_rows_of(amp, 103, 4).first, 13);
  amp.flip_y = true;
  EXPECT_EQ(calib::raw_rows_of(amp, 95, 8).first, 17);
  EXPECT_EQ(calib::raw_rows_of(amp, 103, 4).first, 13);
  EXPECT_EQ(calib::raw_row_of(amp, 103), 16);
  EXPECT_EQ(calib::raw_rows_of(amp, 110, 5).n, 0);
  EXPECT_EQ(calib::raw_rows_of(amp, 90, 10).n, 0);
}

}  // namespace
