// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "io/catalog_file.hpp"
#include "io/digest.hpp"
#include "lc/magfit.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "sky/catalog.hpp"
#include "sky/detected_stars.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"
#include "steps/step.hpp"
#include "workflows/stages/frame_givens.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

/// A trial frame's outcome; light enough to be gathered.
struct Trial {
  FrameRecord record;
  std::int64_t n_bright = 0;  ///< detections above stars.min_snr
  std::int64_t nx = 0;
  std::int64_t ny = 0;

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& record& n_bright& nx& ny;
  }
};

/// Reads the part of the catalogue that this field needs. Collective: root reads, all receive.
StarCatalog read_field(const RunContext& run, const SkyPos& centre, Angle radius, double epoch_yr) {
  const std::string& path = run.config.run.catalog;
  return mpi::on_root(run.world, [&] {
    const StarCatalog all = io::read_star_file(path);
    StarCatalog field = sky::stars_in_cone(all, centre, radius,
                                           static_cast<float>(run.config.stars.faint_limit_mag),
                                           run.config.stars.max_stars);
    sky::propagate(field, epoch_yr);
    if (field.size() < run.config.frame.solve.min_matches)
      throw Error{
          Errc::bad_input,
          fmt::format(
              "the catalogue {} has {} stars within {:.2f} deg of RA {:.4f} Dec {:.4f}, too few to "
              "solve a frame; it does not cover the field, or the pointing is wrong: see "
              "run.catalog and field.ra_deg, field.dec_deg",
              path, field.size(), radius.deg(), centre.ra.deg(), centre.dec.deg())}
          .because({"catalog_stars", static_cast<double>(field.size()),
                    static_cast<double>(run.config.frame.solve.min_matches)});
    return field;
  });
}

/// Frames spread evenly over the usable ones.
std::vector<std::int64_t> trial_indices(const RunState& state, int n_trial) {
  std::vector<std::int64_t> usable;
  for (std::size_t i = 0; i < state.lights.size(); ++i)
    if (state.lights[i].reason.empty()) usable.push_back(static_cast<std::int64_t>(i));
  const auto n = static_cast<std::int64_t>(usable.size());
  const std::int64_t take = std::min<std::int64_t>(n_trial, n);
  std::vector<std::int64_t> out;
  for (std::int64_t k = 0; k < take; ++k)
    out.push_back(usable[static_cast<std::size_t>((2 * k + 1) * n / (2 * take))]);
  return out;
}

steps::FrameWork solve_one(const RunContext& run, const RunState& state, std::int64_t index) {
  steps::FrameWork work;
  work.info = state.lights[static_cast<std::size_t>(index)].info;
  static const std::vector<std::string> kNames{"load", "calibrate", "background", "detect",
                                               "solve"};
  steps::process(work, steps::chain(kNames), givens_for(run, state, index), run.config.frame);
  return work;
}

std::vector<Trial> try_frames(const RunContext& run, const RunState& state,
                              const std::vector<std::int64_t>& indices) {
  std::vector<std::pair<std::int64_t, Trial>> mine;
  for (std::size_t k = 0; k < indices.size(); ++k) {
    if (static_cast<std::int64_t>(k) % run.world.size() != run.world.rank()) continue;
    const steps::FrameWork work = solve_one(run, state, indices[k]);
    Trial trial{.record = work.record, .n_bright = 0, .nx = work.frame.nx(), .ny = work.frame.ny()};
    trial.record.id = work.info.id;
    trial.n_bright = std::ranges::count_if(work.sources.snr, [&](float s) {
      return static_cast<double>(s) >= run.config.stars.min_snr;
    });
    mine.emplace_back(static_cast<std::int64_t>(k), std::move(trial));
  }
  return mpi::gather_in_order(run.world, static_cast<std::int64_t>(indices.size()), mine);
}

std::int64_t stars_inside(const StarCatalog& stars, const Trial& trial) {
  const auto n = static_cast<std::size_t>(stars.size());
  std::vector<double> x(n);
  std::vector<double> y(n);
  sky::to_pixels(trial.record.wcs, stars.ra_deg, stars.dec_deg, x, y);
  std::int64_t inside = 0;
  for (std::size_t i = 0; i < n; ++i)
    if (x[i] >= 0 && y[i] >= 0 && x[i] < static_cast<double>(trial.nx) &&
        y[i] < static_cast<double>(trial.ny))
      ++inside;
  return inside;
}

