// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "steps/frame_work.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// What became of one trial frame; light enough to be gathered.
struct Trial {
  std::int64_t i_light = 0;
  FrameRecord record;
  std::int64_t n_bright = 0;  ///< detections above stars.min_snr
  std::int64_t nx = 0;
  std::int64_t ny = 0;

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& i_light& record& n_bright& nx& ny;
  }
};

/// The lights themselves.
std::vector<ScannedFrame> founders_of(const RunContext& run, const RunState& state);

/// Takes one light through `names` in memory. Collective: no.
steps::FrameWork look_at_light(const RunContext& run, const RunState& state, std::int64_t i_light,
                               const std::vector<std::string>& names);

/// The usable lights of the first night of every camera and channel: what the star list and the
/// first solutions are taken from, so that further nights leave them as they are. Ascending.
std::vector<std::int64_t> founding_lights(const RunContext& run, const RunState& state);

/// Takes up to stars.trial_frames lights through `names`, spread evenly over the first night of
/// each camera and channel, at least one of each. Equal on all ranks. Collective.
std::vector<Trial> try_frames(const RunContext& run, const RunState& state,
                              const std::vector<std::string>& names);

/// The median FWHM of the good trials of every camera and channel.
std::map<std::string, double> widths_of(const std::vector<Trial>& trials, const RunState& state);

/// Why the trials failed, a line each, equal reasons once.
std::string reasons_of(const std::vector<Trial>& trials);

}  // namespace skyweft::workflows
