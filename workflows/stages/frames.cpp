// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "calib/overscan.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "io/iso_utc.hpp"
#include "io/segments.hpp"
#include "io/tables.hpp"
#include "mpi/farm.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "mpi/progress.hpp"
#include "sky/sibling.hpp"
#include "steps/step.hpp"
#include "workflows/stages/frame_givens.hpp"
#include "workflows/stages/frame_notes.hpp"
#include "workflows/stages/injections.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/star_choice.hpp"

namespace skyweft::workflows {
namespace {

/// Cuts the lights of every camera and night into batches: another night makes more of them and
/// leaves these as they are.
std::vector<FrameBatch> cut_batches(const RunContext& run, const RunState& state) {
  const double longitude_deg = run.config.frame.site.longitude.deg();
  std::vector<FrameBatch> batches;
  std::map<std::string, std::size_t> open;    // of a camera and night: the batch being filled
  std::map<std::string, std::int64_t> count;  // batches begun
  for (std::size_t i = 0; i < state.lights.size(); ++i) {
    const FrameInfo& info = state.lights[i].info;
    const std::string session =
        fmt::format("{}-{}", safe_file_part(info.camera.empty() ? "none" : info.camera),
                    io::night_of(info.time_utc_mid_jd, longitude_deg));
    auto at = open.find(session);
    if (at == open.end() || std::ssize(batches[at->second].lights) >= run.config.run.batch_frames) {
      open[session] = batches.size();
      batches.push_back(
          {.name = fmt::format("{}-{:03}", session, count[session]++), .lights = {}, .digest = {}});
      at = open.find(session);
    }
    batches[at->second].lights.push_back(static_cast<std::int64_t>(i));
  }
  const std::string settings =
      io::digest_of_text(state.stars_digest + stage_settings(run.config, Stage::masters) +
                         stage_settings(run.config, Stage::frames) + state.shapes.digest);
  for (FrameBatch& batch : batches) {
    std::string inputs = settings;
    for (const std::int64_t i : batch.lights)
      inputs += state.lights[static_cast<std::size_t>(i)].digest +
                state.lights[static_cast<std::size_t>(i)].reason + masters_digest_of(state, i);
    batch.digest = io::digest_of_text(inputs);
  }
  return batches;
}

std::string unit_of(const FrameBatch& batch) {
  return "segment:" + batch.name;
}

FrameRecord first_record(const ScannedFrame& frame, double longitude_deg) {
  FrameRecord record;
  record.id = frame.info.id;
  record.file = label_of(frame.info);
  record.time_utc_mid_jd = frame.info.time_utc_mid_jd;
  record.exposure_s = frame.info.exposure_s;
  record.camera = frame.info.camera;
  record.channel = frame.info.channel;
  record.filter = frame.info.filter;
  record.night = io::night_of(frame.info.time_utc_mid_jd, longitude_deg);
  if (!frame.reason.empty()) {
    record.state = FrameState::rejected;
    record.stage = frame.stage;
    record.reason = frame.reason;
    record.test = frame.test;
    record.measured = frame.measured;
    record.threshold = frame.threshold;
  }
  return record;
}

/// The last solutions of a batch: they help the next frames.
class LastSolutions {
 public:
  /// Where the search for this frame begins: the other channel of the same exposure, else the
  /// frame before of the same detector, else nowhere.
  Wcs start_for(const FrameInfo& info) const {
    if (!last_.empty() && info.path == exposure_.path && info.channel != exposure_.channel)
      return sky::sibling_wcs(by_detector_.at(last_), sky::grid_of(exposure_), sky::grid_of(info));
    const auto it = by_detector_.find(detector_key(info));
    return it == by_detector_.end() ? Wcs{} : it->second;
  }
  void keep(const FrameInfo& info, const Wcs& wcs) {
    last_ = detector_key(info);
    exposure_ = info;
    by_detector_[last_] = wcs;
  }

