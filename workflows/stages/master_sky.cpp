// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include "calib/sky_flat_choice.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "mpi/collectives.hpp"
#include "mpi/gather.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

/// A sky flat's model on its way between ranks.
struct Shape {
  double level_adu = 1.0;
  double deviation = 0.0;
  std::vector<double> ratio;
  std::string fault;  ///< why there is none; empty when there is

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& level_adu& deviation& ratio& fault;
  }
};

/// The cells of this rank's share of the frames, with their indices.
using OwnCells = std::vector<std::pair<std::int64_t, calib::FlatCells>>;

/// Frames that cannot be used are left out of `inputs`, on all ranks alike. Collective.
OwnCells cells_of(const RunContext& run, const InputMasters& masters, StackInputs& inputs) {
  OwnCells found;
  std::vector<std::pair<std::int64_t, std::string>> faults;
  const auto n = static_cast<std::int64_t>(inputs.frames.size());
  for (std::int64_t i = run.world.rank(); i < n; i += run.world.size()) {
    faults.emplace_back(i, "");
    try {
      const WholeInput input =
          read_input(inputs.frames[static_cast<std::size_t>(i)]->info, masters, run.config);
      found.emplace_back(i, calib::flat_cells(input.adu, input.mask, run.config.skyflat));
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      faults.back().second = printable(error.text());
    }
  }
  const std::vector<std::string> drop = mpi::gather_in_order(run.world, n, faults);
  std::vector<std::int64_t> index_after(drop.size(), -1);
  std::int64_t n_left = 0;
  for (std::size_t i = 0; i < drop.size(); ++i)
    if (drop[i].empty()) index_after[i] = n_left++;
  for (auto& [i, flat] : found) i = index_after[static_cast<std::size_t>(i)];
  leave_out(inputs, drop);
  return found;
}

/// The large-scale shape all frames are brought to, from the cells that each rank holds of its own.
Grid<float> reference_of(const RunContext& run, std::int64_t n_frame,
                         const std::vector<std::pair<std::int64_t, calib::FlatCells>>& mine) {
  const std::int64_t cells_x =
      mpi::max_over_ranks(run.world, mine.empty() ? 0 : mine[0].second.cells.mean.nx());
  const std::int64_t cells_y =
      mpi::max_over_ranks(run.world, mine.empty() ? 0 : mine[0].second.cells.mean.ny());
  Grid<float> reference(cells_x, cells_y);
  const auto rows_at_once = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(run.config.run.memory_mib * 0.05 * 1048576.0) /
             std::max<std::int64_t>(1, 4 * n_frame * cells_x));
  for (std::int64_t first = 0; first < cells_y; first += rows_at_once) {
    const std::int64_t n = std::min(rows_at_once, cells_y - first) * cells_x;
    std::vector<std::pair<std::int64_t, std::vector<float>>> parts;
    for (const auto& [i, flat] : mine) {
      const auto part = flat.cells.mean.pixels().subspan(static_cast<std::size_t>(first * cells_x),
                                                         static_cast<std::size_t>(n));
      parts.emplace_back(i, std::vector<float>(part.begin(), part.end()));
    }
    std::vector<float> samples;
    for (const auto& row : mpi::gather_in_order(run.world, n_frame, parts))
      samples.insert(samples.end(), row.begin(), row.end());
    const auto strip = calib::reference_cells(samples, n_frame, n, run.config.skyflat);
    std::ranges::copy(strip, reference.pixels().begin() + first * cells_x);
  }
  return reference;
}

