// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_prepared.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"

namespace skyweft::io {
namespace {

/// Runs `read`; an error gets the option's name in front.
template <class F>
auto option(const std::string& camera, const char* key, F&& read) {
  try {
    return read();
  } catch (const Error& error) {
    throw Error{Errc::bad_config,
                fmt::format("camera.{}.{}: {}", printable(camera), key, error.text())};
  }
}

}  // namespace

PreparedCamera prepare_camera(const std::string& name, const CameraConfig& config) {
  const auto keys = [&](const char* key, const KeyList& list, bool sections = false) {
    return option(name, key, [&] { return prepare_keys(list, sections); });
  };
  PreparedCamera out;
  out.config = config;
  if (!config.when.empty())
    out.when = option(name, "when", [&] { return Expression::parse(config.when); });
  out.type = keys("type_keys", config.type_keys);
  out.start = keys("start_keys", config.start_keys);
  out.start_time = keys("start_time_keys", config.start_time_keys);
  out.mid = keys("mid_keys", config.mid_keys);
  out.end = keys("end_keys", config.end_keys);
  out.exposure = keys("exposure_keys", config.exposure_keys);
  out.filter = keys("filter_keys", config.filter_keys);
  out.gain = keys("gain_keys", config.gain_keys);
  out.read_noise = keys("read_noise_keys", config.read_noise_keys);
  out.saturation = keys("saturation_keys", config.saturation_keys);
  out.temperature = keys("temperature_keys", config.temperature_keys);
  out.ra = keys("ra_keys", config.ra_keys);
  out.dec = keys("dec_keys", config.dec_keys);
  out.scale = keys("scale_keys", config.scale_keys);
  out.data_section = keys("data_section_keys", config.data_section_keys, true);
  out.overscan_section = keys("overscan_section_keys", config.overscan_section_keys, true);
  out.detector_section = keys("detector_section_keys", config.detector_section_keys, true);
  out.x_binning = keys("x_binning_keys", config.x_binning_keys);
  out.y_binning = keys("y_binning_keys", config.y_binning_keys);
  out.window_x = keys("window_x_keys", config.window_x_keys);
  out.window_y = keys("window_y_keys", config.window_y_keys);
  out.channels = option(name, "channels", [&] { return parse_channels(config.channels); });
  out.amplifiers = option(name, "amplifiers", [&] { return parse_amplifiers(config.amplifiers); });
  for (const auto* list : {&out.data_section, &out.overscan_section, &out.detector_section})
    for (const KeyEntry& entry : *list)
      if (entry.is_section && !parse_section(entry.text))
        throw Error{Errc::bad_config, fmt::format("camera.{}: \"{}\" is no section [x1:x2,y1:y2]",
                                                  printable(name), printable(entry.text))};
  return out;
}

}  // namespace skyweft::io