/// The trial that best shows the stars: sharp, dark and rich; records without a solution do not
/// count.
std::size_t best_trial(const std::vector<Trial>& trials, const RunContext& run) {
  std::vector<FrameRecord> records;
  for (const Trial& t : trials) records.push_back(t.record);
  const std::int64_t best = lc::choose_reference_frame(records);
  if (best >= 0) return static_cast<std::size_t>(best);
  std::string reasons;
  for (const Trial& t : trials)
    reasons += fmt::format("\n  {}: {}", t.record.stage, t.record.reason);
  throw Error{Errc::bad_input,
              fmt::format("none of the {} trial frames could be solved, so the field is not known; "
                          "check run.catalog "
                          "({}), the header's pointing and camera.NAME.scale_arcsec_px:{}",
                          trials.size(), run.config.run.catalog, reasons)};
}

void write_lists(const RunContext& run, const RunState& state, const std::string& digest) {
  mpi::do_on_root(run.world, [&] {
    io::write_star_table(run.archive.field(), state.field);
    io::write_star_table(run.archive.stars(), state.stars);
    run.note("catalog:field", run.archive.field(), digest);
    run.note("catalog:stars", run.archive.stars(), digest);
  });
}

}  // namespace

void list_stars(RunContext& run, RunState& state) {
  state.centre = field_centre(run.config, state.lights);
  const std::string catalog_digest =
      mpi::on_root(run.world, [&] { return io::digest_of_file(run.config.run.catalog); });
  const FrameInfo& sample = state.lights.front().info;
  const std::string digest = io::digest_of_text(
      state.masters_digest + catalog_digest + stage_settings(run.config, Stage::scan) +
      stage_settings(run.config, Stage::stars) +
      fmt::format("{} {}x{}", sample.camera, sample.nx, sample.ny));
  state.stars_digest = digest;
  if (run.done({{"catalog:field", digest}, {"catalog:stars", digest}}) ==
      std::vector<bool>{true, true}) {
    state.field =
        mpi::on_root(run.world, [&] { return io::read_star_file(run.archive.field().string()); });
    state.stars =
        mpi::on_root(run.world, [&] { return io::read_star_file(run.archive.stars().string()); });
    return;
  }

  const Angle radius = field_radius(run.config, state.lights, state.centre);
  const double epoch_yr = 2000.0 + (sample.time_utc_mid_jd - 2451545.0) / 365.25;
  state.field = read_field(run, state.centre, radius, epoch_yr);

  const auto indices = trial_indices(state, run.config.stars.trial_frames);
  const std::vector<Trial> trials = try_frames(run, state, indices);
  const std::size_t best = best_trial(trials, run);
  const std::int64_t known = stars_inside(state.field, trials[best]);
  const std::string& wish = run.config.stars.source;
  const bool shallow = static_cast<double>(known) <
                       run.config.stars.shallow_ratio * static_cast<double>(trials[best].n_bright);
  const bool from_detections = wish == "detections" || (wish == "auto" && shallow);
  const std::string best_file =
      std::filesystem::path{state.lights[static_cast<std::size_t>(indices[best])].info.path}
          .filename()
          .string();
  if (from_detections) {
    state.stars = mpi::on_root(run.world, [&] {
      const steps::FrameWork work = solve_one(run, state, indices[best]);
      StarCatalog found = sky::stars_from_detections(
          work.sources, work.record.wcs, state.field, work.info.exposure_s,
          2.0 * work.record.scale_arcsec_px, run.config.stars.min_snr);
      found.epoch_yr = epoch_yr;
      return found;
    });
  } else {
    state.stars = state.field;
  }
  run.say(fmt::format("stars: {} from {} (best trial frame {}: {} catalogue stars, {} detections)",
                      state.stars.size(), from_detections ? "detections" : "the catalogue",
                      best_file, known, trials[best].n_bright));
  write_lists(run, state, digest);
}

}  // namespace skyweft::workflows
