// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::lc {

struct GroupConfig {
  std::vector<std::string> by{"camera", "channel", "filter", "season"};
  double season_gap_d = 60.0;
  static constexpr auto fields() {
    using C = GroupConfig;
    return std::tuple{
        field("by", &C::by, "",
              "frames that agree in these are detrended together: camera, channel, filter, "
              "exposure, season, night"),
        field("season_gap_d", &C::season_gap_d, "d",
              "a gap in time longer than this begins a new season", positive)};
  }
};

/// The observing groups of the frames of a star store: a partition of its frame axis. Magnitude
/// fitting, EPD and TFA treat each group by itself (science.md 3.12 to 3.14).
struct FrameGroups {
  std::vector<std::string> names;                 ///< [group], e.g. "wide/r/season1"
  std::vector<std::int32_t> of_frame;             ///< [frame] index into names
  std::vector<std::vector<std::int64_t>> frames;  ///< [group] ascending frame positions
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(names.size()); }
};

/// Groups `frames`, which ascend in time; groups are numbered by their first frame. A part of the
/// name that is the same for all frames is left out; a single group is called "all". Collective:
/// no. Throws Error{bad_config} for an unknown name in config.by.
FrameGroups group_frames(std::span<const FrameRecord> frames, const GroupConfig& config);

}  // namespace skyweft::lc
