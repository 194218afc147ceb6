// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/ephemeris.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using namespace skyweft::sky;

namespace {

constexpr double kJd = 2459000.5;

/// Along the equator from RA 359.5° on, a degree a day.
Ephemeris equator(int n_row) {
  Ephemeris out{.name = "433 Eros"};
  for (int i = 0; i < n_row; ++i) {
    out.jd.push_back(kJd + i);
    out.ra_deg.push_back(std::fmod(359.5 + i, 360.0));
    out.dec_deg.push_back(0.0);
  }
  return out;
}

std::string test_of(const auto& work) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input);
    return error.test() ? error.test()->name : std::string{};
  }
  return "nothing";
}

// Rounding: 1e-15 of a unit vector is 6e-14 deg, and a JD of 2.5e6 rounds to 5e-10 d.
constexpr double kRounding_deg = 1e-9;

TEST(EphemerisPath, GivesItsRows) {
  const Ephemeris table = equator(5);
  const EphemerisPath path{table};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(path.at(table.jd[i]).ra.deg(), table.ra_deg[i], kRounding_deg);
    EXPECT_NEAR(path.at(table.jd[i]).dec.deg(), 0.0, kRounding_deg);
  }
  EXPECT_EQ(path.name(), "433 Eros");
  EXPECT_EQ(path.first_jd(), kJd);
  EXPECT_EQ(path.last_jd(), kJd + 4.0);
}

TEST(EphemerisPath, GoesEvenlyOverZeroHours) {
  for (const int n_row : {2, 3, 4, 7}) {
    const EphemerisPath path{equator(n_row)};
    EXPECT_NEAR(path.at(kJd + 0.25).ra.deg(), 359.75, kRounding_deg);
    EXPECT_NEAR(path.at(kJd + 0.75).ra.deg(), 0.25, kRounding_deg);
  }
}

TEST(EphemerisPath, SaysNothingOutsideItsRows) {
  const EphemerisPath path{equator(4)};
  EXPECT_FALSE(path.covers(kJd - 1e-6));
  EXPECT_FALSE(path.covers(kNaN));
  EXPECT_TRUE(path.covers(kJd + 3.0));
  EXPECT_EQ(test_of([&] { path.at(kJd - 1e-6); }), "ephemeris_span");
  EXPECT_EQ(test_of([&] { path.at(kJd + 3.1); }), "ephemeris_span");
  EXPECT_EQ(test_of([&] { path.at(kNaN); }), "ephemeris_span");
  try {
    path.at(kJd + 9.0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.text().find("433 Eros reaches from JD 2459000.500000 to 2459003.500000 (UTC)"),
              std::string::npos)
        << error.text();
  }
}

TEST(EphemerisPath, RefusesWhatIsNoPath) {
  EXPECT_EQ(test_of([] { EphemerisPath{equator(1)}; }), "ephemeris_rows");
  EXPECT_EQ(test_of([] { EphemerisPath{Ephemeris{}}; }), "ephemeris_rows");
  Ephemeris table = equator(4);
  table.jd[2] = table.jd[1];
  EXPECT_EQ(test_of([&] { EphemerisPath{table}; }), "ephemeris_order");
  table = equator(4);
  table.dec_deg[1] = 91.0;
  EXPECT_EQ(test_of([&] { EphemerisPath{table}; }), "ephemeris_order");
  table = equator(4);
  table.ra_deg[1] = kNaN;
  EXPECT_EQ(test_of([&] { EphemerisPath{table}; }), "ephemeris_order");
  for (const double far : {60.0, 120.0, 180.0, 179.5}) {
    table = equator(4);
    table.ra_deg[2] = far;
    EXPECT_EQ(test_of([&] { EphemerisPath{table}; }), "ephemeris_step_deg") << far;
  }
}

TEST(EphemerisPath, DoubtsAKink) {
  Ephemeris table = equator(6);
  const double even = EphemerisPath{table}.doubt(kJd + 2.4).arcsec();
  EXPECT_LT(even, 1e-5);  // rounding of JD
  table.dec_deg[3] = 0.01;
  // Between the kink and the row before, 0.4 of the way: what the fourth row adds is the third
  // difference times s (s² − 1)/6, −0.056, or, seen from the other side, like it.
  EXPECT_GT(EphemerisPath{table}.doubt(kJd + 2.4).arcsec(), 0.01 * 3600.0 * 0.05);
  EXPECT_TRUE(std::isnan(EphemerisPath{equator(2)}.doubt(kJd + 0.5).rad()));
  EXPECT_TRUE(std::isnan(EphemerisPath{table}.doubt(kJd - 0.5).rad()));
}

TEST(Motion, IsTheLengthOfTheTrail) {
  const EphemerisPath path{equator(6)};
  // 3600″ a day: 60 s at 0.5″/px are 5 px; rounding of JD is 5e-10 of 7e-4 d.
  EXPECT_NEAR(motion_px(path, kJd + 2.0, 60.0, 0.5), 5.0, 1e-5);
  EXPECT_NEAR(motion_px(path, kJd + 2.0, 0.06, 0.5), 0.005, 1e-7);
  EXPECT_NEAR(motion_px(path, kJd, 60.0, 0.5), 5.0, 2e-5);
  EXPECT_NEAR(motion_px(path, kJd + 5.0, 60.0, 0.5), 5.0, 2e-5);
  EXPECT_EQ(motion_px(path, kJd + 2.0, 0.0, 0.5), 0.0);
  EXPECT_EQ(test_of([&] { motion_px(path, kJd - 1.0, 60.0, 0.5); }), "ephemeris_span");
  EXPECT_EQ(test_of([&] { motion_px(path, kJd + 1.0, 60.0, 0.0); }), "pixel_scale");
}

TEST(EphemerisTime, IsInTheScaleOfTheTable) {
  EXPECT_EQ(ephemeris_jd(Ephemeris::Scale::utc, kJd), kJd);
  // 2020-05-31: 37 s + 32.184 s and less than 2 ms of TDB − TT; JD rounds to 40 µs.
  EXPECT_NEAR((ephemeris_jd(Ephemeris::Scale::tdb, kJd) - kJd) * kSecondsPerDay, 69.184, 2.1e-3);
}

}  // namespace
