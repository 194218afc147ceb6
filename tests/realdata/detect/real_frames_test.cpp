// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <fitsio.h>
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
/// The first image of any FITS file, packed ones too; variance from the background's scatter and
/// the light above it, `masked_from` on is saturated.
Frame read_packed_fits(const std::filesystem::path& path, float masked_from) {
  fitsfile* file = nullptr;
  int status = 0, n_axis = 0;
  long size[2] = {0, 0};
  // '+' and brackets apart, cfitsio takes names with blanks as they are.
  fits_open_image(&file, path.c_str(), READONLY, &status);
  fits_get_img_dim(file, &n_axis, &status);
  fits_get_img_size(file, 2, size, &status);
  Frame f;
  if (status == 0) {
    f.signal_e = Grid<float>(size[0], size[1]);
    f.variance_e2 = Grid<float>(size[0], size[1], 1.0f);
    f.mask = Mask(size[0], size[1], 0);
    fits_read_img(file, TFLOAT, 1, f.signal_e.size(), nullptr, f.signal_e.pixels().data(), nullptr,
                  &status);
  }
  int ignored = 0;
  if (file != nullptr) fits_close_file(file, &ignored);
  EXPECT_EQ(status, 0) << path;
  if (status != 0) return {};
  for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i)
    if (f.signal_e.pixels()[i] >= masked_from) f.mask.pixels()[i] = mask::oversaturated;
  const detect::Background sky = detect::estimate_background(f);
  for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i)
    f.variance_e2.pixels()[i] = sky.rms_e.pixels()[i] * sky.rms_e.pixels()[i] +
                                std::max(0.0f, f.signal_e.pixels()[i] - sky.level_e.pixels()[i]);
  return f;
}

/// How many pairs of sources are nearer to each other than `radius_px`.
int close_pairs(const SourceList& s, double radius_px) {
  int n = 0;
  for (std::size_t i = 0; i < s.x_px.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      n += std::hypot(s.x_px[i] - s.x_px[k], s.y_px[i] - s.y_px[k]) < radius_px ? 1 : 0;
  return n;
}
}  // namespace

// Rings some 15 px wide: knots of one ring would be pairs within a ring's width.
TEST(DetectSources, OfDefocusedFramesAreWholeStars) {
  const auto folder = support::real_data_dir() / "hd189733" / "light";
  SKYWEFT_NEEDS(folder);
  int n_frame = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    const Frame f = read_packed_fits(entry.path(), 60000.0f);
    if (f.signal_e.empty()) continue;
    const auto d = detect::detect_sources(f, detect::estimate_background(f));
    ++n_frame;
    std::printf("[ hd189733 ] %s n %d fwhm %.2f elongation %.2f pairs %d\n",
                entry.path().filename().c_str(), static_cast<int>(d.sources.size()), d.fwhm_px,
                d.elongation, close_pairs(d.sources, d.fwhm_px));
    EXPECT_LE(10 * close_pairs(d.sources, d.fwhm_px), d.sources.size());
  }
  EXPECT_GT(n_frame, 0);
}

// A dense raw field (no dark taken off: hot pixels are in it) with stars of about 1.5 px.
TEST(DetectSources, OfNgtsFrameAreStars) {
  const auto path =
      support::real_data_dir() / "ngts" / "observeField_IMAGE80220150320023345.fits.fz";
  SKYWEFT_NEEDS(path);
  const Frame f = read_packed_fits(path, 60000.0f);
  ASSERT_FALSE(f.signal_e.empty());
  const auto d = detect::detect_sources(f, detect::estimate_background(f), {.max_sources = 100000});
  std::printf("[ ngts ] n %d fwhm %.2f elongation %.2f\n", static_cast<int>(d.sources.size()),
              d.fwhm_px, d.elongation);
  EXPECT_GT(d.sources.size(), 1000);
  EXPECT_GT(d.fwhm_px, 1.0);
  EXPECT_LT(d.fwhm_px, 4.0);
}

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
