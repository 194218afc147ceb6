// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/time_stamp.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <vector>

#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr double kDay = 86400.0;

std::optional<int> digits(std::string_view text) {
  int value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0;;) {
    const std::size_t stop = text.find(at, start);
    parts.push_back(text.substr(start, stop - start));
    if (stop == std::string_view::npos) return parts;
    start = stop + 1;
  }
}

std::optional<std::int64_t> mjd_of(int year, int month, int day) {
  using namespace std::chrono;
  if (month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month{static_cast<unsigned>(month)},
                            std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  constexpr std::int64_t kMjdOf1970 = 40587;
  return sys_days{date}.time_since_epoch().count() + kMjdOf1970;
}

std::optional<std::int64_t> parse_date(std::string_view text) {
  const char separator = text.find('/') != std::string_view::npos ? '/' : '-';
  const auto parts = split(text, separator);
  if (parts.size() != 3) return std::nullopt;
  const auto a = digits(parts[0]), b = digits(parts[1]), c = digits(parts[2]);
  if (!a || !b || !c) return std::nullopt;
  if (parts[0].size() == 4) return mjd_of(*a, *b, *c);
  if (separator != '/') return std::nullopt;
  if (parts[2].size() == 2) return mjd_of(1900 + *c, *b, *a);  // the FITS standard before 1997
  return parts[2].size() == 4 ? mjd_of(*c, *b, *a) : std::nullopt;
}

/// Cuts a zone off the end of a time of day; its seconds east of UTC.
std::optional<double> take_zone(std::string_view& time, bool& has_zone) {
  if (time.ends_with('Z') || time.ends_with('z')) {
    time.remove_suffix(1);
    has_zone = true;
    return 0.0;
  }
  const std::size_t at = time.find_last_of("+-");
  if (at == std::string_view::npos) return 0.0;
  has_zone = true;
  const std::string_view zone = time.substr(at + 1);
  const double sign = time[at] == '-' ? -1.0 : 1.0;
  time = trimmed(time.substr(0, at));
  const bool with_colon = zone.size() == 5 && zone[2] == ':';
  if (!with_colon && zone.size() != 4 && zone.size() != 2) return std::nullopt;
  const auto hours = digits(zone.substr(0, 2));
  const auto minutes =
      zone.size() == 2 ? std::optional{0} : digits(zone.substr(with_colon ? 3 : 2));
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600.0 + *minutes * 60.0);
}

std::optional<TimeStamp> believed(const TimeStamp& stamp) {
  const bool fine = stamp.time.mjd >= 0 && stamp.time.mjd < kEndOfTime_mjd;
  return fine ? std::optional{stamp} : std::nullopt;
}

/// A Julian date or modified Julian date; whole days and fraction are read apart unless written
/// with an exponent.
std::optional<TimeStamp> parse_day_number(std::string_view text) {
  std::int64_t whole = 0;
  double fraction = 0.0;
  const std::size_t dot = text.find('.');
  if (const auto days = digits(text.substr(0, dot));
      days && text.find_first_not_of("0123456789.") == std::string_view::npos) {
    const std::string behind{dot == std::string_view::npos ? "" : text.substr(dot)};
    const auto value = number_in("0" + behind);
    if (!value) return std::nullopt;
    whole = *days;
    fraction = *value;
  } else {
    const auto value = number_in(text);
    if (!value || text.find_first_not_of("0123456789.+EeDd") != std::string_view::npos ||
        *value < 1.0 || *value > 1e7)
      return std::nullopt;
    whole = static_cast<std::int64_t>(*value);
    fraction = *value - static_cast<double>(whole);
  }
  constexpr std::int64_t kJdOfMjd0 = 2400000;  // and a half
  TimeStamp stamp{.is_number = true};
  if (whole >= kJdOfMjd0 && whole < kJdOfMjd0 + 100000)
    stamp.time = later({whole - kJdOfMjd0, 0.0}, (fraction - 0.5) * kDay);
  else if (whole >= 10000 && whole < 100000)
    stamp.time = later({whole, 0.0}, fraction * kDay);
  else
    return std::nullopt;
  return believed(stamp);
}

}  // namespace

UtcTime later(UtcTime time, double seconds) {
  const double total = time.seconds + seconds;
  const double days = std::floor(total / kDay);
  time.mjd += static_cast<std::int64_t>(days);
  time.seconds = total - days * kDay;
  return time;
}

std::optional<double> parse_time_of_day(std::string_view text) {
  const auto parts = split(trimmed(text), ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto hours = digits(parts[0]), minutes = digits(parts[1]);
  const bool starts_well =
      parts.size() == 2 || (!parts[2].empty() && parts[2][0] >= '0' && parts[2][0] <= '9');
  const auto seconds = parts.size() == 2 ? std::optional{0.0} : number_in(parts[2]);
  if (!hours || !minutes || !seconds || !starts_well) return std::nullopt;
  if (*hours > 23 || *minutes > 59 || *seconds < 0.0 || *seconds >= 61.0) return std::nullopt;
  return *hours * 3600.0 + *minutes * 60.0 + *seconds;
}

std::optional<TimeStamp> parse_time_stamp(std::string_view text) {
  text = trimmed(text);
  if (const auto number = parse_day_number(text)) return number;
  const std::size_t at = text.find_first_of("Tt ");
  const std::string_view date = text.substr(0, at);
  const auto mjd = parse_date(date);
  if (!mjd) return std::nullopt;
  TimeStamp stamp{.time = {*mjd, 0.0}, .has_time = at != std::string_view::npos};
  stamp.is_old = date.find('/') < 4;
  if (!stamp.has_time) return believed(stamp);
  std::string_view time = trimmed(text.substr(at + 1));
  const auto zone_s = take_zone(time, stamp.has_zone);
  const auto seconds = parse_time_of_day(time);
  if (!zone_s || !seconds) return std::nullopt;
  stamp.time = later(stamp.time, *seconds - *zone_s);
  return believed(stamp);
}

}  // namespace skyweft::io
