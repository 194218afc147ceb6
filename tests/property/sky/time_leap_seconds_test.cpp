// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <random>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/time.hpp"

namespace {

using namespace skyweft;

std::string list_text() {
  std::string text = "# leap seconds\n#@ 3991593600\n";
  for (const auto& e : sky::shipped_leap_seconds().entries)
    text += fmt::format("{:.0f} {:.0f} # a date\n", (e.from_jd - 2415020.5) * 86400.0,
                        e.tai_minus_utc_s);
  return text;
}

}  // namespace

// Whatever happens to a file: it is refused, or what is read keeps every leap second that is known
// and has an expiry behind them.
TEST(LeapSeconds, OfDamagedFilesAreRefusedOrHoldWhatIsKnown) {
  std::mt19937 random{1};
  const std::string whole = list_text();
  ASSERT_NO_THROW((void)sky::parse_leap_seconds(whole));
  const std::string letters = "0123456789 #@\n\t-.x";
  int n_refused = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    std::string text = whole;
    for (int k = 0; k < 1 + trial % 3 && !text.empty(); ++k) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = letters[random() % letters.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 20);
          break;
        case 2:
          text.insert(at, 1, letters[random() % letters.size()]);
          break;
        default:
          text.resize(at + 1);
      }
    }
    try {
      const auto table = sky::parse_leap_seconds(text);
      const auto& known = sky::shipped_leap_seconds().entries;
      ASSERT_GE(table.entries.size(), known.size()) << text;
      EXPECT_TRUE(std::equal(known.begin(), known.end(), table.entries.begin())) << text;
      EXPECT_GT(table.expires_jd, table.entries.back().from_jd) << text;
    } catch (const Error& error) {
      ++n_refused;
      EXPECT_EQ(error.code(), Errc::bad_input);
      EXPECT_TRUE(error.test().has_value());
    }
  }
  EXPECT_GT(n_refused, 2500);
}

// TDB advances with UTC, second by second, but for leap seconds at the midnights of the table,
// where it advances by one more. 1 ms of the second step is far above the 40 µs of a JD.
TEST(FrameTime, AdvancesEvenlyButForLeapSeconds) {
  const auto& table = sky::shipped_leap_seconds();
  std::mt19937 random{2};
  std::uniform_real_distribution<double> day{2441318.5, 2461000.5};
  std::vector<double> midnights;
  for (int k = 0; k < 100; ++k) midnights.push_back(std::floor(day(random)) + 0.5);
  for (std::size_t e = 1; e < table.entries.size(); ++e)
    midnights.push_back(table.entries[e].from_jd);
  for (const double midnight : midnights) {
    const double before = midnight - 10.0 / 86400.0;
    const double after = midnight + 10.0 / 86400.0;
    const double passed_s =
        (sky::frame_time(after, {}).tdb_jd - sky::frame_time(before, {}).tdb_jd) * 86400.0;
    const double leap_s = sky::tai_minus_utc_s(table, after) - sky::tai_minus_utc_s(table, before);
    EXPECT_NEAR(passed_s, 20.0 + leap_s, 1e-3) << midnight;
  }
}
