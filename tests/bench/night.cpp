// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/night.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "io/camera.hpp"
#include "io/fits.hpp"
#include "sky/catalog.hpp"

namespace skyweft::bench {
namespace {

constexpr double kNight_s = 8.0 * 3600.0;

MasterData master(const Grid<float>& value, double scale, double error, double exposure_s) {
  MasterData out{.value = value,
                 .error = Grid<float>(value.nx(), value.ny(), static_cast<float>(error)),
                 .mask = Mask(value.nx(), value.ny()),
                 .exposure_s = exposure_s};
  for (float& v : out.value.pixels()) v *= static_cast<float>(scale);
  return out;
}

}  // namespace

calib::MasterView MasterData::view() const {
  return {.nx = value.nx(),
          .ny = value.ny(),
          .value = value.pixels(),
          .error = error.pixels(),
          .mask = mask.pixels(),
          .exposure_s = exposure_s};
}

Night make_night(const Options& options) {
  simulator::SimConfig config;
  config.nx = config.ny = options.nx;
  config.n_stars = options.n_star;
  config.n_frames = options.n_frame;
  config.exposure_s = 30.0;
  config.cadence_s = std::max(31.0, kNight_s / std::max(1, options.n_frame));
  config.start_utc = "2024-02-10T03:30:00";
  Night night{.scene = simulator::make_scene(config),
              .field = {},
              .frames = {},
              .bias = {},
              .dark = {},
              .flat = {}};
  const simulator::Detector& detector = night.scene.detector;
  night.bias = master(detector.bias_adu, 1.0, 1.0, 0.0);
  night.dark = master(detector.dark_e_per_s, config.dark_exposure_s / config.gain_e_per_adu, 1.0,
                      config.dark_exposure_s);
  night.flat = master(detector.flat, 1.0, 2e-3, 0.0);
  night.field = night.scene.catalogue;
  sky::propagate(night.field, 2024.11);
  for (std::int64_t i = 0; i < 2; ++i) {
    const simulator::RenderedFrame rendered = simulator::render_light(night.scene, i);
    RawFrame& frame = night.frames[static_cast<std::size_t>(i)];
    frame.path = options.folder / fmt::format("light_{}.fits", i);
    io::write_image(frame.path, {{.name = "", .pixels = &rendered.adu, .unit = "adu"}},
                    rendered.header);
    frame.info = io::understand(io::read_header(frame.path), frame.path.string(), "bench", 0,
                                io::CameraConfig{});
  }
  return night;
}

}  // namespace skyweft::bench
