// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "calib/photon_transfer.hpp"
#include "core/grid.hpp"

namespace skyweft::support {

/// A detector whose frames (above bias, whole ADU) are made of Gaussian noise on fixed structure.
struct PhotonSensor {
  double gain_e_per_adu = 1.7;
  double read_noise_e = 6.2;
  double curvature = 0.0;   ///< variance S/g − b S²
  double structure = 0.01;  ///< relative, pixel to pixel, the same in all frames
  std::int64_t side_px = 64;
};

inline std::vector<float> sensor_response(const PhotonSensor& sensor, std::mt19937_64& random) {
  std::normal_distribution<float> structure(1.0F, static_cast<float>(sensor.structure));
  std::vector<float> out(static_cast<std::size_t>(sensor.side_px * sensor.side_px));
  for (float& v : out) v = structure(random);
  return out;
}

inline Grid<float> sensor_frame(const PhotonSensor& sensor, const std::vector<float>& response,
                                double level_adu, std::mt19937_64& random) {
  std::normal_distribution<double> noise(0.0, 1.0);
  Grid<float> out(sensor.side_px, sensor.side_px);
  const double read = sensor.read_noise_e / sensor.gain_e_per_adu;
  for (std::size_t i = 0; i < response.size(); ++i) {
    const double s = level_adu * static_cast<double>(response[i]);
    const double variance = read * read + s / sensor.gain_e_per_adu - sensor.curvature * s * s;
    out.pixels()[i] = static_cast<float>(std::nearbyint(s + std::sqrt(variance) * noise(random)));
  }
  return out;
}

/// The boxes of one pair of frames at this level; the second frame is `ratio` times as bright.
inline void add_sensor_pair(const PhotonSensor& sensor, const std::vector<float>& response,
                            double level_adu, double ratio,
                            const calib::PhotonTransferConfig& config, std::mt19937_64& random,
                            std::vector<calib::PairNoise>& out) {
  const Grid<float> first = sensor_frame(sensor, response, level_adu, random);
  const Grid<float> second = sensor_frame(sensor, response, ratio * level_adu, random);
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = sensor.side_px, .y1 = sensor.side_px};
  for (const PixelBox& box : calib::boxes_of(all, config.box_px))
    out.push_back(calib::pair_noise(first, second, {}, {}, box, level_adu > 0.0, config));
}

}  // namespace skyweft::support
