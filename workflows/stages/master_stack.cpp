// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "calib/master_rows.hpp"
#include "calib/master_rows_bad.hpp"
#include "calib/sky_flat_parts.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/fits.hpp"
#include "mpi/collectives.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "mpi/partition.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

double level_of(const StackInputs& inputs) {
  std::vector<double> levels;
  for (const InputModel& model : inputs.models) levels.push_back(model.level_adu);
  return median_of_finite(levels);
}

/// The read noise of the inputs: as told, else that of their overscans.
double read_noise_of(const StackInputs& inputs, double gain) {
  const FrameInfo& info = inputs.frames.front()->info;
  const double told_e =
      info.amplifiers.empty() ? info.read_noise_e : read_noise_of(info.amplifiers.front(), info);
  if (told_e > 0.0) return told_e;
  std::vector<double> sigmas;
  for (const InputModel& model : inputs.models)
    if (!model.overscan.empty()) sigmas.push_back(model.overscan.front().sigma_adu);
  return sigmas.empty() ? 0.0 : gain * median_of_finite(sigmas);
}

/// Marks pixels of a bias or dark that scatter from frame to frame far beyond their noise.
void mark_unstable(const FrameInfo& info, double gain, double read_e, calib::StackedStrip& strip) {
  if (info.type == FrameType::flat || !(read_e > 0.0)) return;
  std::vector<float> expected(strip.value.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double dark_e = info.type == FrameType::dark
                              ? gain * std::max(static_cast<double>(strip.value[i]), 0.0)
                              : 0.0;
    expected[i] =
        static_cast<float>(std::sqrt(read_e * read_e + dark_e + gain * gain / 12.0) / gain);
  }
  calib::mark_unstable_pixels(strip.scale, expected, strip.mask);
}

/// Stacks this rank's strip of rows, in sub-strips that fit into the memory budget.
calib::StackedStrip stack_my_rows(const RunContext& run, const StackInputs& inputs,
                                  const InputMasters& masters, mpi::Range rows) {
  const FrameInfo& info = inputs.frames.front()->info;
  const std::int64_t nx = info.nx;
  const auto n_frame = static_cast<std::int64_t>(inputs.frames.size());
  constexpr double kShare = 0.125;  // of the budget: the stack's own work takes as much again
  const double budget = run.config.run.memory_mib * kShare * 1048576.0;
  const auto rows_at_once = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(budget / static_cast<double>(4 * n_frame * nx)));
  const double level = level_of(inputs);
  const double own_gain =
      info.amplifiers.empty() ? info.gain_e_per_adu : gain_of(info.amplifiers.front(), info);
  const double gain = info.type == FrameType::flat ? own_gain * level : own_gain;
  const double read_e = read_noise_of(inputs, own_gain);
  const double pedestal = info.type == FrameType::bias ? level : 0.0;
  calib::StackedStrip all;
  for (std::int64_t first = rows.first; first < rows.first + rows.n; first += rows_at_once) {
    const std::int64_t n_row = std::min(rows_at_once, rows.first + rows.n - first);
    const auto n_px = static_cast<std::size_t>(n_row * nx);
    std::vector<float> samples(static_cast<std::size_t>(n_frame) * n_px);
    for (std::size_t f = 0; f < inputs.frames.size(); ++f)
      read_strip(inputs.frames[f]->info, inputs.models[f], masters,
                 inputs.surfaces.empty() ? nullptr : &inputs.surfaces[f], first, n_row, run.config,
                 std::span{samples}.subspan(f * n_px, n_px));
    calib::StackedStrip strip =
        calib::stack_strip(samples, n_frame, n_row * nx, gain, read_e, inputs.stack, pedestal);
    mark_unstable(info, gain, read_e, strip);
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(all.value, strip.value);
    append(all.error, strip.error);
    append(all.count, strip.count);
    append(all.mask, strip.mask);
  }
  return all;
}

template <class To, class From>
Grid<To> gathered(const RunContext& run, std::vector<From>& mine, std::int64_t nx,
                  std::int64_t ny) {
  const auto rows = mpi::gatherv_rows<From>(run.world, mine, nx);
  mine = {};
  if (!run.world.is_root()) return {};
  Grid<To> grid(nx, ny);
  std::ranges::copy(rows, grid.pixels().begin());
  return grid;
}

