// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/digest.hpp"
#include "io/segments.hpp"
#include "io/tables.hpp"
#include "mpi/farm.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "mpi/progress.hpp"
#include "steps/step.hpp"
#include "workflows/stages/frame_givens.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

/// A work unit: consecutive frames of the sorted list.
struct Batch {
  std::int64_t first = 0;
  std::int64_t n = 0;
  std::string digest;
};

std::vector<Batch> cut_batches(const RunContext& run, const RunState& state) {
  const std::string settings =
      io::digest_of_text(state.stars_digest + stage_settings(run.config, Stage::masters) +
                         stage_settings(run.config, Stage::frames));
  const auto n_frame = static_cast<std::int64_t>(state.lights.size());
  std::vector<Batch> batches;
  for (std::int64_t first = 0; first < n_frame; first += run.config.run.batch_frames) {
    Batch batch{.first = first,
                .n = std::min<std::int64_t>(run.config.run.batch_frames, n_frame - first),
                .digest = {}};
    std::string inputs = settings;
    for (std::int64_t i = batch.first; i < batch.first + batch.n; ++i)
      inputs += state.lights[static_cast<std::size_t>(i)].digest +
                state.lights[static_cast<std::size_t>(i)].reason;
    batch.digest = io::digest_of_text(inputs);
    batches.push_back(std::move(batch));
  }
  return batches;
}

std::string unit_of(std::int64_t batch) {
  return fmt::format("segment:{:06}", batch);
}

FrameRecord first_record(const ScannedFrame& frame) {
  FrameRecord record;
  record.id = frame.info.id;
  record.file = std::filesystem::path{frame.info.path}.filename().string();
  record.time_utc_mid_jd = frame.info.time_utc_mid_jd;
  record.exposure_s = frame.info.exposure_s;
  if (!frame.reason.empty()) {
    record.state = FrameState::rejected;
    record.stage = "scan";
    record.reason = frame.reason;
    record.test = frame.test;
    record.measured = frame.measured;
    record.threshold = frame.threshold;
  }
  return record;
}

/// Measures the frames of one batch, one after the other; the last solution helps the next frame.
io::Segment measure_batch(const RunContext& run, const RunState& state, std::int64_t i_batch,
                          const Batch& batch, std::span<const steps::Step> chain) {
  const auto n_ap = static_cast<std::int64_t>(run.config.frame.phot.radii_px.size());
  io::Segment segment{.batch = i_batch,
                      .frame_index = {},
                      .records = {},
                      .photometry = make_frame_block(batch.n, state.stars.size(), n_ap),
                      .aperture_radius_px = run.config.frame.phot.radii_px};
  Wcs previous;
  for (std::int64_t k = 0; k < batch.n; ++k) {
    const ScannedFrame& light = state.lights[static_cast<std::size_t>(batch.first + k)];
    steps::FrameWork work;
    work.info = light.info;
    work.record = first_record(light);
    work.previous_wcs = previous.valid() ? &previous : nullptr;
    if (work.record.state != FrameState::rejected) {
      try {
        steps::process(work, chain, givens_for(state, work.info), run.config.frame);
      } catch (Error& error) {
        error.during(fmt::format("frame {}", printable(light.info.path)));
        throw;
      }
    }
    if (work.record.state == FrameState::measured) {
      put_frame(segment.photometry, k, work.photometry);
      previous = work.record.wcs;
    }
    segment.frame_index.push_back(batch.first + k);
    segment.records.push_back(std::move(work.record));
  }
  return segment;
}

}  // namespace

steps::FrameGivens givens_for(const RunState& state, const FrameInfo& info) {
  steps::FrameGivens givens;
  const auto view_of = [&](const std::string& name) {
    const auto it = state.masters.find(name);
    return it == state.masters.end() ? calib::MasterView{} : it->second->view();
  };
  givens.masters = {.bias = view_of("bias"),
                    .dark = view_of("dark"),
                    .flat = view_of(flat_master_name(info.filter))};
  givens.field = &state.field;
  givens.stars = &state.stars;
  givens.default_pointing = state.centre;
  givens.has_default_pointing = true;
  return givens;
}

void measure_frames(RunContext& run, RunState& state) {
  const auto chain = steps::chain(run.config.run.steps);
  const std::vector<Batch> batches = cut_batches(run, state);
  const auto n_batch = static_cast<std::int64_t>(batches.size());
  std::vector<std::pair<std::string, std::string>> units;
  for (std::int64_t b = 0; b < n_batch; ++b)
    units.emplace_back(unit_of(b), batches[static_cast<std::size_t>(b)].digest);
  const std::vector<bool> finished = run.done(units);
  std::vector<std::int64_t> open;
  for (std::int64_t b = 0; b < n_batch; ++b)
    if (!finished[static_cast<std::size_t>(b)]) open.push_back(b);

  mpi::Progress progress{run.world.is_root() ? run.log : LogSink{}, "frames",
                         static_cast<std::int64_t>(state.lights.size())};
  mpi::farm(run.world, static_cast<std::int64_t>(open.size()), [&](std::int64_t item) {
    const std::int64_t b = open[static_cast<std::size_t>(item)];
    const Batch& batch = batches[static_cast<std::size_t>(b)];
    progress.reach(batch.first);
    const io::Segment segment = measure_batch(run, state, b, batch, chain);
    io::write_segment(run.archive.segment(b).string(), segment, run.stamp(batch.digest));
    run.note(unit_of(b), run.archive.segment(b), batch.digest);
  });
  run.world.barrier();

  std::vector<std::pair<std::int64_t, std::vector<FrameRecord>>> mine;
  for (std::int64_t b = run.world.rank(); b < n_batch; b += run.world.size())
    mine.emplace_back(b, io::read_segment_records(run.archive.segment(b).string()));
  state.records.clear();
  for (auto& records : mpi::gather_in_order(run.world, n_batch, mine))
    for (auto& record : records) state.records.push_back(std::move(record));
  state.measured.clear();
  for (std::size_t i = 0; i < state.records.size(); ++i)
    if (state.records[i].state == FrameState::measured)
      state.measured.push_back(static_cast<std::int64_t>(i));
  state.aperture_radius_px = run.config.frame.phot.radii_px;

  std::string digests;
  for (const Batch& b : batches) digests += b.digest;
  state.frames_digest = io::digest_of_text(digests);
  mpi::do_on_root(run.world, [&] {
    if (run.done_here("frames", state.frames_digest)) return;
    io::write_frames_table(run.archive.frames_table().string(), state.records,
                           run.stamp(state.frames_digest));
    run.note("frames", run.archive.frames_table(), state.frames_digest);
  });
  run.say(fmt::format("frames: {} measured, {} set aside", state.measured.size(),
                      state.records.size() - state.measured.size()));
  if (state.measured.empty()) {
    std::string why = state.records.empty() ? "there was none" : state.records.front().reason;
    throw Error{
        Errc::bad_input,
        fmt::format("no frame could be measured; the first one: {}; `skyweft why` tells more",
                    why)};
  }
}

}  // namespace skyweft::workflows
