// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/fits.hpp"
#include "workflows/verbs/detector_image.hpp"
#include "workflows/verbs/detector_measure.hpp"

using namespace skyweft;
using namespace skyweft::workflows;

namespace {

FrameInfo info_of(FrameType type, double exposure_s, double time_s, const std::string& path) {
  FrameInfo info;
  info.path = path;
  info.camera = "main";
  info.type = type;
  info.exposure_s = exposure_s;
  info.time_utc_mid_jd = 2460000.0 + time_s / 86400.0;
  info.nx = 128;
  info.ny = 64;
  info.raw_nx = 136;
  info.raw_ny = 64;
  // Raw: 64 px of amplifier A, 4 + 4 px of overscan of A and B, 64 px of B, which reads backwards.
  Amplifier a;
  a.name = "A";
  a.data = {.x0 = 0, .y0 = 0, .x1 = 64, .y1 = 64};
  a.overscan = {.x0 = 64, .y0 = 0, .x1 = 68, .y1 = 64};
  a.frame = {.x0 = 0, .y0 = 0, .x1 = 64, .y1 = 64};
  Amplifier b;
  b.name = "B";
  b.data = {.x0 = 72, .y0 = 0, .x1 = 136, .y1 = 64};
  b.overscan = {.x0 = 68, .y0 = 0, .x1 = 72, .y1 = 64};
  b.frame = {.x0 = 64, .y0 = 0, .x1 = 128, .y1 = 64};
  b.flip_x = true;
  info.amplifiers = {a, b};
  return info;
}

// Two amplifiers of 1.5 and 3 e-/ADU with 6 and 9 e- read noise, whose bias drifts by 50 ADU from
// frame to frame; `raw_hot_x` of B has 1000 ADU more.
void write_frame(const FrameInfo& info, double light_e, std::mt19937_64& random,
                 std::int64_t raw_hot_x = -1) {
  std::normal_distribution<double> noise(0.0, 1.0);
  std::uniform_real_distribution<double> drift(0.0, 50.0);
  Grid<std::uint16_t> raw(136, 64);
  const double bias[]{1000.0 + drift(random), 2000.0 + drift(random)};
  for (std::int64_t iy = 0; iy < 64; ++iy)
    for (std::int64_t ix = 0; ix < 136; ++ix) {
      const bool b = ix >= 68;
      const double gain = b ? 3.0 : 1.5;
      const double light = ix < 64 || ix >= 72 ? light_e : 0.0;
      const double e = light + std::sqrt(light) * noise(random) + (b ? 9.0 : 6.0) * noise(random);
      const double hot = ix == raw_hot_x && iy == 5 ? 1000.0 : 0.0;
      raw(ix, iy) = static_cast<std::uint16_t>(std::nearbyint(bias[b ? 1 : 0] + hot + e / gain));
    }
  io::write_image(info.path, {{.name = "", .pixels = &raw, .unit = ""}});
}

TEST(Detector, IsMeasuredByAmplifierWithOverscanAndFlip) {
  std::mt19937_64 random(3);
  DetectorFrames frames;
  frames.camera = "main";
  for (int i = 0; i < 4; ++i) {
    frames.bias.push_back(info_of(FrameType::bias, 0.0, i, "bias" + std::to_string(i) + ".fits"));
    write_frame(frames.bias.back(), 0.0, random);
  }
  for (const double t : {1.0, 5.0, 10.0})
    for (int i = 0; i < 2; ++i) {
      const std::string name = "flat" + std::to_string(static_cast<int>(t) * 10 + i) + ".fits";
      frames.flats.push_back(info_of(FrameType::flat, t, 100 + t * 10 + i, name));
      write_frame(frames.flats.back(), 4000.0 * t, random);
    }
  for (int i = 0; i < 2; ++i) {
    frames.darks.push_back(
        info_of(FrameType::dark, 100.0, 500 + i, "dark" + std::to_string(i) + ".fits"));
    write_frame(frames.darks.back(), 60.0, random, 72);
  }
  const DetectorReport report = measure_detector(frames, {});
  ASSERT_EQ(report.amplifiers.size(), 2U);
  for (std::size_t k = 0; k < 2; ++k) {
    const AmplifierReport& a = report.amplifiers[k];
    const double gain = k == 0 ? 1.5 : 3.0;
    const double read = k == 0 ? 6.0 : 9.0;
    // One box of 4096 px in each of three pairs: 2.2 % each, all but the faintest count.
    EXPECT_LT(a.transfer.gain_error_e_per_adu / gain, 0.025);
    EXPECT_NEAR(a.transfer.gain_e_per_adu, gain, 4 * a.transfer.gain_error_e_per_adu);
    EXPECT_NEAR(a.transfer.read_noise_e, read, 4 * a.transfer.read_noise_error_e);
    ASSERT_TRUE(a.dark);
    // 4096 px of σ √(36+60)/1.5 = 6.5 ADU and less; the median of 256 overscan pixels (4 ADU) is
    // known to 0.31 ADU per frame: 0.31 √(1/2 + 1/4)/100 s.
    EXPECT_NEAR(a.dark->rate_adu_s, 0.6 / gain, 4 * 0.0027);
    EXPECT_EQ(a.pairs.size(), 3U);
    // Bias: level plus half of the drift, 50/√12/2 = 7.2 for the mean of four.
    EXPECT_NEAR(a.bias_adu, k == 0 ? 1025.0 : 2025.0, 4 * 7.3);
  }
  // Raw column 72 is B's first and, flipped, the frame's last.
  EXPECT_EQ(report.bad(127, 5) & mask::hot, mask::hot);
  ASSERT_FALSE(report.amplifiers[1].hottest.empty());
  EXPECT_EQ(report.amplifiers[1].hottest[0].ix, 127);
  EXPECT_EQ(report.amplifiers[1].hottest[0].iy, 5);
}

TEST(Detector, FramesAreSortedAndPaired) {
  std::vector<FrameInfo> frames;
  frames.push_back(info_of(FrameType::flat, 2.0, 30, "c"));
  frames.push_back(info_of(FrameType::flat, 1.0, 20, "b"));
  frames.push_back(info_of(FrameType::flat, 2.0, 10, "a"));
  frames.push_back(info_of(FrameType::flat, 2.001, 40, "d"));
  frames.push_back(info_of(FrameType::flat, 2.001, 50, "e"));
  frames.back().filter = "V";
  frames.push_back(info_of(FrameType::light, 2.0, 60, "f"));
  frames.push_back(info_of(FrameType::bias, 0.0, 70, "g"));
  frames.back().x_binning = 2;
  const auto detectors = sort_into_detectors(frames);
  ASSERT_EQ(detectors.size(), 2U);
  const auto& flats = detectors[0].flats;
  ASSERT_EQ(flats.size(), 5U);
  // By filter, exposure, time: b (1 s), a, c (2 s), d (2.001 s), then e through V.
  EXPECT_EQ(flats[1].path, "a");
  const auto pairs = flat_pairs(flats);
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0], (std::pair<std::size_t, std::size_t>{1, 2}));
  EXPECT_NE(missing_for_detector(detectors[0]).find("two bias frames"), std::string::npos);
  EXPECT_NE(missing_for_detector(detectors[1]).find("there are 0 flats"), std::string::npos);
  EXPECT_THROW(measure_detector(detectors[0], {}), Error);
}

TEST(Detector, RefusesFramesSmallerThanTheirAmplifiers) {
  FrameInfo info = info_of(FrameType::bias, 0.0, 0.0, "small.fits");
  const Grid<std::uint16_t> raw(100, 64, 1000);
  io::write_image(info.path, {{.name = "", .pixels = &raw, .unit = ""}});
  try {
    (void)read_joined(info);
    ADD_FAILURE();
  } catch (const Error& error) {
    ASSERT_TRUE(error.test());
    EXPECT_EQ(error.test()->name, "raw_nx");
  }
}

}  // namespace
