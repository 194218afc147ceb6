// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

class Fits : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path{testing::TempDir()} / ("skyweft_fits_" + std::to_string(::getpid()));
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }
  fs::path dir_;
};

TEST_F(Fits, PlanesAndCardsComeBack) {
  Grid<float> value{5, 3, 1.5f};
  value(4, 2) = -7.25f;
  Mask mask{5, 3};
  mask(1, 2) = mask::hot | mask::user;
  Header cards;
  cards.add_number("TENTH", 0.1, "shortest");
  cards.add_text("OBJECT", "it's");
  cards.add_text("INPUT", std::string(150, 'y'));
  cards.add_integer("SKYWEFT_LONG_NAME", 42);
  const fs::path path = dir_ / "m[1].fits";
  write_image(path, {{"VALUE", &value, "electron"}, {"MASK", &mask, ""}}, cards);
  EXPECT_EQ(read_plane(path, "value"), value);
  EXPECT_EQ(read_mask_plane(path, "MASK"), mask);
  const Header header = read_header(path);
  EXPECT_EQ(header.number("TENTH"), 0.1);
  EXPECT_EQ(header.text("OBJECT"), "it's");
  EXPECT_EQ(header.text("INPUT"), std::string(150, 'y'));
  EXPECT_EQ(header.integer("skyweft_long_name"), 42);
  EXPECT_EQ(header.integer("NAXIS1"), 5);
  EXPECT_FALSE(header.has("DATE"));
}

TEST_F(Fits, EqualContentGivesEqualBytes) {
  const Grid<float> value{50, 30, 2.0f};
  write_image(dir_ / "a.fits", {{"VALUE", &value, ""}});
  ::sleep(1);  // a date in the file would differ now
  write_image(dir_ / "b.fits", {{"VALUE", &value, ""}});
  EXPECT_EQ(read_text_file(dir_ / "a.fits"), read_text_file(dir_ / "b.fits"));
}

TEST_F(Fits, UnsignedRawFrameIsExact) {
  Grid<std::uint16_t> raw{4, 2};
  raw(0, 0) = 65535;
  raw(3, 1) = 40000;
  write_image(dir_ / "raw.fits", {{"RAW", &raw, "adu"}});
  const RawImage image = read_image(dir_ / "raw.fits");
  EXPECT_EQ(image.adu(0, 0), 65535.0f);
  EXPECT_EQ(image.adu(3, 1), 40000.0f);
}

TEST_F(Fits, UnmeasuredPixelsAreMasked) {
  Grid<float> value{3, 3, 1.0f};
  value(1, 1) = std::numeric_limits<float>::quiet_NaN();
  value(2, 0) = std::numeric_limits<float>::infinity();
  write_image(dir_ / "n.fits", {{"VALUE", &value, ""}});
  const RawImage image = read_image(dir_ / "n.fits");
  EXPECT_EQ(image.adu(1, 1), 0.0f);
  EXPECT_EQ(image.mask(1, 1), mask::no_data);
  EXPECT_EQ(image.mask(2, 0), mask::no_data);
  EXPECT_EQ(image.mask(0, 0), 0);
}

TEST_F(Fits, RowsEqualTheWhole) {
  Grid<float> value{7, 9};
  for (std::int64_t i = 0; i < value.size(); ++i)
    value.pixels()[static_cast<std::size_t>(i)] = static_cast<float>(i);
  write_image(dir_ / "r.fits", {{"VALUE", &value, ""}});
  const ImageReader reader{dir_ / "r.fits"};
  std::vector<float> rows(14);
  reader.read_rows(4, 2, rows);
  EXPECT_EQ(rows.front(), value(0, 4));
  EXPECT_EQ(rows.back(), value(6, 5));
  EXPECT_THROW(reader.read_rows(8, 2, rows), Error);
}

TEST_F(Fits, StarTableComesBack) {
  StarCatalog stars{.epoch_yr = 2016.0,
                    .id = {5, 1LL << 60},
                    .ra_deg = {10.0, 359.9999999},
                    .dec_deg = {-89.5, 1e-9},
                    .pm_ra_mas_yr = {1.25, 0.0},
                    .pm_dec_mas_yr = {-3.0, 0.0},
                    .mag = {7.5f, 12.0f},
                    .colour = {0.5f, -0.25f}};
  write_star_table(dir_ / "s.fits", stars);
  EXPECT_EQ(read_star_file(dir_ / "s.fits"), stars);
}

TEST_F(Fits, StarTextDialectsAgree) {
  write_text_file(dir_ / "gaia.csv",
                  "source_id,ra,dec,pmra,pmdec,phot_g_mean_mag,bp_rp,ref_epoch\r\n"
                  "20,10.5,-5,1.5,null,9.5,nan,2016.0\r\n10,11.5,-6,,,8.5,0.5,2016.0\r\n"
                  "10,11.5,-6,,,8.25,0.5,2016.0\r\n30,12,7,,,null,,2016.0\r\n");
  const StarCatalog gaia = read_star_file(dir_ / "gaia.csv");
  EXPECT_EQ(gaia.id, (std::vector<StarId>{10, 20}));
  EXPECT_EQ(gaia.mag[0], 8.25f);
  EXPECT_EQ(gaia.epoch_yr, 2016.0);
  EXPECT_EQ(gaia.pm_dec_mas_yr[1], 0.0);
  EXPECT_TRUE(std::isnan(gaia.colour[1]));
  write_text_file(
      dir_ / "t.ecsv",
      "# %ECSV 1.0\n# epoch_yr: 2015.5\nRA_DEG DEC_DEG VT_mag V_mag HIP\n1 2 7.5 \"\" 0\n");
  const StarCatalog tycho = read_star_file(dir_ / "t.ecsv");
  EXPECT_EQ(tycho.mag[0], 7.5f);
  EXPECT_EQ(tycho.id[0], id_from_position({Angle::from_deg(1), Angle::from_deg(2)}));
  EXPECT_EQ(tycho.epoch_yr, 2015.5);
}

}  // namespace
}  // namespace skyweft::io
