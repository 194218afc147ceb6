// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "calib/master_rows.hpp"
#include "calib/stack.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/digest.hpp"
#include "io/fits.hpp"
#include "mpi/collectives.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "mpi/partition.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

/// One master to be made: its name, its inputs, and which masters its inputs are corrected with.
struct Recipe {
  std::string name;
  FrameType type;
  std::vector<const ScannedFrame*> inputs;
};

/// The masters that the configuration asks for and the calibration frames allow. Throws
/// Error{bad_input} for one that too few frames are there for.
std::vector<Recipe> recipes_for(const RunConfig& config, const RunState& state) {
  std::vector<Recipe> recipes;
  const auto collect = [&](FrameType type, const std::string& name, auto keep) {
    Recipe recipe{.name = name, .type = type, .inputs = {}};
    for (const auto& f : state.calibration)
      if (f.info.type == type && keep(f.info)) recipe.inputs.push_back(&f);
    if (recipe.inputs.empty()) return;
    if (const auto n = static_cast<std::int64_t>(recipe.inputs.size());
        n < config.masters.min_frames)
      throw Error{Errc::bad_input,
                  fmt::format("there are {} {} frames for the master {}, fewer than "
                              "masters.min_frames = {}; give more, "
                              "lower masters.min_frames, or set calibrate.{} = false",
                              n, name_of(type), name, config.masters.min_frames, name_of(type))};
    recipes.push_back(std::move(recipe));
  };
  const auto any = [](const FrameInfo&) { return true; };
  if (config.frame.calibrate.bias) collect(FrameType::bias, "bias", any);
  if (config.frame.calibrate.dark) collect(FrameType::dark, "dark", any);
  std::set<std::string> filters;
  for (const auto& f : state.calibration)
    if (config.frame.calibrate.flat && f.info.type == FrameType::flat)
      filters.insert(f.info.filter);
  for (const auto& filter : filters)
    collect(FrameType::flat, flat_master_name(filter),
            [&](const FrameInfo& i) { return i.filter == filter; });
  return recipes;
}

calib::Masters masters_in(const RunState& state) {
  calib::Masters masters;
  if (const auto it = state.masters.find("bias"); it != state.masters.end())
    masters.bias = it->second->view();
  if (const auto it = state.masters.find("dark"); it != state.masters.end())
    masters.dark = it->second->view();
  return masters;
}

std::span<const float> part_of(const calib::MasterView& master, std::int64_t first, std::size_t n) {
  return master.empty() ? std::span<const float>{}
                        : master.value.subspan(static_cast<std::size_t>(first), n);
}

double dark_scale(const FrameInfo& info, const calib::Masters& masters) {
  return masters.dark.empty() || !(masters.dark.exposure_s > 0.0)
             ? 0.0
             : info.exposure_s / masters.dark.exposure_s;
}

/// Turns raw pixels of one calibration frame, from `first_pixel` on, into samples that can be
/// stacked.
void prepare(const FrameInfo& info, std::int64_t first_pixel, double level,
             const calib::Masters& masters, std::span<const float> raw, std::span<float> out) {
  std::vector<MaskBits> bits(raw.size(), 0);
  if (std::isfinite(info.saturation_adu))
    for (std::size_t i = 0; i < raw.size(); ++i)
      if (static_cast<double>(raw[i]) >= info.saturation_adu) bits[i] = mask::oversaturated;
  const auto bias = part_of(masters.bias, first_pixel, raw.size());
  const auto dark = part_of(masters.dark, first_pixel, raw.size());
  switch (info.type) {
    case FrameType::dark:
      calib::prepare_dark_row(raw, bits, bias, out);
      break;
    case FrameType::flat:
      calib::prepare_flat_row(raw, bits, bias, dark, dark_scale(info, masters), level, out);
      break;
    default:
      calib::prepare_bias_row(raw, bits, out);
      break;
  }
}

/// The level of each input: what a flat is divided by, and the pedestal of a bias. Collective.
std::vector<double> levels_of(const RunContext& run, const Recipe& recipe,
                              const calib::Masters& masters) {
  const auto n = static_cast<std::int64_t>(recipe.inputs.size());
  const mpi::Range mine = mpi::block_range(n, run.world.size(), run.world.rank());
  const bool flat = recipe.type == FrameType::flat;
  std::vector<std::pair<std::int64_t, double>> levels;
  for (std::int64_t i = mine.first; i < mine.end(); ++i) {
    const FrameInfo& info = recipe.inputs[static_cast<std::size_t>(i)]->info;
    const io::RawImage image = io::read_image(info.path);
    levels.emplace_back(i, calib::flat_level(image.adu, image.mask,
                                             flat ? masters.bias.value : std::span<const float>{},
                                             flat ? masters.dark.value : std::span<const float>{},
                                             flat ? dark_scale(info, masters) : 0.0));
  }
  return mpi::gather_in_order(run.world, n, levels);
}

