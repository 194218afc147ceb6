// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "bench/options.hpp"

#include "calib/masters.hpp"
#include "data/frame_catalog.hpp"
#include "data/star_catalog.hpp"
#include "simulator/render.hpp"
#include "simulator/scene.hpp"

namespace skyweft::bench {

/// One raw frame on disk with what its header says.
struct RawFrame {
  std::filesystem::path path;
  FrameInfo info;
};

/// Memory of one master frame.
struct MasterData {
  Grid<float> value;
  Grid<float> error;
  Mask mask;
  double exposure_s = 0.0;
  calib::MasterView view() const;
};

/// A simulated night: its scene, two rendered light frames on disk, and the masters that the
/// simulator itself knows (no stacking).
struct Night {
  simulator::Scene scene;
  StarCatalog field;  ///< the catalogue at the night's epoch; also the star list to measure
  std::array<RawFrame, 2> frames;
  MasterData bias, dark, flat;

  calib::Masters masters() const { return {bias.view(), dark.view(), flat.view()}; }
};

/// Simulates the night and writes the frames into options.folder. Collective: no. Throws Error{io}.
Night make_night(const Options& options);

}  // namespace skyweft::bench
