// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// What the command line says over the configuration file.
struct ConfigRequest {
  std::string file;  ///< empty: defaults only
  std::vector<std::string> frames;
  std::vector<std::string> calibration;
  std::string catalog;
  std::string index;
  std::string archive;
  std::vector<std::string> sets;  ///< key=value
};

/// Adds CONFIG, --frames, --calibration, --catalog, --index, --archive and --set to a verb.
template <class App>
void declare_config(App& app, ConfigRequest& request) {
  app.add_option("config", request.file, "configuration file (TOML)")->required();
  app.add_option("--frames", request.frames, "raw frames: files, folders or globs");
  app.add_option("--calibration", request.calibration,
                 "bias, dark and flat frames: files, folders or globs");
  app.add_option("--catalog", request.catalog, "star catalogue: folder or file");
  app.add_option("--index", request.index, "index of the sky, for frames nothing is known about");
  app.add_option("--archive", request.archive, "folder to write");
  app.add_option("--set", request.sets, "KEY=VALUE over the configuration")->take_all();
}

/// Reads file and command line into a checked configuration. Relative paths of the file are
/// relative to the file's folder, those of the command line to the working directory.
RunConfig load_config(const ConfigRequest& request);

/// Writes `config` with defaults, units, meanings and origins to `path`; paths are made relative to
/// the file's folder, so that an archive can be moved together with its frames.
void save_config(const RunConfig& config, const std::filesystem::path& path);

/// Reads the configuration an archive was made with.
RunConfig config_of_archive(const std::filesystem::path& root);

}  // namespace skyweft::workflows
