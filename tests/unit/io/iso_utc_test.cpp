// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/iso_utc.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "io/time_stamp.hpp"

namespace skyweft::io {
namespace {

TEST(IsoUtc, WritesKnownDates) {
  EXPECT_EQ(iso_utc(2451545.0), "2000-01-01T12:00:00.000");
  EXPECT_EQ(iso_utc(2440587.5), "1970-01-01T00:00:00.000");
  EXPECT_EQ(iso_utc(2440587.5 - 0.25), "1969-12-31T18:00:00.000");
  EXPECT_EQ(iso_utc(std::numeric_limits<double>::quiet_NaN()), "");
}

TEST(IsoUtc, IsReadBackToHalfAMillisecondAndAJulianDatesRounding) {
  // A double of JD resolves 40 µs; half a millisecond is lost in rounding the text.
  for (double jd = 2458107.123456; jd < 2458117.0; jd += 0.37)
    EXPECT_NEAR(parse_time_stamp(iso_utc(jd))->time.jd(), jd, 0.6e-3 / 86400.0);
}

}  // namespace
}  // namespace skyweft::io
