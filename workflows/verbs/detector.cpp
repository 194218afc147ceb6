// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "workflows/load_config.hpp"
#include "workflows/report/detector_page.hpp"
#include "workflows/report/gnuplot.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/verbs/detector_measure.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct DetectorRequest {
  ConfigRequest config;
  std::string camera;
  std::string folder = "detector";
  int box_px = 64;
  bool json = false;
};

/// The frames named on the command line, else the configuration's calibration frames, else all of
/// its frames.
std::vector<std::filesystem::path> paths_of(const DetectorRequest& request,
                                            const RunConfig& config) {
  const auto& patterns = !request.config.frames.empty()    ? request.config.frames
                         : !config.run.calibration.empty() ? config.run.calibration
                                                           : config.run.frames;
  if (patterns.empty())
    throw Error{Errc::bad_config,
                "no frames are named; give --frames FILE, FOLDER or GLOB, or a configuration with "
                "run.calibration"};
  return io::expand_globs(patterns);
}

std::vector<FrameInfo> usable_frames(const DetectorRequest& request, const RunConfig& config) {
  std::vector<FrameInfo> frames;
  std::size_t n_bad = 0;
  std::string first;
  const std::vector<io::Camera> cameras = cameras_of(config);
  for (const auto& path : paths_of(request, config))
    for (ScannedFrame& frame : scan_file(path.string(), config, cameras)) {
      if (!frame.reason.empty()) {
        if (n_bad++ == 0) first = frame.info.path + ": " + frame.reason;
        continue;
      }
      if (request.camera.empty() || frame.info.camera == request.camera)
        frames.push_back(std::move(frame.info));
    }
  if (n_bad > 0)
    fmt::print(stderr, "skyweft: warning: {} file(s) left out, first: {}\n", n_bad,
               printable(first));
  return frames;
}

/// What tells the files of several detectors apart; nothing when there is one.
std::string suffix_of(const DetectorFrames& frames, bool only, std::size_t index) {
  if (only) return "";
  const std::string channel = frames.channel.empty() ? "" : "-" + safe_file_part(frames.channel);
  return fmt::format("-{}-{}{}-{}x{}", index + 1, safe_file_part(frames.camera), channel,
                     frames.any().x_binning, frames.any().y_binning);
}

int detector(const DetectorRequest& request) {
  const RunConfig config = load_config(request.config);
  if (!request.camera.empty() && !config.cameras.contains(request.camera))
    throw Error{Errc::usage, fmt::format("the configuration has no camera {}; it has {}",
                                         printable(request.camera), config.cameras.begin()->first)};
  const auto all = sort_into_detectors(usable_frames(request, config));
  std::vector<DetectorFrames> ready;
  std::string missing;
  for (const DetectorFrames& d : all) {
    const std::string text = missing_for_detector(d);
    if (text.empty())
      ready.push_back(d);
    else
      missing += (missing.empty() ? "" : "; ") + text;
  }
  if (ready.empty())
    throw Error{Errc::bad_input,
                all.empty() ? "there is no bias, dark or flat frame among the files; name them "
                              "with --frames, or tell their type by camera.NAME.type"
                            : missing}
        .because({"detectors", 0.0, 1.0});
  if (!missing.empty()) fmt::print(stderr, "skyweft: warning: left out: {}\n", missing);
  std::error_code failed;
  std::filesystem::create_directories(request.folder, failed);
  if (failed)
    throw Error{Errc::io,
                fmt::format("cannot make the folder {}: {}", request.folder, failed.message())};
  nlohmann::json out = nlohmann::json::array();
  const calib::PhotonTransferConfig options{.box_px = request.box_px};
  for (std::size_t i = 0; i < ready.size(); ++i) {
    const DetectorReport report = measure_detector(ready[i], options);
    const auto files =
        write_detector_files(report, request.folder, suffix_of(ready[i], ready.size() == 1, i));
    out.push_back(json_of(report));
    out.back()["files"] = files;
    if (!request.json) fmt::print("{}\n", text_of(report));
  }
  const std::string text = nlohmann::json{{"detectors", out}}.dump(2) + "\n";
  io::write_text_file(std::filesystem::path{request.folder} / "detector.json", text);
  if (!have_gnuplot())
    fmt::print(stderr,
               "skyweft: warning: gnuplot is not installed; the pictures are left out, their "
               "numbers are in {}/*.dat\n",
               request.folder);
  if (request.json)
    fmt::print("{}", text);
  else
    fmt::print("wrote {}/detector.json, pictures and bad pixels\n", request.folder);
  return 0;
}

}  // namespace

void declare_detector(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<DetectorRequest>();  // shared: lives as long as the command
  app.add_option("config", request->config.file, "configuration file (TOML); may be left out");
  app.add_option("--frames", request->config.frames,
                 "raw bias, dark and flat frames: files, folders or globs; default: the "
                 "configuration's calibration frames");
  app.add_option("--camera", request->camera, "measure this camera of the configuration only");
  app.add_option("-o,--output", request->folder, "folder to write")->capture_default_str();
  app.add_option("--box", request->box_px, "side of the boxes noise is measured in, pixels")
      ->check(CLI::Range(8, 4096))
      ->capture_default_str();
  app.add_option("--set", request->config.sets, "KEY=VALUE over the configuration")->take_all();
  app.add_flag("--json", request->json, "machine-readable");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return detector(*request); }); };
  });
}

}  // namespace skyweft::workflows
