// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/read_out.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skyweft::simulator {
namespace {

SimConfig camera() {
  SimConfig c;
  c.nx = 40;
  c.ny = 30;
  c.n_stars = 0;
  c.n_frames = 1;
  c.read_noise_e = 0.0;
  c.dark_e_per_s = 0.0;
  c.hot_pixel_fraction = 0.0;
  c.bias_structure_adu = 0.0;
  c.bias_adu = 500.0;
  return c;
}

TEST(ReadOut, OfAPlainCameraIsTheFrame) {
  EXPECT_TRUE(amplifiers_of(camera()).empty());
  const Scene scene = make_scene(camera());
  Random random{1, Stream::bias};
  const auto raw = read_out(scene, {}, 0.0, {}, random);
  EXPECT_EQ(raw.nx(), 40);
  for (const std::uint16_t v : raw.pixels()) EXPECT_EQ(v, 500);
}

TEST(ReadOut, OfTwoAmplifiersPutsEachPixelWhereItsBoxSays) {
  SimConfig c = camera();
  c.amplifiers = 2;
  c.overscan_px = 5;
  c.overscan_drift_adu = 30.0;
  c.gain_e_per_adu = 2.0;
  c.gain_ratio = 1.5;
  const Scene scene = make_scene(c);
  Grid<float> cosmic{c.nx, c.ny};  // charge without shot noise
  for (std::int64_t iy = 0; iy < c.ny; ++iy)
    for (std::int64_t ix = 0; ix < c.nx; ++ix)
      cosmic(ix, iy) = static_cast<float>(60 * ix + 6 * iy);
  Random random{1, Stream::light};
  const auto raw = read_out(scene, {}, 0.0, cosmic, random);
  const auto amplifiers = amplifiers_of(c);
  ASSERT_EQ(amplifiers.size(), 2U);
  EXPECT_EQ(raw.nx(), 50);
  for (const Amplifier& a : amplifiers) {
    ASSERT_EQ(a.data.nx(), a.frame.nx());
    for (std::int64_t iy = 0; iy < c.ny; ++iy) {
      const double level = 500.0 + 30.0 * static_cast<double>(iy) / 30.0;
      for (std::int64_t k = 0; k < a.data.nx(); ++k) {
        const std::int64_t ix = a.flip_x ? a.frame.x1 - 1 - k : a.frame.x0 + k;
        const double expected = level + static_cast<double>(cosmic(ix, iy)) / a.gain_e_per_adu;
        EXPECT_NEAR(raw(a.data.x0 + k, iy), expected, 0.5);  // rounding to whole ADU
      }
      for (std::int64_t ix = a.overscan.x0; ix < a.overscan.x1; ++ix)
        EXPECT_NEAR(raw(ix, iy), level, 0.5);
    }
  }
  const auto texts = amplifier_texts(c);
  EXPECT_EQ(texts[1],
            "right: data=[50:31,1:30] overscan=[26:30,1:30] frame=[21:40,1:30] gain=3 "
            "read_noise=0");
}

TEST(ReadOut, OfANonLinearSensorInvertsItsPolynomial) {
  SimConfig c = camera();
  c.nonlinearity_per_adu = 2e-6;
  c.gain_e_per_adu = 1.0;
  const Scene scene = make_scene(c);
  const Grid<float> charge{c.nx, c.ny, 40000.0F};
  Random random{1, Stream::light};
  const auto raw = read_out(scene, {}, 0.0, charge, random);
  const double a = static_cast<double>(raw(0, 0)) - 500.0;
  // Half an ADU of rounding times the slope 1 + 2 c a of the polynomial, 1.16 here.
  EXPECT_NEAR(a * (1.0 + 2e-6 * a), 40000.0, 0.6);
}

}  // namespace
}  // namespace skyweft::simulator
