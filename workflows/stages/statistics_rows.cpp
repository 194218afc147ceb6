// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/statistics_rows.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"
#include "lc/magnitudes.hpp"
#include "lc/red_noise.hpp"
#include "lc/statistics.hpp"
#include "mpi/collectives.hpp"
#include "mpi/gather.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {
namespace {

/// Measures one series at a time, with memory that is used again.
class Measurer {
 public:
  Measurer(const RunContext& run, const RunState& state)
      : config_(run.config.statistics),
        systematic_mag_(run.config.frame.noise.systematic_mag),
        exposure_s_(exposures_of(state)),
        groups_(state.groups),
        series_(state.measured.size()),
        errors_(state.measured.size()) {
    std::vector<double> time_d;
    for (const std::int64_t i : state.measured)
      time_d.push_back(state.records[static_cast<std::size_t>(i)].time_utc_mid_jd);
    bins_ = lc::make_time_bins(time_d, config_);
  }

  void raw(const StarBlock& raw, std::int64_t i_star, std::int64_t aperture, float* row) {
    for (std::size_t f = 0; f < series_.size(); ++f) {
      const auto at = static_cast<std::size_t>(
          (i_star * raw.n_frame + static_cast<std::int64_t>(f)) * raw.n_ap + aperture);
      const auto flux = static_cast<double>(raw.points.flux_e[at]);
      series_[f] = lc::instrumental_mag(flux, exposure_s_[f]);
      errors_[f] = lc::instrumental_mag_err(flux, static_cast<double>(raw.points.flux_err_e[at]));
    }
    // The scatter expected: the median over frames of the formal error, scintillation included, in
    // quadrature with the systematic floor (science.md 3.16).
    row[StatisticsRows::kNoiseModel] = static_cast<float>(
        std::hypot(lc::series_scatter(errors_, buffers_).median, systematic_mag_));
    measure(0, row);
  }

  void stage(const io::ShardReader::StageTile& tile, std::size_t stage, std::int64_t i_star,
             std::int64_t aperture, float* row) {
    const float* at = tile.mag.data() + i_star * tile.n_frame * tile.n_ap + aperture;
    for (float& m : series_) {
      m = *at;
      at += tile.n_ap;
    }
    measure(stage, row);
  }

  /// Points and scatter per group of the series measured last.
  void groups(float* row) {
    for (std::size_t g = 0; g < groups_.frames.size(); ++g) {
      errors_.resize(groups_.frames[g].size());
      for (std::size_t k = 0; k < errors_.size(); ++k)
        errors_[k] = series_[static_cast<std::size_t>(groups_.frames[g][k])];
      const lc::SeriesScatter s = lc::series_scatter(errors_, buffers_);
      row[StatisticsRows::points_of_group(g)] = static_cast<float>(s.n);
      row[StatisticsRows::scatter_of_group(g)] = static_cast<float>(s.scatter);
    }
    errors_.resize(series_.size());
  }

 private:
  void measure(std::size_t stage, float* row) {
    const lc::SeriesSpread spread = lc::series_spread(series_, config_.clip, buffers_);
    const lc::RedNoise noise =
        lc::fit_red_noise(lc::binned_scatter(series_, spread, bins_, buffers_));
    const auto put = [&](StatisticsRows::OfStage k, double value) {
      row[StatisticsRows::place(stage, k)] = static_cast<float>(value);
    };
    put(StatisticsRows::kFinite, static_cast<double>(spread.of.n));
    put(StatisticsRows::kScatter, spread.of.scatter);
    put(StatisticsRows::kRms, spread.rms);
    put(StatisticsRows::kPointToPoint, spread.of.point_to_point);
    put(StatisticsRows::kWhite, noise.white);
    put(StatisticsRows::kRed, noise.red);
    put(StatisticsRows::kBeta, noise.beta);
    row[StatisticsRows::kMedian] = static_cast<float>(spread.of.median);  // the last stage's stays
  }

  lc::StatisticsConfig config_;
  double systematic_mag_;
  std::vector<double> exposure_s_;
  const lc::FrameGroups& groups_;
  lc::TimeBins bins_;
  std::vector<float> series_;
  std::vector<float> errors_;
  lc::SeriesBuffers buffers_;
};

}  // namespace

StatisticsRows measure_statistics(const RunContext& run, const RunState& state) {
  StatisticsRows out;
  out.n_ap = state.aperture_radius_px.size();
  out.length = StatisticsRows::kFirstGroup + 2 * state.groups.frames.size();
  const auto n_ap = static_cast<std::int64_t>(out.n_ap);
  const std::size_t per_star = out.n_ap * out.length;
  Measurer measurer{run, state};
  std::vector<std::int64_t> stars;
  std::vector<float> mine;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const std::size_t first = mine.size();
    mine.resize(first + static_cast<std::size_t>(tile.n) * per_star, kNaNf);
    const auto row_of = [&](std::int64_t s, std::int64_t a) {
      return mine.data() + first +
             (static_cast<std::size_t>(s) * out.n_ap + static_cast<std::size_t>(a)) * out.length;
    };
    for (std::int64_t s = 0; s < tile.n; ++s) stars.push_back(tile.first_star + s);
    {
      const StarBlock raw = read_raw(run, state, i_shard, tile);
      for (std::int64_t s = 0; s < tile.n; ++s)
        for (std::int64_t a = 0; a < n_ap; ++a) measurer.raw(raw, s, a, row_of(s, a));
    }
    for (std::size_t k = 1; k < kStages.size(); ++k) {
      const auto in = read_stage(run, kStages[k], i_shard, tile);
      for (std::int64_t s = 0; s < tile.n; ++s)
        for (std::int64_t a = 0; a < n_ap; ++a) {
          measurer.stage(in, k, s, a, row_of(s, a));
          if (k + 1 == kStages.size()) measurer.groups(row_of(s, a));
        }
    }
  });
  const auto n_number = static_cast<std::int64_t>(per_star);
  const auto order = mpi::gatherv_rows<std::int64_t>(run.world, stars);
  const auto rows = mpi::gatherv_rows<float>(run.world, mine, n_number);
  out.numbers.resize(rows.size());
  for (std::size_t k = 0; k < order.size(); ++k)
    std::copy_n(rows.begin() + static_cast<std::int64_t>(k) * n_number, n_number,
                out.numbers.begin() + order[k] * n_number);
  return out;
}

}  // namespace skyweft::workflows
