// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/season.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/units.hpp"

namespace skyweft::simulator {

Season make_season(const SimConfig& config) {
  Season season;
  season.cameras.push_back(make_scene(config));
  for (std::int64_t k = 1; k < config.n_cameras; ++k)
    season.cameras.push_back(make_further_scene(season.cameras.front(), k));
  return season;
}

SimConfig camera_config(const SimConfig& first, std::int64_t i_camera) {
  static constexpr std::array<const char*, 4> kFilters{"V", "I", "B", "R"};
  SimConfig c = first;
  if (i_camera == 0) return c;
  const auto k = static_cast<double>(i_camera);
  const double px_deg = first.scale_arcsec_px / 3600.0;
  c.seed = first.seed + 7919 * i_camera;
  c.gain_e_per_adu = first.gain_e_per_adu * std::pow(1.2, k);
  c.scale_arcsec_px = first.scale_arcsec_px * std::pow(0.9, k);
  c.fwhm_px = first.fwhm_px * std::pow(1.15, k);
  c.read_noise_e = first.read_noise_e * std::pow(1.15, k);
  c.zero_point_e_per_s_mag = first.zero_point_e_per_s_mag - 0.3 * k;
  c.colour_term = first.colour_term + 0.08 * k;
  c.filter = kFilters[static_cast<std::size_t>(i_camera - 1) % kFilters.size()];
  c.camera_rotation_deg = first.camera_rotation_deg + 5.0 * k;
  const double cos_dec = std::max(1e-6, std::cos(first.dec_deg * kRadPerDeg));
  const double ra_deg = first.ra_deg + 12.0 * k * px_deg / cos_dec;
  c.ra_deg = ra_deg - 360.0 * std::floor(ra_deg / 360.0);
  c.dec_deg = std::clamp(first.dec_deg - 8.0 * k * px_deg, -90.0, 90.0);
  if (i_camera % 2 == 1) c.drift_x_px = -first.drift_x_px;
  return c;
}

std::string camera_name(std::int64_t i_camera) {
  return fmt::format("cam{}", i_camera + 1);
}

std::string instrument_name(const SimConfig& config, std::int64_t i_camera) {
  if (config.n_cameras == 1) return "skyweft simulator";
  return fmt::format("skyweft simulator {}", i_camera + 1);
}

std::string light_folder(const SimConfig& config, std::int64_t i_night) {
  return config.n_nights == 1 ? "light" : fmt::format("light/night{}", i_night + 1);
}

std::string light_name(const SimConfig& config, std::int64_t i_camera, std::int64_t i_frame) {
  if (config.n_nights == 1 && config.n_cameras == 1)
    return fmt::format("light_{:05}.fits", i_frame);
  const std::int64_t i_night = i_frame / config.n_frames;
  return fmt::format("light_n{}_{}_{:05}.fits", i_night + 1, camera_name(i_camera),
                     i_frame - i_night * config.n_frames);
}

}  // namespace skyweft::simulator
