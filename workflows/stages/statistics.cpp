// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "lc/statistics.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/robust.hpp"
#include "io/digest.hpp"
#include "io/tables.hpp"
#include "lc/aperture_choice.hpp"
#include "mpi/gather.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/series.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {
namespace {

/// Numbers per star and aperture: median magnitude, points, scatter of four stages, noise model.
constexpr std::int64_t kNumbers = 7;

/// The scatter expected of one star: the median over frames of the formal error, scintillation
/// included, in quadrature with the systematic floor (science.md 3.16).
double expected_scatter(const RunContext& run, std::span<const float> mag_err) {
  std::vector<double> errors;
  for (const float error : mag_err)
    if (std::isfinite(error))
      errors.push_back(
          std::hypot(static_cast<double>(error), run.config.frame.noise.systematic_mag));
  return median_in_place(std::span<double>{errors});
}

/// kNumbers per star and aperture of this rank's stars; those of all stars reach all ranks.
std::vector<double> measure(const RunContext& run, const RunState& state) {
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  const std::vector<double> exposure_s = exposures_of(state);
  std::vector<std::int64_t> rows;
  std::vector<double> values;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const StarBlock raw =
        io::ShardReader{run.archive.shard("raw", i_shard)}.read_raw(tile.first_row, tile.n);
    std::vector<io::ShardReader::StageTile> stages;
    for (const std::string_view stage : {"magfit", "epd", "tfa"})
      stages.push_back(io::ShardReader{run.archive.shard(stage, i_shard)}.read_stage(
          stage, tile.first_row, tile.n));
    std::vector<std::vector<SeriesTile>> series(static_cast<std::size_t>(n_ap));
    for (std::int64_t a = 0; a < n_ap; ++a) {
      auto& of_aperture = series[static_cast<std::size_t>(a)];
      of_aperture.push_back(raw_series(raw, a, exposure_s));
      for (const auto& stage : stages) of_aperture.push_back(stage_series(stage, a));
    }
    for (std::int64_t s = 0; s < tile.n; ++s) {
      rows.push_back(tile.first_star + s);
      for (const auto& of_aperture : series) {
        const lc::SeriesScatter last = lc::series_scatter(of_aperture.back().mag_of(s));
        values.push_back(last.median);
        values.push_back(static_cast<double>(last.n));
        for (const SeriesTile& one : of_aperture)
          values.push_back(lc::series_scatter(one.mag_of(s)).scatter);
        values.push_back(
            expected_scatter(run, star_row(of_aperture.front().mag_err, s, raw.n_frame)));
      }
    }
  });
  return mpi::gather_rows_in_order(run.world, state.stars.size(), kNumbers * n_ap, rows, values);
}

StarTable table_of(const RunState& state, const std::vector<double>& numbers,
                   const std::vector<std::int64_t>& n_template) {
  const std::size_t n_ap = state.aperture_radius_px.size();
  const auto n_star = static_cast<std::size_t>(state.stars.size());
  const auto number = [&](std::size_t star, std::size_t ap, std::size_t k) {
    return numbers[(star * n_ap + ap) * static_cast<std::size_t>(kNumbers) + k];
  };
  const auto column = [&](std::size_t k) {
    std::vector<float> out;
    for (std::size_t s = 0; s < n_star; ++s)
      for (std::size_t a = 0; a < n_ap; ++a) out.push_back(static_cast<float>(number(s, a, k)));
    return out;
  };
  StarTable table;
  table.stars = state.stars;
  table.aperture_radius_px = state.aperture_radius_px;
  table.median_mag = column(0);
  for (std::size_t stage = 0; stage < 4; ++stage) table.scatter[stage] = column(2 + stage);
  table.noise_model = column(6);
  const std::vector<double> mags(state.stars.mag.begin(), state.stars.mag.end());
  table.aperture = lc::choose_apertures(mags, table.scatter[3], state.aperture_radius_px);
  for (std::size_t s = 0; s < n_star; ++s) {
    const auto a = static_cast<std::size_t>(table.aperture[s]);
    const double n_point = number(s, a, 1);
    table.n_points.push_back(std::llround(n_point));
    // M templates take the share M/N of a random signal (lc/tfa.hpp).
    table.expected_loss.push_back(
        n_point > 0.0 ? static_cast<float>(static_cast<double>(n_template[a]) / n_point) : kNaNf);
  }
  return table;
}

/// The median ratio of scatter to noise model of the 100 brightest stars, in their chosen
/// apertures.
double ratio_to_model(const StarTable& table) {
  std::vector<std::size_t> order(table.aperture.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return table.stars.mag[i]; });
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min<std::size_t>(100, order.size()); ++i) {
    const std::size_t at = order[i] * static_cast<std::size_t>(table.n_ap()) +
                           static_cast<std::size_t>(table.aperture[order[i]]);
    ratios.push_back(static_cast<double>(table.scatter[3][at] / table.noise_model[at]));
  }
  return median_of_finite(ratios);
}

}  // namespace

void gather_statistics(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::tfa) +
                                                stage_settings(run.config, Stage::statistics));
  state.stage_digest[Stage::statistics] = digest;
  if (run.done({{"stars", digest}, {"lightcurves", digest}}) == std::vector<bool>{true, true})
    return;
  const std::vector<double> numbers = measure(run, state);
  const std::vector<std::int64_t> n_template = count_templates(run, state);
  mpi::do_on_root(run.world, [&] {
    const StarTable table = table_of(state, numbers, n_template);
    io::write_star_table_h5(run.archive.star_table(), table, run.stamp(digest));
    run.note("stars", run.archive.star_table(), digest);
    std::vector<std::filesystem::path> shards;
    for (std::size_t s = 0; s < shards_of(state).size(); ++s)
      for (const auto stage : kStages)
        shards.push_back(run.archive.shard(stage, static_cast<std::int64_t>(s)));
    io::write_light_curve_index(run.archive.light_curve_index(), shards, run.stamp(digest));
    run.note("lightcurves", run.archive.light_curve_index(), digest);
    run.say(fmt::format(
        "statistics: median scatter of the 100 brightest stars is {:.2f} of the noise model",
        ratio_to_model(table)));
  });
}

}  // namespace skyweft::workflows
