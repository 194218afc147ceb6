// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "io/catalog_file.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"
#include "lc/magfit.hpp"
#include "mpi/on_root.hpp"
#include "sky/detected_stars.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"
#include "workflows/catalog_access.hpp"
#include "workflows/sky_givens.hpp"
#include "workflows/stages/reference_stars.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/trials.hpp"
#include "workflows/star_choice.hpp"

namespace skyweft::workflows {
namespace {

const std::vector<std::string> kUpToSolve{"load", "calibrate", "background", "detect", "solve"};

/// Reads the part of the catalogue that this field needs. Collective: root reads, all receive.
StarCatalog read_field(const RunContext& run, const SkyPos& centre, Angle radius, double epoch_yr) {
  return mpi::on_root(run.world, [&] {
    const std::string& path = run.config.run.catalog;
    StarCatalog field = choose_stars(path, run.config.stars, centre, radius, epoch_yr);
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
const Trial& best_trial(const std::vector<Trial>& trials, const RunContext& run) {
  std::vector<FrameRecord> records;
  for (const Trial& t : trials) records.push_back(t.record);
  const std::int64_t best = lc::choose_reference_frame(records);
  if (best >= 0) return trials[static_cast<std::size_t>(best)];
  throw Error{Errc::bad_input,
              fmt::format("none of the {} trial frames could be solved, so the field is not known; "
                          "check run.catalog ({}), the header's pointing and "
                          "camera.NAME.scale_arcsec_px, or give an index of the sky (run.index, "
                          "made by `skyweft catalog index`):{}",
                          trials.size(), run.config.run.catalog, reasons_of(trials))};
}

/// The solution with the most matched stars of every camera and channel.
std::map<std::string, Wcs> solutions_of(const std::vector<Trial>& trials, const RunState& state) {
  std::map<std::string, Wcs> out;
  std::map<std::string, std::int64_t> most;
  for (const Trial& t : trials) {
    if (t.record.state != FrameState::measured) continue;
    const std::string key = detector_key(state.lights[static_cast<std::size_t>(t.i_light)].info);
    if (t.record.n_matched <= most[key]) continue;
    most[key] = t.record.n_matched;
    out[key] = t.record.wcs;
  }
  return out;
}

/// Fills the field and the star list from the catalogue. Collective.
void list_catalog_stars(const RunContext& run, RunState& state) {
  const std::vector<ScannedFrame> founders = founders_of(run, state);
  const std::optional<SkyPos> told = told_centre(run.config, founders);
  if (!told && !state.index)
    throw Error{Errc::bad_input,
                "no frame names its pointing (looked for RA/DEC, OBJCTRA/OBJCTDEC, CRVAL1/2 …); "
                "set field.ra_deg and field.dec_deg, camera.NAME.ra_keys and dec_keys, or give an "
                "index of the sky (run.index)"}
        .because({"frames_with_pointing", 0.0, 1.0});
  if (told) {
    state.sky.centre = *told;
    const Angle radius = field_radius(run.config, founders, *told);
    try {
      state.field = read_field(run, *told, radius, state.epoch_yr);
    } catch (const Error& error) {
      // A wrong pointing may lie where the catalogue ends; the index knows the whole sky.
      if (error.code() != Errc::bad_input || run.config.run.index.empty()) throw;
    }
  }
  const std::vector<Trial> trials = try_frames(run, state, kUpToSolve);
  const Trial& best = best_trial(trials, run);
  const SkyPos found{Angle::from_deg(best.record.ra_deg), Angle::from_deg(best.record.dec_deg)};
  if (!told ||
      sky::separation(*told, found).deg() > run.config.frame.solve.pointing_tolerance_deg) {
    if (told)
      run.warn(fmt::format(
          "the frames show RA {:.4f} Dec {:.4f}, {:.2f} deg from where they were "
          "said to point",
          best.record.ra_deg, best.record.dec_deg, sky::separation(*told, found).deg()));
    state.sky.centre = found;
    const Angle radius = field_radius(run.config, founders, found, best.record.scale_arcsec_px);
    state.field = read_field(run, found, radius, state.epoch_yr);
  }
  state.sky.solutions = solutions_of(trials, state);
  state.sky.fwhm_px = widths_of(trials, state);
  const FrameInfo& best_info = state.lights[static_cast<std::size_t>(best.i_light)].info;
  state.sky.reference = label_of(best_info);
  state.sky.frame_digest = state.lights[static_cast<std::size_t>(best.i_light)].digest;

  const std::int64_t known = stars_inside(state.field, best);
  const std::string& wish = run.config.stars.source;
  const bool shallow = static_cast<double>(known) <
                       run.config.stars.shallow_ratio * static_cast<double>(best.n_bright);
  const bool from_detections = wish == "detections" || (wish == "auto" && shallow);
  if (from_detections) {
    state.stars = mpi::on_root(run.world, [&] {
      const steps::FrameWork work = look_at_light(run, state, best.i_light, kUpToSolve);
      StarCatalog stars = sky::stars_from_detections(
          work.sources, work.record.wcs, state.field, work.info.exposure_s,
          2.0 * work.record.scale_arcsec_px, run.config.stars.min_snr);
      stars.epoch_yr = state.epoch_yr;
      return stars;
    });
  } else {
    state.stars = state.field;
  }
  run.say(fmt::format("stars: {} from {} (best trial frame {}: {} catalogue stars, {} detections)",
                      state.stars.size(), from_detections ? "detections" : "the catalogue",
                      state.sky.reference, known, best.n_bright));
}

/// What the reference frame was calibrated with; empty when it is no longer among the lights.
std::string reference_masters(const RunState& state) {
  for (std::size_t i = 0; i < state.lights.size(); ++i)
    if (state.lights[i].reason.empty() && state.lights[i].digest == state.sky.frame_digest)
      return masters_digest_of(state, static_cast<std::int64_t>(i)) + ".";
  return {};
}

void write_lists(const RunContext& run, RunState& state, const std::string& digest) {
  state.sky.masters_digest = reference_masters(state);
  mpi::do_on_root(run.world, [&] {
    io::write_star_table(run.archive.field(), state.field);
    io::write_star_table(run.archive.stars(), state.stars);
    io::write_text_file(run.archive.known_sky(), known_sky_text(state.sky));
    run.note("catalog:field", run.archive.field(), digest);
    run.note("catalog:stars", run.archive.stars(), digest);
    run.note("catalog:sky", run.archive.known_sky(), digest);
  });
}

bool read_lists(const RunContext& run, RunState& state, const std::string& digest) {
  if (run.done({{"catalog:field", digest}, {"catalog:stars", digest}, {"catalog:sky", digest}}) !=
      std::vector<bool>{true, true, true})
    return false;
  state.sky = parse_known_sky(
      mpi::on_root(run.world, [&] { return io::read_text_file(run.archive.known_sky()); }));
  const std::string masters = reference_masters(state);
  if (masters.empty() || masters != state.sky.masters_digest) {
    state.sky = {};
    return false;
  }
  const auto list = [&](const std::filesystem::path& path) {
    return mpi::on_root(run.world, [&] { return io::read_star_file(path.string()); });
  };
  state.field = list(run.archive.field());
  state.stars = list(run.archive.stars());
  state.epoch_yr = state.stars.epoch_yr;
  return true;
}

/// Every camera and channel with its size: another one may need other stars.
std::string detectors_of(const RunState& state) {
  std::set<std::string> out;
  for (const ScannedFrame& light : state.lights)
    if (light.reason.empty())
      out.insert(fmt::format("{} {}x{}", detector_key(light.info), light.info.nx, light.info.ny));
  return fmt::format("{}", fmt::join(out, "\n"));
}

/// What decides the star list besides catalogue, frames and their masters.
std::string settings_of(const RunConfig& config, const std::string& regions) {
  std::string text = regions;
  for (const Stage stage : {Stage::scan, Stage::masters, Stage::stars})
    text += stage_settings(config, stage);
  return text;
}

}  // namespace

void list_stars(RunContext& run, RunState& state) {
  const bool aligned = run.config.run.catalog.empty();
  const FrameInfo& sample = state.lights.front().info;
  const std::int64_t reference = aligned ? choose_reference(run, state) : -1;
  const std::string given = mpi::on_root(run.world, [&] {
    std::string text = aligned ? state.lights[static_cast<std::size_t>(reference)].digest
                               : catalog_digest(run.config.run.catalog);
    for (const std::string& file :
         {run.config.run.index, run.config.stars.list, run.config.time.leap_seconds})
      if (!file.empty()) text += io::digest_of_file(file);
    return text;
  });
  const std::string settings =
      io::digest_of_text(settings_of(run.config, state.regions_text) + given + detectors_of(state));
  state.epoch_yr = year_of(sample.time_utc_mid_jd);
  if (!aligned && !run.config.run.index.empty())
    state.index = std::make_shared<const io::SkyIndexFile>(run.config.run.index);
  if (!read_lists(run, state, settings)) {
    if (aligned)
      list_reference_stars(run, state, reference);
    else
      list_catalog_stars(run, state);
    write_lists(run, state, settings);
  }
  // The lists themselves too: they may have been made anew with other masters.
  state.stars_digest = mpi::on_root(run.world, [&] {
    std::string text = settings;
    for (const auto& file : {run.archive.field(), run.archive.stars(), run.archive.known_sky()})
      text += io::digest_of_file(file);
    return io::digest_of_text(text);
  });
}

}  // namespace skyweft::workflows
