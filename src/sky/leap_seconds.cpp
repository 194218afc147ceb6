// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/leap_seconds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::sky {
namespace {

constexpr double kJdOf1900 = 2415020.5;
constexpr std::int64_t kDay_s = 86400;

double jd_of(std::int64_t seconds_since_1900) {
  return kJdOf1900 + static_cast<double>(seconds_since_1900) / kSecondsPerDay;
}

[[noreturn]] void refuse(const char* test, double measured, double threshold, std::string why) {
  throw Error{Errc::bad_input, fmt::format("the table of leap seconds: {}; take leap-seconds.list "
                                           "as the IERS publishes it",
                                           why)}
      .because({test, measured, threshold});
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

/// Takes a whole number and the blanks around it off the front of `text`.
std::optional<std::int64_t> take_integer(std::string_view& text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (!text.empty() && !is_blank(text.front())) return std::nullopt;
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return value;
}

constexpr std::int64_t kLatest_s = std::int64_t{400} * 366 * kDay_s;  // the year 2300

void add_entry(LeapSeconds& out, std::string_view line, std::int64_t n_line) {
  const auto number = static_cast<double>(n_line);
  const auto seconds = take_integer(line);
  const auto offset = seconds ? take_integer(line) : std::nullopt;
  if (!offset || (!line.empty() && line.front() != '#') || *seconds < 0 || *seconds > kLatest_s)
    refuse("leap_seconds_line", number, 0.0,
           fmt::format("line {} is not \"SECONDS OFFSET # date\"", n_line));
  const auto value = static_cast<double>(*offset);
  if (*seconds % kDay_s != 0)
    refuse("leap_seconds_step", static_cast<double>(*seconds % kDay_s), 0.0,
           fmt::format("line {} does not begin at midnight", n_line));
  if (!out.entries.empty()) {
    const LeapSeconds::Entry& last = out.entries.back();
    if (!(jd_of(*seconds) > last.from_jd))
      refuse("leap_seconds_step", number, 0.0,
             fmt::format("line {} is not later than the one before", n_line));
    if (std::abs(value - last.tai_minus_utc_s) != 1.0)
      refuse("leap_seconds_step", value - last.tai_minus_utc_s, 1.0,
             fmt::format("line {} steps by other than one second", n_line));
  }
  out.entries.push_back({jd_of(*seconds), value});
}

}  // namespace

const LeapSeconds& shipped_leap_seconds() {
  static const LeapSeconds kTable{
      .entries = {{2441317.5, 10}, {2441499.5, 11}, {2441683.5, 12}, {2442048.5, 13},
                  {2442413.5, 14}, {2442778.5, 15}, {2443144.5, 16}, {2443509.5, 17},
                  {2443874.5, 18}, {2444239.5, 19}, {2444786.5, 20}, {2445151.5, 21},
                  {2445516.5, 22}, {2446247.5, 23}, {2447161.5, 24}, {2447892.5, 25},
                  {2448257.5, 26}, {2448804.5, 27}, {2449169.5, 28}, {2449534.5, 29},
                  {2450083.5, 30}, {2450630.5, 31}, {2451179.5, 32}, {2453736.5, 33},
                  {2454832.5, 34}, {2456109.5, 35}, {2457204.5, 36}, {2457754.5, 37}},
      .expires_jd = 2461219.5};
  return kTable;
}

LeapSeconds parse_leap_seconds(std::string_view text) {
  LeapSeconds out;
  std::int64_t n_line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++n_line;
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    if (line.empty()) continue;
    if (!line.starts_with('#')) {
      add_entry(out, line, n_line);
    } else if (line.starts_with("#@")) {
      line.remove_prefix(2);
      const auto seconds = take_integer(line);
      if (!seconds || !line.empty() || *seconds < 0 || *seconds > kLatest_s)
        refuse("leap_seconds_line", static_cast<double>(n_line), 0.0,
               fmt::format("line {} is not \"#@ SECONDS\"", n_line));
      out.expires_jd = jd_of(*seconds);
    }
  }
  const auto& known = shipped_leap_seconds().entries;
  if (out.entries.size() < known.size() ||
      !std::equal(known.begin(), known.end(), out.entries.begin()))
    refuse("leap_seconds_known", static_cast<double>(out.entries.size()),
           static_cast<double>(known.size()),
           "it lacks or contradicts leap seconds that are known since 2017");
  if (!(out.expires_jd > out.entries.back().from_jd))
    refuse("leap_seconds_expiry", out.expires_jd, out.entries.back().from_jd,
           "it does not say until when it holds (line \"#@ SECONDS\")");
  return out;
}

double tai_minus_utc_s(const LeapSeconds& table, double utc_jd) {
  const auto next =
      std::ranges::upper_bound(table.entries, utc_jd, {}, &LeapSeconds::Entry::from_jd);
  return next == table.entries.begin() ? kNaN : std::prev(next)->tai_minus_utc_s;
}

std::string doubt_about(const LeapSeconds& table, double utc_jd) {
  if (!(utc_jd > table.expires_jd)) return {};
  return fmt::format(
      "JD {:.1f} (UTC) is later than JD {:.1f}, up to which leap seconds are known: times in TDB "
      "may be off by a second; set time.leap_seconds to a newer leap-seconds.list",
      utc_jd, table.expires_jd);
}

}  // namespace skyweft::sky
