// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "io/segments.hpp"
#include "io/tables.hpp"
#include "workflows/archive.hpp"
#include "workflows/light_curve.hpp"
#include "workflows/load_config.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

/// Records of all frames known so far: the table of a finished frame stage, else the segments.
std::vector<FrameRecord> records_of(const Archive& archive) {
  if (std::filesystem::exists(archive.frames_table()))
    return io::read_frames_table(archive.frames_table().string());
  std::vector<FrameRecord> out;
  for (const auto& file : std::filesystem::directory_iterator{archive.segments()})
    if (file.path().extension() == ".h5")
      for (auto& record : io::read_segment_records(file.path())) out.push_back(std::move(record));
  std::ranges::sort(out, {}, &FrameRecord::time_utc_mid_jd);
  return out;
}

/// What a user can change about a failed test.
std::string remedy(const std::string& test) {
  static const std::map<std::string, std::string> kRemedies{
      {"n_sources", "lower detect.threshold_sigma, or look at the picture: cloud, shutter, dome"},
      {"log_odds",
       "check field.ra_deg/dec_deg, camera.NAME.scale_arcsec_px, widen "
       "solve.pointing_tolerance_deg"},
      {"n_matched", "lower solve.min_matches, or use a deeper run.catalog"},
      {"wcs_rms_px", "raise solve.max_rms_px or solve.distortion_order"},
      {"saturated_fraction",
       "raise calibrate.saturated_fraction_max, or correct camera.NAME.saturation_adu"},
      {"frame_nx", "process frames of another size in a run of their own"},
      {"file_bytes", "copy the file again; it is shorter than its header promises"},
      {"duplicate", "nothing: the exposure is counted once"},
      {"no_data_fraction", "the file holds no usable pixels; look at it"},
      {"is_fits",
       "the file is of another kind or damaged; move it out of the folder or copy it again"},
      {"n_images", "the file holds no image; move it out of the folder"},
      {"has_time", "set camera.NAME.start_keys to the keyword of the start time (UTC)"},
      {"has_exposure", "set camera.NAME.exposure_keys or exposure_s"},
      {"has_frame_type", "set camera.NAME.type or type_keys"},
      {"has_pointing", "set field.ra_deg and field.dec_deg, or camera.NAME.ra_keys and dec_keys"},
      {"has_scale", "set camera.NAME.scale_arcsec_px"},
      {"has_camera", "give one [camera.NAME] without `when`, or a condition that holds for it"},
      {"has_master_bias", "give bias frames that fit, or see calibrate.missing_master and [match]"},
      {"has_master_dark", "give dark frames that fit, or see calibrate.missing_master and [match]"},
      {"has_master_flat", "give flat frames that fit, or see calibrate.missing_master and [match]"},
      {"window", "correct camera.NAME.window_x_keys, window_y_keys and window_base"},
      {"window_shift", "correct camera.NAME.window_x_keys, window_y_keys and window_base"},
      {"overscan_pixels",
       "correct camera.NAME.overscan_section_keys, or calibrate.overscan = "
       "\"none\""},
      {"section", "correct camera.NAME.data_section_keys, amplifiers, or set trim = false"},
      {"checksum", "the file was changed after it was written; copy it again"},
      {"decompress", "the file is damaged; copy it again"},
      {"n_plane", "set camera.NAME.cube to \"frames\" or \"first\""},
      {"pixel_sigma_adu", "the frame is constant: camera or download failure"}};
  const auto it = kRemedies.find(test);
  return it == kRemedies.end() ? std::string{} : it->second;
}