 private:
  std::map<std::string, Wcs> by_detector_;
  std::string last_;
  FrameInfo exposure_;
};

/// Measures the frames of one batch, one after the other.
io::Segment measure_batch(const RunContext& run, const RunState& state, const FrameBatch& batch,
                          std::span<const steps::Step> chain) {
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  const auto n_frame = static_cast<std::int64_t>(batch.lights.size());
  const double longitude_deg = run.config.frame.site.longitude.deg();
  io::Segment segment{
      .records = {},
      .photometry = make_frame_block(n_frame, state.stars.size(), n_ap, state.extra),
      .aperture_radius_px = state.aperture_radius_px};
  LastSolutions solutions;
  // Of the frame before: pages that need not be fetched again.
  Frame memory;
  detect::Background background_memory;
  for (std::int64_t k = 0; k < n_frame; ++k) {
    const std::int64_t i_light = batch.lights[static_cast<std::size_t>(k)];
    const ScannedFrame& light = state.lights[static_cast<std::size_t>(i_light)];
    steps::FrameWork work;
    work.info = light.info;
    work.record = first_record(light, longitude_deg);
    work.previous_wcs = solutions.start_for(light.info);
    work.frame = std::move(memory);
    work.background = std::move(background_memory);
    if (work.record.state != FrameState::rejected) {
      try {
        steps::process(work, chain, givens_for(run, state, i_light), run.config.frame);
      } catch (Error& error) {
        error.during(fmt::format("frame {}", printable(light.info.path)));
        throw;
      }
    }
    if (work.record.state == FrameState::measured) {
      put_frame(segment.photometry, k, work.photometry);
      solutions.keep(light.info, work.record.wcs);
    }
    memory = std::move(work.frame);
    background_memory = std::move(work.background);
    segment.records.push_back(std::move(work.record));
  }
  return segment;
}

/// Warns of frames whose overscan level departs from those of the others: electronics.
void warn_of_drift(const RunContext& run, const std::vector<FrameRecord>& records) {
  constexpr double kLimit = 5.0;
  constexpr double kFloor_adu = 0.1;  // harmless: a tenth of the converter's step
  std::map<std::string, std::vector<double>> levels;
  for (const FrameRecord& r : records)
    if (std::isfinite(r.overscan_adu))
      levels[r.camera + "\n" + r.channel].push_back(r.overscan_adu);
  const auto is_odd = [&](const std::vector<double>& session, double level) {
    return std::abs(calib::overscan_drift(session, level, kFloor_adu)) > kLimit;
  };
  std::erase_if(levels, [&](const auto& entry) {
    const auto [low, high] = std::ranges::minmax(entry.second);
    return !is_odd(entry.second, low) && !is_odd(entry.second, high);
  });
  std::size_t n_odd = 0;
  std::string first;
  for (const FrameRecord& r : records) {
    const auto session = levels.find(r.camera + "\n" + r.channel);
    if (session == levels.end() || !std::isfinite(r.overscan_adu) ||
        !is_odd(session->second, r.overscan_adu))
      continue;
    if (n_odd++ == 0) first = fmt::format("{} at {:.2f} adu", printable(r.file), r.overscan_adu);
  }
  if (n_odd > 0)
    run.warn(fmt::format("overscan: {} frame(s) depart from the session's level, first {}", n_odd,
                         first));
}

}  // namespace

steps::FrameGivens givens_for(const RunContext& run, const RunState& state, std::int64_t i_light) {
  steps::FrameGivens givens;
  const FrameMasters& masters = state.light_masters[static_cast<std::size_t>(i_light)];
  if (masters.prepared >= 0)
    givens.masters = &state.prepared[static_cast<std::size_t>(masters.prepared)]->prepared;
  const auto applied = [&](std::int64_t i_plan) {
    if (i_plan < 0) return io::AppliedMaster{};
    const std::string& name = state.plans[static_cast<std::size_t>(i_plan)].name;
    return io::AppliedMaster{.name = name, .digest = state.masters.at(name)->digest};
  };
  givens.bias = applied(masters.bias);
  givens.dark = applied(masters.dark);
  givens.flat = applied(masters.flat);
  givens.masters_text = masters.text;
  givens.regions = state.regions;
  givens.calibrated_folder = run.archive.calibrated();
  givens.run_digest = state.masters_digest;
  const FrameInfo& info = state.lights[static_cast<std::size_t>(i_light)].info;
  const bool repeated = state.repeated_labels.contains(label_of(info));
  if (repeated) givens.save_suffix = fmt::format("-{}", info.id);
  givens.field = &state.field;
  givens.stars = &state.stars;
  if (state.index) {
    givens.index = &state.index->index();
    givens.stars_around = [&run, &state](const SkyPos& centre, Angle radius) {
      return choose_stars(run.config.run.catalog, run.config.stars, centre, radius, state.epoch_yr);
    };
  }
  givens.default_pointing = state.sky.centre;
  givens.subpixels = &state.shapes.subpixels;
  if (state.shapes.map) givens.psf_map = &*state.shapes.map;
  const auto width = state.sky.fwhm_px.find(detector_key(info));
  if (width != state.sky.fwhm_px.end()) givens.night_fwhm_px = width->second;
  givens.held = state.held;
  if (state.injections.in_pixels) givens.injections = state.injections.stars;
  const auto known = state.sky.solutions.find(detector_key(info));
  if (known != state.sky.solutions.end()) givens.known_wcs = &known->second;
  if (state.sky.aligned) givens.reference_wcs = &state.sky.solutions.at(std::string{kReferenceKey});
  return givens;
}

void measure_frames(RunContext& run, RunState& state) {
  const auto chain = steps::chain(run.config.run.steps);
  if (std::ranges::find(run.config.run.steps, "save") != run.config.run.steps.end())
    mpi::do_on_root(run.world, [&] { make_folder(run.archive.calibrated()); });
  std::set<std::string> labels;
  for (const ScannedFrame& light : state.lights)
    if (const std::string label = label_of(light.info); !labels.insert(label).second)
      state.repeated_labels.insert(label);
  state.shapes = mpi::on_root(run.world, [&] { return read_shape_givens(run.config.frame.shape); });
  state.aperture_radius_px = product_radii(run.config);
  state.extra = in_table_order(run.config.frame.phot.extra);
  state.held = stars_held(run, state);
  state.injections = plan_injections(run.config, state);
  state.batches = cut_batches(run, state);
  const auto n_batch = static_cast<std::int64_t>(state.batches.size());
  std::vector<std::pair<std::string, std::string>> units;
  for (const FrameBatch& batch : state.batches) units.emplace_back(unit_of(batch), batch.digest);
  const std::vector<bool> finished = run.done(units);
  std::vector<std::int64_t> open;
  for (std::int64_t b = 0; b < n_batch; ++b)
    if (!finished[static_cast<std::size_t>(b)]) open.push_back(b);

  mpi::Progress progress{run.world.is_root() ? run.log : LogSink{}, "frames",
                         static_cast<std::int64_t>(state.lights.size())};
  mpi::farm(run.world, static_cast<std::int64_t>(open.size()), [&](std::int64_t item) {
    const FrameBatch& batch =
        state.batches[static_cast<std::size_t>(open[static_cast<std::size_t>(item)])];
    progress.reach(batch.lights.front());
    const io::Segment segment = measure_batch(run, state, batch, chain);
    io::write_segment(run.archive.segment(batch.name), segment, run.stamp(batch.digest));
    run.note(unit_of(batch), run.archive.segment(batch.name), batch.digest);
  });
  run.world.barrier();

  std::vector<std::pair<std::int64_t, std::vector<FrameRecord>>> mine;
  for (std::int64_t b = run.world.rank(); b < n_batch; b += run.world.size())
    mine.emplace_back(b, io::read_segment_records(
                             run.archive.segment(state.batches[static_cast<std::size_t>(b)].name)));
  state.records.assign(state.lights.size(), {});
  const auto all = mpi::gather_in_order(run.world, n_batch, mine);
  for (std::size_t b = 0; b < all.size(); ++b)
    for (std::size_t row = 0; row < all[b].size(); ++row)
      state.records[static_cast<std::size_t>(state.batches[b].lights[row])] = all[b][row];
  state.measured.clear();
  for (std::size_t i = 0; i < state.records.size(); ++i)
    if (state.records[i].state == FrameState::measured)
      state.measured.push_back(static_cast<std::int64_t>(i));
  note_transparency(run, state);

  std::string digests;
  for (const FrameBatch& b : state.batches) digests += b.digest;
  state.frames_digest = io::digest_of_text(digests);
  mpi::do_on_root(run.world, [&] {
    if (run.done_here("frames", state.frames_digest)) return;
    io::write_frames_table(run.archive.frames_table().string(), state.records,
                           run.stamp(state.frames_digest));
    run.note("frames", run.archive.frames_table(), state.frames_digest);
  });
  warn_of_drift(run, state.records);
  run.say(fmt::format("frames: {} measured, {} set aside", state.measured.size(),
                      state.records.size() - state.measured.size()));
  state.groups = lc::group_frames(measured_records(state), run.config.groups);
  if (state.groups.size() > 1)
    run.say(fmt::format("groups: {}", fmt::join(state.groups.names, ", ")));
  if (state.measured.empty()) {
    std::string why = state.records.empty() ? "there was none" : state.records.front().reason;
    throw Error{
        Errc::bad_input,
        fmt::format("no frame could be measured; the first one: {}; `skyweft why` tells more",
                    why)};
  }
}

}  // namespace skyweft::workflows
