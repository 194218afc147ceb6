// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "mpi/partition.hpp"
#include "workflows/stages/scan_file.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

std::vector<ScannedFrame> scan_all(const RunContext& run, const std::vector<std::string>& paths) {
  const auto n = static_cast<std::int64_t>(paths.size());
  const mpi::Range mine = mpi::block_range(n, run.world.size(), run.world.rank());
  const std::vector<io::Camera> cameras = cameras_of(run.config);
  std::vector<std::pair<std::int64_t, std::vector<ScannedFrame>>> scanned;
  for (std::int64_t i = mine.first; i < mine.first + mine.n; ++i)
    scanned.emplace_back(i, scan_file(paths[static_cast<std::size_t>(i)], run.config, cameras));
  std::vector<ScannedFrame> all;
  for (auto& frames : mpi::gather_in_order(run.world, n, scanned))
    for (auto& frame : frames) all.push_back(std::move(frame));
  return all;
}

std::vector<std::string> expand(const RunContext& run, const std::vector<std::string>& patterns) {
  return mpi::on_root(run.world, [&] {
    std::vector<std::string> paths;
    if (!patterns.empty())
      for (const auto& path : io::expand_globs(patterns)) paths.push_back(path.string());
    return paths;
  });
}

/// Before any work: these are read after the masters are made.
void require_catalog(const RunOptions& options) {
  if (!options.catalog.empty() && !std::filesystem::exists(options.catalog))
    throw Error{Errc::bad_input,
                fmt::format("the star catalogue {} does not exist; correct run.catalog or give "
                            "--catalog PATH",
                            options.catalog)};
  if (!options.index.empty() && !std::filesystem::exists(options.index))
    throw Error{Errc::bad_input,
                fmt::format("the index of the sky {} does not exist; correct run.index, or make it "
                            "with `skyweft catalog index`",
                            options.index)};
}

}  // namespace

void scan_frames(RunContext& run, RunState& state) {
  const RunOptions& options = run.config.run;
  require_catalog(options);
  if (options.frames.empty())
    throw Error{Errc::bad_config,
                "no frames are named; set run.frames or give --frames FILE, FOLDER or GLOB"};
  auto lights = scan_all(run, expand(run, options.frames));
  auto others = scan_all(run, expand(run, options.calibration));

  // A folder given as frames may hold calibration frames too, and the other way round.
  std::vector<ScannedFrame> all;
  std::set<std::string> known;
  for (auto* list : {&lights, &others})
    for (auto& f : *list)
      if (known.insert(f.info.path + "\n" + label_of(f.info)).second) all.push_back(std::move(f));
  SortedFrames sorted = sort_frames(std::move(all));
  state.lights = std::move(sorted.lights);
  state.calibration = std::move(sorted.calibration);

  const auto usable =
      std::ranges::count_if(state.lights, [](const auto& f) { return f.reason.empty(); });
  run.say(fmt::format("scan: {} light frames ({} usable), {} calibration frames",
                      state.lights.size(), usable, state.calibration.size()));
  if (usable == 0) {
    const std::string first = state.lights.empty() ? "none of the files is a light frame"
                                                   : "first: " + state.lights.front().reason;
    throw Error{Errc::bad_input,
                fmt::format("none of the {} frames can be used (see run.frames); {}",
                            state.lights.size() + state.calibration.size(), first)};
  }
  if (run.world.is_root())
    for (const std::string& doubt : header_doubts(run.config, state.lights)) run.warn(doubt);
  const auto site = mpi::on_root(run.world, [&] { return site_of(run.config, state.lights); });
  if (site)
    run.config.frame.site = *site;
  else
    run.warn(
        "the observer's place is not known: times are geocentric, airmass and hour angle are "
        "wrong; set "
        "site.longitude_deg, latitude_deg and height_m");
}

}  // namespace skyweft::workflows
