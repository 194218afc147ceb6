// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/one_frame.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "calib/region_text.hpp"
#include "calib/regions.hpp"
#include "core/error.hpp"
#include "io/camera.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "steps/masked_pixels.hpp"
#include "steps/step.hpp"
#include "workflows/regions.hpp"
#include "workflows/stages/scan_file.hpp"

namespace skyweft::workflows {
namespace {

using Headers = std::vector<io::Header>;

/// The camera's options for a file that the program itself calibrated.
io::CameraConfig as_calibrated(io::CameraConfig camera, const io::Header& header) {
  camera.hdus = {"VALUE"};
  camera.cube = "refuse";
  camera.channels.clear();
  camera.amplifiers.clear();
  camera.trim = false;
  camera.linearity.clear();
  camera.nonlinear_adu = kNaN;
  camera.bad_pixels.clear();
  camera.shutter_map.clear();
  camera.mid_keys = {"MJD-AVG"};
  camera.clock_utc_offset_h = kNaN;
  camera.time_offset_s = 0.0;
  camera.exposure_s = 0.0;
  camera.exposure_keys = {"EXPTIME"};
  camera.gain_e_per_adu = header.number("GAIN").value_or(1.0);
  camera.read_noise_e = header.number("RDNOISE").value_or(0.0);
  return camera;
}

/// Without the cards that say in which system the time is: it is not known anyway.
Headers without_time_system(const Headers& headers) {
  Headers out;
  for (const io::Header& header : headers) {
    io::Header& copy = out.emplace_back();
    for (const io::HeaderCard& card : header.cards())
      if (io::lower_case(card.key) != "timesys") copy.add(card);
  }
  return out;
}

/// As Camera::understand(), but exposure and time may be missing.
std::vector<FrameInfo> understand_loosely(const io::Camera& like, io::CameraConfig config,
                                          Headers headers, const std::string& path) {
  bool has_exposure = true;
  bool has_time = true;
  for (;;) {
    try {
      auto infos = io::Camera{like.name(), config, like.first_index()}.understand(headers, path);
      for (FrameInfo& info : infos) {
        if (!has_exposure) info.exposure_s = kNaN;
        if (has_time) continue;
        info.time_utc_mid_jd = kNaN;
        info.id = io::id_of_unreadable(path);
      }
      return infos;
    } catch (const Error& error) {
      const std::string test = error.test() ? error.test()->name : "";
      if (test == "has_exposure" && has_exposure) {
        has_exposure = false;
        config.exposure_s = 1.0;
      } else if ((test == "has_time" || test == "timesys_is_utc") && has_time) {
        has_time = false;
        headers = without_time_system(headers);
        config.mid_keys = {"'2000-01-01T00:00:00'"};
        config.clock_utc_offset_h = kNaN;
        config.time_offset_s = 0.0;
      } else {
        throw;
      }
    }
  }
}

/// The planes of a calibrated file as the steps want them.
void load_calibrated(steps::FrameWork& work) {
  const std::string& path = work.info.path;
  work.raw = io::read_image(path, {.hdus = {"VALUE"}});
  work.frame.signal_e = io::read_plane(path, "VALUE");
  work.frame.variance_e2 = io::read_plane(path, "ERROR");
  for (float& v : work.frame.variance_e2.pixels()) v *= v;
  work.frame.mask = io::read_mask_plane(path, "MASK");
  if (!same_shape(work.frame.signal_e, work.frame.variance_e2) ||
      !same_shape(work.frame.signal_e, work.frame.mask))
    throw Error{Errc::bad_input, path + ": VALUE, ERROR and MASK differ in size"}.because(
        {"plane_size", 0.0, 1.0});
  work.frame.exposure_s = work.info.exposure_s;
  work.frame.gain_e_per_adu = work.info.gain_e_per_adu;
  work.frame.read_noise_e = work.info.read_noise_e;
  work.frame.time_utc_mid_jd = work.info.time_utc_mid_jd;
  work.raw.adu = {};
  work.raw.mask = {};
}

void fill_record(steps::FrameWork& work) {
  FrameRecord& record = work.record;
  record.id = work.info.id;
  record.file = label_of(work.info);
  record.time_utc_mid_jd = work.info.time_utc_mid_jd;
  record.exposure_s = work.info.exposure_s;
  record.camera = work.info.camera;
  record.channel = work.info.channel;
  record.filter = work.info.filter;
}

}  // namespace

bool is_calibrated(const std::string& path) {
  static const std::array<std::string, 3> kPlanes{"VALUE", "ERROR", "MASK"};
  try {
    return io::read_headers(path, kPlanes).size() == 3;
  } catch (const Error&) {
    return false;
  }
}

std::vector<FrameInfo> understand_one(const std::string& path, const RunConfig& config) {
  const std::vector<io::Camera> cameras = cameras_of(config);
  const io::Header first = io::read_header(path);
  const io::Camera& camera = io::choose_camera(first, path, cameras);
  io::CameraConfig options = camera.config();
  options.when.clear();
  options.type_keys.clear();
  options.type = "light";
  if (options.cube == "refuse") options.cube = "frames";
  if (!is_calibrated(path))
    return understand_loosely(camera, options, io::read_headers(path, options.hdus), path);
  options = as_calibrated(options, first);
  auto infos = understand_loosely(camera, options, io::read_headers(path, options.hdus), path);
  for (FrameInfo& info : infos) info.channel = first.text("CLRCHNL").value_or("");
  return infos;
}

void each_frame(const std::string& path, const RunConfig& config,
                const std::vector<std::string>& names,
                const std::function<void(steps::FrameWork&)>& take, steps::FrameGivens givens) {
  std::vector<steps::Step> steps = steps::chain(names);
  const bool calibrated = is_calibrated(path);
  if (calibrated)
    std::erase_if(steps,
                  [](const steps::Step& s) { return s.name == "load" || s.name == "calibrate"; });
  steps::FrameOptions options = config.frame;
  options.calibrate.bias = false;
  options.calibrate.dark = false;
  options.calibrate.flat = false;
  options.calibrate.missing_master = "uncorrected";  // maps of shutter and bad pixels
  const std::vector<calib::Region> regions = calib::parse_regions(region_text(config.mask));
  givens.regions = regions;
  for (FrameInfo& info : understand_one(path, config)) {
    steps::FrameWork work;
    work.info = std::move(info);
    fill_record(work);
    if (calibrated) {
      load_calibrated(work);
      calib::mark_regions(work.frame.mask, regions);
      work.record.n_masked = steps::count_masked(work.frame.mask);
    }
    steps::process(work, steps, givens, options);
    take(work);
  }
}

std::vector<steps::FrameWork> look_at(const std::string& path, const RunConfig& config,
                                      const std::vector<std::string>& steps,
                                      const steps::FrameGivens& givens) {
  std::vector<steps::FrameWork> out;
  each_frame(
      path, config, steps, [&](steps::FrameWork& work) { out.push_back(std::move(work)); }, givens);
  return out;
}

}  // namespace skyweft::workflows
