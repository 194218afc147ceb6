// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/iso_utc.hpp"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

namespace skyweft::io {
namespace {

constexpr std::int64_t kMsPerDay = 86'400'000;

}  // namespace

std::string iso_utc(double jd) {
  constexpr double kJdOfMjdZero = 2400000.5;
  if (!std::isfinite(jd) || std::abs(jd - kJdOfMjdZero) > 1e6) return {};
  return iso_utc_of_ms(std::llround((jd - kJdOfMjdZero) * static_cast<double>(kMsPerDay)));
}

std::string iso_utc_of_ms(std::int64_t ms_since_mjd_zero) {
  constexpr std::chrono::sys_days kMjdZero{std::chrono::year{1858} / std::chrono::November / 17};
  const auto day =
      std::chrono::floor<std::chrono::days>(std::chrono::milliseconds{ms_since_mjd_zero});
  const std::int64_t rest = ms_since_mjd_zero - day.count() * kMsPerDay;
  const std::chrono::year_month_day date{kMjdZero + day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
}

std::string night_of(double jd_utc, double longitude_deg) {
  // A Julian day begins at noon; local mean noon comes longitude / 360 days earlier in the east.
  const std::string noon = iso_utc(std::floor(jd_utc + longitude_deg / 360.0));
  return noon.empty() ? "undated" : noon.substr(0, 4) + noon.substr(5, 2) + noon.substr(8, 2);
}

}  // namespace skyweft::io
