// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/reference_stars.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "lc/magfit.hpp"
#include "mpi/on_root.hpp"
#include "sky/detected_stars.hpp"
#include "sky/wcs.hpp"
#include "workflows/stages/trials.hpp"

namespace skyweft::workflows {
namespace {

const std::vector<std::string> kUpToDetect{"load", "calibrate", "background", "detect"};

/// The usable light with this label or path, or -1.
std::int64_t light_named(const RunState& state, const std::string& name) {
  for (std::size_t i = 0; i < state.lights.size(); ++i)
    if (state.lights[i].reason.empty() &&
        (label_of(state.lights[i].info) == name || state.lights[i].info.path == name))
      return static_cast<std::int64_t>(i);
  return -1;
}

std::int64_t light_with_digest(const RunState& state, const std::string& digest) {
  for (std::size_t i = 0; i < state.lights.size(); ++i)
    if (state.lights[i].reason.empty() && state.lights[i].digest == digest)
      return static_cast<std::int64_t>(i);
  return -1;
}

/// The reference of an earlier run into this archive, when its frame is still there; -1 otherwise.
std::int64_t earlier_reference(const RunContext& run, const RunState& state) {
  if (!std::filesystem::exists(run.archive.known_sky())) return -1;
  try {
    const KnownSky earlier = parse_known_sky(io::read_text_file(run.archive.known_sky()));
    return earlier.aligned ? light_with_digest(state, earlier.frame_digest) : -1;
  } catch (const Error&) {
    return -1;
  }
}

std::int64_t named_reference(const RunContext& run, const RunState& state) {
  const std::string& name = run.config.frame.align.reference;
  if (name.empty()) return -1;
  const std::int64_t i = light_named(state, name);
  if (i >= 0) return i;
  throw Error{
      Errc::bad_input,
      fmt::format("align.reference = \"{}\" is none of the usable light frames; name one by "
                  "its file name, e.g. \"{}\"",
                  printable(name), printable(label_of(state.lights.front().info)))};
}

std::int64_t best_reference(const RunContext& run, const RunState& state) {
  std::vector<Trial> trials = try_frames(run, state, kUpToDetect);
  std::vector<FrameRecord> records;
  for (const Trial& t : trials) {
    records.push_back(t.record);
    records.back().n_matched = t.n_bright;
  }
  const std::int64_t best = lc::choose_reference_frame(records);
  if (best < 0)
    throw Error{Errc::bad_input, fmt::format("none of the {} trial frames shows stars:{}",
                                             trials.size(), reasons_of(trials))};
  return trials[static_cast<std::size_t>(best)].i_light;
}

/// A plain projection of the reference frame about the field's centre.
Wcs plain_sky(const FrameInfo& info, const SkyPos& centre, double scale_arcsec_px) {
  return sky::linear_wcs(
      centre, scale_arcsec_px, 0.0, false,
      {0.5 * static_cast<double>(info.nx - 1), 0.5 * static_cast<double>(info.ny - 1)});
}

}  // namespace

std::int64_t choose_reference(const RunContext& run, const RunState& state) {
  const std::int64_t chosen = mpi::on_root(run.world, [&] {
    const std::int64_t named = named_reference(run, state);
    return named >= 0 ? named : earlier_reference(run, state);
  });
  return chosen >= 0 ? chosen : best_reference(run, state);
}

void list_reference_stars(const RunContext& run, RunState& state, std::int64_t i_light) {
  const std::optional<SkyPos> centre = told_centre(run.config, founders_of(run, state));
  if (!centre)
    throw Error{Errc::bad_input,
                "there is neither a catalogue nor a word on where the field is; times at the "
                "barycentre need its place, a degree off is up to 9 s: set field.ra_deg and "
                "field.dec_deg"}
        .because({"frames_with_pointing", 0.0, 1.0});
  const ScannedFrame& light = state.lights[static_cast<std::size_t>(i_light)];
  const double scale = light.info.scale_arcsec_px.value_or(1.0);
  state.sky = {.centre = *centre,
               .aligned = true,
               .reference = label_of(light.info),
               .frame_digest = light.digest,
               .masters_digest = {},
               .solutions = {},
               .fwhm_px = {}};
  const Wcs wcs = plain_sky(light.info, *centre, scale);
  state.sky.solutions[std::string{kReferenceKey}] = wcs;
  double fwhm_px = kNaN;
  std::tie(state.stars, fwhm_px) = mpi::on_root(run.world, [&] {
    const steps::FrameWork work = look_at_light(run, state, i_light, kUpToDetect);
    if (work.record.state == FrameState::rejected)
      throw Error{Errc::bad_input, fmt::format("the reference frame {} cannot be used: {}",
                                               state.sky.reference, work.record.reason)};
    StarCatalog none;
    none.epoch_yr = state.epoch_yr;
    return std::pair{sky::stars_from_detections(work.sources, wcs, none, work.info.exposure_s,
                                                2.0 * scale, run.config.stars.min_snr),
                     work.record.fwhm_px};
  });
  state.sky.fwhm_px[detector_key(light.info)] = fwhm_px;
  state.field = state.stars;
  run.say(
      fmt::format("stars: {} of frame {}; there is no catalogue, so frames are laid on this "
                  "one, magnitudes are instrumental and places are about RA {:.4f} Dec {:.4f}",
                  state.stars.size(), state.sky.reference, centre->ra.deg(), centre->dec.deg()));
}

}  // namespace skyweft::workflows
