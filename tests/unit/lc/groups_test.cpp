// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/groups.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::lc {
namespace {

FrameRecord frame(const char* camera, const char* filter, double jd) {
  FrameRecord out;
  out.camera = camera;
  out.filter = filter;
  out.time_utc_mid_jd = jd;
  out.exposure_s = 30.0;
  out.night = jd < 2459000.5 ? "20200530" : "20200531";
  return out;
}

TEST(FrameGroups, OneKindOfFrameIsOneGroup) {
  const std::vector<FrameRecord> frames{frame("a", "r", 2459000.1), frame("a", "r", 2459000.2)};
  const FrameGroups groups = group_frames(frames, {});
  EXPECT_EQ(groups.names, std::vector<std::string>{"all"});
  EXPECT_EQ(groups.of_frame, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(groups.frames, (std::vector<std::vector<std::int64_t>>{{0, 1}}));
}

TEST(FrameGroups, NamesHoldOnlyWhatDiffers) {
  const std::vector<FrameRecord> frames{frame("b", "r", 2459000.1), frame("a", "r", 2459000.2),
                                        frame("b", "r", 2459000.3)};
  const FrameGroups groups = group_frames(frames, {});
  EXPECT_EQ(groups.names, (std::vector<std::string>{"b", "a"}));  // by first frame
  EXPECT_EQ(groups.of_frame, (std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_EQ(groups.frames[0], (std::vector<std::int64_t>{0, 2}));
}

TEST(FrameGroups, AGapBeginsASeason) {
  const std::vector<FrameRecord> frames{frame("a", "", 2459000.1), frame("a", "", 2459060.0),
                                        frame("a", "", 2459120.1)};
  GroupConfig config;
  config.season_gap_d = 60.0;  // 59.9 d does not, 60.1 d does
  EXPECT_EQ(group_frames(frames, config).names, (std::vector<std::string>{"season1", "season2"}));
  EXPECT_EQ(group_frames(frames, config).of_frame, (std::vector<std::int32_t>{0, 0, 1}));
}

TEST(FrameGroups, KnowsNightsExposuresAndEmptyParts) {
  std::vector<FrameRecord> frames{frame("a", "", 2459000.4), frame("a", "r", 2459000.6)};
  frames[1].exposure_s = 7.5;
  GroupConfig config;
  config.by = {"filter", "night", "exposure"};
  EXPECT_EQ(group_frames(frames, config).names,
            (std::vector<std::string>{"none/20200530/30s", "r/20200531/7.5s"}));
  config.by = {"colour"};
  EXPECT_THROW(group_frames(frames, config), Error);
  EXPECT_EQ(group_frames({}, {}).size(), 0);
}

}  // namespace
}  // namespace skyweft::lc
