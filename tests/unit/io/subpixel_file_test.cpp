// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/subpixel_file.hpp"

#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;

TEST(SubpixelFile, RowsOfTheImageLieAlongX) {
  const ScratchFolder folder{"subpixel"};
  Grid<float> values{3, 2};
  float next = 0.5f;
  for (float& v : values.pixels()) v = (next *= 2.0f);
  write_image(folder / "map.fits", {{"MAP", &values, ""}});
  const Grid<double> read = read_subpixel_sensitivity(folder / "map.fits");
  ASSERT_EQ(read.nx(), 3);
  ASSERT_EQ(read.ny(), 2);
  EXPECT_EQ(read(0, 0), 1.0);
  EXPECT_EQ(read(2, 0), 4.0);
  EXPECT_EQ(read(0, 1), 8.0);
}

std::string test_of(const Grid<float>& values) {
  const ScratchFolder folder{"subpixel_bad"};
  write_image(folder / "map.fits", {{"MAP", &values, ""}});
  try {
    read_subpixel_sensitivity(folder / "map.fits");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input);
    return error.test() ? error.test()->name : "none";
  }
  return "";
}

TEST(SubpixelFile, IsRefusedWithBlanksOrWhenItIsAFrame) {
  Grid<float> values{2, 2, 1.0f};
  EXPECT_EQ(test_of(values), "");
  values(1, 0) = kNaNf;
  EXPECT_EQ(test_of(values), "n_missing");
  EXPECT_EQ(test_of(Grid<float>{64, 64, 1.0f}), "");
  EXPECT_EQ(test_of(Grid<float>{65, 64, 1.0f}), "n_pixels");
}

TEST(SubpixelFile, ThatIsNoImageIsBadInput) {
  const ScratchFolder folder{"subpixel_none"};
  EXPECT_THROW(read_subpixel_sensitivity(folder / "absent.fits"), Error);
  write_text_file(folder / "text.fits", "bayer");
  EXPECT_THROW(read_subpixel_sensitivity(folder / "text.fits"), Error);
}

}  // namespace
}  // namespace skyweft::io
