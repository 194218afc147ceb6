// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/tfa_choice.hpp"

#include <algorithm>
#include <cmath>

#include "lc/statistics.hpp"
#include "mpi/gather.hpp"
#include "workflows/stages/detrend.hpp"

namespace skyweft::workflows {
namespace {

/// Numbers per star of this rank: per group, in how many frames it is saturated, and per aperture
/// its scatter and number of points after EPD.
struct Measured {
  std::vector<std::int64_t> rows;
  std::vector<std::vector<double>> values;  ///< [group][row · (1 + 2·ap)]
};

Measured measure_mine(const RunContext& run, const RunState& state) {
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  Measured out;
  out.values.resize(state.groups.frames.size());
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const auto in = read_stage(run, "epd", i_shard, tile);
    std::vector<SeriesTile> series;
    for (std::int64_t a = 0; a < n_ap; ++a) series.push_back(stage_series(in, a));
    const StarBlock raw = read_raw(run, state, i_shard, tile);
    for (std::int64_t s = 0; s < tile.n; ++s) {
      out.rows.push_back(tile.first_star + s);
      const auto quality = star_row(raw.points.quality, s, raw.n_frame);
      for (std::size_t g = 0; g < out.values.size(); ++g) {
        const std::vector<std::int64_t>& frames = state.groups.frames[g];
        out.values[g].push_back(
            static_cast<double>(std::ranges::count_if(frames, [&](std::int64_t f) {
              return (quality[static_cast<std::size_t>(f)] & quality::saturated) != 0;
            })));
        for (const SeriesTile& one : series) {
          const lc::SeriesScatter scatter =
              lc::series_scatter(at_frames<float>(one.mag_of(s), frames));
          out.values[g].push_back(scatter.scatter);
          out.values[g].push_back(static_cast<double>(scatter.n));
        }
      }
    }
  });
  return out;
}

}  // namespace

lc::SkyPoint point_of(const FitVariables& variables, std::int64_t row) {
  return {variables.xi()[static_cast<std::size_t>(row)],
          variables.eta()[static_cast<std::size_t>(row)]};
}

std::vector<TemplatePool> choose_pools(const RunContext& run, const RunState& state,
                                       const FitVariables& variables) {
  // A star saturated in one frame in ten is a saturated one.
  constexpr double kSaturatedShare = 0.1;
  // Replacements for one template in four that turns out to vary.
  constexpr double kSpare = 0.25;
  const lc::TfaConfig& config = run.config.tfa;
  const Measured mine = measure_mine(run, state);
  const std::vector<std::uint8_t> barred = target_rows(run, state);
  const std::size_t n_ap = state.aperture_radius_px.size();
  const std::size_t width = 1 + 2 * n_ap;
  std::vector<lc::SkyPoint> at;
  for (std::int64_t row = 0; row < state.stars.size(); ++row)
    at.push_back(point_of(variables, row));
  std::vector<TemplatePool> pools;
  for (std::size_t g = 0; g < state.groups.frames.size(); ++g) {
    const std::vector<double> measured = mpi::gather_rows_in_order(
        run.world, state.stars.size(), static_cast<std::int64_t>(width), mine.rows, mine.values[g]);
    const auto n_frame = static_cast<std::int64_t>(state.groups.frames[g].size());
    for (std::size_t a = 0; a < n_ap; ++a) {
      std::vector<lc::TemplateCandidate> candidates;
      for (std::size_t k = 0; k < at.size(); ++k)
        candidates.push_back(
            {.mag = variables.mag()[k],
             .scatter_mag = measured[k * width + 1 + 2 * a],
             .n_points = std::llround(measured[k * width + 2 + 2 * a]),
             .at = at[k],
             .is_barred = barred[k] != 0,
             .is_saturated = measured[k * width] > kSaturatedShare * static_cast<double>(n_frame)});
      TemplatePool pool{.group = static_cast<std::int64_t>(g),
                        .aperture = static_cast<std::int64_t>(a),
                        .n_allowed = lc::templates_allowed(n_frame, config),
                        .rows = {}};
      const bool has_spare = config.rounds > 1 && config.grid_side == 0 && pool.n_allowed > 0;
      const auto spare =
          static_cast<std::int64_t>(std::ceil(kSpare * static_cast<double>(pool.n_allowed)));
      pool.rows = lc::spread_templates(at, lc::suitable_templates(candidates, config),
                                       pool.n_allowed + (has_spare ? spare : 0), config);
      pools.push_back(std::move(pool));
    }
  }
  return pools;
}

}  // namespace skyweft::workflows
