// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/night.hpp"
#include "bench/table.hpp"

#include "data/frame.hpp"
#include "data/wcs.hpp"
#include "phot/apertures.hpp"

namespace skyweft::bench {

/// What the frame stages leave behind, for the peers.
struct FrameProducts {
  Frame frame;
  double sky_rms_e = 0.0;
  double fwhm_px = 0.0;
  std::vector<double> found_x_px;  ///< all detections
  std::vector<double> found_y_px;
  std::vector<double> x_px;  ///< [star] where the listed stars are; NaN outside the sky
  std::vector<double> y_px;
};

/// Ten apertures of 1.5 to 6 px, as all comparisons have them.
phot::ApertureConfig ten_apertures();

/// Times every step of one frame, each kernel called as src/steps calls it. Collective: no.
FrameProducts time_frame_stages(const Options& options, const Floors& floors, const Night& night,
                                Table& table);

}  // namespace skyweft::bench