/// Stacks this rank's strip of rows, in sub-strips that fit into the memory budget.
calib::StackedStrip stack_my_rows(const RunContext& run, const Recipe& recipe,
                                  const calib::Masters& masters, std::span<const double> levels,
                                  mpi::Range rows, std::int64_t nx) {
  const auto n_frame = static_cast<std::int64_t>(recipe.inputs.size());
  const double budget = run.config.run.memory_mib * 0.5 * 1048576.0;
  const auto rows_at_once = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(budget / static_cast<double>(4 * n_frame * nx)));
  const FrameInfo& info = recipe.inputs.front()->info;
  const double level = median_of_finite(levels);
  const double gain =
      recipe.type == FrameType::flat ? info.gain_e_per_adu * level : info.gain_e_per_adu;
  const double pedestal = recipe.type == FrameType::bias ? level : 0.0;
  std::vector<io::ImageReader> readers;
  for (const ScannedFrame* f : recipe.inputs) readers.emplace_back(f->info.path);
  calib::StackedStrip all;
  for (std::int64_t first = rows.first; first < rows.first + rows.n; first += rows_at_once) {
    const std::int64_t n_row = std::min(rows_at_once, rows.first + rows.n - first);
    std::vector<float> samples(static_cast<std::size_t>(n_frame * n_row * nx));
    std::vector<float> raw(static_cast<std::size_t>(n_row * nx));
    for (std::int64_t f = 0; f < n_frame; ++f) {
      const std::span<float> part{samples.data() + f * n_row * nx, raw.size()};
      readers[static_cast<std::size_t>(f)].read_rows(first, n_row, raw);
      prepare(recipe.inputs[static_cast<std::size_t>(f)]->info, first * nx,
              levels[static_cast<std::size_t>(f)], masters, raw, part);
    }
    const calib::StackedStrip strip = calib::stack_strip(
        samples, n_frame, n_row * nx, gain, info.read_noise_e, run.config.masters, pedestal);
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

template <class T>
Grid<T> grid_of(const std::vector<T>& values, std::int64_t nx, std::int64_t ny) {
  Grid<T> grid(nx, ny);
  std::ranges::copy(values, grid.pixels().begin());
  return grid;
}

/// What only the whole master shows: hot pixels of a dark, normalisation and bad pixels of a flat.
void finish(const RunContext& run, FrameType type, Grid<float>& value, Grid<float>& error,
            Mask& bits) {
  if (type == FrameType::dark) calib::mark_hot_pixels(value.pixels(), bits.pixels());
  if (type != FrameType::flat) return;
  calib::normalise_flat(value.nx(), value.ny(), value.pixels(), error.pixels(), bits.pixels());
  calib::mark_flat_pixels(value.nx(), value.ny(), value.pixels(), error.pixels(), bits.pixels(),
                          {.low_flat = run.config.frame.calibrate.low_flat});
}

void write_master(const RunContext& run, const Recipe& recipe, const Grid<float>& value,
                  const Grid<float>& error, const Grid<std::int32_t>& count, const Mask& mask,
                  const std::string& digest) {
  io::Header cards;
  const FrameInfo& first = recipe.inputs.front()->info;
  cards.add_text("IMAGETYP", fmt::format("master {}", name_of(recipe.type)), "combined by skyweft");
  cards.add_number("EXPTIME", std::isfinite(first.exposure_s) ? first.exposure_s : 0.0,
                   "[s] of the inputs");
  cards.add_text("FILTER", safe_file_part(first.filter), "of the inputs");
  cards.add_integer("NCOMBINE", static_cast<std::int64_t>(recipe.inputs.size()),
                    "number of inputs");
  cards.add_text("SWVERS", SKYWEFT_VERSION, "skyweft version");
  cards.add_text("CFGDIG", digest, "digest of settings and inputs");
  for (std::size_t i = 0; i < recipe.inputs.size() && i < 999; ++i) {
    cards.add_text(
        fmt::format("INP{:03}", i + 1),
        safe_file_part(std::filesystem::path{recipe.inputs[i]->info.path}.filename().string()),
        "input");
    cards.add_text(fmt::format("SUM{:03}", i + 1), recipe.inputs[i]->digest, "its checksum");
  }
  const std::string unit = recipe.type == FrameType::flat ? "" : "adu";
  io::write_image(run.archive.master(recipe.name),
                  {{"VALUE", &value, unit},
                   {"ERROR", &error, unit},
                   {"COUNT", &count, ""},
                   {"MASK", &mask, ""}},
                  cards);
}

void make_one(const RunContext& run, const Recipe& recipe, const RunState& state,
              const std::string& unit, const std::string& digest) {
  const std::int64_t nx = recipe.inputs.front()->info.nx;
  const std::int64_t ny = recipe.inputs.front()->info.ny;
  for (const ScannedFrame* f : recipe.inputs)
    if (f->info.nx != nx || f->info.ny != ny)
      throw Error{
          Errc::bad_input,
          fmt::format("{} frames differ in size: {} is {}x{}, {} is {}x{}; keep one size per run",
                      name_of(recipe.type), recipe.inputs.front()->info.path, nx, ny, f->info.path,
                      f->info.nx, f->info.ny)};
  const calib::Masters masters = masters_in(state);
  const std::vector<double> levels = levels_of(run, recipe, masters);
  const mpi::Range rows = mpi::block_range(ny, run.world.size(), run.world.rank());
  calib::StackedStrip mine = stack_my_rows(run, recipe, masters, levels, rows, nx);
  const auto value = mpi::gatherv_rows<float>(run.world, mine.value, nx);
  const auto error = mpi::gatherv_rows<float>(run.world, mine.error, nx);
  const auto count = mpi::gatherv_rows<std::uint16_t>(run.world, mine.count, nx);
  const auto mask = mpi::gatherv_rows<MaskBits>(run.world, mine.mask, nx);
  mpi::do_on_root(run.world, [&] {
    Grid<float> values = grid_of(value, nx, ny);
    Grid<float> errors = grid_of(error, nx, ny);
    Mask bits = grid_of(mask, nx, ny);
    Grid<std::int32_t> counts(nx, ny);
    std::ranges::copy(count, counts.pixels().begin());
    finish(run, recipe.type, values, errors, bits);
    write_master(run, recipe, values, errors, counts, bits, digest);
    run.note(unit, run.archive.master(recipe.name), digest);
  });
  run.say(fmt::format("masters: {} from {} frames", recipe.name, recipe.inputs.size()));
}

std::unique_ptr<HeldMaster> hold(const RunContext& run, const Recipe& recipe) {
  const auto path = run.archive.master(recipe.name);
  const std::int64_t nx = recipe.inputs.front()->info.nx;
  const std::int64_t ny = recipe.inputs.front()->info.ny;
  const double exposure = recipe.inputs.front()->info.exposure_s;
  const auto fill_from = [&](const char* plane) {
    return [path, plane](std::span<float> to) {
      std::ranges::copy(io::read_plane(path, plane).pixels(), to.begin());
    };
  };
  return std::unique_ptr<HeldMaster>(new HeldMaster{
      .nx = nx,
      .ny = ny,
      .exposure_s = std::isfinite(exposure) ? exposure : 0.0,
      .value = mpi::NodeShared<float>(run.node, nx * ny, fill_from("VALUE")),
      .error = mpi::NodeShared<float>(run.node, nx * ny, fill_from("ERROR")),
      .mask = mpi::NodeShared<MaskBits>(run.node, nx * ny, [path](std::span<MaskBits> to) {
        std::ranges::copy(io::read_mask_plane(path, "MASK").pixels(), to.begin());
      })});
}

}  // namespace

std::string flat_master_name(const std::string& filter) {
  return filter.empty() ? "flat" : fmt::format("flat_{}", safe_file_part(filter));
}

void make_masters(RunContext& run, RunState& state) {
  std::string settings =
      stage_settings(run.config, Stage::scan) + stage_settings(run.config, Stage::masters);
  std::string chain = io::digest_of_text(settings);
  for (const Recipe& recipe : recipes_for(run.config, state)) {
    std::string inputs;
    for (const ScannedFrame* f : recipe.inputs) inputs += f->digest;
    const std::string digest = io::digest_of_text(chain + recipe.name + inputs);
    const std::string unit = fmt::format("master:{}", recipe.name);
    if (!run.done(unit, digest)) make_one(run, recipe, state, unit, digest);
    state.masters[recipe.name] = hold(run, recipe);
    chain = digest;
  }
  state.masters_digest = chain;
}

}  // namespace skyweft::workflows