/// What only the whole master shows: hot pixels of a dark, normalisation and bad pixels of a flat.
void finish(const RunContext& run, const MasterPlan& plan, MadeMaster& made) {
  const FrameType type = plan.like.type;
  const bool along_rows = plan.like.traits.read_out.starts_with('x');
  const auto bits = made.mask.pixels();
  const std::int64_t nx = made.value.nx();
  const std::int64_t ny = made.value.ny();
  if (type == FrameType::dark) calib::mark_hot_pixels(made.value.pixels(), bits);
  if (type != FrameType::flat) {
    calib::mark_bad_columns(made.mask, {.x0 = 0, .y0 = 0, .x1 = nx, .y1 = ny}, along_rows);
    return;
  }
  calib::normalise_flat(nx, ny, made.value.pixels(), made.error.pixels(), bits);
  const calib::CalibConfig& config = run.config.frame.calibrate;
  const double typical = median_of_finite(made.error.pixels());
  if (typical > config.flat_error_max)
    run.warn(
        fmt::format("{}: the flat is known to {:.2f} % a pixel only, calibrate.flat_error_max is "
                    "{:.2f} %; more "
                    "or brighter flats help",
                    plan.name, 100.0 * typical, 100.0 * config.flat_error_max));
  calib::mark_flat_pixels(
      nx, ny, made.value.pixels(), made.error.pixels(), bits,
      {.low_flat = config.low_flat, .error_max = std::max(config.flat_error_max, 3.0 * typical)});
  calib::mark_bad_columns(made.mask, {.x0 = 0, .y0 = 0, .x1 = nx, .y1 = ny}, along_rows);
}

io::Header cards_of(const MasterPlan& plan, const StackInputs& inputs, const std::string& digest) {
  io::Header cards;
  const FrameInfo& like = plan.like;
  cards.add_text("IMAGETYP", fmt::format("master {}", name_of(like.type)), "combined by skyweft");
  cards.add_text("CAMERA", safe_file_part(like.camera), "as the configuration calls it");
  if (!like.channel.empty()) cards.add_text("CHANNEL", safe_file_part(like.channel), "of a mosaic");
  cards.add_number("EXPTIME", std::isfinite(like.exposure_s) ? like.exposure_s : 0.0,
                   "[s] of the inputs");
  cards.add_text("FILTER", safe_file_part(like.filter), "of the inputs");
  cards.add_number("JD-MID", plan.time_jd, "[d] median mid-exposure, UTC");
  if (std::isfinite(plan.temperature_c))
    cards.add_number("CCD-TEMP", plan.temperature_c, "[C] median of the inputs");
  cards.add_integer("XBINNING", like.x_binning);
  cards.add_integer("YBINNING", like.y_binning);
  cards.add_integer("WINX0", like.window_x0, "first column in the detector, from 0");
  cards.add_integer("WINY0", like.window_y0, "first row in the detector, from 0");
  cards.add_text("COMBINE", inputs.stack.combine, "how values were combined");
  cards.add_integer("NCOMBINE", static_cast<std::int64_t>(inputs.frames.size()),
                    "number of inputs");
  cards.add_text("SWVERS", SKYWEFT_VERSION, "skyweft version");
  cards.add_text("CFGDIG", digest, "digest of settings and inputs");
  for (std::size_t i = 0; i < inputs.frames.size() && i < 999; ++i) {
    const std::filesystem::path path{inputs.frames[i]->info.path};
    cards.add_text(fmt::format("INP{:03}", i + 1), safe_file_part(path.filename().string()),
                   "input");
    cards.add_text(fmt::format("SUM{:03}", i + 1), inputs.frames[i]->digest,
                   "digest of its headers and size");
  }
  for (const std::string& note : inputs.notes) cards.add_text("HISTORY", printable(note));
  return cards;
}

}  // namespace

MadeMaster stack_master(const RunContext& run, const MasterPlan& plan, const StackInputs& inputs,
                        const InputMasters& masters) {
  const std::int64_t nx = plan.like.nx;
  const std::int64_t ny = plan.like.ny;
  const mpi::Range rows = mpi::block_range(ny, run.world.size(), run.world.rank());
  calib::StackedStrip mine = stack_my_rows(run, inputs, masters, rows);
  MadeMaster made{.value = gathered<float>(run, mine.value, nx, ny),
                  .error = gathered<float>(run, mine.error, nx, ny),
                  .count = gathered<std::int32_t>(run, mine.count, nx, ny),
                  .mask = gathered<MaskBits>(run, mine.mask, nx, ny)};
  mpi::do_on_root(run.world, [&] { finish(run, plan, made); });
  return made;
}

void mark_nonlinear(const RunContext& run, const MadeMaster& low, MadeMaster& high) {
  const calib::SkyFlatConfig& config = run.config.skyflat;
  const calib::FlatParts bright = calib::split_flat(high.value, high.mask, config);
  const calib::FlatParts faint = calib::split_flat(low.value, low.mask, config);
  calib::mark_nonlinear_pixels(bright.small.pixels(), high.error.pixels(), faint.small.pixels(),
                               low.error.pixels(), high.mask.pixels());
}

void write_master(const RunContext& run, const MasterPlan& plan, const StackInputs& inputs,
                  const MadeMaster& made, const std::string& digest) {
  const std::string unit = plan.like.type == FrameType::flat ? "" : "adu";
  io::write_image(run.archive.master(plan.name),
                  {{"VALUE", &made.value, unit},
                   {"ERROR", &made.error, unit},
                   {"COUNT", &made.count, ""},
                   {"MASK", &made.mask, ""}},
                  cards_of(plan, inputs, digest));
  run.note(fmt::format("master:{}", plan.name), run.archive.master(plan.name), digest);
}

}  // namespace skyweft::workflows
