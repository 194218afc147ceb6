// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/iso_utc.hpp"

#include <chrono>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace skyweft::io {

std::string iso_utc(double jd) {
  constexpr double kJdOf1970 = 2440587.5;
  constexpr std::int64_t kMsPerDay = 86'400'000;
  if (!std::isfinite(jd) || std::abs(jd - kJdOf1970) > 1e6) return {};
  const std::int64_t ms = std::llround((jd - kJdOf1970) * static_cast<double>(kMsPerDay));
  const std::int64_t day = ms >= 0 ? ms / kMsPerDay : -((-ms + kMsPerDay - 1) / kMsPerDay);
  const std::int64_t rest = ms - day * kMsPerDay;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     rest / 3'600'000, rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
}

}  // namespace skyweft::io
