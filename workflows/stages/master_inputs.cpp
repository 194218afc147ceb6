// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/master_inputs.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "calib/assemble.hpp"
#include "calib/calibrate.hpp"
#include "calib/linearity.hpp"
#include "calib/master_rows.hpp"
#include "calib/shutter.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/fits.hpp"

namespace skyweft::workflows {
namespace {

/// What is needed besides its pixels to correct one input's rows.
struct Correction {
  const FrameInfo& info;
  const InputMasters& masters;
  double dark_scale = 0.0;
  double level = 1.0;  ///< flats are divided by it
  float pedestal_adu = 0.0F;

  Correction(const FrameInfo& of, const InputMasters& with, const RunConfig& config)
      : info(of),
        masters(with),
        dark_scale(
            with.dark.empty() ? 0.0 : calib::dark_scale_for(of, with.dark, config.frame.calibrate)),
        pedestal_adu(with.bias.empty() && of.type != FrameType::bias
                         ? static_cast<float>(config.frame.calibrate.pedestal_adu)
                         : 0.0F) {}

  /// Subtracts masters from row `iy` of the frame as its type asks.
  void apply(std::int64_t iy, std::span<float> adu, std::span<const MaskBits> bits,
             std::span<float> out) const {
    const auto bias = masters.bias.row(masters.bias.value, iy);
    const auto dark = masters.dark.row(masters.dark.value, iy);
    if (pedestal_adu != 0.0F)
      for (float& v : adu) v -= pedestal_adu;
    if (info.type == FrameType::dark) {
      calib::prepare_dark_row(adu, bits, bias, out);
    } else if (info.type != FrameType::flat) {
      calib::prepare_bias_row(adu, bits, out);
    } else if (info.traits.linearity.empty()) {
      calib::prepare_flat_row(adu, bits, bias, dark, dark_scale, level, out);
    } else {
      for (std::size_t i = 0; i < bias.size(); ++i) adu[i] -= bias[i];
      calib::linearise_row(adu, {}, info.traits.linearity);
      calib::prepare_flat_row(adu, bits, {}, dark, dark_scale, level, out);
    }
    if (info.type == FrameType::flat) correct_shutter(iy, out);
  }

 private:
  void correct_shutter(std::int64_t iy, std::span<float> row) const {
    const auto delay = masters.shutter.row(masters.shutter.value, iy);
    if (delay.empty()) return;
    std::vector<float> factor(row.size());
    calib::shutter_factor_row(delay, info.exposure_s, factor);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] *= factor[i];
  }
};

/// Brings the amplifiers of a flat to one gain, that of the first: frames are divided by it in
/// electrons, each amplifier with its own gain already applied.
void equalise_gains(const FrameInfo& info, std::int64_t iy, std::span<float> row) {
  if (info.type != FrameType::flat || info.amplifiers.size() < 2) return;
  const double reference = gain_of(info.amplifiers.front(), info);
  for (const Amplifier& amplifier : info.amplifiers) {
    const PixelBox& box = amplifier.frame;
    const double ratio = gain_of(amplifier, info) / reference;
    if (iy < box.y0 || iy >= box.y1 || ratio == 1.0) continue;
    for (std::int64_t ix = box.x0; ix < box.x1; ++ix)
      row[static_cast<std::size_t>(ix)] *= static_cast<float>(ratio);
  }
}

/// Level and scatter of the central quarter of the area.
void measure_centre(const Grid<float>& adu, InputModel& model) {
  std::vector<float> centre;
  for (std::int64_t iy = adu.ny() / 4; iy < adu.ny() - adu.ny() / 4; ++iy)
    for (std::int64_t ix = adu.nx() / 4; ix < adu.nx() - adu.nx() / 4; ++ix)
      if (std::isfinite(adu(ix, iy))) centre.push_back(adu(ix, iy));
  const RobustSummary summary = robust_summary(std::span<const float>{centre});
  model.level_adu = summary.median;
  model.sigma_adu = summary.sigma;
}

}  // namespace

WholeInput read_input(const FrameInfo& info, const InputMasters& masters, const RunConfig& config) {
  io::RawImage raw = io::read_image(info.path, info.layout);
  calib::Assembled frame =
      calib::assemble(std::move(raw.adu), std::move(raw.mask), info,
                      config.frame.calibrate.suspect_fraction, config.frame.overscan);
  // Where the raw image is the frame, assemble() leaves judging to us.
  if (info.amplifiers.empty())
    calib::judge_raw(frame.adu.pixels(), {.saturation_adu = info.saturation_adu},
                     frame.mask.pixels());
  const Correction correction(info, masters, config);
  std::vector<float> row(static_cast<std::size_t>(frame.adu.nx()));
  for (std::int64_t iy = 0; iy < frame.adu.ny(); ++iy) {
    correction.apply(iy, frame.adu.row(iy), frame.mask.row(iy), row);
    equalise_gains(info, iy, row);
    std::ranges::copy(row, frame.adu.row(iy).begin());
  }
  WholeInput out{.adu = std::move(frame.adu), .mask = std::move(frame.mask), .model = {}};
  out.model.overscan = std::move(frame.overscan);
  measure_centre(out.adu, out.model);
  if (info.type == FrameType::flat && !(out.model.level_adu > 0.0))
    throw Error{Errc::bad_input,
                fmt::format("flat frame {} has a level of {:.1f} ADU above bias and dark; leave it "
                            "out of run.calibration",
                            printable(info.path), out.model.level_adu)}
        .because({"flat_level_adu", out.model.level_adu, 0.0});
  return out;
}

void read_strip(const FrameInfo& info, const InputModel& model, const InputMasters& masters,
                const calib::SmoothSurface* surface, std::int64_t first_row, std::int64_t n_row,
                const RunConfig& config, std::span<float> out) {
  const io::ImageReader reader{info.path, info.layout, io::kMaxPixels, io::Verify::no};
  Grid<float> adu(info.nx, n_row);
  Mask bits(info.nx, n_row);
  if (info.amplifiers.empty()) {
    reader.read_rows(first_row, n_row, adu.pixels());
    calib::judge_raw(adu.pixels(), {.saturation_adu = info.saturation_adu}, bits.pixels());
  } else {
    std::ranges::fill(bits.pixels(), mask::no_data);
    std::vector<float> raw_rows;
    for (std::size_t a = 0; a < info.amplifiers.size(); ++a) {
      const Amplifier& amplifier = info.amplifiers[a];
      const calib::RawRows rows = calib::raw_rows_of(amplifier, first_row, n_row);
      if (rows.n == 0) continue;
      raw_rows.resize(static_cast<std::size_t>(rows.n * reader.nx()));
      reader.read_rows(rows.first, rows.n, raw_rows);
      calib::place_rows(raw_rows, rows, reader.nx(), amplifier, model.overscan[a],
                        calib::raw_limits(amplifier, info, config.frame.calibrate.suspect_fraction),
                        first_row, adu, bits);
    }
  }
  Correction correction(info, masters, config);
  if (info.type == FrameType::flat) correction.level = model.level_adu;
  std::vector<float> scratch(surface == nullptr ? 0 : static_cast<std::size_t>(info.nx));
  for (std::int64_t k = 0; k < n_row; ++k) {
    const auto row =
        out.subspan(static_cast<std::size_t>(k * info.nx), static_cast<std::size_t>(info.nx));
    correction.apply(first_row + k, adu.row(k), bits.row(k), row);
    equalise_gains(info, first_row + k, row);
    if (surface != nullptr) calib::correct_flat_row(*surface, first_row + k, row, scratch);
  }
}

}  // namespace skyweft::workflows
