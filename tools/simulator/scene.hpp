// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/grid.hpp"
#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "data/star_catalog.hpp"
#include "simulator/sim_config.hpp"
#include "simulator/star_shape.hpp"
#include "simulator/variability.hpp"

namespace skyweft::simulator {

/// The detector's fixed properties, all [ny][nx].
struct Detector {
  Grid<float> bias_adu;
  Grid<float> dark_e_per_s;              ///< hot pixels included
  Grid<float> flat;                      ///< relative response, median near 1
  std::vector<std::int64_t> hot_pixels;  ///< iy·nx + ix, ascending
};

/// All that does not change from frame to frame of one camera.
struct Scene {
  SimConfig config;  ///< of this camera
  std::int64_t i_camera = 0;
  std::int64_t sky_seed = 1;  ///< of the clouds, which all cameras share
  Site site;
  StarCatalog catalogue;        ///< Gaia-like, epoch 2016.0, sorted by id
  std::vector<SkyPos> at_date;  ///< [star] where the stars are on the first night
  std::vector<Variable> variables;
  Detector detector;
  StarProfile profile{"moffat", 3.5};
  std::int64_t start_ms = 0;  ///< start of the first light frame, UTC milliseconds since MJD 0

  std::int64_t n_star() const noexcept { return catalogue.size(); }
  /// Light frames of all nights; frame i belongs to night i / n_frames, counted from 0.
  std::int64_t n_light() const noexcept {
    return static_cast<std::int64_t>(config.n_nights) * config.n_frames;
  }
};

/// Draws the stars, chooses the variable ones and makes the detector. Costs about n_stars² / 2
/// comparisons only for the bright stars. Throws Error{bad_config} for a start time that cannot be
/// read, a faint limit not below the bright one, or a field under the horizon at mid-night.
/// Collective: no; every rank makes the same scene.
Scene make_scene(const SimConfig& config);

/// The scene of a further camera (camera_config(), season.hpp) under the sky of the first one's:
/// the same stars, variables and clouds, its own detector; it starts 17 s later. Collective: no.
Scene make_further_scene(const Scene& first, std::int64_t i_camera);

/// The magnitude whose centred image just saturates a pixel of the mean frame.
double saturation_mag(const SimConfig& config, const StarProfile& profile);

/// UTC milliseconds since MJD 0 of "2024-02-10T03:00:00[.sss][Z]"; throws Error{bad_config}.
std::int64_t parse_utc_ms(const std::string& text);

/// The same as Julian date.
double jd_of_ms(std::int64_t ms);

}  // namespace skyweft::simulator
