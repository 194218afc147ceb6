// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/import_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/catalog_file.hpp"
#include "io/digest.hpp"
#include "io/iso_utc.hpp"
#include "io/segments.hpp"
#include "io/tables.hpp"
#include "lc/magnitudes.hpp"
#include "mpi/on_root.hpp"
#include "sky/wcs.hpp"
#include "workflows/sky_givens.hpp"
#include "workflows/stages/import_frames.hpp"
#include "workflows/stages/import_rows.hpp"

namespace skyweft::workflows {
namespace {

/// Batches of one camera and night, as measured frames are cut.
std::vector<FrameBatch> cut_batches(const std::vector<FrameRecord>& records, int batch_frames,
                                    const std::string& digest) {
  std::vector<FrameBatch> batches;
  std::map<std::string, std::size_t> open;
  std::map<std::string, std::int64_t> count;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string session =
        fmt::format("{}-{}", safe_file_part(records[i].camera), records[i].night);
    auto at = open.find(session);
    if (at == open.end() || std::ssize(batches[at->second].lights) >= batch_frames) {
      open[session] = batches.size();
      const std::string name = fmt::format("{}-{:03}", session, count[session]++);
      batches.push_back({.name = name, .lights = {}, .digest = io::digest_of_text(digest + name)});
      at = open.find(session);
    }
    batches[at->second].lights.push_back(static_cast<std::int64_t>(i));
  }
  return batches;
}

std::string unit_of(const FrameBatch& batch) {
  return "segment:" + batch.name;
}

/// Whether an earlier run wrote everything. Collective: no.
bool is_imported(const RunContext& run, const std::string& digest) {
  if (!run.done_here("catalog:stars", digest) || !run.done_here("frames", digest)) return false;
  const auto records = io::read_frames_table(run.archive.frames_table());
  return std::ranges::all_of(
      cut_batches(records, run.config.run.batch_frames, digest),
      [&](const FrameBatch& batch) { return run.done_here(unit_of(batch), batch.digest); });
}

/// Stars without a catalogue magnitude get the median of their instrumental ones.
void fill_magnitudes(StarCatalog& stars, const FluxTable& fluxes,
                     const std::vector<FrameRecord>& records,
                     const std::vector<std::int64_t>& star_of_row,
                     const std::vector<std::int64_t>& frame_of_row) {
  std::vector<std::vector<double>> mags(stars.id.size());
  for (std::size_t row = 0; row < star_of_row.size(); ++row) {
    const FrameRecord& record = records[static_cast<std::size_t>(frame_of_row[row])];
    const float mag = lc::instrumental_mag(
        static_cast<double>(fluxes.flux_e[row * static_cast<std::size_t>(fluxes.n_ap)]),
        record.exposure_s);
    if (std::isfinite(mag))
      mags[static_cast<std::size_t>(star_of_row[row])].push_back(static_cast<double>(mag));
  }
  for (std::size_t s = 0; s < mags.size(); ++s)
    if (!std::isfinite(stars.mag[s]))
      stars.mag[s] =
          mags[s].empty() ? kNaNf : static_cast<float>(median_in_place(std::span<double>{mags[s]}));
}

/// Reads the table and writes what the stages up to frames would have written. Collective: no.
void import_on_root(const RunContext& run, const std::string& digest) {
  const io::TableOptions& options = run.config.table;
  io::PhotometryTable table = io::read_photometry_table(run.config.run.table, options);
  if (table.n_left_out > 0)
    run.warn(
        fmt::format("table: {} row(s) without star, place or time, or not selected, are left "
                    "out",
                    table.n_left_out));
  TableStars listed = stars_of_table(table, options);
  TableFrames framed =
      frames_of_table(table, options, run.config.frame.site, run.config.frame.leap_seconds);
  if (!framed.exposure_is_known)
    run.warn("table: frames without exposure time are taken as one second; see table.exposure");
  std::vector<FrameRecord>& records = framed.records;
  const FluxTable fluxes = fluxes_of(table, options, records, framed.frame_of_row);
  fill_magnitudes(listed.stars, fluxes, records, listed.star_of_row, framed.frame_of_row);
  listed.stars.epoch_yr = year_of(records.front().time_utc_mid_jd);
  const FrameFiller filler{table, fluxes, listed, framed, run.config.frame};
  for (FrameRecord& record : records)
    record.night = io::night_of(record.time_utc_mid_jd, run.config.frame.site.longitude.deg());
  const std::vector<double> radii = table_radii(options);
  std::int64_t n_repeated = 0;
  std::int64_t n_measured = 0;
  for (const FrameBatch& batch : cut_batches(records, run.config.run.batch_frames, digest)) {
    io::Segment segment{
        .records = {},
        .photometry = make_frame_block(std::ssize(batch.lights), listed.stars.size(), fluxes.n_ap),
        .aperture_radius_px = radii};
    for (std::size_t k = 0; k < batch.lights.size(); ++k) {
      const std::int64_t i = batch.lights[k];
      FrameRecord& record = records[static_cast<std::size_t>(i)];
      n_repeated += filler.fill(i, record, segment.photometry, static_cast<std::int64_t>(k));
      n_measured += record.state == FrameState::measured ? 1 : 0;
      segment.records.push_back(record);
    }
    io::write_segment(run.archive.segment(batch.name), segment, run.stamp(batch.digest));
    run.note(unit_of(batch), run.archive.segment(batch.name), batch.digest);
  }
  if (n_repeated > 0)
    run.warn(
        fmt::format("table: {} row(s) repeat a star in its frame; the first counts", n_repeated));
  if (n_measured == 0)
    throw Error{Errc::bad_input,
                fmt::format("no row of {} has a flux above zero; see table.flux and "
                            "table.magnitude",
                            printable(run.config.run.table))};
  io::write_star_table(run.archive.stars(), listed.stars);
  run.note("catalog:stars", run.archive.stars(), digest);
  io::write_star_table(run.archive.field(), listed.stars);
  run.note("catalog:field", run.archive.field(), digest);
  io::write_frames_table(run.archive.frames_table(), records, run.stamp(digest));
  run.note("frames", run.archive.frames_table(), digest);
}

/// A record as the scan would have described its file.
ScannedFrame scanned(const FrameRecord& record, const std::string& digest) {
  ScannedFrame frame;
  frame.info.id = record.id;
  frame.info.path = record.file;
  frame.info.camera = record.camera;
  frame.info.filter = record.filter;
  frame.info.type = FrameType::light;
  frame.info.time_utc_mid_jd = record.time_utc_mid_jd;
  frame.info.exposure_s = record.exposure_s;
  frame.digest = digest;
  return frame;
}

}  // namespace

