// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_raw.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "support/io_store.hpp"

#define SKYWEFT_NEEDS_LIBRAW \
  if (!reads_camera_raw()) GTEST_SKIP() << "built without LibRaw"

namespace skyweft::io {
namespace {

constexpr std::uint32_t kNx = 64;
constexpr std::uint32_t kNy = 48;

std::uint16_t pixel(std::uint32_t x, std::uint32_t y) {
  return static_cast<std::uint16_t>(500 + 131 * x + 977 * y);
}

/// A little-endian TIFF folder under construction; texts and fractions follow behind it.
class Ifd {
 public:
  void number(std::uint16_t tag, std::uint16_t type, std::uint32_t value) {
    add(tag, type, 1, le(value, 4));
  }
  /// Anything of `count` elements; longer than four bytes it goes behind the folder.
  void bytes(std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::string value) {
    add(tag, type, count, std::move(value));
  }
  void text(std::uint16_t tag, const std::string& value) {
    bytes(tag, 2, static_cast<std::uint32_t>(value.size() + 1), value + '\0');
  }
  std::size_t size() const {
    std::size_t n = 2 + 12 * entries_.size() + 4;
    for (const Entry& e : entries_)
      if (e.value.size() > 4) n += e.value.size() + e.value.size() % 2;
    return n;
  }
  std::string written_at(std::size_t offset) const {
    std::string head = le(static_cast<std::uint32_t>(entries_.size()), 2);
    std::string behind;
    const std::size_t behind_at = offset + 2 + 12 * entries_.size() + 4;
    for (const Entry& e : entries_) {
      head += le(e.tag, 2) + le(e.type, 2) + le(e.count, 4);
      std::string value = e.value;
      if (value.size() <= 4) {
        value.resize(4, '\0');
        head += value;
      } else {
        head += le(static_cast<std::uint32_t>(behind_at + behind.size()), 4);
        behind += value + std::string(value.size() % 2, '\0');
      }
    }
    return head + le(0, 4) + behind;
  }
  static std::string le(std::uint32_t value, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += static_cast<char>(value >> (8 * i) & 0xffu);
    return out;
  }

