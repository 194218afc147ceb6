// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "calib/photon_transfer.hpp"
#include "calib/photon_transfer_dark.hpp"
#include "calib/photon_transfer_linearity.hpp"
#include "calib/shutter.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::workflows {

/// Bias, dark and flat frames of one camera, channel, binning and window.
struct DetectorFrames {
  std::string camera;
  std::string channel;
  std::vector<FrameInfo> bias;   ///< by time
  std::vector<FrameInfo> darks;  ///< by time
  std::vector<FrameInfo> flats;  ///< by filter, exposure and time
  const FrameInfo& any() const {
    return !bias.empty() ? bias[0] : darks.empty() ? flats[0] : darks[0];
  }
  std::string label() const;  ///< "camera main, binning 1x1"
};

/// Sorts usable frames into detectors, in the order of their names; lights are left out.
std::vector<DetectorFrames> sort_into_detectors(const std::vector<FrameInfo>& frames);

/// Flats of equal filter and exposure (to 0.1 %), two and two in order of time; one left over is in
/// no pair. Indices into `flats` as sort_into_detectors() left them.
std::vector<std::pair<std::size_t, std::size_t>> flat_pairs(const std::vector<FrameInfo>& flats);

/// What is missing to measure these frames, as one sentence; empty when they suffice.
std::string missing_for_detector(const DetectorFrames& frames);

struct HotPixel {
  std::int64_t ix = 0;  ///< of the frame, 0-based
  std::int64_t iy = 0;
  double rate_adu_s = 0.0;
};

struct AmplifierReport {
  std::string name;  ///< "" for the only one
  PixelBox box;      ///< of the frame
  calib::PhotonTransfer transfer;
  double bias_adu = kNaN;       ///< raw level without light
  double full_well_adu = kNaN;  ///< above bias; NaN: not reached
  double brightest_adu = kNaN;  ///< above bias: level of the brightest pair
  std::optional<calib::DarkRate> dark;
  double dark_temperature_c = kNaN;
  calib::DarkWarming warming;
  std::optional<calib::Linearity> linearity;
  std::string linearity_filter;
  std::vector<calib::PairNoise> pairs;  ///< typical box of every flat pair, by level
  std::vector<calib::LampLevel> lamp;   ///< what the linearity comes from
  std::vector<HotPixel> hottest;        ///< at most 20, hottest first
  std::int64_t n_hot = 0;
  std::int64_t n_fault = 0;     ///< dead, unstable, bad columns
  std::int64_t n_low_flat = 0;  ///< response below a fifth
  std::int64_t n_bad = 0;       ///< pixels with any of these
};

struct DetectorReport {
  DetectorFrames frames;
  std::vector<AmplifierReport> amplifiers;
  Mask bad;  ///< [ny][nx] of the assembled frame
  std::optional<calib::ShutterMap> shutter;
  std::vector<std::string> notes;  ///< what could not be measured, and why
};

/// Measures a detector; reads every frame once, two at a time in memory beside four sums.
/// Throws Error{bad_input} for frames that do not suffice or cannot be read. Collective: no.
DetectorReport measure_detector(const DetectorFrames& frames,
                                const calib::PhotonTransferConfig& config);

}  // namespace skyweft::workflows