void import_table(RunContext& run, RunState& state) {
  const auto site = mpi::on_root(run.world, [&] { return site_of(run.config, {}); });
  if (site)
    run.config.frame.site = *site;
  else
    run.warn(
        "the observer's place is not known: times are geocentric and airmass is the table's; set "
        "site.longitude_deg, latitude_deg and height_m");
  const std::string digest = mpi::on_root(run.world, [&] {
    std::string text = io::digest_of_file(run.config.run.table);
    if (!run.config.time.leap_seconds.empty())
      text += io::digest_of_file(run.config.time.leap_seconds);
    return io::digest_of_text(text + stage_settings(run.config, Stage::scan) +
                              stage_settings(run.config, Stage::stars));
  });
  mpi::do_on_root(run.world, [&] {
    if (!is_imported(run, digest)) import_on_root(run, digest);
  });
  state.stars = mpi::on_root(run.world, [&] { return io::read_star_file(run.archive.stars()); });
  state.records =
      mpi::on_root(run.world, [&] { return io::read_frames_table(run.archive.frames_table()); });
  state.field = state.stars;
  state.epoch_yr = state.stars.epoch_yr;
  state.catalog_digest = state.masters_digest = state.stars_digest = digest;
  state.frames_digest = digest;
  state.batches = cut_batches(state.records, run.config.run.batch_frames, digest);
  state.aperture_radius_px = table_radii(run.config.table);
  state.extra.clear();
  state.held.assign(static_cast<std::size_t>(state.stars.size()), 0);
  state.lights.clear();
  state.measured.clear();
  for (std::size_t i = 0; i < state.records.size(); ++i) {
    state.lights.push_back(scanned(state.records[i], digest));
    if (state.records[i].state == FrameState::measured)
      state.measured.push_back(static_cast<std::int64_t>(i));
  }
  state.groups = lc::group_frames(measured_records(state), run.config.groups);
  run.say(fmt::format("table: {} stars, {} frames, {} set aside", state.stars.size(),
                      state.records.size(), state.records.size() - state.measured.size()));
  if (state.groups.size() > 1)
    run.say(fmt::format("groups: {}", fmt::join(state.groups.names, ", ")));
}

}  // namespace skyweft::workflows
