// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_pixels.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <fitsio.h>
#include <gtest/gtest.h>

#include "io/files.hpp"
#include "io/fits.hpp"
#include "support/io_fits_bytes.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::fits_card;

/// The file's first image as cfitsio itself converts it, unmeasured pixels NaN.
std::vector<float> by_cfitsio(const std::filesystem::path& path, std::int64_t n) {
  std::vector<float> out(static_cast<std::size_t>(n));
  fitsfile* file = nullptr;
  int status = 0;
  int any = 0;
  std::array<LONGLONG, 2> first{1, 1};
  float none = std::numeric_limits<float>::quiet_NaN();
  fits_open_diskfile(&file, path.c_str(), READONLY, &status);
  fits_read_pixll(file, TFLOAT, first.data(), n, &none, out.data(), &any, &status);
  EXPECT_EQ(status, 0) << path;
  int ignored = 0;
  fits_close_file(file, &ignored);
  return out;
}

/// Random stored bytes with the awkward values among them; reals lie within float and are normal.
std::string stored(int bitpix, std::size_t n, std::mt19937_64& random) {
  std::string bytes;
  const auto add = [&](std::uint64_t bits, int width) {
    for (int i = width - 1; i >= 0; --i) bytes += static_cast<char>(bits >> (8 * i) & 0xffu);
  };
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t bits = random();
    if (i % 16 == 0) bits = 0;
    if (i % 16 == 1) bits = ~std::uint64_t{0};
    if (i % 16 == 2) bits = std::uint64_t{1} << (std::abs(bitpix) - 1);
    if (bitpix == -32 || bitpix == -64) {
      const auto exponent = static_cast<int>(bits % 60) - 30;
      const double v =
          std::ldexp(1.0 + std::ldexp(static_cast<double>(random() >> 12), -52), exponent) *
          ((bits >> 40 & 1) != 0 ? -1 : 1);
      const double odd = i % 16 == 0   ? 0.0
                         : i % 16 == 1 ? std::numeric_limits<double>::quiet_NaN()
                         : i % 16 == 2 ? std::numeric_limits<double>::infinity()
                                       : v;
      bits = bitpix == -64 ? std::bit_cast<std::uint64_t>(odd)
                           : std::bit_cast<std::uint32_t>(static_cast<float>(odd));
    }
    add(bits, std::abs(bitpix) / 8);
  }
  return bytes;
}

struct Scaling {
  std::string scale;
  std::string zero;
  std::string blank;
};

TEST(PlainPixels, EqualCfitsioToTheBit) {
  const support::ScratchFolder folder{"fits_pixels"};
  const auto path = folder / "p.fits";
  std::mt19937_64 random{7};
  constexpr std::int64_t kNx = 317;  // no multiple of any vector's length
  constexpr std::int64_t kNy = 13;
  const std::vector<Scaling> scalings{{"", "", ""},
                                      {"1", "32768", ""},
                                      {"1.0", "2147483648", "-32768"},
                                      {"1", "9223372036854775808", ""},
                                      {"1", "-128", "255"},
                                      {"1", "8388609", ""},
                                      {"1", "0.5", "0"},
                                      {"0.1", "3.7E-3", "-1"},
                                      {"-2.5D-3", "1E9", "999999"},
                                      {"1", "0", "0"}};
  for (const int bitpix : {8, 16, 32, 64, -32, -64})
    for (const Scaling& s : scalings) {
      std::string cards;
      if (!s.scale.empty()) cards += fits_card("BSCALE", s.scale) + fits_card("BZERO", s.zero);
      if (!s.blank.empty()) cards += fits_card("BLANK", s.blank);
      write_text_file(path, support::fits_hdu(true, bitpix, {kNx, kNy},
                                              stored(bitpix, kNx * kNy, random), cards));
      const std::vector<float> wanted = by_cfitsio(path, kNx * kNy);
      std::vector<float> found(wanted.size());
      ImageReader{path}.read_rows(0, kNy, found);
      for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (std::isnan(wanted[i]) && std::isnan(found[i])) continue;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(wanted[i]), std::bit_cast<std::uint32_t>(found[i]))
            << "BITPIX " << bitpix << " BSCALE " << s.scale << " BZERO " << s.zero << " BLANK "
            << s.blank << " pixel " << i << ": " << wanted[i] << ", " << found[i];
      }
    }
}

TEST(PlainPixels, BeyondFloatAreUnmeasured) {
  const PixelFormat format{.offset = 0, .bitpix = -64, .scale = 1.0, .zero = 0.0, .blank = {}};
  const auto bits = __builtin_bswap64(std::bit_cast<std::uint64_t>(1e300));
  std::array<std::byte, 8> bytes{};
  std::memcpy(bytes.data(), &bits, 8);
  std::array<float, 1> out{};
  pixels_from_fits(bytes, format, out);
  EXPECT_TRUE(std::isnan(out[0]));
}

TEST(FitsSum, AddsWithEndAroundCarry) {
  // 0xffffffff + 2 = 2, then + 0x00000001 = 3.
  constexpr std::array<unsigned char, 12> kWords{255, 255, 255, 255, 0, 0, 0, 2, 0, 0, 0, 1};
  EXPECT_EQ(fits_sum(std::as_bytes(std::span{kWords})), 3u);
  EXPECT_EQ(fits_sum(std::as_bytes(std::span{kWords}).subspan(4), 0xfffffffeu), 2u);
}

}  // namespace
}  // namespace skyweft::io
