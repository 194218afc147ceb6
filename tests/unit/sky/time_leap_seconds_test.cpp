// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>

#include <erfa.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/time.hpp"

namespace {

using namespace skyweft;

/// The table as the IERS writes it, with more lines behind.
std::string list_text(const std::string& more = "", const std::string& expiry = "#@ 3991593600\n") {
  std::string text = "#\tATOMIC TIME\n#$\t3960835200\n" + expiry + "\n";
  for (const auto& e : sky::shipped_leap_seconds().entries)
    text += fmt::format("{:.0f}\t{:.0f}\t# a date\n", (e.from_jd - 2415020.5) * 86400.0,
                        e.tai_minus_utc_s);
  return text + more;
}

constexpr std::int64_t kNewYear2027 = 4007750400;  // 46386 days after 1900-01-01

std::string refusal_of(const std::string& text) {
  try {
    (void)sky::parse_leap_seconds(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input);
    return error.test() ? error.test()->name : "no test";
  }
  return "";
}

double tdb_minus_utc_s(double utc_jd, const sky::LeapSeconds& table) {
  return (sky::frame_time(utc_jd, {}, table).tdb_jd - utc_jd) * 86400.0;
}

}  // namespace

TEST(LeapSeconds, ShippedAreThoseOfErfaOnTheFirstOfEveryMonth) {
  for (int year = 1972; year <= 2025; ++year)
    for (int month = 1; month <= 12; ++month) {
      double midnight = 0, mjd = 0, expected = 0;
      ASSERT_EQ(eraCal2jd(year, month, 1, &midnight, &mjd), 0);
      ASSERT_GE(eraDat(year, month, 1, 0.0, &expected), 0);
      const double jd = midnight + mjd;
      EXPECT_EQ(sky::tai_minus_utc_s(sky::shipped_leap_seconds(), jd), expected) << year << month;
      // The last second before the month still has the old offset.
      if (year == 1972 && month == 1) continue;
      ASSERT_GE(eraDat(month > 1 ? year : year - 1, month > 1 ? month - 1 : 12, 28, 0.0, &expected),
                0);
      EXPECT_EQ(sky::tai_minus_utc_s(sky::shipped_leap_seconds(), jd - 1e-5), expected);
    }
  EXPECT_TRUE(std::isnan(sky::tai_minus_utc_s(sky::shipped_leap_seconds(), 2441317.4)));
}

TEST(LeapSeconds, ParsedFromTheirFileAreTheShippedOnes) {
  EXPECT_EQ(sky::parse_leap_seconds(list_text()), sky::shipped_leap_seconds());
  std::string dos;
  for (const char c : list_text()) dos += c == '\n' ? std::string{"\r\n"} : std::string{c};
  EXPECT_EQ(sky::parse_leap_seconds(dos), sky::shipped_leap_seconds());
}

TEST(LeapSeconds, OfANewerFileReachTheTimeOfAFrame) {
  const auto newer = sky::parse_leap_seconds(
      list_text(fmt::format("{} 38 # 1 Jan 2027", kNewYear2027), "#@ 4023388800\n"));
  ASSERT_EQ(newer.entries.size(), sky::shipped_leap_seconds().entries.size() + 1);
  EXPECT_EQ(newer.entries.back().from_jd, 2461406.5);
  const double in_2027 = 2461500.25;
  // One double of JD resolves 40 µs, twice.
  EXPECT_NEAR(
      tdb_minus_utc_s(in_2027, newer) - tdb_minus_utc_s(in_2027, sky::shipped_leap_seconds()), 1.0,
      1e-4);
  EXPECT_NE(sky::doubt_about(sky::shipped_leap_seconds(), in_2027), "");
  EXPECT_EQ(sky::doubt_about(newer, in_2027), "");
}

// 2026-06-28 is JD 2461219.5.
TEST(LeapSeconds, BeyondTheirExpiryAreDoubted) {
  const auto& table = sky::shipped_leap_seconds();
  EXPECT_EQ(sky::doubt_about(table, 2461219.5), "");
  EXPECT_NE(sky::doubt_about(table, 2461219.6).find("2461219.5"), std::string::npos);
  EXPECT_EQ(sky::doubt_about(table, kNaN), "");
}

TEST(LeapSeconds, AreRefusedFromBrokenFiles) {
  EXPECT_EQ(refusal_of(""), "leap_seconds_known");
  EXPECT_EQ(refusal_of("<html>not found</html>"), "leap_seconds_line");
  const std::string whole = list_text();
  EXPECT_EQ(refusal_of(whole.substr(0, whole.find("3345062400"))), "leap_seconds_known");
  EXPECT_EQ(refusal_of(whole.substr(0, whole.find("3345062400") + 7)), "leap_seconds_line");
  EXPECT_EQ(refusal_of(list_text("", "")), "leap_seconds_expiry");
  EXPECT_EQ(refusal_of(list_text("", "#@ 3692217600\n")), "leap_seconds_expiry");
  EXPECT_EQ(refusal_of(list_text("", "#@ soon\n")), "leap_seconds_line");
  EXPECT_EQ(refusal_of(list_text("4007750400\n")), "leap_seconds_line");
  EXPECT_EQ(refusal_of(list_text("4007750400 38 39\n")), "leap_seconds_line");
  EXPECT_EQ(refusal_of(list_text("4007750400 38.5\n")), "leap_seconds_line");
  EXPECT_EQ(refusal_of(list_text("99999999999999999999 38\n")), "leap_seconds_line");
  EXPECT_EQ(refusal_of(list_text("4007750401 38\n")), "leap_seconds_step");
  EXPECT_EQ(refusal_of(list_text("4007750400 40\n")), "leap_seconds_step");
  EXPECT_EQ(refusal_of(list_text("4007750400 37\n")), "leap_seconds_step");
  EXPECT_EQ(refusal_of(list_text("3692217600 38\n")), "leap_seconds_step");
  std::string changed = list_text();
  changed.replace(changed.find("3692217600"), 10, "3660681600");  // a year early
  EXPECT_EQ(refusal_of(changed), "leap_seconds_known");
}

// The leap second at the end of 2016-12-31 (JD 2457753.5 is its midnight): TDB − UTC is 36 s +
// 32.184 s all day, also at 23:59:59, and 37 s + 32.184 s from the next midnight. Periodic terms of
// TDB stay below 2 ms; a JD resolves 40 µs.
TEST(FrameTime, CountsTheSecondsOfALeapDayAsClocksDo) {
  const auto& table = sky::shipped_leap_seconds();
  EXPECT_NEAR(tdb_minus_utc_s(2457753.5, table), 68.184, 2.1e-3);
  EXPECT_NEAR(tdb_minus_utc_s(2457754.0, table), 68.184, 2.1e-3);
  EXPECT_NEAR(tdb_minus_utc_s(2457754.5 - 1.0 / 86400.0, table), 68.184, 2.1e-3);
  EXPECT_NEAR(tdb_minus_utc_s(2457754.5, table), 69.184, 2.1e-3);
}

// 1965-01-01: TAI − UTC = 3.5401300 s + (MJD 38761 − 38761) × 0.001296 s.
TEST(FrameTime, BeforeThe1972TableUsesTheRatesOfThatTime) {
  EXPECT_NEAR(tdb_minus_utc_s(2438761.5, sky::shipped_leap_seconds()), 32.184 + 3.54013, 2.1e-3);
}
