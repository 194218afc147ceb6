// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulator/scene.hpp"
#include "simulator/sim_config.hpp"

namespace skyweft::simulator {

/// One field observed on config.n_nights nights by config.n_cameras cameras at once.
struct Season {
  std::vector<Scene> cameras;  ///< at least one; the same stars and variables in all
};

/// The scenes of all cameras. Throws as make_scene() does. Collective: no.
Season make_season(const SimConfig& config);

/// What camera `i_camera` is like when the first is like `first`: camera 0 is the first itself.
/// Each further one has, compared with the one before, 1.2 times the gain, 0.9 times the scale,
/// 1.15 times the FWHM and read noise, 0.3 mag less light, a colour term larger by 0.08, another
/// filter, is turned by 5°, points (12, −8) px away, drifts the other way along x, and has its own
/// seed, hence its own detector and noise.
SimConfig camera_config(const SimConfig& first, std::int64_t i_camera);

/// "cam1" for camera 0.
std::string camera_name(std::int64_t i_camera);

/// INSTRUME of its headers: numbered when there are several cameras.
std::string instrument_name(const SimConfig& config, std::int64_t i_camera);

/// The folder of a night's light frames: "light", or "light/night1" when there are several.
std::string light_folder(const SimConfig& config, std::int64_t i_night);

/// The file name of light frame `i_frame` of a camera: "light_00007.fits", or
/// "light_n1_cam1_00007.fits" in a season, frames then counted within the night.
std::string light_name(const SimConfig& config, std::int64_t i_camera, std::int64_t i_frame);

}  // namespace skyweft::simulator
