// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/master_plan.hpp"

#include <gtest/gtest.h>

namespace skyweft::workflows {
namespace {

constexpr double kNight = 2460000.5;  // 2023-02-25 00:00 UTC

FrameInfo frame(FrameType type, double jd, double exposure_s = 10.0, std::string filter = "R") {
  static int count = 0;
  FrameInfo f;
  f.path = "f" + std::to_string(1000 + count++);
  f.camera = "main";
  f.type = type;
  f.filter = std::move(filter);
  f.time_utc_mid_jd = jd;
  f.exposure_s = exposure_s;
  f.nx = 100;
  f.ny = 80;
  f.temperature_c = -20.0;
  return f;
}

std::vector<FrameInfo> series(FrameType type, double jd, int n, double exposure_s = 10.0,
                              const std::string& filter = "R") {
  std::vector<FrameInfo> out;
  for (int i = 0; i < n; ++i) out.push_back(frame(type, jd + 0.001 * i, exposure_s, filter));
  return out;
}

void add(std::vector<FrameInfo>& to, const std::vector<FrameInfo>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

TEST(PlanMasters, MakesOnePerNightAndNamesIt) {
  std::vector<FrameInfo> frames = series(FrameType::bias, kNight + 3.0, 6, 0.0);
  add(frames, series(FrameType::bias, kNight, 5, 0.0));
  add(frames, series(FrameType::dark, kNight, 5));
  const auto plans = plan_masters(frames, FrameType::bias, 5, {});
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].name, "bias_main_20230224");  // the noon before
  EXPECT_EQ(plans[1].name, "bias_main_20230227");
  EXPECT_EQ(plans[0].inputs, (std::vector<std::int64_t>{6, 7, 8, 9, 10}));
  EXPECT_DOUBLE_EQ(plans[0].time_jd, kNight + 0.002);
}

TEST(PlanMasters, LetsASmallSessionJoinItsNearestNeighbour) {
  std::vector<FrameInfo> frames = series(FrameType::bias, kNight, 5, 0.0);
  add(frames, series(FrameType::bias, kNight + 3.0, 2, 0.0));
  add(frames, series(FrameType::bias, kNight + 4.0, 5, 0.0));
  const auto plans = plan_masters(frames, FrameType::bias, 5, {});
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[0].inputs.size(), 5U);
  EXPECT_EQ(plans[1].inputs.size(), 7U);
}

TEST(PlanMasters, KeepsFiltersExposuresTemperaturesBinningsAndChannelsApart) {
  std::vector<FrameInfo> flats = series(FrameType::flat, kNight, 3, 2.0, "R");
  add(flats, series(FrameType::flat, kNight, 3, 5.0, "V"));
  flats[5].exposure_s = 9.0;  // flats of one filter may differ in exposure
  EXPECT_EQ(plan_masters(flats, FrameType::flat, 3, {}).size(), 2U);

  std::vector<FrameInfo> darks = series(FrameType::dark, kNight, 3, 60.0);
  add(darks, series(FrameType::dark, kNight, 3, 60.3));  // within 1 %
  add(darks, series(FrameType::dark, kNight, 3, 120.0));
  EXPECT_EQ(plan_masters(darks, FrameType::dark, 3, {}).size(), 2U);
  for (int i = 0; i < 3; ++i) darks[static_cast<std::size_t>(i)].temperature_c = -10.0;
  EXPECT_EQ(plan_masters(darks, FrameType::dark, 3, {}).size(), 3U);
  for (int i = 3; i < 6; ++i) darks[static_cast<std::size_t>(i)].x_binning = 2;
  EXPECT_EQ(plan_masters(darks, FrameType::dark, 3, {}).size(), 3U);
  for (int i = 6; i < 9; ++i) darks[static_cast<std::size_t>(i)].channel = i < 8 ? "G" : "B";
  EXPECT_EQ(plan_masters(darks, FrameType::dark, 1, {}).size(), 4U);
}

TEST(PlanMasters, GivesEqualNamesANumber) {
  std::vector<FrameInfo> frames = series(FrameType::bias, kNight, 5, 0.0);
  add(frames, series(FrameType::bias, kNight, 5, 0.0));
  for (int i = 5; i < 10; ++i) frames[static_cast<std::size_t>(i)].temperature_c = 5.0;
  const auto plans = plan_masters(frames, FrameType::bias, 5, {});
  ASSERT_EQ(plans.size(), 2U);
  EXPECT_EQ(plans[1].name, plans[0].name + "_2");
}

