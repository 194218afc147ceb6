// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/frame_catalog.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// One raw file as its header describes it, or the reason why it cannot be used.
struct ScannedFrame {
  FrameInfo info;
  std::string reason;  ///< empty when usable
  std::string test;
  double measured = kNaN;
  double threshold = kNaN;
  std::string digest;  ///< of header and size

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& info& reason& test& measured& threshold& digest;
  }
};

/// Reads one header and says what it means, or why it cannot be used. Throws: never for a bad file.
ScannedFrame scan_file(const std::string& path, const RunConfig& config);

/// Sets aside lights whose size differs from the commonest one, and second copies of an exposure.
void reject_odd_ones(std::vector<ScannedFrame>& lights);

/// Lights and calibration frames of a list, each sorted: lights by time with unusable ones last,
/// calibration frames by path. Odd lights are set aside.
struct SortedFrames {
  std::vector<ScannedFrame> lights;
  std::vector<ScannedFrame> calibration;
};
SortedFrames sort_frames(std::vector<ScannedFrame> all);

/// The configured field centre, else the median direction of the usable lights' header pointings.
/// Throws Error{bad_input} when there is neither.
SkyPos field_centre(const RunConfig& config, const std::vector<ScannedFrame>& lights);

/// The observer's place from the configuration, else from the first usable light's header; nothing
/// when neither tells.
std::optional<Site> site_of(const RunConfig& config, const std::vector<ScannedFrame>& lights);

/// How far from the centre catalogue stars can matter.
Angle field_radius(const RunConfig& config, const std::vector<ScannedFrame>& lights,
                   const SkyPos& centre);

}  // namespace skyweft::workflows
