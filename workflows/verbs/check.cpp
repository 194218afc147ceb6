// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>

#include "calib/region_text.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "io/photometry_table.hpp"
#include "io/sky_index_file.hpp"
#include "workflows/catalog_access.hpp"
#include "workflows/load_config.hpp"
#include "workflows/regions.hpp"
#include "workflows/stages/master_choice.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/stages/shape_givens.hpp"
#include "workflows/star_choice.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

/// So many frames are listed without being asked.
constexpr std::size_t kListedFrames = 50;

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
  const std::vector<io::Camera> cameras = cameras_of(config);
  for (const auto& path : io::expand_globs(patterns))
    for (auto& frame : scan_file(path.string(), config, cameras)) all.push_back(std::move(frame));
  return sort_frames(std::move(all));
}

/// One line on what a header was taken to mean.
void print_frame(const ScannedFrame& f) {
  const FrameInfo& i = f.info;
  if (!f.reason.empty()) {
    fmt::print("           {}  set aside: {}\n", printable(label_of(i)), f.reason);
    return;
  }
  fmt::print("           {}  {}  camera {}  JD {:.6f}  {:g} s  {}x{}", printable(label_of(i)),
             name_of(i.type), printable(i.camera), i.time_utc_mid_jd, i.exposure_s, i.nx, i.ny);
  if (i.x_binning != 1 || i.y_binning != 1) fmt::print("  binned {}x{}", i.x_binning, i.y_binning);
  if (i.window_x0 != 0 || i.window_y0 != 0)
    fmt::print("  window from ({}, {})", i.window_x0, i.window_y0);
  if (i.amplifiers.size() > 1) fmt::print("  {} amplifiers", i.amplifiers.size());
  fmt::print("  filter '{}'  {:g} e-/ADU  {:g} e- read noise", printable(i.filter),
             i.gain_e_per_adu, i.read_noise_e);
  if (std::isfinite(i.saturation_adu)) fmt::print("  saturates at {:g} ADU", i.saturation_adu);
  if (std::isfinite(i.temperature_c)) fmt::print("  {:.1f} C", i.temperature_c);
  if (i.pointing) fmt::print("  at {:.4f} {:+.4f}", i.pointing->ra.deg(), i.pointing->dec.deg());
  fmt::print("\n");
}

/// Whether every light would get the masters that are wanted, and which.
void check_masters(const RunConfig& config, SortedFrames frames, Findings& findings) {
  const std::vector<MasterPlan> plans = plan_all_masters(config, frames.calibration);
  for (const MasterPlan& plan : plans) {
    const auto n = static_cast<std::int64_t>(plan.inputs.size());
    const std::string text = fmt::format("master {} from {} frames", plan.name, n);
    if (n < config.masters.min_frames)
      findings.bad(
          fmt::format("{}, fewer than masters.min_frames = {}", text, config.masters.min_frames),
          ExitCode::bad_input);
    else
      findings.fine(text);
  }
  std::vector<FrameMasters> masters;
  std::map<std::string, int> missing;
  for (const ScannedFrame& f : frames.lights) {
    masters.push_back(f.reason.empty() ? masters_of(f.info, plans, config) : FrameMasters{});
    if (f.reason.empty())
      for (const std::string_view name : missing_masters(masters.back(), config))
        ++missing[fmt::format("no master {} ({})", name, masters.back().text)];
  }
  const std::string& policy = config.frame.calibrate.missing_master;
  for (const auto& [text, n] : missing) {
    const std::string line = fmt::format("{} light(s) have {}", n, text);
    if (policy == "fail")
      findings.bad(line + "; give such frames, or see calibrate.missing_master",
                   ExitCode::bad_config);
    else
      findings.note(fmt::format("{}; they would be {}", line,
                                policy == "skip" ? "set aside" : "flagged UNCALIBRATED"));
  }
}

