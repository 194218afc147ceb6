// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

class HostileFile : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path{testing::TempDir()} / ("skyweft_hostile_" + std::to_string(::getpid()));
    fs::create_directories(dir_);
    const Grid<std::uint16_t> raw{100, 100, 700};
    write_image(dir_ / "good.fits", {{"RAW", &raw, "adu"}});
    good_ = read_text_file(dir_ / "good.fits");
  }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path file(std::string_view content) {
    write_text_file(dir_ / "bad.fits", content);
    return dir_ / "bad.fits";
  }
  static void expect_refused(const fs::path& path, std::string_view test) {
    try {
      read_image(path);
      ADD_FAILURE() << "accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_input) << e.what();
      EXPECT_EQ(e.test() ? e.test()->name : "", test) << e.what();
    }
  }
  std::string with_card(std::string_view old_start, std::string card) const {
    std::string text = good_;
    card.resize(80, ' ');
    return text.replace(text.find(old_start), 80, card);
  }
  fs::path dir_;
  std::string good_;
};

TEST_F(HostileFile, TruncatedAnywhereIsRefused) {
  for (const std::size_t n :
       {good_.size() / 10, good_.size() / 2, std::size_t{2880}, good_.size() - 1, std::size_t{0}})
    expect_refused(file(good_.substr(0, n)), "file_bytes");
}

TEST_F(HostileFile, TextIsRefused) {
  expect_refused(file("this is a text\n"), "is_fits");
  expect_refused(file(std::string(100000, 'x')), "is_fits");
}

TEST_F(HostileFile, FlippedPixelFailsItsChecksum) {
  std::string text = good_;
  text[5000] = static_cast<char>(text[5000] ^ 1);
  expect_refused(file(text), "checksum");
}

TEST_F(HostileFile, AbsurdAxesAreRefused) {
  expect_refused(file(with_card("NAXIS1  =", "NAXIS1  =  4000000000000000000")), "is_fits");
  expect_refused(file(with_card("NAXIS1  =", "NAXIS1  =                   -1")), "is_fits");
  expect_refused(file(with_card("NAXIS1  =", "NAXIS1  =              1000000")), "file_bytes");
  expect_refused(file(with_card("BITPIX  =", "BITPIX  =                   17")), "is_fits");
}

/// 100 x 100 pixels of noise.
Grid<std::uint16_t> noise() {
  Grid<std::uint16_t> raw{100, 100};
  for (std::size_t i = 0; i < raw.pixels().size(); ++i)
    raw.pixels()[i] = static_cast<std::uint16_t>(700 + (i * 2654435761u >> 4) % 16);
  return raw;
}

/// Where the table of a packed image written by write_image() begins.
std::size_t table_of(const std::string& text) {
  return text.find("END   ", 2880) / 2880 * 2880 + 2880;
}

/// A number of the table, big-endian in 4 bytes: a tile's length (0) or place in the heap (1).
std::size_t descriptor(const std::string& text, std::size_t i_tile, std::size_t i_number) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 |
            static_cast<unsigned char>(text[table_of(text) + 8 * i_tile + 4 * i_number + i]);
  return value;
}

