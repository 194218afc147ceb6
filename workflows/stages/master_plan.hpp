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

namespace skyweft::workflows {

/// Which calibration frames belong together, and which master a frame gets.
struct MatchOptions {
  double session_gap_h = 12.0;
  double max_age_d = 0.0;
  double temperature_tolerance_c = 3.0;
  double exposure_tolerance = 0.01;
  bool scale_darks = true;  ///< no option of its own: calibrate.dark_scale_exposure
  std::string flat = "dome";

  static constexpr auto fields() {
    using M = MatchOptions;
    return std::tuple{
        field("session_gap_h", &M::session_gap_h, "h",
              "calibration frames further apart in time make separate masters", positive),
        field("max_age_d", &M::max_age_d, "d",
              "masters further away in time, before or after, are not used; 0: any", non_negative),
        field("temperature_tolerance_c", &M::temperature_tolerance_c, "deg C",
              "bias and dark frames agree in temperature to this", non_negative),
        field("exposure_tolerance", &M::exposure_tolerance, "fraction",
              "exposure times closer than this count as equal", fraction),
        field("flat", &M::flat, "",
              "dome: clipped mean of level-normalised flats; sky: large and small scales apart, "
              "clouds and repeated pointings left out",
              one_of("dome|sky"))};
  }
};

/// Calibration frames that become one master.
struct MasterPlan {
  std::string name;                  ///< "flat_main_R_20171220"
  FrameInfo like;                    ///< its first input
  double time_jd = kNaN;             ///< median mid-exposure of the inputs, UTC
  double temperature_c = kNaN;       ///< their median
  std::vector<std::int64_t> inputs;  ///< indices into the list given, by time
};

/// Groups the frames of one type by camera, channel, binning, window, for flats filter, for bias
/// and dark temperature, for darks exposure time, and by session. A session with fewer than
/// `min_frames` joins the one nearest in time. Sorted by name.
std::vector<MasterPlan> plan_masters(std::span<const FrameInfo> calibration, FrameType type,
                                     std::int64_t min_frames, const MatchOptions& options);

/// The master a frame gets.
struct MasterChoice {
  std::int64_t index = -1;  ///< into the plans; -1: none fits
  std::string text;         ///< which one and how far away in time, or why none fits
};

/// The nearest master of `type` in absolute time with the frame's camera, channel, binning and, as
/// the type asks, filter, temperature and exposure time, that covers the frame's window. Darks of
/// equal exposure time come before scaled ones, among those the one of the nearest exposure time
/// within a session. Ties: the first by name.
MasterChoice choose_master(const FrameInfo& frame, FrameType type,
                           std::span<const MasterPlan> plans, const MatchOptions& options);

}  // namespace skyweft::workflows
