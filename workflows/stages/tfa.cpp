// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "lc/tfa.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "io/digest.hpp"
#include "lc/statistics.hpp"
#include "mpi/gather.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

lc::SkyPoint point_of(const FitVariables& variables, std::int64_t row) {
  return {variables.xi()[static_cast<std::size_t>(row)],
          variables.eta()[static_cast<std::size_t>(row)]};
}

/// What template choice asks of every star: in how many frames it is saturated, and per aperture
/// its scatter and number of points after EPD; [star][1 + 2·ap], in star order on all ranks.
std::vector<double> measure_candidates(const RunContext& run, const RunState& state) {
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  std::vector<std::int64_t> rows;
  std::vector<double> values;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const auto in = io::ShardReader{run.archive.shard("epd", i_shard)}.read_stage(
        "epd", tile.first_row, tile.n);
    const StarBlock raw =
        io::ShardReader{run.archive.shard("raw", i_shard)}.read_raw(tile.first_row, tile.n);
    std::vector<SeriesTile> series;
    for (std::int64_t a = 0; a < n_ap; ++a) series.push_back(stage_series(in, a));
    for (std::int64_t s = 0; s < tile.n; ++s) {
      rows.push_back(tile.first_star + s);
      values.push_back(static_cast<double>(
          std::ranges::count_if(star_row(raw.points.quality, s, raw.n_frame),
                                [](QualityBits q) { return (q & quality::saturated) != 0; })));
      for (const SeriesTile& one : series) {
        const lc::SeriesScatter scatter = lc::series_scatter(one.mag_of(s));
        values.push_back(scatter.scatter);
        values.push_back(static_cast<double>(scatter.n));
      }
    }
  });
  return mpi::gather_rows_in_order(run.world, state.stars.size(), 1 + 2 * n_ap, rows, values);
}

/// The EPD series of the chosen templates of one aperture, [template][frame], on all ranks.
std::vector<float> template_series(const RunContext& run, const RunState& state,
                                   std::int64_t aperture, const std::vector<std::int64_t>& rows) {
  const auto n_frame = static_cast<std::int64_t>(state.measured.size());
  std::vector<std::int64_t> indices;
  std::vector<double> values;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const auto wanted = [&](std::int64_t row) {
      return row >= tile.first_star && row < tile.first_star + tile.n;
    };
    if (std::ranges::none_of(rows, wanted)) return;
    const SeriesTile series =
        stage_series(io::ShardReader{run.archive.shard("epd", i_shard)}.read_stage(
                         "epd", tile.first_row, tile.n),
                     aperture);
    for (std::size_t t = 0; t < rows.size(); ++t) {
      if (!wanted(rows[t])) continue;
      indices.push_back(static_cast<std::int64_t>(t));
      for (const float m : series.mag_of(rows[t] - tile.first_star))
        values.push_back(static_cast<double>(m));
    }
  });
  const auto all = mpi::gather_rows_in_order(run.world, static_cast<std::int64_t>(rows.size()),
                                             n_frame, indices, values);
  return {all.begin(), all.end()};
}

/// The template stars of every aperture.
std::vector<std::vector<std::int64_t>> choose_all(const RunContext& run, const RunState& state,
                                                  const FitVariables& variables) {
  const std::vector<double> measured = measure_candidates(run, state);
  const std::vector<std::uint8_t> barred = target_rows(run, state);
  const std::size_t n_ap = state.aperture_radius_px.size();
  std::vector<std::vector<std::int64_t>> chosen;
  for (std::size_t a = 0; a < n_ap; ++a) {
    std::vector<lc::TemplateCandidate> candidates;
    for (std::int64_t row = 0; row < state.stars.size(); ++row) {
      const auto k = static_cast<std::size_t>(row);
      const std::size_t first = k * (1 + 2 * n_ap);
      const std::size_t at = first + 1 + 2 * a;
      // A star saturated in one frame in ten is no template in any.
      const bool saturated = measured[first] > 0.1 * static_cast<double>(state.measured.size());
      candidates.push_back({.mag = variables.mag()[k],
                            .scatter_mag = measured[at],
                            .n_points = std::llround(measured[at + 1]),
                            .at = point_of(variables, row),
                            .is_barred = barred[k] != 0 || saturated});
    }
    chosen.push_back(lc::choose_templates(
        candidates, static_cast<std::int64_t>(state.measured.size()), run.config.tfa));
  }
  return chosen;
}

std::vector<lc::TemplateSet> load_all(const RunContext& run, const RunState& state,
                                      const FitVariables& variables) {
  const auto n_frame = static_cast<std::int64_t>(state.measured.size());
  std::vector<lc::TemplateSet> sets;
  std::int64_t aperture = 0;
  for (const auto& rows : choose_all(run, state, variables)) {
    std::vector<lc::SkyPoint> at;
    for (const std::int64_t row : rows) at.push_back(point_of(variables, row));
    sets.push_back(lc::make_templates(rows, at, template_series(run, state, aperture++, rows),
                                      n_frame, run.config.tfa));
  }
  return sets;
}

}  // namespace

std::vector<std::int64_t> count_templates(const RunContext& run, const RunState& state) {
  std::vector<std::int64_t> counts;
  for (const auto& rows : choose_all(run, state, FitVariables{state}))
    counts.push_back(static_cast<std::int64_t>(rows.size()));
  return counts;
}

void filter_trends(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::epd) +
                                                stage_settings(run.config, Stage::tfa));
  state.stage_digest[Stage::tfa] = digest;
  if (stage_is_done(run, state, "tfa", digest)) return;
  const KnownEvents events{run, state};
  const FitVariables variables{state};
  const std::vector<lc::TemplateSet> sets = load_all(run, state, variables);
  correct_all_shards(run, state, "epd", "tfa", digest,
                     [&](std::int64_t row, std::int64_t aperture, std::span<float> mag,
                         std::span<QualityBits> quality, const StarBlock&, std::int64_t) {
                       lc::detrend_star(mag, quality, row, point_of(variables, row),
                                        sets[static_cast<std::size_t>(aperture)],
                                        events.of_star(row), run.config.tfa);
                     });
  run.say(fmt::format("tfa: {} templates for {} frames (middle aperture)",
                      sets[sets.size() / 2].star_row.size(), state.measured.size()));
}

}  // namespace skyweft::workflows
