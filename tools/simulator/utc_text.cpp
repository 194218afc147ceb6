// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <chrono>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "core/error.hpp"
#include "simulator/scene.hpp"

namespace skyweft::simulator {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;
constexpr std::chrono::sys_days kMjdZero{std::chrono::year{1858} / std::chrono::November / 17};

}  // namespace

std::int64_t parse_utc_ms(const std::string& text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0.0;
  const int n =
      std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%lf", &year, &month, &day, &hour, &minute, &second);
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  const bool time_ok =
      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0.0 && second < 60.0;
  if (n != 6 || !date.ok() || !time_ok)
    throw Error{Errc::bad_config,
                fmt::format("start_utc \"{}\" is not a time; write 2024-02-10T03:00:00", text)};
  const std::int64_t mjd = (std::chrono::sys_days{date} - kMjdZero).count();
  return mjd * kMsPerDay + (hour * 60 + minute) * 60'000 + std::llround(second * 1000.0);
}

double jd_of_ms(std::int64_t ms) {
  const std::int64_t mjd = ms / kMsPerDay;
  return static_cast<double>(mjd + 2'400'000) +
         (0.5 + static_cast<double>(ms % kMsPerDay) / static_cast<double>(kMsPerDay));
}

}  // namespace skyweft::simulator
