// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/frame_catalog.hpp"
#include "io/camera.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// One raw file as its header describes it, or the reason why it cannot be used.
struct ScannedFrame {
  FrameInfo info;
  std::string stage = "scan";  ///< that set it aside, when it is
  std::string reason;          ///< empty when usable
  std::string test;
  double measured = kNaN;
  double threshold = kNaN;
  std::string digest;  ///< of header and size

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& info& stage& reason& test& measured& threshold& digest;
  }
};

/// The configured cameras, in the order of their names.
std::vector<io::Camera> cameras_of(const RunConfig& config);

/// Reads the headers of one file and says what they mean, or why it cannot be used: one frame, or
/// one per channel and plane. Nothing when run.select does not hold.
/// Throws Error{bad_config} when two cameras claim the file; never for a bad file.
std::vector<ScannedFrame> scan_file(const std::string& path, const RunConfig& config,
                                    std::span<const io::Camera> cameras);

/// The frame's file without folder, with channel and plane where there are several.
std::string label_of(const FrameInfo& info);

/// Sets aside lights whose size differs from the commonest one, and second copies of an exposure.
void reject_odd_ones(std::vector<ScannedFrame>& lights);

/// What the headers leave in doubt, camera by camera, seen in its first usable light, and dates
/// that the table of leap seconds does not reach: one sentence each, with the option that settles
/// it. Reads headers. Collective: no. Throws: never.
std::vector<std::string> header_doubts(const RunConfig& config,
                                       const std::vector<ScannedFrame>& lights);

/// Lights and calibration frames of a list, each sorted: lights by time with unusable ones last,
/// calibration frames by path. Odd lights are set aside.
struct SortedFrames {
  std::vector<ScannedFrame> lights;
  std::vector<ScannedFrame> calibration;
};
SortedFrames sort_frames(std::vector<ScannedFrame> all);

/// The configured field centre, else the median direction of the usable lights' header pointings;
/// nothing when there is neither.
std::optional<SkyPos> told_centre(const RunConfig& config, const std::vector<ScannedFrame>& lights);

/// The observer's place from the configuration, else from the first usable light's header; nothing
/// when neither tells.
std::optional<Site> site_of(const RunConfig& config, const std::vector<ScannedFrame>& lights);

/// How far from the centre catalogue stars can matter. `scale_arcsec_px` is taken instead of the
/// headers' when it is finite; their pointings then count only within the pointing tolerance.
Angle field_radius(const RunConfig& config, const std::vector<ScannedFrame>& lights,
                   const SkyPos& centre, double scale_arcsec_px = kNaN);

}  // namespace skyweft::workflows
