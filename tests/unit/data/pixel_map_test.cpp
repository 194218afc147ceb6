// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/pixel_map.hpp"

#include <gtest/gtest.h>

namespace skyweft {
namespace {

Amplifier amplifier(const PixelBox& data, const PixelBox& frame, bool is_flipped = false) {
  Amplifier out;
  out.data = data;
  out.frame = frame;
  out.flip_x = is_flipped;
  return out;
}

TEST(PixelMap, OfAPlainFrameIsTheIdentity) {
  EXPECT_EQ(file_pixels_of(FrameInfo{}), PixelMap{});
}

TEST(PixelMap, OfATrimmedImageIsAShift) {
  FrameInfo info;
  info.amplifiers = {amplifier({20, 3, 120, 83}, {0, 0, 100, 80})};
  EXPECT_EQ(file_pixels_of(info), (PixelMap{.x_start = 20, .y_start = 3}));
}

TEST(PixelMap, OfABayerChannelStrides) {
  FrameInfo info;
  info.layout.x_start = 1;
  info.layout.x_step = info.layout.y_step = 2;
  EXPECT_EQ(file_pixels_of(info), (PixelMap{.x_start = 1, .x_step = 2, .y_step = 2}));
  // Trimmed by 4 columns of the channel: 8 of the mosaic.
  info.amplifiers = {amplifier({4, 0, 104, 80}, {0, 0, 100, 80})};
  EXPECT_EQ(file_pixels_of(info), (PixelMap{.x_start = 9, .x_step = 2, .y_step = 2}));
}

TEST(PixelMap, OfAMirroredAmplifierRunsBackwards) {
  FrameInfo info;
  info.amplifiers = {amplifier({10, 0, 110, 80}, {0, 0, 100, 80}, true)};
  // Frame column 0 is raw column 109.
  EXPECT_EQ(file_pixels_of(info), (PixelMap{.x_start = 109, .x_step = -1}));
}

TEST(PixelMap, OfTwoAmplifiersIsThereOnlyWhenTheyAgree) {
  FrameInfo info;
  info.amplifiers = {amplifier({5, 0, 55, 80}, {0, 0, 50, 80}),
                     amplifier({55, 0, 105, 80}, {50, 0, 100, 80})};
  EXPECT_EQ(file_pixels_of(info), PixelMap{.x_start = 5});
  info.amplifiers[1].data = {65, 0, 115, 80};  // overscan between them
  EXPECT_FALSE(file_pixels_of(info).has_value());
  info.amplifiers[1].data = {55, 0, 105, 80};
  info.amplifiers[1].flip_x = true;
  EXPECT_FALSE(file_pixels_of(info).has_value());
}

TEST(PixelMap, OfSeveralImagesIsNone) {
  FrameInfo info;
  info.layout.hdus = {"1"};
  EXPECT_TRUE(file_pixels_of(info).has_value());
  info.layout.hdus = {"1", "2"};
  EXPECT_FALSE(file_pixels_of(info).has_value());
  info.layout.hdus = {"*"};
  EXPECT_FALSE(file_pixels_of(info).has_value());
}

}  // namespace
}  // namespace skyweft
