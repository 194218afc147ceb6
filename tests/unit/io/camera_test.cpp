// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera.hpp"

#include <span>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/time_stamp.hpp"
#include "support/io_headers.hpp"

namespace skyweft::io {
namespace {

using support::doubts_about;
using support::light_header;

TEST(TimeStamp, KeepsMicroseconds) {
  const auto stamp = parse_time_stamp("2017-12-20T01:33:43.317001");
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->time.mjd, 58107);
  // Seconds of a day in double: 86400 * 2^-53 = 1e-11 s.
  EXPECT_NEAR(stamp->time.seconds, 5623.317001, 1e-9);
}

TEST(TimeStamp, WithZoneIsUtc) {
  EXPECT_EQ(parse_time_stamp("2017-12-19T18:33:43-0700")->time,
            parse_time_stamp("2017-12-20T01:33:43")->time);
  EXPECT_EQ(parse_time_stamp("2017-12-20T01:33:43Z")->time,
            parse_time_stamp("2017-12-20 07:03:43+05:30")->time);
}

TEST(TimeStamp, UnderstandsOldDatesAndDayNumbers) {
  EXPECT_EQ(parse_time_stamp("20/12/97")->time.mjd, 50802);
  EXPECT_FALSE(parse_time_stamp("20/12/97")->has_time);
  EXPECT_EQ(parse_time_stamp("2451545.0")->time, (UtcTime{51544, 43200.0}));
  EXPECT_EQ(parse_time_stamp("51544.5")->time, (UtcTime{51544, 43200.0}));
}

TEST(TimeStamp, RefusesWhatIsNoMoment) {
  for (const char* text :
       {"", "2017-02-30T00:00:00", "2017-12-20T25:00:00", "yesterday", "12.5", "2017-12-20Tnan"})
    EXPECT_FALSE(parse_time_stamp(text)) << text;
}

TEST(Camera, AddsHalfTheExposure) {
  const FrameInfo info = understand(light_header(), "a.fits", "cam", 3, {});
  EXPECT_EQ(info.type, FrameType::light);
  EXPECT_DOUBLE_EQ(info.time_utc_mid_jd, 2458107.5 + 30.0 / 86400.0);
  EXPECT_EQ(info.id, (58107LL * 86400000 + 30000) * 64 + 3);
}

TEST(Camera, TimeReferenceMovesTheMiddle) {
  CameraConfig config;
  config.time_reference = "end";
  config.time_offset_s = 1.0;
  const FrameInfo info = understand(light_header(), "a.fits", "cam", 0, config);
  EXPECT_DOUBLE_EQ(info.time_utc_mid_jd, 2458107.5 - 29.0 / 86400.0);
}

TEST(Camera, DateAndTimeArePaired) {
  Header header;
  header.add_text("IMGTYPE", "IMAGE");
  header.add_text("DATE-OBS", "2015-03-20");
  header.add_text("TIME-OBS", "02:33:45");
  header.add_text("EXPOSURE", "10.0");
  const FrameInfo info = understand(header, "a.fits", "cam", 0, {});
  EXPECT_DOUBLE_EQ(info.time_utc_mid_jd, 2457101.5 + (2 * 3600 + 33 * 60 + 50) / 86400.0);
}

TEST(Camera, TypesAreNormalised) {
  EXPECT_EQ(frame_type_of("Light Frame"), FrameType::light);
  EXPECT_EQ(frame_type_of("SKYFLAT"), FrameType::flat);
  EXPECT_EQ(frame_type_of(" zero "), FrameType::bias);
  EXPECT_EQ(frame_type_of("Dark_Frame"), FrameType::dark);
  EXPECT_EQ(frame_type_of("pizza"), FrameType::unknown);
}

TEST(Camera, DriverGainIsNotBelieved) {
  Header header = light_header();
  header.add_integer("GAIN", 120);
  EXPECT_EQ(understand(header, "a", "c", 0, {}).gain_e_per_adu, 1.0);
  EXPECT_NE(doubts_about(header, {}).front().find("driver setting"), std::string::npos);
  header.add_number("EGAIN", 0.8);
  EXPECT_EQ(understand(header, "a", "c", 0, {}).gain_e_per_adu, 0.8);
}

TEST(Camera, PointingUnderstandsHoursAndDistrustsSmallNumbers) {
  Header text = light_header();
  text.add_text("RA", "17:04:40.191");
  text.add_text("DEC", "-00:30:00");
  const auto pointing = understand(text, "a", "c", 0, {}).pointing;
  ASSERT_TRUE(pointing);
  EXPECT_NEAR(pointing->ra.deg(), 256.1674625, 1e-9);
  EXPECT_NEAR(pointing->dec.deg(), -0.5, 1e-12);
  Header small = light_header();
  small.add_number("RA", 12.5);
  small.add_number("DEC", 10.0);
  EXPECT_FALSE(understand(small, "a", "c", 0, {}).pointing);
  CameraConfig hours;
  hours.ra_unit = "hours";
  EXPECT_NEAR(understand(small, "a", "c", 0, hours).pointing->ra.deg(), 187.5, 1e-9);
}

TEST(Camera, KelvinBecomesCelsius) {
  Header header = light_header();
  header.add_number("CAMTEMP", 271.0);
  EXPECT_NEAR(understand(header, "a", "c", 0, {}).temperature_c, -2.15, 1e-9);
}

TEST(Camera, MissingThingsAreNamed) {
  const auto refused = [](const Header& header, const char* word) {
    try {
      understand(header, "night/7.fits", "c", 0, {});
      ADD_FAILURE() << "accepted without " << word;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_input);
      EXPECT_NE(e.text().find(word), std::string::npos) << e.text();
      EXPECT_NE(e.text().find("night/7.fits"), std::string::npos);
    }
  };
  Header header;
  refused(header, "IMAGETYP");
  header.add_text("IMAGETYP", "light");
  refused(header, "EXPTIME");
  header.add_number("EXPTIME", 5.0);
  refused(header, "DATE-OBS");
  header.add_text("DATE-OBS", "2020-01-01T00:00:00");
  header.add_text("TIMESYS", "TAI");
  refused(header, "TIMESYS");
  Header odd;
  odd.add_text("IMAGETYP", "pizza");
  refused(odd, "pizza");
}

TEST(Site, ComesFromGeocentricCoordinatesToo) {
  // Greenwich meridian, equator, 100 m up.
  Header header;
  header.add_number("OBSGEO-X", 6378237.0);
  header.add_number("OBSGEO-Y", 0.0);
  header.add_number("OBSGEO-Z", 0.0);
  const auto site = site_from(header, {});
  ASSERT_TRUE(site);
  EXPECT_NEAR(site->latitude.deg(), 0.0, 1e-9);
  EXPECT_NEAR(site->height_m, 100.0, 1e-6);
}

TEST(UnreadableFrame, IdIsNegativeAndStable) {
  EXPECT_LT(id_of_unreadable("x/a.fits"), 0);
  EXPECT_EQ(id_of_unreadable("x/a.fits"), id_of_unreadable("y/a.fits"));
}

}  // namespace
}  // namespace skyweft::io
