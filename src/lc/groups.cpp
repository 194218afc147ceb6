// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/groups.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"

namespace skyweft::lc {
namespace {

/// 1 for frames before the first gap, 2 for those after it, and so on.
std::vector<std::int64_t> seasons_of(std::span<const FrameRecord> frames, double gap_d) {
  std::vector<std::int64_t> seasons;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    if (f == 0)
      seasons.push_back(1);
    else
      seasons.push_back(seasons.back() +
                        (frames[f].time_utc_mid_jd - frames[f - 1].time_utc_mid_jd > gap_d));
  }
  return seasons;
}

/// One part of the groups' names, for all frames.
std::vector<std::string> parts_of(std::span<const FrameRecord> frames, const std::string& by,
                                  const GroupConfig& config) {
  std::vector<std::string> parts;
  if (by == "season") {
    for (const std::int64_t s : seasons_of(frames, config.season_gap_d))
      parts.push_back(fmt::format("season{}", s));
    return parts;
  }
  for (const FrameRecord& f : frames) {
    if (by == "camera")
      parts.push_back(f.camera);
    else if (by == "channel")
      parts.push_back(f.channel);
    else if (by == "filter")
      parts.push_back(f.filter);
    else if (by == "exposure")
      parts.push_back(fmt::format("{:g}s", f.exposure_s));
    else if (by == "night")
      parts.push_back(f.night);
    else
      throw Error{Errc::bad_config,
                  fmt::format("groups.by knows camera, channel, filter, exposure, season and "
                              "night, not '{}'",
                              by)};
  }
  return parts;
}

}  // namespace

FrameGroups group_frames(std::span<const FrameRecord> frames, const GroupConfig& config) {
  std::vector<std::vector<std::string>> names(frames.size());
  for (const std::string& by : config.by) {
    const auto parts = parts_of(frames, by, config);
    const bool differs = std::ranges::any_of(parts, [&](const auto& p) { return p != parts[0]; });
    for (std::size_t f = 0; differs && f < parts.size(); ++f)
      names[f].push_back(parts[f].empty() ? "none" : parts[f]);
  }
  FrameGroups out;
  std::map<std::string, std::int32_t> known;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    const std::string name = names[f].empty() ? "all" : fmt::format("{}", fmt::join(names[f], "/"));
    const auto [at, is_new] = known.emplace(name, static_cast<std::int32_t>(out.names.size()));
    if (is_new) {
      out.names.push_back(name);
      out.frames.emplace_back();
    }
    out.of_frame.push_back(at->second);
    out.frames[static_cast<std::size_t>(at->second)].push_back(static_cast<std::int64_t>(f));
  }
  return out;
}

}  // namespace skyweft::lc
