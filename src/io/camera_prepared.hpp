// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/expression.hpp"
#include "io/camera_config.hpp"
#include "io/camera_keys.hpp"
#include "io/camera_parts.hpp"

namespace skyweft::io {

/// A camera's configuration, read once.
struct PreparedCamera {
  CameraConfig config;
  std::optional<Expression> when;
  KeyEntries type, start, start_time, mid, end, exposure, filter, gain, read_noise, saturation,
      temperature, ra, dec, scale;
  KeyEntries data_section, overscan_section, detector_section;
  KeyEntries x_binning, y_binning, window_x, window_y;
  std::vector<Channel> channels;
  std::vector<Amplifier> amplifiers;
};

/// Throws Error{bad_config} naming camera, option and mistake.
PreparedCamera prepare_camera(const std::string& name, const CameraConfig& config);

}  // namespace skyweft::io
