// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/robust.hpp"
#include "io/digest.hpp"
#include "io/tables.hpp"
#include "lc/aperture_choice.hpp"
#include "lc/statistics_table.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/statistics_rows.hpp"

namespace skyweft::workflows {
namespace {

StarTable table_of(const RunState& state, const StatisticsRows& rows,
                   const std::vector<std::int64_t>& n_template) {
  const std::size_t n_ap = state.aperture_radius_px.size();
  const auto n_star = static_cast<std::size_t>(state.stars.size());
  const auto column = [&](std::size_t k) {
    std::vector<float> out;
    out.reserve(n_star * n_ap);
    for (std::size_t s = 0; s < n_star; ++s)
      for (std::size_t a = 0; a < n_ap; ++a) out.push_back(rows.at(s, a, k));
    return out;
  };
  StarTable table;
  table.stars = state.stars;
  table.aperture_radius_px = state.aperture_radius_px;
  table.median_mag = column(StatisticsRows::kMedian);
  table.noise_model = column(StatisticsRows::kNoiseModel);
  for (std::size_t stage = 0; stage < kStages.size(); ++stage) {
    const auto of_stage = [&](StatisticsRows::OfStage k) {
      return column(StatisticsRows::place(stage, k));
    };
    table.scatter[stage] = of_stage(StatisticsRows::kScatter);
    table.rms[stage] = of_stage(StatisticsRows::kRms);
    table.point_to_point[stage] = of_stage(StatisticsRows::kPointToPoint);
    table.white_noise[stage] = of_stage(StatisticsRows::kWhite);
    table.red_noise[stage] = of_stage(StatisticsRows::kRed);
    table.beta[stage] = of_stage(StatisticsRows::kBeta);
    table.n_finite[stage] = of_stage(StatisticsRows::kFinite);
  }
  const std::vector<double> mags(state.stars.mag.begin(), state.stars.mag.end());
  table.aperture = lc::choose_apertures(mags, table.scatter.back(), state.aperture_radius_px);
  table.group = state.groups.names;
  for (std::size_t s = 0; s < n_star; ++s) {
    const auto a = static_cast<std::size_t>(table.aperture[s]);
    const auto n_point = static_cast<double>(table.n_finite.back()[s * n_ap + a]);
    table.n_points.push_back(std::llround(n_point));
    // M templates take the share M/N of a random signal (lc/tfa.hpp).
    table.expected_loss.push_back(
        n_point > 0.0 ? static_cast<float>(static_cast<double>(n_template[a]) / n_point) : kNaNf);
    for (std::size_t g = 0; g < table.group.size(); ++g) {
      table.n_points_group.push_back(static_cast<std::int32_t>(
          std::lround(rows.at(s, a, StatisticsRows::points_of_group(g)))));
      table.scatter_group.push_back(rows.at(s, a, StatisticsRows::scatter_of_group(g)));
    }
  }
  return table;
}

/// The numbers of a [star][ap] matrix in the chosen apertures, [star].
std::vector<float> in_chosen(const StarTable& table, const std::vector<float>& matrix) {
  std::vector<float> out;
  for (std::size_t s = 0; s < table.aperture.size(); ++s)
    out.push_back(matrix[s * static_cast<std::size_t>(table.n_ap()) +
                         static_cast<std::size_t>(table.aperture[s])]);
  return out;
}

/// The median ratio of scatter to noise model of the 100 brightest stars, in their chosen
/// apertures.
double ratio_to_model(const StarTable& table, std::span<const float> scatter,
                      std::span<const float> model) {
  std::vector<std::size_t> order(scatter.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    const float mag = table.stars.mag[i];
    return std::isfinite(mag) ? mag : std::numeric_limits<float>::infinity();
  });
  order.resize(std::min<std::size_t>(100, order.size()));
  std::vector<double> ratios;
  for (const std::size_t i : order) ratios.push_back(static_cast<double>(scatter[i] / model[i]));
  return median_of_finite(ratios);
}

/// One line per half magnitude: stars, scatter after each stage in mmag, ratio to the model.
std::string magnitude_lines(const StarTable& table) {
  const std::vector<float> model = in_chosen(table, table.noise_model);
  std::array<std::vector<lc::MagnitudeBin>, kStages.size()> of_stage;
  for (std::size_t k = 0; k < kStages.size(); ++k)
    of_stage[k] =
        lc::scatter_by_magnitude(table.stars.mag, in_chosen(table, table.scatter[k]), model);
  std::string text;
  for (const lc::MagnitudeBin& bin : of_stage.back()) {
    text += fmt::format("\n  mag {:4.1f}: {:6} stars, scatter", bin.from_mag, bin.n_star);
    for (std::size_t k = 0; k < kStages.size(); ++k) {
      const auto same = std::ranges::find(of_stage[k], bin.from_mag, &lc::MagnitudeBin::from_mag);
      if (same != of_stage[k].end())
        text += fmt::format(" {} {:.2f}", kStages[k], 1e3 * same->scatter);
    }
    text += fmt::format(" mmag, {:.2f} of the noise model", bin.ratio_to_model);
  }
  return text;
}

}  // namespace

void gather_statistics(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::tfa) +
                                                stage_settings(run.config, Stage::statistics));
  state.stage_digest[Stage::statistics] = digest;
  if (run.done({{"stars", digest}, {"lightcurves", digest}}) == std::vector<bool>{true, true})
    return;
  const StatisticsRows rows = measure_statistics(run, state);
  const std::vector<std::int64_t> n_template = count_templates(run, state);
  mpi::do_on_root(run.world, [&] {
    const StarTable table = table_of(state, rows, n_template);
    io::write_star_table_h5(run.archive.star_table(), table, run.stamp(digest));
    run.note("stars", run.archive.star_table(), digest);
    std::vector<std::filesystem::path> shards;
    for (std::size_t s = 0; s < shards_of(state).size(); ++s)
      for (const std::string_view stage : {"magfit", "epd", "tfa"})
        shards.push_back(run.archive.shard(stage, static_cast<std::int64_t>(s)));
    io::write_light_curve_index(run.archive.light_curve_index(), run.archive.raw_blocks(), shards,
                                run.stamp(digest));
    run.note("lightcurves", run.archive.light_curve_index(), digest);
    run.say(fmt::format(
        "statistics: median scatter of the 100 brightest stars is {:.2f} of the noise model{}",
        ratio_to_model(table, in_chosen(table, table.scatter.back()),
                       in_chosen(table, table.noise_model)),
        magnitude_lines(table)));
  });
}

}  // namespace skyweft::workflows