TEST(ChooseMaster, TakesTheNearestInAbsoluteTime) {
  std::vector<FrameInfo> frames = series(FrameType::bias, kNight - 2.0, 5, 0.0);
  add(frames, series(FrameType::bias, kNight + 30.0, 5, 0.0));
  const auto plans = plan_masters(frames, FrameType::bias, 5, {});
  const FrameInfo light = frame(FrameType::light, kNight);
  const auto choice = choose_master(light, FrameType::bias, plans, {});
  ASSERT_EQ(choice.index, 0);  // two days before, not a month after
  EXPECT_EQ(choice.text, "bias_main_20230222 (-2.00 d)");
}

TEST(ChooseMaster, PrefersDarksOfEqualExposureOverNearerOnes) {
  std::vector<FrameInfo> frames = series(FrameType::dark, kNight, 5, 120.0);
  add(frames, series(FrameType::dark, kNight - 5.0, 5, 10.0));
  const auto plans = plan_masters(frames, FrameType::dark, 5, {});
  const FrameInfo light = frame(FrameType::light, kNight);
  const auto equal = choose_master(light, FrameType::dark, plans, {});
  EXPECT_DOUBLE_EQ(plans[static_cast<std::size_t>(equal.index)].like.exposure_s, 10.0);
  FrameInfo longer = light;
  longer.exposure_s = 60.0;
  const auto scaled = choose_master(longer, FrameType::dark, plans, {});
  EXPECT_DOUBLE_EQ(plans[static_cast<std::size_t>(scaled.index)].like.exposure_s, 120.0);
  EXPECT_NE(scaled.text.find("scaled by 0.5"), std::string::npos);
  const auto refused =
      choose_master(longer, FrameType::dark, plans, MatchOptions{.scale_darks = false});
  EXPECT_EQ(refused.index, -1);
  EXPECT_NE(refused.text.find("none is of 60 s"), std::string::npos);
}

TEST(ChooseMaster, SaysWhatDidNotFit) {
  const auto plans =
      plan_masters(series(FrameType::flat, kNight, 5, 2.0, "V"), FrameType::flat, 5, {});
  const FrameInfo light = frame(FrameType::light, kNight + 9.0);
  EXPECT_EQ(choose_master(light, FrameType::flat, plans, {}).text,
            "none has filter 'R', there is 'V'");
  FrameInfo green = light;
  green.filter = "V";
  EXPECT_EQ(choose_master(green, FrameType::flat, plans, {}).index, 0);
  const auto old = choose_master(green, FrameType::flat, plans, MatchOptions{.max_age_d = 3.0});
  EXPECT_EQ(old.index, -1);
  EXPECT_NE(old.text.find("9.00 d away"), std::string::npos);
  EXPECT_EQ(choose_master(light, FrameType::dark, plans, {}).text, "there are no dark frames");
}

TEST(ChooseMaster, CutsWindowsOutOfLargerMastersOnly) {
  const auto plans = plan_masters(series(FrameType::bias, kNight, 5, 0.0), FrameType::bias, 5, {});
  FrameInfo window = frame(FrameType::light, kNight);
  window.nx = 20;
  window.ny = 20;
  window.window_x0 = 80;
  EXPECT_NE(choose_master(window, FrameType::bias, plans, {}).text.find("not known"),
            std::string::npos);
  window.window_known = true;
  EXPECT_EQ(choose_master(window, FrameType::bias, plans, {}).index, 0);
  window.window_x0 = 81;
  EXPECT_EQ(choose_master(window, FrameType::bias, plans, {}).index, -1);
}

TEST(ChooseMaster, IgnoresTemperatureOfFlatsAndOfFramesWithoutOne) {
  const auto plans = plan_masters(series(FrameType::bias, kNight, 5, 0.0), FrameType::bias, 5, {});
  FrameInfo warm = frame(FrameType::light, kNight);
  warm.temperature_c = 0.0;
  EXPECT_EQ(choose_master(warm, FrameType::bias, plans, {}).index, -1);
  warm.temperature_c = kNaN;
  EXPECT_EQ(choose_master(warm, FrameType::bias, plans, {}).index, 0);
}

}  // namespace
}  // namespace skyweft::workflows