/// Sorts the flats of a session: what is neither bright nor faint and good is left out.
SkyFlats sorted_by_level(const StackInputs& inputs, const calib::SkyFlatConfig& config) {
  std::vector<std::optional<SkyPos>> pointings;
  std::vector<calib::StampStatistics> stamps;
  for (std::size_t i = 0; i < inputs.frames.size(); ++i) {
    pointings.push_back(inputs.frames[i]->info.pointing);
    stamps.push_back(inputs.models[i].stamp);
  }
  const FrameInfo& info = inputs.frames.front()->info;
  const double gain =
      info.amplifiers.empty() ? info.gain_e_per_adu : gain_of(info.amplifiers.front(), info);
  const double read_e =
      info.amplifiers.empty() ? info.read_noise_e : read_noise_of(info.amplifiers.front(), info);
  const calib::FlatSession session =
      calib::judge_flats(stamps, calib::nearest_separations(pointings), gain, read_e, config);
  calib::require_high_flats(session, config);
  std::vector<std::string> not_high(inputs.frames.size());
  std::vector<std::string> not_low(inputs.frames.size());
  for (std::size_t i = 0; i < inputs.frames.size(); ++i) {
    const calib::FlatVerdict& v = session.frames[i];
    const std::string text = fmt::format("{} ({} = {:.4g}, threshold {:g})", name_of(v.kind),
                                         v.test, v.measured, v.threshold);
    if (v.kind != calib::FlatClass::high) not_high[i] = text;
    if (v.kind != calib::FlatClass::low) not_low[i] = text;
  }
  SkyFlats flats{.high = inputs, .low = inputs};
  leave_out(flats.high, not_high);
  leave_out(flats.low, not_low);
  flats.low.notes.clear();
  return flats;
}

/// Finds each frame's level and surface, and leaves out those that clouds made differ.
void shape_flats(const RunContext& run, const Grid<float>& reference, const OwnCells& mine,
                 StackInputs& inputs) {
  const calib::SkyFlatConfig& config = run.config.skyflat;
  std::vector<std::pair<std::int64_t, Shape>> shapes;
  const calib::SurfaceShape surface{.nx = inputs.frames.front()->info.nx,
                                    .ny = inputs.frames.front()->info.ny,
                                    .n_node_x = config.x_nodes,
                                    .n_node_y = config.y_nodes};
  for (const auto& [i, flat] : mine) {
    Shape shape;
    try {
      const calib::FlatModel model = calib::model_of_flat(reference, flat, config);
      const auto numbers = model.ratio.coefficients();
      shape = {model.level_adu, model.deviation,
               std::vector<double>(numbers.begin(), numbers.end()), ""};
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      shape.fault = printable(error.text());
      shape.ratio.resize(static_cast<std::size_t>(surface.n_coefficient()), 1.0);
    }
    shapes.emplace_back(i, std::move(shape));
  }
  std::vector<std::string> drop;
  std::size_t at = 0;
  const auto n = static_cast<std::int64_t>(inputs.frames.size());
  for (const Shape& shape : mpi::gather_in_order(run.world, n, shapes)) {
    inputs.models[at++].level_adu = shape.level_adu;
    inputs.surfaces.emplace_back(surface, shape.ratio);
    drop.push_back(!shape.fault.empty() ? shape.fault
                   : shape.deviation > config.cloud_deviation
                       ? fmt::format("cloudy (large_scale_deviation = {:.4f}, threshold {:g})",
                                     shape.deviation, config.cloud_deviation)
                       : "");
  }
  leave_out(inputs, drop);
  inputs.stack = config.stack();
}

}  // namespace

SkyFlats prepare_sky_flats(const RunContext& run, const InputMasters& masters, StackInputs inputs) {
  const calib::SkyFlatConfig& config = run.config.skyflat;
  SkyFlats flats = sorted_by_level(inputs, config);
  const OwnCells high = cells_of(run, masters, flats.high);
  const Grid<float> reference =
      reference_of(run, static_cast<std::int64_t>(flats.high.frames.size()), high);
  shape_flats(run, reference, high, flats.high);
  require_inputs(flats.high, "flat", config.min_high_combine, "skyflat.min_high_combine");
  const auto enough_low = [&] {
    return static_cast<std::int64_t>(flats.low.frames.size()) >= config.min_low_combine;
  };
  if (enough_low()) {
    const OwnCells low = cells_of(run, masters, flats.low);
    shape_flats(run, reference, low, flats.low);
  }
  if (!enough_low()) flats.low = {};
  return flats;
}

}  // namespace skyweft::workflows
