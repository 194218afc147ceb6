// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/camera.hpp"
#include "io/fits.hpp"

namespace skyweft::io {
namespace {

constexpr std::uint64_t kSeed = 31415926;
constexpr int kMutants = 10000;
constexpr std::int64_t kMostGaps = 4;  // a frame is at most so many times the raw image

struct Example {
  std::vector<Header> headers;
  CameraConfig config;
};

Header header_of(std::initializer_list<std::pair<const char*, const char*>> cards) {
  Header header;
  for (const auto& [key, value] : cards) {
    const std::string text = value;
    const bool quoted = text.starts_with('\'');
    header.add({key, quoted ? text.substr(1) : text, "", quoted});
  }
  return header;
}

Example plain() {
  return {{header_of({{"NAXIS", "2"},
                      {"NAXIS1", "1024"},
                      {"NAXIS2", "1024"},
                      {"IMAGETYP", "'Light Frame"},
                      {"DATE-OBS", "'2019-05-01T03:12:45.123"},
                      {"DATE-END", "'2019-05-01T03:13:45"},
                      {"EXPTIME", "60.0"},
                      {"FILTER", "'R"},
                      {"EGAIN", "1.3"},
                      {"GAIN", "120"},
                      {"XBINNING", "1"},
                      {"YBINNING", "1"},
                      {"CCD-TEMP", "-20."},
                      {"OBJCTRA", "'12 30 45.5"},
                      {"OBJCTDEC", "'-00 30 00"},
                      {"XPIXSZ", "9.0"},
                      {"FOCALLEN", "500"},
                      {"SITELAT", "'31 40 30"},
                      {"SITELONG", "'-110 52 30"}})},
          {}};
}

Example robotic() {
  return {{header_of({{"NAXIS", "2"},
                      {"NAXIS1", "3054"},
                      {"NAXIS2", "2042"},
                      {"OBSTYPE", "'EXPOSE"},
                      {"DATE-OBS", "'2018-03-01T03:12:45.1"},
                      {"EXPTIME", "30.3"},
                      {"FILTER", "'rp"},
                      {"GAIN", "1.6"},
                      {"RDNOISE", "13.5"},
                      {"SATURATE", "88000"},
                      {"CCDSUM", "'2 2"},
                      {"TRIMSEC", "'Unknown"},
                      {"BIASSEC", "'Unknown"},
                      {"DATASEC", "'[1:3054,1:2042]"},
                      {"DETSEC", "'[6108:1,4084:1]"},
                      {"CCDSEC", "'Unknown"},
                      {"RA", "'10:12:13.4"},
                      {"DEC", "'-45:12:13"},
                      {"PIXSCALE", "0.571"},
                      {"LATITUDE", "-32.38"},
                      {"LONGITUD", "20.81"}})},
          {}};
}

Example local_time() {
  Example out{{header_of({{"NAXIS", "2"},
                          {"NAXIS1", "650"},
                          {"NAXIS2", "500"},
                          {"DATE-OBS", "'2017-12-19T18:33:43-0700"},
                          {"UT-OBS", "'2017-12-20T01:33:43.317"},
                          {"TIMESYS", "'LOCAL"},
                          {"EXPTIME", "'060.00"},
                          {"RA", "31.3"},
                          {"DEC", "46.7"},
                          {"CAMTEMP", "271.0"},
                          {"DATE", "'19/12/17"}})},
              {}};
  out.config.type = "light";
  out.config.clock_utc_offset_h = -7.0;
  out.config.filter_keys = {"part(FILENAME, '_', 1) ?? 'none'"};
  out.config.exposure_keys = {"number(EXPTIME) * 1", "EXPTIME"};
  out.config.start_keys = {"DATE-OBS", "UT-OBS", "DATE + ' ' + UT_OBS"};
  return out;
}

Example with_overscan() {
  Example out{{header_of({{"NAXIS", "3"},
                          {"NAXIS1", "2088"},
                          {"NAXIS2", "2048"},
                          {"NAXIS3", "2"},
                          {"IMGTYPE", "'IMAGE"},
                          {"DATE-OBS", "'2015-03-20"},
                          {"TIME-OBS", "'02:33:45"},
                          {"EXPOSURE", "10.0"},
                          {"TRIMSEC", "'[21:2068,4:2048]"},
                          {"BIASSEC", "'[2070:2088,4:2048]"},
                          {"WIN-X", "5"},
                          {"LTV2", "-3"},
                          {"BINNING", "'1x1"},
                          {"SATURATE", "65535"}})},
              {}};
  out.config.cube = "frames";
  out.config.window_x_keys = {"WIN-X"};
  out.config.window_y_keys = {"1 - LTV2"};
  return out;
}

Example bayer() {
  Example out{{header_of({{"NAXIS", "2"},
                          {"NAXIS1", "5202"},
                          {"NAXIS2", "3465"},
                          {"IMAGETYP", "'object"},
                          {"MJD-OBS", "58107.25"},
                          {"EXPTIME", "120"},
                          {"BAYERPAT", "'RGGB"},
                          {"DATASEC", "'[1:5180,1:3465]"},
                          {"BIASSEC", "'[5181:5202,1:3465]"},
                          {"SCALE", "10.3"}})},
              {}};
  out.config.channels = {"R: step=2", "G1: x=1 step=2", "G2: y=1 step=2",
                         "B: x=1 y=1 xstep=2 ystep=2"};
  return out;
}

Example amplifiers() {
  Example out;
  const char* places[] = {"'[1:50,1:40]", "'[100:51,1:40]", "'[1:50,80:41]", "'[100:51,80:41]"};
  for (const char* place : places)
    out.headers.push_back(header_of({{"NAXIS", "2"},
                                     {"NAXIS1", "60"},
                                     {"NAXIS2", "40"},
                                     {"EXTNAME", "'im"},
                                     {"DATASEC", "'[1:50,1:40]"},
                                     {"BIASSEC", "'[51:60,1:40]"},
                                     {"DETSEC", place},
                                     {"GAIN", "1.2"},
                                     {"RDNOISE", "3"},
                                     {"SATURATE", "60000"},
                                     {"OBSTYPE", "'zero"},
                                     {"DATE-OBS", "'2016-01-01T00:00:00"},
                                     {"EXPTIME", "0.0"},
                                     {"CCDSUM", "'1 1"}}));
  out.config.hdus = {"*"};
  return out;
}

std::string hostile_value(std::mt19937_64& random) {
  static const auto kValues = std::to_array<std::string>({"",
                                                          " ",
                                                          "NaN",
                                                          "nan",
                                                          "inf",
                                                          "-inf",
                                                          "1e308",
                                                          "-1e308",
                                                          "1e-320",
                                                          "9223372036854775807",
                                                          "-9223372036854775808",
                                                          "99999999999999999999999",
                                                          "0",
                                                          "-1",
                                                          "-0.0",
                                                          "0x10",
                                                          "T",
                                                          "F",
                                                          "Unknown",
                                                          "[1:1,1:1]",
                                                          "[-5:10,-3:8]",
                                                          "[10:1,8:1]",
                                                          "[1:2147483647,1:2147483647]",
                                                          "[1:999999999,1:999999999]",
                                                          "[0:0,0:0]",
                                                          "[1:9223372036854775807,1:2]",
                                                          "[:,:]",
                                                          "[1:1048576,1:2]",
                                                          "[900000:900049,1:40]",
                                                          "[1:50,1:40",
                                                          "2 2",
                                                          "64x64",
                                                          "0x0",
                                                          "2,-2",
                                                          "2017-02-30T00:00:00",
                                                          "31/12/49",
                                                          "9999-12-31T23:59:60.999",
                                                          "0000-00-00",
                                                          "24:00:00",
                                                          "2017-12-20T01:33:43+9999",
                                                          "2017-12-20T-1:-1:-1",
                                                          "-99:99:99",
                                                          "+",
                                                          "-",
                                                          "'",
                                                          "\x1b[31m",
                                                          "\x00\x01\x7f",
                                                          "\xff\xfe\xc2\x9b",
                                                          "caf\xc3\xa9",
                                                          "../../etc",
                                                          "%s%n",
                                                          "3",
                                                          "1000",
                                                          "65536",
                                                          "2147483648",
                                                          "1.5D3",
                                                          "1 2 3 4 5"});
  if (random() % 20 == 0) return std::string(10000 + random() % 70000, "9 :["[random() % 4]);
  return kValues[random() % kValues.size()];
}

void mutate(HeaderCard& card, const Header& other, std::mt19937_64& random) {
  const auto any = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  switch (any(6)) {
    case 0:
      if (!card.value.empty())
        card.value[any(card.value.size())] ^= static_cast<char>(1U << any(8));
      break;
    case 1:
      card.value = other.cards()[any(other.cards().size())].value;
      break;
    case 2:
      card.value.insert(any(card.value.size() + 1), 1, "0123456789-+.:,[]eE \x1b"[any(21)]);
      break;
    case 3:
      if (!card.key.empty()) card.key[any(card.key.size())] ^= static_cast<char>(1U << any(8));
      break;
    case 4:
      card.is_text = !card.is_text;
      break;
    default:
      card.value = hostile_value(random);
  }
}

Header mutated(const Header& header, const Header& other, std::mt19937_64& random) {
  std::vector<HeaderCard> cards = header.cards();
  const std::size_t n_change = 1 + random() % 5;
  for (std::size_t i = 0; i < n_change; ++i) mutate(cards[random() % cards.size()], other, random);
  if (random() % 8 == 0)
    cards.erase(cards.begin() + static_cast<std::ptrdiff_t>(random() % cards.size()));
  Header out;
  for (HeaderCard& card : cards) out.add(std::move(card));
  return out;
}

void expect_printable(const std::string& text) {
  EXPECT_EQ(printable(text), text);
}

void expect_sane(const FrameInfo& info) {
  const PixelBox raw{0, 0, info.raw_nx, info.raw_ny};
  const PixelBox frame{0, 0, info.nx, info.ny};
  ASSERT_GE(info.raw_nx, 0);
  ASSERT_GE(info.raw_ny, 0);
  ASSERT_GE(info.nx, 0);
  ASSERT_GE(info.ny, 0);
  if (info.raw_nx > 0 && info.raw_ny > 0) {
    ASSERT_LE(info.raw_nx, kMaxPixels / info.raw_ny);
    ASSERT_GT(info.ny, 0);
    ASSERT_LE(info.nx, std::min(kMaxPixels, kMostGaps * info.raw_nx * info.raw_ny) / info.ny);
  }
  for (const Amplifier& a : info.amplifiers) {
    EXPECT_FALSE(a.data.empty());
    EXPECT_TRUE(raw.contains(a.data));
    EXPECT_TRUE(frame.contains(a.frame));
    EXPECT_EQ(a.data.nx(), a.frame.nx());
    EXPECT_EQ(a.data.ny(), a.frame.ny());
    if (!a.overscan.empty()) {
      EXPECT_TRUE(raw.contains(a.overscan));
      EXPECT_FALSE(a.overscan.overlaps(a.data));
    }
    for (const Amplifier& b : info.amplifiers) EXPECT_TRUE(&a == &b || !a.frame.overlaps(b.frame));
    expect_printable(a.name);
  }
  expect_printable(info.filter);
  expect_printable(info.channel);
  EXPECT_GE(info.id, 0);
  EXPECT_TRUE(info.exposure_s >= 0.0 && std::isfinite(info.exposure_s));
  EXPECT_TRUE(std::isfinite(info.time_utc_mid_jd));
  EXPECT_TRUE(info.x_binning >= 1 && info.y_binning >= 1);
  EXPECT_TRUE(info.window_x0 >= 0 && info.window_y0 >= 0);
  EXPECT_TRUE(info.gain_e_per_adu > 0.0 && info.gain_e_per_adu <= 1000.0);
}

TEST(HeaderFuzz, EveryMutantIsUnderstoodOrRefused) {
  std::mt19937_64 random{kSeed};
  const std::vector<Example> examples{plain(),         robotic(), local_time(),
                                      with_overscan(), bayer(),   amplifiers()};
  std::vector<Camera> cameras;
  for (const Example& example : examples) cameras.emplace_back("c", example.config, 0);
  std::vector<int> n_understood(examples.size(), 0);
  for (int i = 0; i < kMutants; ++i) {
    const std::size_t e = static_cast<std::size_t>(i) % examples.size();
    const Header& other = examples[random() % examples.size()].headers.front();
    std::vector<Header> headers;
    for (const Header& header : examples[e].headers)
      headers.push_back(mutated(header, other, random));
    SCOPED_TRACE(testing::Message() << "mutant " << i << " of example " << e);
    try {
      const auto frames = cameras[e].understand(headers, "n/a_b.fits");
      ASSERT_FALSE(frames.empty());
      ASSERT_LE(static_cast<std::int64_t>(frames.size()), kMaxFramesPerFile);
      expect_sane(frames.front());
      expect_sane(frames.back());
      ++n_understood[e];
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == Errc::bad_input || error.code() == Errc::bad_config);
      expect_printable(error.text());
    }
    for (const std::string& doubt : cameras[e].doubts(headers, "n/a_b.fits"))
      expect_printable(doubt);
    if (const auto site = site_from(headers.front(), {})) {
      EXPECT_LE(std::abs(site->latitude.deg()), 90.0 + 1e-9);
      EXPECT_LE(std::abs(site->longitude.deg()), 180.0 + 1e-9);
    }
    site_doubts(headers.front(), {.longitude_deg = 20.0, .latitude_deg = 31.0});
  }
  // A fuzzer that only sees refusals tests no layout.
  for (std::size_t e = 0; e < examples.size(); ++e)
    EXPECT_GT(n_understood[e], kMutants / 6 / 10) << "example " << e;
}

TEST(HeaderFuzz, ExamplesThemselvesAreUnderstood) {
  EXPECT_EQ(Camera("c", plain().config, 0).understand(plain().headers, "a").front().nx, 1024);
  const FrameInfo flipped =
      Camera("c", robotic().config, 0).understand(robotic().headers, "a").front();
  EXPECT_TRUE(flipped.amplifiers.at(0).flip_x && flipped.amplifiers.at(0).flip_y);
  EXPECT_EQ(Camera("c", local_time().config, 0).understand(local_time().headers, "a_b").front().id,
            (58107LL * 86400000 + 5623000 + 30000) * 64);
  EXPECT_EQ(Camera("c", with_overscan().config, 0).understand(with_overscan().headers, "a").size(),
            2U);
  EXPECT_EQ(Camera("c", bayer().config, 0).understand(bayer().headers, "a").back().nx, 2590);
  EXPECT_EQ(Camera("c", amplifiers().config, 0).understand(amplifiers().headers, "a").front().ny,
            80);
}

}  // namespace
}  // namespace skyweft::io
