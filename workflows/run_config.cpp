// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/run_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::string_view kDefaultCamera = "main";

/// Calls visit(section name, section, first stage) for every fixed section.
template <class Config, class Visit>
void each_section(Config& c, Visit visit) {
  visit("run", c.run, Stage::scan);
  visit("site", c.site, Stage::scan);
  visit("time", c.time, Stage::stars);
  visit("masters", c.masters, Stage::masters);
  visit("field", c.field, Stage::stars);
  visit("stars", c.stars, Stage::stars);
  visit("match", c.match, Stage::masters);
  visit("skyflat", c.skyflat, Stage::masters);
  visit("calibrate", c.frame.calibrate, Stage::masters);
  visit("calibrate", c.frame.overscan, Stage::masters);
  visit("calibrate", c.frame.bleed, Stage::masters);
  visit("cosmics", c.frame.cosmics, Stage::stars);
  visit("mask", c.mask, Stage::stars);
  visit("save", c.frame.save, Stage::frames);
  visit("background", c.frame.background, Stage::stars);
  visit("detect", c.frame.detect, Stage::stars);
  visit("solve", c.frame.solve, Stage::stars);
  visit("blind", c.frame.blind, Stage::stars);
  visit("align", c.frame.align, Stage::stars);
  visit("recentre", c.frame.recentre, Stage::frames);
  visit("sdk", c.frame.sdk, Stage::frames);
  visit("shape", c.frame.shape, Stage::frames);
  visit("phot", c.frame.phot, Stage::frames);
  visit("psf_flux", c.frame.psf_flux, Stage::frames);
  visit("zero_point", c.frame.zero_point, Stage::frames);
  visit("noise", c.frame.noise, Stage::frames);
  visit("transparency", c.transparency, Stage::frames);
  visit("table", c.table, Stage::stars);
  visit("inject", c.inject, c.inject.where == "pixels" ? Stage::frames : Stage::magfit);
  visit("groups", c.groups, Stage::magfit);
  visit("magfit", c.magfit, Stage::magfit);
  visit("epd", c.epd, Stage::epd);
  visit("tfa", c.tfa, Stage::tfa);
  visit("sysrem", c.sysrem, Stage::tfa);
  visit("statistics", c.statistics, Stage::statistics);
  visit("report", c.report, Stage::report);
  visit("extended", c.extended, Stage::report);
  visit("forced", c.forced, Stage::report);
}

/// The NAMEs of keys "section.NAME.key".
std::vector<std::string> names_under(const ConfigTable& table, std::string_view section) {
  std::vector<std::string> names;
  const std::string prefix = fmt::format("{}.", section);
  for (const auto& [key, value] : table) {
    if (!key.starts_with(prefix)) continue;
    const std::size_t dot = key.find('.', prefix.size());
    if (dot == std::string::npos)
      throw Error{Errc::bad_config,
                  fmt::format("{} ({}): a name is missing; write [{}.NAME] and its keys below it",
                              key, value.origin, section)};
    const std::string name = key.substr(prefix.size(), dot - prefix.size());
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

}  // namespace

bool is_only_place(std::string_view key) {
  static constexpr std::array<std::string_view, 14> kKeys{
      "run.archive",       "run.frames", "run.calibration",    "run.catalog",    "run.index",
      "time.leap_seconds", "stars.list", "mask.files",         "run.memory_mib", "run.max_rejected",
      "run.name",          "shape.map",  "shape.subpixel_map", "run.table"};
  return std::ranges::find(kKeys, key) != kKeys.end() || key.ends_with(".bad_pixels") ||
         key.ends_with(".shutter_map");
}

Stage first_stage_of(std::string_view section, const RunConfig& config) {
  Stage found = Stage::scan;
  each_section(config, [&](std::string_view name, const auto&, Stage stage) {
    if (name == section) found = stage;
  });
  if (section == "target") found = Stage::epd;
  return found;
}

RunConfig read_run_config(const ConfigTable& table) {
  RunConfig config;
  std::set<std::string, std::less<>> used;
  each_section(config, [&](std::string_view name, auto& section, Stage) {
    read_section(table, name, section, used);
  });
  for (const auto& name : names_under(table, "camera"))
    read_section(table, fmt::format("camera.{}", name), config.cameras[name], used);
  if (config.cameras.empty()) config.cameras[std::string{kDefaultCamera}] = {};
  for (const auto& name : names_under(table, "target"))
    read_section(table, fmt::format("target.{}", name), config.targets[name], used);

  std::vector<std::string> known;
  for (const auto& option : describe(config)) known.push_back(option.key);
  refuse_unknown(table, used, known);
  for (const auto& [key, value] : table) config.origins[key] = value.origin;
  for (const auto& [name, target] : config.targets)
    if (std::isnan(target.ra_deg) || std::isnan(target.dec_deg))
      throw Error{Errc::bad_config,
                  fmt::format("target.{} has no position; give ra_deg and dec_deg", name)};
  return config;
}

std::vector<OptionText> describe(const RunConfig& config) {
  std::vector<OptionText> out;
  each_section(config, [&](std::string_view name, const auto& section, Stage) {
    describe_section(name, section, out);
  });
  for (const auto& [name, camera] : config.cameras)
    describe_section(fmt::format("camera.{}", name), camera, out);
  for (const auto& [name, target] : config.targets)
    describe_section(fmt::format("target.{}", name), target, out);
  return out;
}

std::string stage_settings(const RunConfig& config, Stage stage) {
  std::string text;
  for (const auto& option : describe(config)) {
    const std::string_view section = std::string_view{option.key}.substr(0, option.key.find('.'));
    if (is_only_place(option.key) || first_stage_of(section, config) != stage) continue;
    text += fmt::format("{} = {}\n", option.key, option.value);
  }
  return text;
}

}  // namespace skyweft::workflows