void explain_frame(const FrameRecord& r, const std::vector<FrameRecord>& all) {
  fmt::print("frame {} (id {}): {}\n", r.file, r.id, name_of(r.state));
  if (!r.masters.empty()) fmt::print("  masters:   {}\n", r.masters);
  if (r.state == FrameState::measured) {
    fmt::print(
        "  {} sources, {} matched, WCS rms {:.3f} px, FWHM {:.2f} px, background {:.1f} e-, "
        "airmass {:.2f}\n",
        r.n_sources, r.n_matched, r.wcs_rms_px, r.fwhm_px, r.bg_e, r.airmass);
    return;
  }
  fmt::print("  stage:     {}\n  reason:    {}\n", r.stage, r.reason);
  if (!r.test.empty())
    fmt::print("  test:      {} = {:g}, threshold {:g}\n", r.test, r.measured, r.threshold);
  if (const std::string help = remedy(r.test); !help.empty()) fmt::print("  to change: {}\n", help);
  const auto siblings = std::ranges::count_if(all, [&](const FrameRecord& o) {
    return o.state == FrameState::rejected && o.stage == r.stage && o.test == r.test;
  });
  fmt::print("  {} of {} frames were set aside for the same reason\n", siblings, all.size());
}

void explain_star(const LightCurveReader& reader, std::int64_t row) {
  const LightCurve curve = reader.read(row);
  fmt::print("star {} at RA {:.6f} Dec {:.6f}, mag {:.3f}\n", curve.star_id,
             curve.position.ra.deg(), curve.position.dec.deg(), curve.mag);
  std::map<std::string, int> flags;
  int points = 0;
  for (std::size_t i = 0; i < curve.quality.size(); ++i) {
    for (const FlagBit& bit : quality::kTable)
      if ((static_cast<std::uint32_t>(curve.quality[i]) & bit.bit) != 0)
        ++flags[std::string{bit.name}];
    if (std::isfinite(curve.mags[0][i])) ++points;
  }
  fmt::print("  {} of {} frames have a flux in aperture {} ({} px)\n", points, curve.size(),
             curve.aperture, curve.aperture_radius_px);
  for (const auto& [name, n] : flags) {
    const auto bit = std::ranges::find(quality::kTable, std::string_view{name}, &FlagBit::name);
    fmt::print("  {:<20} {:>6} points: {}\n", name, n, bit->meaning);
  }
}

void summarise(const std::vector<FrameRecord>& records) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& r : records)
    if (r.state == FrameState::rejected)
      groups[r.stage + ": " + (r.test.empty() ? r.reason : r.test)].push_back(r.file);
  if (groups.empty()) fmt::print("no frame of {} was set aside\n", records.size());
  for (const auto& [reason, files] : groups) {
    fmt::print("{} frame(s) {}\n", files.size(), reason);
    for (std::size_t i = 0; i < std::min<std::size_t>(files.size(), 10); ++i)
      fmt::print("    {}\n", files[i]);
    if (files.size() > 10) fmt::print("    … and {} more\n", files.size() - 10);
  }
}

int why(const Archive& archive, const std::string& what) {
  require_archive(archive);
  const auto records = records_of(archive);
  if (what.empty()) {
    summarise(records);
    return 0;
  }
  bool found = false;
  for (const auto& r : records)
    if (r.file == what || fmt::format("{}", r.id) == what ||
        r.file.find(what) != std::string::npos) {
      explain_frame(r, records);
      found = true;
    }
  if (found) return 0;
  StarId id = 0;
  const auto [end, ec] = std::from_chars(what.data(), what.data() + what.size(), id);
  if (ec == std::errc{} && end == what.data() + what.size()) {
    const LightCurveReader reader{archive};
    explain_star(reader, reader.row_of(id));
    return 0;
  }
  throw Error{Errc::bad_input,
              fmt::format("{} is neither a frame nor a star of {}; `skyweft export frames` and "
                          "`skyweft export stars` list them",
                          what, archive.root().string())};
}

}  // namespace

void declare_why(CLI::App& app, Invocation& call) {
  struct Request {
    ArchiveRequest archive;
    std::string what;
  };
  auto request = std::make_shared<Request>();  // shared: lives as long as the parsed command
  declare_archive(app, request->archive);
  app.add_option("what", request->what,
                 "a frame's file name or id, or a star id; default: all frames set aside");
  app.callback([request, &call] {
    call.action = [request] {
      return guarded([&] { return why(request->archive.open(), request->what); });
    };
  });
}

}  // namespace skyweft::workflows
