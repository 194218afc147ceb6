// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_time.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/log.hpp"

namespace skyweft::io {
namespace {

double seconds_between(const UtcTime& from, const UtcTime& to) {
  return static_cast<double>(to.mjd - from.mjd) * 86400.0 + (to.seconds - from.seconds);
}

/// In UTC: a local clock's offset is taken off where the stamp shows no zone.
UtcTime in_utc(const TimeStamp& stamp, const CameraConfig& config) {
  const bool is_local =
      std::isfinite(config.clock_utc_offset_h) && !stamp.has_zone && !stamp.is_number;
  return is_local ? later(stamp.time, -3600.0 * config.clock_utc_offset_h) : stamp.time;
}

/// A stamp that has a time of day, taken from a second keyword where the first is a bare date.
std::optional<UtcTime> full_stamp(const HeaderView& view, const PreparedCamera& camera,
                                  const KeyEntry& key, const std::string& text, Doubts& doubts) {
  const auto stamp = parse_time_stamp(text);
  if (!stamp)
    refuse(view.path, "has_time",
           fmt::format("{} = '{}' is no time stamp known here, from 1858 to 2100",
                       printable(key.text), printable(text)));
  if (stamp->is_old)
    doubts.add(
        fmt::format("{} is written with the day first ('{}'), two digits of the year mean "
                    "19yy: check the date",
                    printable(key.text), printable(text)));
  if (stamp->has_time) return in_utc(*stamp, camera.config);
  for (const KeyEntry& time_key : camera.start_time) {
    const auto time = view.text(time_key);
    if (!time) continue;
    if (const auto seconds = parse_time_of_day(*time)) {
      TimeStamp both = *stamp;
      both.time = later(both.time, *seconds);
      return in_utc(both, camera.config);
    }
    if (const auto both = parse_time_stamp(*time); both && both->has_time)
      return in_utc(*both, camera.config);
  }
  return std::nullopt;
}

void check_time_system(const HeaderView& view, const CameraConfig& config, Doubts& doubts) {
  const auto system = view.header.text("TIMESYS");
  if (!system) return;
  const std::string name = lower_case(*system);
  const bool has_offset = std::isfinite(config.clock_utc_offset_h);
  if (name == "utc" || name == "ut" || name == "gmt") {
    if (has_offset)
      doubts.add("TIMESYS says UTC, but clock_utc_offset_h is set and counts: check which is true");
    return;
  }
  const bool is_local = name == "local" || name == "lt";
  if (is_local && has_offset) return;
  refuse(view.path, "timesys_is_utc",
         fmt::format("TIMESYS is '{}' but only UTC stamps are understood; {}", printable(*system),
                     is_local ? "set clock_utc_offset_h" : "correct the header"));
}

/// The first usable stamp of `keys`.
std::optional<UtcTime> first_stamp(const HeaderView& view, const PreparedCamera& camera,
                                   const KeyEntries& keys, Doubts& doubts) {
  for (const KeyEntry& key : keys)
    if (const auto text = view.text(key))
      if (const auto stamp = full_stamp(view, camera, key, *text, doubts)) return stamp;
  return std::nullopt;
}

void check_end(const HeaderView& view, const PreparedCamera& camera, const UtcTime& mid,
               double exposure_s, Doubts& doubts) {
  constexpr double kAllowed_s = 2.0;
  constexpr double kAllowedFraction = 0.1;
  for (const KeyEntry& key : camera.end) {
    const auto text = view.text(key);
    const auto stamp = text ? parse_time_stamp(*text) : std::nullopt;
    if (!stamp || !stamp->has_time) continue;
    const double off_s = seconds_between(mid, in_utc(*stamp, camera.config)) - 0.5 * exposure_s;
    if (std::abs(off_s) > std::max(kAllowed_s, kAllowedFraction * exposure_s))
      doubts.add(fmt::format(
          "{} is {:.1f} s {} start and exposure time say: check time_reference "
          "and exposure_keys",
          printable(key.text), std::abs(off_s), off_s > 0.0 ? "later than" : "earlier than"));
    return;
  }
}

}  // namespace

bool is_believed(const UtcTime& time) {
  return time.mjd >= 0 && time.mjd < kEndOfTime_mjd;
}

UtcTime mid_time(const HeaderView& view, const PreparedCamera& camera, double exposure_s,
                 bool is_cube, Doubts& doubts) {
  const CameraConfig& config = camera.config;
  check_time_system(view, config, doubts);
  auto mid = first_stamp(view, camera, camera.mid, doubts);
  if (!mid) {
    const double to_mid = config.time_reference == "mid"   ? 0.0
                          : config.time_reference == "end" ? -0.5
                                                           : 0.5;
    mid = first_stamp(view, camera, camera.start, doubts);
    if (mid) mid = later(*mid, to_mid * exposure_s);
  }
  if (!mid)
    refuse(view.path, "has_time",
           fmt::format(
               "no time in the header (looked for {}, and {} beside a bare date); set start_keys",
               joined(camera.start), joined(camera.start_time)));
  if (!is_cube) check_end(view, camera, *mid, exposure_s, doubts);
  constexpr double kFarthest_s = 1e10;
  const bool near = std::abs(config.time_offset_s) <= kFarthest_s;
  const UtcTime out = near ? later(*mid, config.time_offset_s) : UtcTime{-1, 0.0};
  if (!is_believed(out))
    refuse(view.path, "has_time",
           "the time is before 1858-11-17 or after 2100; check start_keys, "
           "time_offset_s and clock_utc_offset_h");
  return out;
}

}  // namespace skyweft::io
