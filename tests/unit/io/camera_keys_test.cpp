// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <span>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/camera.hpp"
#include "io/time_stamp.hpp"
#include "support/io_headers.hpp"

namespace skyweft::io {
namespace {

using support::doubts_about;
using support::light_header;

FrameInfo info_of(const Header& header, const CameraConfig& config) {
  return understand(header, "n1/R_0007.fits", "c", 0, config);
}

template <class F>
Error error_of(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return Error{Errc::internal, ""};
}

bool says(const std::vector<std::string>& doubts, const char* what) {
  for (const auto& doubt : doubts)
    if (doubt.find(what) != std::string::npos) return true;
  return false;
}

TEST(CameraKeys, MayBeExpressions) {
  Header header;
  header.add_text("OBJECT", "SkyFlat west");
  header.add_text("DAY", "2017-12-20");
  header.add_text("CLOCK", "01:02:03");
  header.add_integer("EXP-MS", 1500);
  header.add_text("HIERARCHICAL", "");
  header.add({"ESO DET CHIP1 GAIN", "1.7", "", false});
  CameraConfig config;
  config.type_keys = {"if(contains(lower(OBJECT), 'flat'), 'flat', 'light')"};
  config.start_keys = {"DAY + 'T' + CLOCK"};
  config.exposure_keys = {"EXP_MS / 1000"};
  config.gain_keys = {"NONE", "ESO_DET_CHIP1_GAIN"};
  config.filter_keys = {"part(FILENAME, '_', 0) + '@' + FOLDER"};
  config.read_noise_keys = {"NOISE ?? 3.5"};
  const FrameInfo info = info_of(header, config);
  EXPECT_EQ(info.type, FrameType::flat);
  EXPECT_EQ(info.exposure_s, 1.5);
  // 01:02:03 is 3723 s, the middle 0.75 s later.
  EXPECT_EQ(info.id, (58107LL * 86400000 + 3723750) * 64);
  EXPECT_EQ(info.gain_e_per_adu, 1.7);
  EXPECT_EQ(info.filter, "R@n1");
  EXPECT_EQ(info.read_noise_e, 3.5);
}

TEST(CameraKeys, WithHyphenStayKeywords) {
  Header header = light_header();
  header.add_number("CCD-TEMP", -20.0);
  header.add_number("CCD", 1.0);
  header.add_number("TEMP", 5.0);
  EXPECT_EQ(info_of(header, {}).temperature_c, -20.0);
  CameraConfig config;
  config.temperature_keys = {"CCD - TEMP"};
  EXPECT_EQ(info_of(header, config).temperature_c, -4.0);
}

TEST(CameraKeys, LeaveATemperatureThatNoSensorMeasuredUnknown) {
  Header header = light_header();
  header.add({"CCD-TEMP", "8.697387192818E-34", "", false});  // as an Andor driver wrote it
  EXPECT_TRUE(std::isnan(info_of(header, {}).temperature_c));
  Header freezing = light_header();
  freezing.add_number("CCD-TEMP", 0.0);
  EXPECT_EQ(info_of(freezing, {}).temperature_c, 0.0);
}

TEST(CameraKeys, TakeLogicalAndQuotedValuesForWhatTheyAre) {
  Header header = light_header();
  header.add({"SHUTTER", "F", "", false});
  header.add_text("NAME", "T");
  CameraConfig config;
  config.type_keys = {"if(SHUTTER == 0 and NAME == 'T', 'dark', 'light')"};
  EXPECT_EQ(info_of(header, config).type, FrameType::dark);
}

TEST(CameraKeys, ThatDoNotFitTheHeaderAreNamed) {
  CameraConfig config;
  config.gain_keys = {"IMAGETYP * 2"};
  const Error error = error_of([&] { info_of(light_header(), config); });
  EXPECT_EQ(error.code(), Errc::bad_input);
  EXPECT_EQ(error.test()->name, "expression");
  for (const char* word : {"R_0007.fits", "IMAGETYP * 2", "'Light Frame' * 2"})
    EXPECT_NE(error.text().find(word), std::string::npos) << error.text();
}

TEST(CameraKeys, ThatCannotBeReadAreNamedWithTheirOption) {
  CameraConfig config;
  config.exposure_keys = {"EXPTIME +"};
  const Error error = error_of([&] { Camera("west", config, 0); });
  EXPECT_EQ(error.code(), Errc::bad_config);
  EXPECT_NE(error.text().find("camera.west.exposure_keys"), std::string::npos) << error.text();
  EXPECT_NE(error.text().find("at character 10"), std::string::npos) << error.text();
}

std::vector<Camera> two_cameras(const std::string& when_a, const std::string& when_b) {
  CameraConfig a;
  CameraConfig b;
  a.when = when_a;
  b.when = when_b;
  return {Camera{"a", a, 0}, Camera{"b", b, 1}};
}

TEST(ChooseCamera, TakesTheConditionThatHoldsElseTheOneWithout) {
  Header header = light_header();
  const auto cameras = two_cameras("INSTRUME == 'left'", "");
  EXPECT_EQ(choose_camera(header, "x", cameras).name(), "b");
  header.add_text("INSTRUME", "left");
  EXPECT_EQ(choose_camera(header, "x", cameras).name(), "a");
  EXPECT_EQ(
      choose_camera(header, "x", two_cameras("matches(FILENAME, 'y*')", "PATH == 'x'")).name(),
      "b");
}

TEST(ChooseCamera, RefusesSeveralAndNone) {
  const Header header = light_header();
  for (const auto& cameras : {two_cameras("1", "EXPTIME == 60"), two_cameras("", "")}) {
    const Error several = error_of([&] { choose_camera(header, "n/x.fits", cameras); });
    EXPECT_EQ(several.code(), Errc::bad_config);
    EXPECT_NE(several.text().find("(a, b)"), std::string::npos) << several.text();
    EXPECT_NE(several.text().find("n/x.fits"), std::string::npos);
  }
  const Error none = error_of([&] { choose_camera(header, "x", two_cameras("0", "NONE == 1")); });
  EXPECT_EQ(none.code(), Errc::bad_input);
  EXPECT_EQ(none.test()->name, "has_camera");
}

TEST(CameraTime, OfALocalClockNeedsItsOffset) {
  Header header = light_header();
  header.add_text("TIMESYS", "LOCAL");
  EXPECT_EQ(error_of([&] { info_of(header, {}); }).test()->name, "timesys_is_utc");
  CameraConfig config;
  config.clock_utc_offset_h = -7.0;
  // 00:00 at UTC−7 is 07:00 UTC; + 30 s.
  EXPECT_EQ(info_of(header, config).id, (58107LL * 86400000 + 25230000) * 64);
  Header zoned = light_header();
  zoned.add_text("DATE-BEG", "2017-12-20T00:00:00-0700");
  config.start_keys = {"DATE-BEG"};
  EXPECT_EQ(info_of(zoned, config).id, (58107LL * 86400000 + 25230000) * 64);
  zoned.add_text("TIMESYS", "UTC");
  EXPECT_TRUE(says(doubts_about(zoned, config), "TIMESYS says UTC"));
  CameraConfig numbers = config;
  zoned.add_number("MJD-OBS", 58107.0);  // day numbers are UTC
  numbers.start_keys = {"MJD-OBS"};
  EXPECT_EQ(info_of(zoned, numbers).id, (58107LL * 86400000 + 30000) * 64);
}

TEST(CameraTime, OfOldDatesIsInDoubt) {
  Header header;
  header.add_text("IMAGETYP", "light");
  header.add_text("DATE-OBS", "20/12/97");
  header.add_text("TIME-OBS", "00:00:00");
  header.add_number("EXPTIME", 2.0);
  EXPECT_EQ(info_of(header, {}).id, (50802LL * 86400000 + 1000) * 64);
  EXPECT_TRUE(says(doubts_about(header, {}), "day first"));
  EXPECT_FALSE(says(doubts_about(light_header(), {}), "day first"));
}

TEST(CameraTime, BeforePhotographyOrFarAheadIsRefused) {
  for (const char* date : {"1858-11-16T23:59:59", "1799-01-01T00:00:00", "2101-01-01T00:00:00",
                           "9999-12-31T00:00:00", "88434.0", "2400000.4", "2488434.5"}) {
    Header header;
    header.add_text("IMAGETYP", "light");
    header.add_number("EXPTIME", 2.0);
    header.add_text("DATE-OBS", date);
    EXPECT_EQ(error_of([&] { info_of(header, {}); }).test()->name, "has_time") << date;
  }
  EXPECT_TRUE(parse_time_stamp("2100-12-31T23:59:59"));
  EXPECT_EQ(parse_time_stamp("5.81075E+04")->time, (UtcTime{58107, 43200.0}));
  EXPECT_FALSE(parse_time_stamp("2017-257-20"));  // a month that wraps round a byte is none
  CameraConfig config;
  config.time_offset_s = -5.1e9;  // 160 years back
  EXPECT_EQ(error_of([&] { info_of(light_header(), config); }).test()->name, "has_time");
}

TEST(CameraTime, ThatDoesNotFitTheEndIsInDoubt) {
  // 60 s: up to 6 s off are allowed.
  const auto doubted = [](const char* end) {
    Header header = light_header();
    header.add_text("DATE-END", end);
    return says(doubts_about(header, {}), "DATE-END is");
  };
  EXPECT_FALSE(doubted("2017-12-20T00:01:05.9"));
  EXPECT_TRUE(doubted("2017-12-20T00:01:06.1"));
  EXPECT_FALSE(doubted("2017-12-20T00:00:54.1"));
  EXPECT_TRUE(doubted("2017-12-20T00:00:53.9"));
  EXPECT_FALSE(doubted("soon"));
}

TEST(CameraSaturation, WithoutAnyIsUnknownAndInDoubt) {
  EXPECT_TRUE(std::isnan(info_of(light_header(), {}).saturation_adu));
  EXPECT_TRUE(says(doubts_about(light_header(), {}), "saturation"));
}

TEST(CameraTraits, ComeFromTheConfiguration) {
  CameraConfig config;
  config.linearity = {1e-6, -2e-12};
  config.nonlinear_adu = 50000.0;
  config.read_out = "x+";
  config.bad_pixels = "bad.fits";
  config.shutter_map = "shutter.fits";
  EXPECT_EQ(info_of(light_header(), config).traits,
            (DetectorTraits{{1e-6, -2e-12}, 50000.0, "x+", "bad.fits", "shutter.fits"}));
}

TEST(Site, UnderstandsDegreesInPartsAndLetters) {
  Header header;
  header.add_text("SITELAT", "31:40:30 S");
  header.add_text("SITELONG", "-110 52 30");
  const auto site = site_from(header, {});
  ASSERT_TRUE(site);
  EXPECT_NEAR(site->latitude.deg(), -31.675, 1e-9);
  EXPECT_NEAR(site->longitude.deg(), -110.875, 1e-9);
  Header west;
  west.add_text("LATITUDE", "31d40m30s");
  west.add_text("LONGITUD", "110.875W");
  EXPECT_NEAR(site_from(west, {})->longitude.deg(), -110.875, 1e-9);
  EXPECT_NEAR(site_from(west, {})->latitude.deg(), 31.675, 1e-9);
}

TEST(Site, OfHeaderAndConfigurationAreCompared) {
  Header header;
  header.add_number("SITELAT", 31.0);
  header.add_number("SITELONG", 249.0);
  SiteConfig config;
  EXPECT_TRUE(site_doubts(header, config).empty());
  config.longitude_deg = -111.05;
  config.latitude_deg = 31.05;
  EXPECT_TRUE(site_doubts(header, config).empty());
  config.latitude_deg = 31.2;
  EXPECT_TRUE(says(site_doubts(header, config), "latitude 31.0000"));
  config.longitude_deg = 111.0;
  EXPECT_TRUE(says(site_doubts(header, config), "with the other sign"));
  config.longitude_deg = -100.0;
  EXPECT_TRUE(says(site_doubts(header, config), "longitude -111.0000"));
  EXPECT_EQ(site_from(header, config)->longitude.deg(), -100.0);
}

}  // namespace
}  // namespace skyweft::io
