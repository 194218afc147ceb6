// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"
#include "sky/catalog.hpp"
#include "workflows/load_config.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

/// One finding of `skyweft check`: fine, or a problem with the exit code it would end a run with.
struct Findings {
  int worst = 0;
  void fine(const std::string& text) const { fmt::print("  ok       {}\n", text); }
  void note(const std::string& text) const { fmt::print("  warning  {}\n", text); }
  void bad(const std::string& text, ExitCode code) {
    fmt::print("  problem  {}\n", text);
    if (worst == 0) worst = static_cast<int>(code);
  }
};

SortedFrames scan(const RunConfig& config) {
  std::vector<std::string> patterns = config.run.frames;
  patterns.insert(patterns.end(), config.run.calibration.begin(), config.run.calibration.end());
  if (config.run.frames.empty())
    throw Error{Errc::bad_config,
                "no frames are named; set run.frames or give --frames FILE, FOLDER or GLOB"};
  std::vector<ScannedFrame> all;
  for (const auto& path : io::expand_globs(patterns))
    all.push_back(scan_file(path.string(), config));
  return sort_frames(std::move(all));
}

void check_frames(const SortedFrames& frames, bool list, Findings& findings) {
  std::map<std::string, std::vector<std::string>> broken;
  std::int64_t usable = 0;
  for (const auto& f : frames.lights) {
    if (f.reason.empty())
      ++usable;
    else
      broken[f.test.empty() ? f.reason : f.test].push_back(f.info.path + ": " + f.reason);
    if (list && f.reason.empty())
      fmt::print("           {}  {}  JD {:.6f}  {} s  {}x{}  filter '{}'\n",
                 std::filesystem::path{f.info.path}.filename().string(), name_of(f.info.type),
                 f.info.time_utc_mid_jd, f.info.exposure_s, f.info.nx, f.info.ny,
                 printable(f.info.filter));
  }
  if (usable == 0)
    findings.bad("no light frame can be used", ExitCode::bad_input);
  else
    findings.fine(fmt::format("{} light frames", usable));
  for (const auto& [test, texts] : broken)
    findings.note(fmt::format("{} frame(s) would be set aside ({}), first: {}", texts.size(), test,
                              texts.front()));
  std::map<std::string, int> kinds;
  for (const auto& f : frames.calibration) ++kinds[std::string{name_of(f.info.type)}];
  for (const auto& [kind, n] : kinds) findings.fine(fmt::format("{} {} frames", n, kind));
  if (kinds.empty())
    findings.note("no calibration frames: frames are used as they are (signal = gain × raw)");
}

void check_sky(const RunConfig& config, const SortedFrames& frames, Findings& findings) {
  if (config.run.catalog.empty()) {
    findings.bad("no star catalogue: set run.catalog or give --catalog PATH", ExitCode::bad_config);
    return;
  }
  const SkyPos centre = field_centre(config, frames.lights);
  const Angle radius = field_radius(config, frames.lights, centre);
  const StarCatalog all = io::read_star_file(config.run.catalog);
  const StarCatalog near =
      sky::stars_in_cone(all, centre, radius, static_cast<float>(config.stars.faint_limit_mag),
                         config.stars.max_stars);
  const std::string where = fmt::format("within {:.2f} deg of RA {:.4f} Dec {:.4f}", radius.deg(),
                                        centre.ra.deg(), centre.dec.deg());
  if (near.size() < config.frame.solve.min_matches)
    findings.bad(fmt::format("the catalogue {} has {} stars {}: it does not cover the field",
                             config.run.catalog, near.size(), where),
                 ExitCode::bad_input);
  else
    findings.fine(fmt::format("{} catalogue stars {}", near.size(), where));
  const bool has_scale = std::ranges::any_of(frames.lights, [](const auto& f) {
    return f.reason.empty() && f.info.scale_arcsec_px.has_value();
  });
  if (has_scale)
    findings.fine("pixel scale known");
  else
    findings.bad("no frame tells its pixel scale: set camera.NAME.scale_arcsec_px",
                 ExitCode::bad_input);
  if (const auto site = site_of(config, frames.lights))
    findings.fine(fmt::format("observer at longitude {:.4f} (east), latitude {:.4f} deg, {:.0f} m",
                              site->longitude.deg(), site->latitude.deg(), site->height_m));
  else
    findings.note(
        "the observer's place is not known: set site.longitude_deg, latitude_deg and height_m");
}

void check_disk(const RunConfig& config, const SortedFrames& frames, Findings& findings) {
  std::filesystem::path folder = std::filesystem::absolute(config.run.archive);
  while (!folder.empty() && !std::filesystem::exists(folder)) folder = folder.parent_path();
  std::error_code ignored;
  const auto space = std::filesystem::space(folder, ignored);
  // Raw photometry and three corrected copies of it, for at most max_stars stars; users.md 4.3.
  const double stars = std::min<double>(config.stars.max_stars, 20000.0);
  const double need = static_cast<double>(frames.lights.size()) * stars *
                      static_cast<double>(20 + 2 * 8 * config.frame.phot.radii_px.size() +
                                          4 * 3 * (config.frame.phot.radii_px.size() + 1));
  if (static_cast<double>(space.available) < need)
    findings.note(fmt::format("{} has {:.1f} GiB free; up to {:.1f} GiB may be needed",
                              folder.string(), static_cast<double>(space.available) / 1073741824.0,
                              need / 1073741824.0));
  else
    findings.fine(fmt::format("{:.1f} GiB free in {}",
                              static_cast<double>(space.available) / 1073741824.0,
                              folder.string()));
}

int check(const ConfigRequest& request, bool list) {
  Findings findings;
  const RunConfig config = load_config(request);
  findings.fine("configuration");
  const SortedFrames frames = scan(config);
  check_frames(frames, list, findings);
  check_sky(config, frames, findings);
  check_disk(config, frames, findings);
  return findings.worst;
}

}  // namespace

void declare_check(CLI::App& app, Invocation& call) {
  struct Request {
    ConfigRequest config;
    bool list = false;
  };
  auto request = std::make_shared<Request>();  // shared: lives as long as the parsed command
  declare_config(app, request->config);
  app.add_flag("--list", request->list, "list every frame with what was understood");
  app.callback([request, &call] {
    call.action = [request] {
      return guarded([&] { return check(request->config, request->list); });
    };
  });
}

}  // namespace skyweft::workflows
