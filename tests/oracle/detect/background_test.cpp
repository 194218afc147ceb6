// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/background.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "support/phot_oracle_image.hpp"
#include "support/real_data.hpp"

using namespace skyweft;

namespace {

Frame oracle_frame() {
  const Grid<double> image = support::oracle_image();
  Frame f;
  f.signal_e = Grid<float>(image.nx(), image.ny());
  f.mask = Mask(image.nx(), image.ny());
  for (std::size_t i = 0; i < image.pixels().size(); ++i)
    f.signal_e.pixels()[i] = static_cast<float>(image.pixels()[i]);
  return f;
}

/// The value between the four pixels around a box's centre.
double at_centre(const Grid<float>& map, int side, int i, int j) {
  const std::int64_t x = side * i + side / 2, y = side * j + side / 2;
  return 0.25 * static_cast<double>(map(x, y) + map(x - 1, y) + map(x, y - 1) + map(x - 1, y - 1));
}

/// Reads a FITS image of 16-bit integers or 32-bit floats.
Grid<float> read_fits(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  double nx = 0.0, ny = 0.0, bitpix = 0.0, zero = 0.0, scale = 1.0;
  std::size_t at = 0;
  for (; at + 80 <= bytes.size(); at += 80) {
    const std::string key = bytes.substr(at, 8);
    const double value = std::strtod(bytes.substr(at + 10, 60).c_str(), nullptr);
    if (key == "NAXIS1  ") nx = value;
    if (key == "NAXIS2  ") ny = value;
    if (key == "BITPIX  ") bitpix = value;
    if (key == "BZERO   ") zero = value;
    if (key == "BSCALE  ") scale = value;
    if (key == "END     ") break;
  }
  at = (at / 2880 + 1) * 2880;
  const std::size_t width = bitpix > 0.0 ? 2 : 4;
  Grid<float> out(static_cast<std::int64_t>(nx), static_cast<std::int64_t>(ny));
  for (std::size_t i = 0; i < out.pixels().size(); ++i) {
    std::uint32_t raw = 0;
    for (std::size_t k = 0; k < width; ++k)
      raw = raw << 8 | static_cast<std::uint8_t>(bytes[at + width * i + k]);
    const double v = width == 2 ? static_cast<double>(static_cast<std::int16_t>(raw))
                                : static_cast<double>(std::bit_cast<float>(raw));
    out.pixels()[i] = static_cast<float>(zero + scale * v);
  }
  return out;
}

}  // namespace

// Means, medians and sigmas of the boxes clipped at 3 σ (numpy, the image's noise is 5): boxes
// without a star keep the mean, those with one take 2.5 median − 1.5 mean. Bins of 0.02 σ: a median
// is right to 0.01 σ in a dense box, and a value at the clipping limit moves a mean by 3 σ/1024:
// with three of them 2.5·0.01 + 1.5·0.009 = 0.04 σ = 0.2.
TEST(BackgroundOracle, MeshOfTheSmallImageIsNumpys) {
  const Frame f = oracle_frame();
  const double box32[4][4] = {{101.128, 102.672, 104.171, 106.081},
                              {101.782, 103.386, 104.669, 106.705},
                              {102.601, 104.044, 105.842, 107.095},
                              {103.928, 104.682, 106.255, 107.688}};
  const auto b = detect::estimate_background(f, {.mesh_px = 32});  // 4 x 4 boxes: no filter
  for (int j = 0; j < 4; ++j)
    for (int i = 0; i < 4; ++i)
      EXPECT_NEAR(at_centre(b.level_e, 32, i, j), box32[j][i], 0.2) << i << ", " << j;
  const double box64[2][2] = {{102.016, 105.440}, {104.119, 106.653}};
  const auto wide = detect::estimate_background(f, {.mesh_px = 64});
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 2; ++i)
      EXPECT_NEAR(at_centre(wide.level_e, 64, i, j), box64[j][i], 0.2) << i << ", " << j;
}

// photutils 1.6 takes the mode in every box and filters a mesh of any size: 3 x 3 medians of 4 x 4
// boxes, where only the four inner ones see the same nine boxes as ours. The mode of n pixels is
// known to 2.14 σ/√n (covariance of mean and median: σ²/n), our mean to σ/√n: 0.37 for 32 x 32, and
// four of these are 1.5. Scatter: σ/√(2n) of 4096 pixels each, 4 √2 of them 0.31.
TEST(BackgroundOracle, SmallImageIsWithinTheNoiseOfPhotutils) {
  const Frame f = oracle_frame();
  const double inner[2][2] = {{104.063384, 104.828620}, {104.359738, 104.995381}};
  const auto b = detect::estimate_background(f, {.mesh_px = 32, .filter_small_mesh = true});
  for (int j = 0; j < 2; ++j)
    for (int i = 0; i < 2; ++i)
      EXPECT_NEAR(at_centre(b.level_e, 32, i + 1, j + 1), inner[j][i], 1.5);
  const auto wide = detect::estimate_background(f, {.mesh_px = 64});
  EXPECT_NEAR(wide.median_rms_e, 5.0333494022, 0.31);
}

// Filtering 2 x 2 boxes with 3 x 3 medians would make them all equal (photutils: 104.05) and lose
// the gradient of 0.05 and 0.02 per pixel, 4.48 from centre to centre of the diagonal. Each centre
// is known to 2.14·5/64 = 0.17; the difference to 0.24; four of these.
TEST(BackgroundOracle, FewBoxesKeepTheGradient) {
  for (const bool filter : {false, true}) {
    const auto b =
        detect::estimate_background(oracle_frame(), {.mesh_px = 64, .filter_small_mesh = filter});
    EXPECT_NEAR(at_centre(b.level_e, 64, 1, 1) - at_centre(b.level_e, 64, 0, 0), 4.48, 0.96);
  }
}

// An NTT frame with the maps Source Extractor made of it: 4 x 4 boxes of 64 px, 3 x 3 filter. The
// same rule on the same pixels; corners, of which our filter sees too few neighbours, stay as they
// are here, and the maps are continued differently beyond the outermost centres. Between centres
// the two differ by the noise of a corner's mode, 2.14 σ/64 = 2.2 e for σ = 65.5 (four of these),
// and of its scatter, σ/√(2·4096) (four of these: 0.044 of it).
TEST(BackgroundOracle, NttFrameIsThatOfSourceExtractor) {
  const auto folder = support::real_data_dir() / "sep";
  SKYWEFT_NEEDS(folder / "image.fits");
  Frame f;
  f.signal_e = read_fits(folder / "image.fits");
  f.mask = Mask(f.nx(), f.ny());
  const Grid<float> level = read_fits(folder / "back.fits");
  const Grid<float> rms = read_fits(folder / "rms.fits");
  const auto b = detect::estimate_background(f, {.mesh_px = 64, .filter_small_mesh = true});
  ASSERT_TRUE(same_shape(b.level_e, level));
  double sum = 0.0, n = 0.0;
  for (std::int64_t y = 32; y < 224; ++y)
    for (std::int64_t x = 32; x < 224; ++x) {
      const double d = static_cast<double>(b.level_e(x, y) - level(x, y));
      sum += d;
      n += 1.0;
      ASSERT_NEAR(d, 0.0, 8.8) << x << ", " << y;
      ASSERT_NEAR(b.rms_e(x, y) / rms(x, y), 1.0, 0.044) << x << ", " << y;
    }
  EXPECT_NEAR(sum / n, 0.0, 2.2);  // the four corners' noise, 2.2 each, on a quarter of the frame
}
