// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/photometry_table.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/export_table.hpp"
#include "io/files.hpp"
#include "support/io_star_store.hpp"

namespace skyweft::io {
namespace {

const std::string kCsv =
    "star_id,ra,dec,jd,file,filter,exptime,x,y,flux,flux_err,sky\n"
    "1000000000000000007,10.0,-5.0,2457000.5,a.fits,V,60,100.5,200.25,5000,50,10\n"
    "1000000000000000009,10:00:00,-5:30:00,2457000.5,a.fits,V,60,110,210,,,11\n"
    "1000000000000000007,10.0,-5.0,57001.25,b.fits,V,60,101,201,5100,51,12\n"
    "1000000000000000007,10.0,-5.0,,b.fits,V,60,101,201,5100,51,12\n";

class PhotometryTableFile : public testing::Test {
 protected:
  PhotometryTable read(const std::string& text, const TableOptions& options = {}) {
    const auto path = folder_ / "table.csv";
    write_text_file(path, text);
    return read_photometry_table(path, options);
  }
  Errc code_of(const std::string& text, const TableOptions& options = {}) {
    try {
      read(text, options);
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::internal;
  }
  support::TestFolder folder_{"photometry_table"};
};

TEST_F(PhotometryTableFile, IsReadByUsualNames) {
  const PhotometryTable t = read(kCsv, {.background = "sky"});
  ASSERT_EQ(t.n_row(), 3);
  EXPECT_EQ(t.n_left_out, 1);  // the row without a time
  // 19 digits, more than a double holds.
  EXPECT_EQ(t.star,
            (std::vector<StarId>{1000000000000000007, 1000000000000000009, 1000000000000000007}));
  EXPECT_EQ(t.ra_deg, (std::vector<double>{10.0, 150.0, 10.0}));  // text in parts: hours
  EXPECT_EQ(t.dec_deg, (std::vector<double>{-5.0, -5.5, -5.0}));
  EXPECT_EQ(t.time_jd, (std::vector<double>{2457000.5, 2457000.5, 2457001.75}));
  EXPECT_EQ(t.frame.names, (std::vector<std::string>{"a.fits", "b.fits"}));
  EXPECT_EQ(t.frame.of_row, (std::vector<std::int32_t>{0, 0, 1}));
  EXPECT_EQ(t.camera.of_row, (std::vector<std::int32_t>{-1, -1, -1}));
  EXPECT_EQ(t.n_ap, 1);
  EXPECT_TRUE(t.is_flux);
  EXPECT_FALSE(t.error_is_mag);
  EXPECT_EQ(t.value[0], 5000.0);
  EXPECT_TRUE(std::isnan(t.value[1]));
  EXPECT_EQ(t.error[2], 51.0);
  EXPECT_EQ(t.x_px[1], 110.0F);
  EXPECT_EQ(t.background_adu[2], 12.0F);
  EXPECT_TRUE(std::isnan(t.airmass[0]));
}

TEST_F(PhotometryTableFile, TakesExpressionsAndSeveralApertures) {
  const std::string text =
      "n,ra,dec,btjd,m1,m2,e\n3,10,0,1000.5,12.5,12.25,0.01\n4,11,0,1000.5,13.5,13.25,0.02\n";
  const PhotometryTable t = read(text, {.star = "n + 10",
                                        .time = "btjd",
                                        .time_offset_d = 2457000.0,
                                        .exposure = "30",
                                        .magnitude = {"m1", "$6 - 1"},
                                        .magnitude_err = {"e", "e * 2"},
                                        .radii_px = {2.0, 3.0},
                                        .select = "n < 4"});
  ASSERT_EQ(t.n_row(), 1);
  EXPECT_EQ(t.star[0], 13);
  EXPECT_EQ(t.time_jd[0], 2458000.5);
  EXPECT_EQ(t.exposure_s[0], 30.0F);
  EXPECT_FALSE(t.is_flux);
  EXPECT_TRUE(t.error_is_mag);
  EXPECT_EQ(t.value, (std::vector<double>{12.5, 11.25}));
  EXPECT_EQ(t.error, (std::vector<double>{0.01, 0.02}));
}

TEST_F(PhotometryTableFile, IsTheSameAsFitsVoTableAndEcsv) {
  Table out;
  out.columns = {{"star_id", "", "id", "meta.id", std::vector<std::int64_t>{7, 9}},
                 {"ra_deg", "deg", "ra", "pos.eq.ra", std::vector<double>{10.0, 11.0}},
                 {"dec_deg", "deg", "dec", "pos.eq.dec", std::vector<double>{1.0, 2.0}},
                 {"date-obs", "", "start", "",
                  std::vector<std::string>{"2014-12-30T12:00:00", "2014-12-31T00:00:00"}},
                 {"filter", "", "", "", std::vector<std::string>{"R", "V & <I>"}},
                 {"flux", "adu", "", "phot.flux", std::vector<float>{100.0F, kNaNf}},
                 {"mag_err", "mag", "", "", std::vector<double>{0.5, 0.25}}};
  const TableOptions options{.magnitude_err = {"mag_err"}};
  const auto check = [&](const std::filesystem::path& path) {
    SCOPED_TRACE(path.string());
    const PhotometryTable t = read_photometry_table(path, options);
    ASSERT_EQ(t.n_row(), 2);
    EXPECT_EQ(t.star, (std::vector<StarId>{7, 9}));
    EXPECT_EQ(t.ra_deg, (std::vector<double>{10.0, 11.0}));
    EXPECT_EQ(t.time_jd, (std::vector<double>{2457022.0, 2457022.5}));  // JD begins at noon
    EXPECT_EQ(t.filter.names, (std::vector<std::string>{"R", "V & <I>"}));
    EXPECT_EQ(t.value[0], 100.0);
    EXPECT_TRUE(std::isnan(t.value[1]));
    EXPECT_TRUE(t.error_is_mag);
    EXPECT_EQ(t.error, (std::vector<double>{0.5, 0.25}));
  };
  write_text_file(folder_ / "t.csv", to_csv(out));
  write_text_file(folder_ / "t.ecsv", to_ecsv(out));
  write_text_file(folder_ / "t.vot", to_votable(out));
  write_fits_table(folder_ / "t.fits", out);
  for (const char* name : {"t.csv", "t.ecsv", "t.vot", "t.fits"}) check(folder_ / name);
}

TEST_F(PhotometryTableFile, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(code_of("star_id,ra,dec,jd\n1,2,3,2457000\n"), Errc::bad_input);  // no flux
  EXPECT_EQ(code_of("ra,dec,flux,flux_err\n1,2,3,4\n"), Errc::bad_input);     // no time
  EXPECT_EQ(code_of(kCsv, {.flux = {"fluks"}}), Errc::bad_config);
  EXPECT_EQ(code_of(kCsv, {.flux = {"flux", "sky"}, .flux_err = {"flux_err"}}), Errc::bad_config);
  EXPECT_EQ(code_of(kCsv, {.flux = {"flux", "sky"}, .flux_err = {"flux_err", "flux_err"}}),
            Errc::bad_config);                               // no radii
  EXPECT_EQ(code_of(kCsv, {.time = "x"}), Errc::bad_input);  // 100.5 is no JD
  EXPECT_EQ(code_of(kCsv, {.x = "file"}), Errc::bad_input);
  EXPECT_EQ(code_of(kCsv, {.star = "file"}), Errc::bad_input);
  EXPECT_EQ(code_of(kCsv, {.time_scale = "bjd_tdb"}), Errc::bad_config);
  EXPECT_EQ(code_of(kCsv, {.select = "flux > 1e9"}), Errc::bad_input);
  EXPECT_EQ(code_of("star_id,ra,dec,jd,flux,flux_err\n1,370,3,2457000,5,1\n"), Errc::bad_input);
}

}  // namespace
}  // namespace skyweft::io
