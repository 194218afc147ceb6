// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "lc/epd.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "io/digest.hpp"
#include "lc/epd_group.hpp"
#include "lc/magnitudes.hpp"
#include "mpi/collectives.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/epd_columns.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {
namespace {

/// Corrects all apertures of stars, group by group.
class StarCorrection {
 public:
  StarCorrection(const RunContext& run, const RunState& state)
      : config_(run.config.epd), events_(run, state), columns_(state, Terms::parse(config_.terms)) {
    for (const auto& frames : state.groups.frames)
      groups_.emplace_back(columns_.terms(), columns_.shared(), frames, config_);
  }

  void correct(std::int64_t row, std::int64_t i_star, const StarBlock& raw,
               io::ShardReader::StageTile& magnitudes) {
    const auto n_frame = static_cast<std::size_t>(raw.n_frame);
    const auto n_ap = static_cast<std::size_t>(magnitudes.n_ap);
    const auto first = static_cast<std::size_t>(i_star) * n_frame * n_ap;
    mag_.resize(n_ap * n_frame);
    for (std::size_t f = 0; f < n_frame; ++f)
      for (std::size_t a = 0; a < n_ap; ++a)
        mag_[a * n_frame + f] = magnitudes.mag[first + f * n_ap + a];
    if (config_.weights == "error") {
      mag_err_.resize(mag_.size());
      for (std::size_t f = 0; f < n_frame; ++f)
        for (std::size_t a = 0; a < n_ap; ++a)
          mag_err_[a * n_frame + f] = lc::instrumental_mag_err(
              static_cast<double>(raw.points.flux_e[first + f * n_ap + a]),
              static_cast<double>(raw.points.flux_err_e[first + f * n_ap + a]));
    }
    const lc::EpdStar star{
        .mag = mag_,
        .quality = star_row(magnitudes.quality, i_star, raw.n_frame),
        .mag_err = mag_err_,
        .own = {.columns = columns_.of_star(row, i_star, raw), .signals = events_.signals_of(row)},
        .excluded = events_.of_star(row)};
    for (const lc::EpdGroup& group : groups_) {
      for (const lc::EpdResult& result : group.detrend(star, work_)) {
        ++n_fit_;
        n_not_fitted_ += result.coefficients.empty() ? 1 : 0;
      }
    }
    for (std::size_t f = 0; f < n_frame; ++f)
      for (std::size_t a = 0; a < n_ap; ++a)
        magnitudes.mag[first + f * n_ap + a] = mag_[a * n_frame + f];
  }

  std::int64_t n_term() const { return columns_.terms().n_term(); }
  std::int64_t n_fit() const noexcept { return n_fit_; }
  std::int64_t n_not_fitted() const noexcept { return n_not_fitted_; }

 private:
  lc::EpdConfig config_;
  KnownEvents events_;
  EpdColumns columns_;
  std::vector<lc::EpdGroup> groups_;
  lc::EpdWork work_;
  std::vector<float> mag_, mag_err_;  // [ap][frame] of one star
  std::int64_t n_fit_ = 0;
  std::int64_t n_not_fitted_ = 0;
};

}  // namespace

void decorrelate(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::magfit) +
                                                stage_settings(run.config, Stage::epd));
  state.stage_digest[Stage::epd] = digest;
  if (stage_is_done(run, state, "epd", digest)) return;
  StarCorrection correction{run, state};
  correct_all_tiles(run, state, "magfit", "epd", digest,
                    [&](const Tile& tile, const StarBlock& raw, auto& magnitudes) {
                      for (std::int64_t s = 0; s < tile.n; ++s)
                        correction.correct(tile.first_star + s, s, raw, magnitudes);
                    });
  const std::int64_t n_fit = mpi::sum_over_ranks(run.world, correction.n_fit());
  const std::int64_t n_not_fitted = mpi::sum_over_ranks(run.world, correction.n_not_fitted());
  // Slow external parameters and a slow signal look alike until several nights have been seen.
  constexpr double kTwoNightsDays = 1.5;
  const double span_d =
      state.records[static_cast<std::size_t>(state.measured.back())].time_utc_mid_jd -
      state.records[static_cast<std::size_t>(state.measured.front())].time_utc_mid_jd;
  if (span_d < kTwoNightsDays)
    run.warn(
        "epd: one night cannot tell slow trends from slow signals: mag_epd and mag_tfa lose most "
        "of an "
        "event that no [target.NAME] declares; mag_magfit keeps it");
  run.say(fmt::format("epd: {} terms, {} groups; {} of {} light curves had too few points to fit",
                      correction.n_term(), state.groups.size(), n_not_fitted, n_fit));
}

}  // namespace skyweft::workflows