TEST_F(HostileFile, DamagedTileIsRefusedWhenItsRowsAreRead) {
  const Grid<std::uint16_t> raw = noise();
  const fs::path path = dir_ / "packed.fits";
  for (const char* method : {"rice", "gzip"}) {
    write_image(path, {{"RAW", &raw, "adu"}}, {}, {.method = method});
    std::string text = read_text_file(path);
    // The heap follows the table of 100 tiles, one a row. Ones are no gzip, and for Rice pixels of
    // 16 bits each, which these short tiles do not hold.
    std::fill_n(
        text.begin() + static_cast<std::ptrdiff_t>(table_of(text) + 800 + descriptor(text, 50, 1)),
        descriptor(text, 50, 0), '\xff');
    const fs::path bad = file(text);
    expect_refused(bad, "checksum");
    const ImageReader reader{bad, {}, kMaxPixels, Verify::no};
    std::vector<float> rows(5000);
    reader.read_rows(0, 50, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(rows[i], raw.pixels()[i]);
    try {
      reader.read_rows(50, 50, rows);
      ADD_FAILURE() << method << " accepted";
    } catch (const Error& e) {
      EXPECT_EQ(e.test() ? e.test()->name : "", "tiles");
      EXPECT_NE(e.text().find("HDU 1 (RAW)"), std::string::npos) << e.text();
      EXPECT_NE(e.text().find("data from byte "), std::string::npos) << e.text();
      EXPECT_NE(e.text().find("rows 50 to 50"), std::string::npos) << e.text();
    }
    reader.read_rows(51, 49, std::span{rows}.first(4900));
    EXPECT_EQ(rows[4899], raw.pixels()[9999]);
  }
}

TEST_F(HostileFile, TilesThatFillMoreThanTheirPixelsAreRefused) {
  const auto refused = [&](std::string text, std::string_view from, std::string_view to) {
    ASSERT_NE(text.find(from), std::string::npos) << from;
    const fs::path bad = file(text.replace(text.find(from), to.size(), to));
    try {
      std::vector<float> rows(10000);
      ImageReader{bad, {}, kMaxPixels, Verify::no}.read_rows(0, 100, rows);
      ADD_FAILURE() << "accepted " << to;
    } catch (const Error& e) {
      EXPECT_EQ(e.test() ? e.test()->name : "", "tiles") << e.what();
    }
  };
  const fs::path path = dir_ / "packed.fits";
  // Real numbers that cannot be rounded are gzipped; taken for plain ones, a tile has as many
  // pixels as packed bytes. Taken for 8 bytes each, there are too few.
  Grid<float> value{100, 100};
  for (std::size_t i = 0; i < value.pixels().size(); ++i)
    value.pixels()[i] = i % 100 == 0 ? 1e30f : 1.0f / static_cast<float>(i + 1);
  write_image(path, {{"VALUE", &value, ""}}, {}, {.method = "rice", .q = 4.0});
  EXPECT_EQ(read_plane(path, "VALUE"), value);
  refused(read_text_file(path), "'GZIP_COMPRESSED_DATA'", "'UNCOMPRESSED_DATA'   ");
  refused(read_text_file(path), "ZBITPIX =                  -32", "ZBITPIX =                  -64");
  // Integers of 16 bits taken for the bits of real numbers.
  const Grid<std::uint16_t> raw = noise();
  for (const char* method : {"rice", "gzip"}) {
    write_image(path, {{"RAW", &raw, "adu"}}, {}, {.method = method});
    refused(read_text_file(path), "BUNIT   = 'adu     '", "ZQUANTIZ= 'NONE    '");
  }
}

TEST_F(HostileFile, TilesOutsideTheirHeapAreRefused) {
  const Grid<std::uint16_t> raw{100, 100, 700};
  const fs::path path = dir_ / "packed.fits";
  write_image(path, {{"RAW", &raw, "adu"}}, {}, {.method = "rice"});
  const std::string good = read_text_file(path);
  // cfitsio itself takes some of these for no image at all.
  const auto refused = [&](std::string_view start, std::string card) {
    std::string text = good;
    card.resize(80, ' ');
    ASSERT_NE(text.find(start), std::string::npos) << start;
    const fs::path bad = file(text.replace(text.find(start), 80, card));
    try {
      const ImageReader reader{bad, {}, kMaxPixels, Verify::no};
      ADD_FAILURE() << "accepted " << card;
    } catch (const Error& e) {
      const std::string test = e.test() ? e.test()->name : "";
      EXPECT_TRUE(test == "tiles" || test == "is_fits" || test == "n_images") << e.what();
    }
  };
  refused("ZNAXIS1 =", "ZNAXIS1 =                   -5");
  refused("ZNAXIS2 =", "ZNAXIS2 =                  101");
  refused("ZTILE2  =", "ZTILE2  =                    0");
  refused("ZTILE1  =", "ZTILE1  =           4000000000");
  refused("ZTILE1  =", "ZTILE1  =           2000000000");
  refused("ZCMPTYPE=", "ZCMPTYPE= 'MAGIC_1 '");
  refused("ZVAL1   =", "ZVAL1   =                    0");
  std::string text = good;
  text[text.find("END   ", 2880) / 2880 * 2880 + 2880 + 4] = '\x7f';  // the first tile's place
  const fs::path bad = file(text);
  EXPECT_THROW((ImageReader{bad, {}, kMaxPixels, Verify::no}), Error);
}

TEST_F(HostileFile, MissingFileIsRefused) {
  expect_refused(dir_ / "none.fits", "");
}

TEST_F(HostileFile, PixelCapHolds) {
  EXPECT_THROW(read_image(dir_ / "good.fits", {}, 9999), Error);
}

TEST_F(HostileFile, StarListsNameTheLine) {
  const auto refused = [&](std::string_view text, std::string_view word) {
    write_text_file(dir_ / "stars.csv", text);
    try {
      read_star_file(dir_ / "stars.csv");
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_input);
      EXPECT_NE(e.text().find(word), std::string::npos) << e.text();
    }
  };
  refused("ra,dec,mag\n1,2,3\n400,2,3\n", "line 3");
  refused("ra,dec,mag\n1,91,3\n", "line 2");
  refused("ra,dec,mag\n1,x,3\n", "line 2");
  refused("ra,dec,mag\n1,2\n", "line 2");
  refused("ra,dec,size\n1,2,3\n", "mag");
  refused("ra,dec,mag\n", "no star");
  refused("", "no star");
  refused(std::string(200000, 'q'), "longer");
}

}  // namespace
}  // namespace skyweft::io
