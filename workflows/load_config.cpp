// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/load_config.hpp"

#include <algorithm>
#include <filesystem>

#include "core/error.hpp"
#include "io/config_file.hpp"
#include "io/files.hpp"
#include "steps/step.hpp"
#include "workflows/archive.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/shape_givens.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;

std::string resolved(const std::string& path, const fs::path& base) {
  if (path.empty() || fs::path{path}.is_absolute()) return path;
  return (base / path).lexically_normal().string();
}

/// Calls change(path) for every path of a configuration.
template <class Change>
void each_path(RunConfig& config, Change change) {
  for (auto& f : config.run.frames) change(f);
  for (auto& f : config.run.calibration) change(f);
  change(config.run.catalog);
  change(config.run.index);
  change(config.run.table);
  change(config.time.leap_seconds);
  change(config.stars.list);
  change(config.frame.shape.map);
  change(config.run.archive);
  for (auto& f : config.mask.files) change(f);
  for (auto& [name, camera] : config.cameras) {
    change(camera.bad_pixels);
    change(camera.shutter_map);
  }
}

std::string relative_to(const std::string& path, const fs::path& base) {
  if (path.empty()) return path;
  const fs::path full = fs::absolute(path).lexically_normal();
  const fs::path short_form = full.lexically_relative(fs::absolute(base).lexically_normal());
  return short_form.empty() ? full.string() : short_form.generic_string();
}

}  // namespace

RunConfig load_config(const ConfigRequest& request) {
  ConfigTable table;
  fs::path base = fs::current_path();
  if (!request.file.empty()) {
    fs::path file{request.file};
    if (fs::is_directory(file)) file /= "config.toml";
    table = io::read_config(file);
    base = fs::absolute(file).parent_path();
  }
  for (const auto& set : request.sets) io::set_override(table, set);
  RunConfig config = read_run_config(table);
  each_path(config, [&](std::string& path) { path = resolved(path, base); });
  const auto override_with = [&](auto& member, const auto& value, const char* key) {
    if (value.empty()) return;
    member = value;
    config.origins[key] = "command line";
  };
  override_with(config.run.frames, request.frames, "run.frames");
  override_with(config.run.calibration, request.calibration, "run.calibration");
  override_with(config.run.catalog, request.catalog, "run.catalog");
  override_with(config.run.index, request.index, "run.index");
  override_with(config.run.archive, request.archive, "run.archive");
  if (!config.time.leap_seconds.empty())
    config.frame.leap_seconds =
        sky::parse_leap_seconds(io::read_text_file(config.time.leap_seconds));
  (void)steps::chain(config.run.steps);
  check_fit_terms(config);
  // Mistakes that would otherwise show when the first frame is measured.
  (void)phot::radii_for(config.frame.phot, 1.0, 1.0, 1.0);
  (void)in_table_order(config.frame.phot.extra);
  (void)read_shape_givens(config.frame.shape);
  return config;
}

void save_config(const RunConfig& config, const fs::path& path) {
  RunConfig copy = config;
  const fs::path base = path.parent_path();
  each_path(copy, [&](std::string& file) { file = relative_to(file, base); });
  io::write_text_file(path, io::to_config_text(describe(copy), config.origins));
}

RunConfig config_of_archive(const fs::path& root) {
  require_archive(Archive{root});
  RunConfig config = load_config({.file = (root / "config.toml").string(),
                                  .frames = {},
                                  .calibration = {},
                                  .catalog = {},
                                  .index = {},
                                  .archive = {},
                                  .sets = {}});
  config.run.archive = root.string();
  return config;
}

}  // namespace skyweft::workflows