void check_frames(const SortedFrames& frames, bool list, Findings& findings) {
  if (list)
    for (const auto* part : {&frames.calibration, &frames.lights})
      for (const auto& f : *part) print_frame(f);
  std::map<std::string, std::vector<std::string>> broken;
  std::int64_t usable = 0;
  for (const auto& f : frames.lights) {
    if (f.reason.empty())
      ++usable;
    else
      broken[f.test.empty() ? f.reason : f.test].push_back(f.info.path + ": " + f.reason);
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

void check_cameras(const RunConfig& config, const SortedFrames& frames, Findings& findings) {
  for (const std::string& doubt : header_doubts(config, frames.lights)) findings.note(doubt);
}

/// Files that the configuration names besides frames.
void check_files(const RunConfig& config, Findings& findings) {
  if (const std::size_t n = calib::parse_regions(region_text(config.mask)).size(); n > 0)
    findings.fine(fmt::format("{} region(s) to mask", n));
  for (const auto& [name, camera] : config.cameras)
    for (const std::string& path : {camera.bad_pixels, camera.shutter_map})
      if (!path.empty() && !std::filesystem::is_regular_file(path))
        findings.bad(fmt::format("camera.{} names {}, which does not exist", name, path),
                     ExitCode::bad_config);
}

/// Whether the catalogue has stars all over the field and its margin.
void check_catalog(const RunConfig& config, const SkyPos& centre, Angle radius,
                   Findings& findings) {
  const std::string& path = config.run.catalog;
  const StarCatalog near = choose_stars(path, config.stars, centre, radius, kNaN);
  const std::string where = fmt::format("within {:.2f} deg of RA {:.4f} Dec {:.4f}", radius.deg(),
                                        centre.ra.deg(), centre.dec.deg());
  if (near.size() < config.frame.solve.min_matches)
    findings.bad(fmt::format("the catalogue {} has {} stars {}: it does not cover the field", path,
                             near.size(), where),
                 ExitCode::bad_input);
  else
    findings.fine(fmt::format("{} catalogue stars {}", near.size(), where));
  const auto coverage = catalog_coverage(path, centre, radius);
  if (!coverage) return;
  if (coverage->is_complete())
    findings.fine(
        fmt::format("the catalogue covers the field and its margin ({} cells of order {})",
                    coverage->n_cell, coverage->order));
  else
    findings.note(fmt::format(
        "the catalogue has no stars in {} of {} cells of the field and its margin, first at RA "
        "{:.3f} Dec {:.3f}; import that part too, or lower solve.pointing_tolerance_deg",
        coverage->n_cell - coverage->n_covered, coverage->n_cell, coverage->first_gap.ra.deg(),
        coverage->first_gap.dec.deg()));
}

/// A run without a catalogue: frames are laid on one of them.
void check_reference(const RunConfig& config, const SortedFrames& frames, Findings& findings) {
  if (!told_centre(config, frames.lights))
    findings.bad(
        "there is neither a star catalogue nor a word on where the field is: set "
        "run.catalog or field.ra_deg and field.dec_deg",
        ExitCode::bad_config);
  else
    findings.note(
        "no star catalogue: frames will be laid on one of them and magnitudes be "
        "instrumental; set run.catalog or give --catalog PATH for places and magnitudes");
}

void check_sky(const RunConfig& config, const SortedFrames& frames, Findings& findings) {
  if (config.run.catalog.empty()) return check_reference(config, frames, findings);
  const bool has_index = !config.run.index.empty();
  if (has_index) {
    const io::SkyIndexFile file{config.run.index};
    findings.fine(fmt::format("index of the sky with {} bands", file.index().bands.size()));
  }
  if (const auto centre = told_centre(config, frames.lights))
    check_catalog(config, *centre, field_radius(config, frames.lights, *centre), findings);
  else if (has_index)
    findings.note("no frame tells where it points: the first ones are looked up in the index");
  else
    findings.bad(
        "no frame tells where it points (looked for RA/DEC, OBJCTRA/OBJCTDEC, CRVAL1/2 "
        "and the like): set field.ra_deg and field.dec_deg, camera.NAME.ra_keys and "
        "dec_keys, or run.index",
        ExitCode::bad_input);
  const bool has_scale = std::ranges::any_of(frames.lights, [](const auto& f) {
    return f.reason.empty() && f.info.scale_arcsec_px.has_value();
  });
  if (has_scale)
    findings.fine("pixel scale known");
  else if (has_index)
    findings.note("no frame tells its pixel scale: the first ones are looked up in the index");
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
  const std::size_t n_ap = product_radii(config).size();
  const double need = static_cast<double>(frames.lights.size()) * stars *
                      static_cast<double>(20 + 2 * 8 * n_ap + 4 * 3 * (n_ap + 1) +
                                          2 * 4 * config.frame.phot.extra.size());
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
  if (!config.run.table.empty()) {
    const io::PhotometryTable table = io::read_photometry_table(config.run.table, config.table);
    findings.fine(
        fmt::format("{} rows of photometry in {}", table.time_jd.size(), config.run.table));
    return findings.worst;
  }
  const SortedFrames frames = scan(config);
  const bool few = frames.lights.size() + frames.calibration.size() <= kListedFrames;
  check_frames(frames, list || few, findings);
  if (!list && !few) findings.note("--list shows what was understood of every frame");
  check_cameras(config, frames, findings);
  check_files(config, findings);
  check_masters(config, frames, findings);
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
  app.add_flag("--list", request->list,
               "list every frame with what was understood; up to 50 are listed anyway");
  app.callback([request, &call] {
    call.action = [request] {
      return guarded([&] { return check(request->config, request->list); });
    };
  });
}

}  // namespace skyweft::workflows
