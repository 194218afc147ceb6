// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calib/calibrate.hpp"
#include "support/calib_calibrate_twin.hpp"

using namespace skyweft;
using support::HeldMaster;
using support::master_like;

namespace {

constexpr std::int64_t kNx = 1541;  // more than one chunk, and no multiple of a vector
constexpr std::int64_t kNy = 7;

struct Scene {
  Grid<float> adu{kNx, kNy, 5000.0F};
  Mask raw{kNx, kNy};
  HeldMaster bias = master_like(kNx, kNy, 900.0F, 1.5F);
  HeldMaster dark = master_like(kNx, kNy, 12.0F, 0.5F);
  HeldMaster flat = master_like(kNx, kNy, 0.9F, 0.01F);
  HeldMaster shutter = master_like(kNx, kNy, 0.05F, 0.01F);
  FrameInfo info;

  explicit Scene(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    support::add_noise(adu, 2500.0, random);  // some are below the bias
    support::add_noise(bias.value, 10.0, random);
    support::add_noise(dark.value, 3.0, random);
    support::add_noise(flat.value, 0.1, random);
    support::add_noise(shutter.value, 0.01, random);
    info.exposure_s = 3.0;
    info.gain_e_per_adu = 1.7;
    info.read_noise_e = 8.0;
    info.saturation_adu = 12000.0;
    info.time_utc_mid_jd = 2460000.5;
  }
  calib::Masters masters(bool has_shutter) const {
    return {.bias = bias.view(),
            .dark = dark.view(7.0),
            .flat = flat.view(),
            .shutter = has_shutter ? shutter.view() : calib::MasterView{}};
  }
  support::TwinPixel pixel(std::size_t i, bool has_shutter) const {
    const auto at = [i](const Grid<float>& g) { return static_cast<double>(g.pixels()[i]); };
    return {.adu = at(adu),
            .bias = at(bias.value),
            .bias_error = at(bias.error),
            .dark = at(dark.value),
            .dark_error = at(dark.error),
            .flat = at(flat.value),
            .flat_error = at(flat.error),
            .delay_s = has_shutter ? at(shutter.value) : 0.0,
            .delay_error_s = has_shutter ? at(shutter.error) : 0.0};
  }
};

TEST(Calibration, AgreesWithItsTwinToFloatRounding) {
  std::uint64_t seed = 5;
  for (const bool has_shutter : {false, true})
    for (const bool is_bent : {false, true}) {
      Scene scene(seed++);
      if (is_bent) scene.info.traits.linearity = {1e-6, 2e-11};
      const support::TwinScale scale{.gain = 1.7,
                                     .read_noise_e = 8.0,
                                     .dark_scale = 3.0 / 7.0,
                                     .exposure_s = 3.0,
                                     .linearity = scene.info.traits.linearity};
      const Frame frame =
          calib::calibrate(scene.adu, scene.raw, scene.info, scene.masters(has_shutter), {});
      // Differences of levels up to 15 000 ADU are rounded to 2^-24 of them, some ten roundings
      // follow: 2e-6 of the levels' electrons and of the variance. What the variance takes from a
      // difference near zero is small against the read noise beside it.
      for (std::size_t i = 0; i < frame.signal_e.pixels().size(); ++i) {
        const support::TwinPixel p = scene.pixel(i, has_shutter);
        const support::TwinResult twin = support::calibrate_pixel(p, scale);
        const double level_e = 1.7 * (std::abs(p.adu) + p.bias) / p.flat;
        ASSERT_NEAR(static_cast<double>(frame.signal_e.pixels()[i]), twin.signal_e, 2e-6 * level_e)
            << "pixel " << i << " seed " << seed - 1;
        ASSERT_NEAR(static_cast<double>(frame.variance_e2.pixels()[i]), twin.variance_e2,
                    2e-6 * (twin.variance_e2 + level_e / p.flat))
            << "pixel " << i << " seed " << seed - 1;
      }
    }
}

TEST(Calibration, GivesTheSameBytesHoweverRowsAreCut) {
  // Amplifiers one to fourteen pixels wide make all pixels ends of vectors; one wide one makes
  // almost none: if a wide copy of the kernel rounded differently, bytes would differ.
  Scene scene(9);
  scene.info.saturation_adu = kNaN;
  scene.adu(700, 3) = std::nanf("");
  for (const bool is_bent : {false, true}) {
    if (is_bent) scene.info.traits.linearity = {1e-6};
    Mask storage;
    const auto masters = calib::prepare_masters(scene.masters(is_bent), {}, storage);
    std::vector<calib::ReadOut> parts;
    std::int64_t width = 1;
    for (std::int64_t x = 0; x < kNx; x += width, width = width % 14 + 1)
      parts.push_back({.frame = {x, 0, std::min(x + width, kNx), kNy},
                       .gain_e_per_adu = 1.7,
                       .read_noise_e = 8.0});
    Frame whole;
    Frame cut;
    calib::calibrate_into(whole, scene.adu, scene.raw, scene.info, {}, masters, {});
    calib::calibrate_into(cut, scene.adu, {}, scene.info, parts, masters, {});
    EXPECT_TRUE(whole == cut);
  }
}

}  // namespace
