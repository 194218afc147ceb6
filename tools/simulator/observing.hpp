// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/wcs.hpp"
#include "simulator/scene.hpp"

namespace skyweft::simulator {

/// All that is true of one light frame, without its pixels; columns are [star], catalogue order.
struct FrameTruth {
  std::int64_t i_frame = 0;  ///< over all cameras: i_camera · n_light + frame of the camera
  std::int64_t i_camera = 0;
  std::int64_t i_night = 0;
  std::string file;
  std::int64_t start_ms = 0;  ///< UTC since MJD 0
  double time_utc_mid_jd = 0.0;
  double bjd_tdb = 0.0;  ///< at the frame's centre
  Wcs wcs;
  double rotation_deg = 0.0;
  double fwhm_px = 0.0;           ///< at the frame's centre
  double airmass = 0.0;           ///< at the frame's centre
  double transparency_mag = 0.0;  ///< clouds at the frame's centre, without extinction
  double sky_e_per_px = 0.0;      ///< at the frame's centre, before the flat

  std::vector<double> flux_e;              ///< through atmosphere and instrument, before the flat
  std::vector<double> relative_variation;  ///< of variable stars, 1 for the others
  std::vector<double> x_px;
  std::vector<double> y_px;
  std::vector<double> star_bjd_tdb;
};

/// The plate solution of the undisturbed pointing: TAN and cubic distortion about the centre.
Wcs base_wcs(const SimConfig& config);

/// The truth of light frame `i_frame` of the scene's camera, from the scene and the frame number
/// alone: any rank may ask, in any order. Stars under the horizon get no light. Collective: no.
FrameTruth frame_truth(const Scene& scene, std::int64_t i_frame);

/// Width and elongation of the stars at a place of a frame of this central width.
StarShape shape_at(const SimConfig& config, double fwhm_px, const PixelPos& at);

}  // namespace skyweft::simulator
