// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "detect/detect.hpp"
#include "support/real_data.hpp"

using namespace skyweft;

namespace {
/// Reads a simple FITS image (BITPIX 16 or -32); gain 1, read noise 5.
Frame read_simple_fits(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  double zero = 0.0;
  std::int64_t nx = 0, ny = 0, bitpix = 0;
  std::size_t at = 0;
  for (; at + 80 <= bytes.size(); at += 80) {
    const std::string key = bytes.substr(at, 8);
    const double value = std::strtod(bytes.substr(at + 10, 60).c_str(), nullptr);
    if (key == "NAXIS1  ") nx = static_cast<std::int64_t>(value);
    if (key == "NAXIS2  ") ny = static_cast<std::int64_t>(value);
    if (key == "BITPIX  ") bitpix = static_cast<std::int64_t>(value);
    if (key == "BZERO   ") zero = value;
    if (key == "END     ") break;
  }
  at = (at / 2880 + 1) * 2880;
  const std::size_t width = static_cast<std::size_t>(std::abs(bitpix)) / 8;
  Frame f;
  f.signal_e = Grid<float>(nx, ny);
  f.variance_e2 = Grid<float>(nx, ny);
  f.mask = Mask(nx, ny, 0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(nx * ny); ++i) {
    std::uint32_t raw = 0;
    for (std::size_t k = 0; k < width; ++k)
      raw = raw << 8 | static_cast<std::uint8_t>(bytes[at + i * width + k]);
    const double v = bitpix == 16 ? static_cast<double>(static_cast<std::int16_t>(raw))
                                  : static_cast<double>(std::bit_cast<float>(raw));
    f.signal_e.pixels()[i] = static_cast<float>(v + zero);
    f.variance_e2.pixels()[i] = static_cast<float>(std::max(0.0, v + zero) + 25.0);
  }
  return f;
}
}  // namespace

TEST(DetectSources, OfHatP32FrameAreStars) {
  const auto path = support::real_data_dir() / "hatp32" / "HATP-32171220013343.FITS";
  SKYWEFT_NEEDS(path);
  const Frame f = read_simple_fits(path);
  const auto d = detect::detect_sources(f, detect::estimate_background(f));
  RecordProperty("n", static_cast<int>(d.sources.size()));
  RecordProperty("fwhm", std::to_string(d.fwhm_px));
  EXPECT_GT(d.sources.size(), 60);
  EXPECT_GT(d.fwhm_px, 1.5);
  EXPECT_LT(d.fwhm_px, 4.0);
}

TEST(DetectSources, OfSepImageLieWhereSExtractorSeesThem) {
  const auto folder = support::real_data_dir() / "sep";
  SKYWEFT_NEEDS(folder / "image.fits");
  const Frame f = read_simple_fits(folder / "image.fits");
  const auto d = detect::detect_sources(f, detect::estimate_background(f));
  std::ifstream in{folder / "image.cat"};
  int near = 0, listed = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words{line};
    double number = 0, x = 0, y = 0, xwin = 0, ywin = 0;
    words >> number >> x >> y >> xwin >> ywin;
    ++listed;
    for (std::size_t k = 0; k < d.sources.x_px.size(); ++k)  // FITS counts from 1
      if (std::hypot(d.sources.x_px[k] - xwin + 1, d.sources.y_px[k] - ywin + 1) < 0.3) {
        ++near;
        break;
      }
  }
  EXPECT_GE(listed, 60);
  EXPECT_GT(2 * near, static_cast<int>(d.sources.size()));
}
