// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
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

TEST_F(HostileFile, MissingFileIsRefused) {
  expect_refused(dir_ / "none.fits", "");
}

TEST_F(HostileFile, PixelCapHolds) {
  EXPECT_THROW(read_image(dir_ / "good.fits", 9999), Error);
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