 private:
  struct Entry {
    std::uint16_t tag;
    std::uint16_t type;
    std::uint32_t count;
    std::string value;
  };
  void add(std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::string value) {
    entries_.push_back({tag, type, count, std::move(value)});
  }
  std::vector<Entry> entries_;
};

/// An uncompressed 16-bit DNG with pattern GRBG: tags as in the DNG specification 1.4. With
/// `has_exif_time` the moment is EXIF's own, with a fraction; else TIFF's DateTime alone.
std::string dng(bool has_exif_time) {
  Ifd exif;
  exif.bytes(0x829a, 5, 1, Ifd::le(1, 4) + Ifd::le(8, 4));  // ExposureTime 1/8 s
  exif.number(0x8827, 3, 1600);                             // ISOSpeedRatings
  if (has_exif_time) {
    exif.text(0x9003, "2024:05:06 07:08:09");
    exif.text(0x9291, "25");
  }
  const auto build = [&](std::uint32_t exif_at, std::uint32_t strip_at) {
    Ifd ifd;
    ifd.number(254, 4, 0);
    ifd.number(256, 4, kNx);
    ifd.number(257, 4, kNy);
    ifd.number(258, 3, 16);
    ifd.number(259, 3, 1);      // no compression
    ifd.number(262, 3, 32803);  // colour filter array
    ifd.text(271, "Maker");
    ifd.text(272, "Model X\x1b[1");
    ifd.number(273, 4, strip_at);
    ifd.number(277, 3, 1);
    ifd.number(278, 4, kNy);
    ifd.number(279, 4, kNx * kNy * 2);
    ifd.text(306, "2024:05:06 07:08:09");
    ifd.bytes(33421, 3, 2, Ifd::le(2, 2) + Ifd::le(2, 2));
    ifd.bytes(33422, 1, 4, std::string{1, 0, 2, 1});
    ifd.number(34665, 4, exif_at);
    ifd.bytes(50706, 1, 4, std::string{1, 4, 0, 0});
    ifd.text(50708, "Maker Model X");
    ifd.number(50714, 3, 512);    // BlackLevel
    ifd.number(50717, 4, 60000);  // WhiteLevel
    return ifd;
  };
  const std::size_t exif_at = 8 + build(0, 0).size();
  const std::size_t strip_at = exif_at + exif.size();
  std::string file = "II" + Ifd::le(42, 2) + Ifd::le(8, 4);
  file += build(static_cast<std::uint32_t>(exif_at), static_cast<std::uint32_t>(strip_at))
              .written_at(8);
  file += exif.written_at(exif_at);
  for (std::uint32_t y = 0; y < kNy; ++y)
    for (std::uint32_t x = 0; x < kNx; ++x) file += Ifd::le(pixel(x, y), 2);
  return file;
}

class CameraRawFile : public testing::Test {
 protected:
  CameraRawFile() : folder_("camera_raw"), path_(folder_ / "frame.DNG") {
    write_text_file(path_, dng(true));
  }
  support::ScratchFolder folder_;
  std::filesystem::path path_;
};

TEST(CameraRawNames, AreToldByTheirEnding) {
  EXPECT_TRUE(is_camera_raw("a/IMG_1.CR2"));
  EXPECT_TRUE(is_camera_raw("x.nef"));
  EXPECT_TRUE(is_camera_raw("x.Raf"));
  EXPECT_FALSE(is_camera_raw("x.fits"));
  EXPECT_FALSE(is_camera_raw("cr2"));
}

TEST_F(CameraRawFile, IsPartOfAFolder) {
  EXPECT_EQ(expand_globs({folder_.path().string()}).size(), 1u);
}

TEST_F(CameraRawFile, WithoutLibRawSaysSo) {
  if (reads_camera_raw()) GTEST_SKIP() << "built with LibRaw";
  try {
    read_image(path_);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    EXPECT_NE(e.text().find("libraw-dev"), std::string::npos);
  }
}

TEST_F(CameraRawFile, PixelsAreTheSensorsOwn) {
  SKYWEFT_NEEDS_LIBRAW;
  const RawImage image = read_image(path_);
  ASSERT_EQ(image.adu.nx(), kNx);
  ASSERT_EQ(image.adu.ny(), kNy);
  for (std::uint32_t y = 0; y < kNy; ++y)
    for (std::uint32_t x = 0; x < kNx; ++x)
      ASSERT_EQ(image.adu(x, y), static_cast<float>(pixel(x, y))) << x << " " << y;
}

TEST_F(CameraRawFile, ChannelsAndStrips) {
  SKYWEFT_NEEDS_LIBRAW;
  RawLayout blue;
  blue.y_start = 1;
  blue.x_step = blue.y_step = 2;
  const ImageReader reader{path_, blue};
  ASSERT_EQ(reader.nx(), kNx / 2);
  ASSERT_EQ(reader.ny(), kNy / 2);
  std::vector<float> rows(kNx / 2 * 3);
  reader.read_rows(5, 3, rows);
  EXPECT_EQ(rows[0], static_cast<float>(pixel(0, 11)));
  EXPECT_EQ(rows.back(), static_cast<float>(pixel(62, 15)));
  EXPECT_THROW(read_image(path_, {.hdus = {"SCI"}}), Error);
  EXPECT_THROW(read_image(path_, {.hdus = {}, .plane = 1}), Error);
  EXPECT_THROW(read_image(path_, {}, kNx * kNy - 1), Error);
}

TEST_F(CameraRawFile, HeaderSpeaksFits) {
  SKYWEFT_NEEDS_LIBRAW;
  const Header header = read_header(path_);
  EXPECT_EQ(header.integer("NAXIS1"), kNx);
  EXPECT_EQ(header.integer("NAXIS2"), kNy);
  EXPECT_EQ(header.number("EXPTIME"), 0.125);
  EXPECT_EQ(header.number("ISOSPEED"), 1600.0);
  EXPECT_EQ(header.text("BAYERPAT"), "GRBG");
  EXPECT_EQ(header.integer("SATURATE"), 60000);
  for (const char* key : {"PEDESTAL1", "PEDESTAL2", "PEDESTAL3", "PEDESTAL4"})
    EXPECT_EQ(header.number(key), 512.0) << key;
  EXPECT_EQ(header.text("TIMESYS"), "LOCAL");
  EXPECT_FALSE(header.has("CCD-TEMP"));
  const std::string camera = header.text("INSTRUME").value_or("");
  EXPECT_TRUE(camera.starts_with("Maker Model X")) << camera;
  EXPECT_EQ(camera.find('\x1b'), std::string::npos);
}

TEST_F(CameraRawFile, ClockDoesNotDependOnTheZone) {
  SKYWEFT_NEEDS_LIBRAW;
  const auto plain = folder_ / "plain.dng";
  write_text_file(plain, dng(false));
  const char* old = std::getenv("TZ");
  const std::string before = old != nullptr ? old : "";
  // With and without summer time on that day, east and west.
  for (const char* zone : {"UTC0", "XST-9", "EST5EDT,M3.2.0,M11.1.0"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    EXPECT_EQ(read_header(path_).text("DATE-OBS"), "2024-05-06T07:08:09.25") << zone;
    EXPECT_EQ(read_header(plain).text("DATE-OBS"), "2024-05-06T07:08:09") << zone;
  }
  old != nullptr ? ::setenv("TZ", before.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

TEST_F(CameraRawFile, TruncatedIsRefused) {
  SKYWEFT_NEEDS_LIBRAW;
  const std::string whole = read_text_file(path_);
  for (const std::size_t n :
       {whole.size() - 1, whole.size() / 2, std::size_t{300}, std::size_t{9}, std::size_t{0}}) {
    write_text_file(path_, whole.substr(0, n));
    try {
      read_image(path_);
      ADD_FAILURE() << "accepted " << n << " of " << whole.size() << " bytes";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_input) << e.what();
      EXPECT_TRUE(e.test().has_value());
    }
  }
  EXPECT_THROW(read_header(folder_ / "none.dng"), Error);
}

}  // namespace
}  // namespace skyweft::io
