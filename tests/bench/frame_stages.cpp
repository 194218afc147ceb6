// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/frame_stages.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <fmt/format.h>

#include "calib/calibrate.hpp"
#include "calib/stack.hpp"
#include "core/error.hpp"
#include "detect/background.hpp"
#include "detect/detect.hpp"
#include "detect/peaks.hpp"
#include "io/fits.hpp"
#include "phot/apertures.hpp"
#include "sky/solve.hpp"
#include "sky/wcs.hpp"

namespace skyweft::bench {
namespace {

// Bytes per pixel that a stage has to read and write at least once.
// Raw value and mask, three masters with errors, their joined mask, the frame; no write-allocate.
constexpr double kCalibrateBytes = (4 + 2) + 3 * (4 + 4) + 2 + (4 + 4 + 2);
constexpr double kBackgroundBytes = (4 + 2) + (4 + 4);  // signal, mask; level, rms
constexpr double kDetectBytes = (4 + 4 + 2) + (4 + 4);  // frame, background
constexpr double kPeaksBytes = (4 + 4 + 2) + 4;         // frame, level
constexpr double kMeasureBytes = 4 + 4 + 2;             // frame

sky::SolveHint hint_of(const FrameInfo& info) {
  if (!info.pointing || !info.scale_arcsec_px)
    throw Error{Errc::internal, "the simulated header names no pointing or scale"};
  return {.pointing = *info.pointing, .scale_arcsec_px = *info.scale_arcsec_px};
}

/// The stack of a master: [n_frame][n_px] of noise with a cosmic ray in every thousandth value.
Row time_stack(const Options& options, const Floors& floors) {
  constexpr std::int64_t kFrames = 100;
  constexpr std::int64_t kPixels = 65536;
  std::mt19937_64 random(1);
  std::normal_distribution<float> noise(1000.0F, 5.0F);
  std::vector<float> samples(static_cast<std::size_t>(kFrames * kPixels));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = noise(random) + (i % 1000 == 0 ? 500.0F : 0.0F);
  const double megasamples = 1e-6 * static_cast<double>(samples.size());
  Row row = make_row(
      "frame", "stack masters", fmt::format("{} frames, clipped mean", kFrames),
      median_cost(
          options.n_run,
          [&] { keep(calib::stack_strip(samples, kFrames, kPixels, 1.5, 7.5, {}, 1000.0)); }),
      Clock::cpu, megasamples, "Mvalues/s");
  compare(row, "read", floors.read_gb_s, "GB/s", 1e-3 * 4.0 * megasamples);
  return row;
}

struct Detected {
  Frame frame;
  detect::Background background;
  detect::Detection found;
};

Detected detect_in(const Night& night, const RawFrame& file) {
  const io::RawImage raw = io::read_image(file.path);
  Detected out{.frame = calib::calibrate(raw.adu, raw.mask, file.info, night.masters(), {}),
               .background = {},
               .found = {}};
  out.background = detect::estimate_background(out.frame);
  out.found = detect::detect_sources(out.frame, out.background);
  return out;
}

}  // namespace

phot::ApertureConfig ten_apertures() {
  phot::ApertureConfig config;
  config.radii_px = {1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0};
  return config;
}

FrameProducts time_frame_stages(const Options& options, const Floors& floors, const Night& night,
                                Table& table) {
  const auto n_pixel = static_cast<double>(options.nx * options.nx);
  const double megapixels = 1e-6 * n_pixel;
  const std::string frame_text = fmt::format("{0} x {0} px", options.nx);
  const RawFrame& file = night.frames[0];
  const auto timed = [&](const char* stage, const std::string& amount, double work,
                         const char* unit, const std::function<void()>& run) {
    return make_row("frame", stage, amount, median_cost(options.n_run, run), Clock::cpu, work,
                    unit);
  };
  const auto against_copy = [&](Row row, double bytes_per_pixel) {
    compare(row, "copy", floors.copy_gb_s, "GB/s", 1e-9 * n_pixel * bytes_per_pixel);
    row.note = fmt::format("{:.0f} B/px touched", bytes_per_pixel);
    table.add(std::move(row));
  };

  io::RawImage raw;
  Row read = make_row("frame", "read raw", frame_text + ", uint16",
                      median_cost(options.n_run, [&] { raw = io::read_image(file.path); }),
                      Clock::wall, megapixels, "Mpx/s");
  compare(read, "cached read", floors.cached_read_mb_s, "MB/s", 2.0 * megapixels);
  read.note = "checksum verified";
  table.add(read);

  Detected at;
  // Masters are prepared once per node and a frame's memory is used for the next one.
  Mask joined;
  const calib::PreparedMasters masters = calib::prepare_masters(night.masters(), {}, joined);
  calib::calibrate_into(at.frame, raw.adu, raw.mask, file.info, {}, masters, {});
  against_copy(
      timed(
          "calibrate", frame_text, megapixels, "Mpx/s",
          [&] { calib::calibrate_into(at.frame, raw.adu, raw.mask, file.info, {}, masters, {}); }),
      raw.mask.empty() ? kCalibrateBytes - 2 : kCalibrateBytes);
  table.add(time_stack(options, floors));
  against_copy(timed("background", frame_text, megapixels, "Mpx/s",
                     [&] { detect::estimate_background_into(at.background, at.frame); }),
               kBackgroundBytes);
  const detect::PeakSearch search{.noise_scale = detect::noise_scale_of(at.frame, at.background)};
  against_copy(timed("peaks", frame_text, megapixels, "Mpx/s",
                     [&] { keep(detect::find_peaks(at.frame, at.background, search)); }),
               kPeaksBytes);
  // As many as there are, for the comparison with peers; the solution needs fewer.
  detect::Detection all;
  Row row = timed("detect, all", frame_text, megapixels, "Mpx/s", [&] {
    all = detect::detect_sources(at.frame, at.background, {.max_sources = 100 * options.n_star});
  });
  compare(row, "copy", floors.copy_gb_s, "GB/s", 1e-9 * n_pixel * kDetectBytes);
  row.note = fmt::format("{} sources, {:.0f} sources/s", all.sources.size(),
                         static_cast<double>(all.sources.size()) / row.cost.cpu_s);
  table.add(row);
  row = timed("detect", frame_text, megapixels, "Mpx/s",
              [&] { at.found = detect::detect_sources(at.frame, at.background); });
  compare(row, "copy", floors.copy_gb_s, "GB/s", 1e-9 * n_pixel * kDetectBytes);
  row.note = fmt::format("{} sources, {:.0f} sources/s", at.found.sources.size(),
                         static_cast<double>(at.found.sources.size()) / row.cost.cpu_s);
  table.add(row);

  const sky::SolveHint hint = hint_of(file.info);
  sky::Solution solution;
  const auto solve = [&](const char* stage, const Wcs* previous) {
    Row line =
        timed(stage, fmt::format("{} sources", at.found.sources.size()), 1.0, "frames/s", [&] {
          solution = sky::solve_field(at.found.sources, options.nx, options.nx, night.field, hint,
                                      {}, previous);
        });
    line.note = fmt::format("{} matched, rms {:.3f} px", solution.n_matched, solution.rms_px);
    table.add(line);
  };
  solve("solve, from the header", nullptr);
  const Detected other = detect_in(night, night.frames[1]);
  const Wcs previous = sky::solve_field(other.found.sources, options.nx, options.nx, night.field,
                                        hint_of(night.frames[1].info), {}, nullptr)
                           .wcs;
  solve("solve, from a neighbour", &previous);

  const phot::ApertureConfig config = ten_apertures();
  const auto n_star = static_cast<double>(night.field.size());
  const auto n_ap = static_cast<double>(config.radii_px.size());
  FrameProducts out;
  out.found_x_px = std::move(all.sources.x_px);
  out.found_y_px = std::move(all.sources.y_px);
  out.x_px.resize(night.field.id.size());
  out.y_px.resize(night.field.id.size());
  row = timed(
      "measure", fmt::format("{:.0f} stars x {:.0f} apertures", n_star, n_ap), 1e-3 * n_star,
      "kstars/s", [&] {
        sky::to_pixels(solution.wcs, night.field.ra_deg, night.field.dec_deg, out.x_px, out.y_px);
        keep(phot::measure_frame(at.frame, at.background.level_e, at.background.rms_e, out.x_px,
                                 out.y_px, night.field.mag, at.found.fwhm_px, config));
      });
  const double outer_px = phot::annulus_for(config, at.found.fwhm_px).outer_px;
  const double pixels_per_star = kPi * outer_px * outer_px;
  compare(row, "read", floors.read_gb_s, "GB/s", 1e-9 * n_star * pixels_per_star * kMeasureBytes);
  row.note = fmt::format("{:.0f} kapertures/s; {:.0f} px per star to the annulus' edge",
                         1e-3 * n_star * n_ap / row.cost.cpu_s, pixels_per_star);
  table.add(row);

  out.sky_rms_e = at.background.median_rms_e;
  out.fwhm_px = at.found.fwhm_px;
  out.frame = std::move(at.frame);
  return out;
}

}  // namespace skyweft::bench
