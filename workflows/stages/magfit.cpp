// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/robust.hpp"
#include "io/digest.hpp"
#include "lc/magnitudes.hpp"
#include "lc/reference.hpp"
#include "mpi/gather.hpp"
#include "sky/wcs.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/series.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace boost::serialization {

template <class A>
void serialize(A& archive, skyweft::lc::FrameFit& f, unsigned /*version*/) {
  archive& f.level& f.coefficients& f.n_used& f.rms_mag& f.zero_shift_mag& f.low& f.high;
}
template <class A>
void serialize(A& archive, skyweft::lc::StarStatistic& s, unsigned /*version*/) {
  archive& s.median& s.scatter& s.medianmeddev& s.n_full& s.n_kept;
}

}  // namespace boost::serialization

namespace skyweft::workflows {
namespace {

/// One frame of a segment in one aperture, as magnitudes: owns what a FrameSlice borrows.
struct FrameMags {
  std::vector<float> mag;
  std::vector<float> mag_err;
  FrameSlice slice;

  FrameMags(const io::Segment& segment, std::int64_t row, std::int64_t aperture,
            double exposure_s) {
    const FrameBlock& block = segment.photometry;
    const auto n = static_cast<std::size_t>(block.n_star);
    const auto first = static_cast<std::size_t>(row) * n;
    for (std::size_t s = 0; s < n; ++s) {
      const std::size_t at =
          (first + s) * static_cast<std::size_t>(block.n_ap) + static_cast<std::size_t>(aperture);
      const auto flux = static_cast<double>(block.points.flux_e[at]);
      mag.push_back(lc::instrumental_mag(flux, exposure_s));
      mag_err.push_back(
          lc::instrumental_mag_err(flux, static_cast<double>(block.points.flux_err_e[at])));
    }
    slice = {.mag = mag,
             .mag_err = mag_err,
             .x_px = std::span{block.points.x_px}.subspan(first, n),
             .y_px = std::span{block.points.y_px}.subspan(first, n),
             .quality = std::span{block.points.quality}.subspan(first, n)};
  }
  FrameMags(FrameMags&&) = default;  // moving vectors keeps the borrowed memory
};

using FitsOfFrames = std::vector<std::vector<lc::FrameFit>>;            // [ap][frame]
using StatisticsOfStars = std::vector<std::vector<lc::StarStatistic>>;  // [ap][star]

/// The frame that fixes the gauge: reference magnitudes and frame corrections share the freedom of
/// the fit terms, and the corrections of this frame are zero. Every rank reads its one segment.
class ReferenceFrame {
 public:
  ReferenceFrame(const RunContext& run, const RunState& state, std::int64_t position)
      : position_(position),
        i_frame_(state.measured[static_cast<std::size_t>(position)]),
        segment_(io::read_segment(run.archive.segment(i_frame_ / run.config.run.batch_frames))),
        exposure_s_(state.records[static_cast<std::size_t>(i_frame_)].exposure_s) {
    const auto n = static_cast<std::size_t>(state.stars.size());
    std::vector<double> x(n);
    std::vector<double> y(n);
    sky::to_pixels(state.records[static_cast<std::size_t>(i_frame_)].wcs, state.stars.ra_deg,
                   state.stars.dec_deg, x, y);
    x_px_.assign(x.begin(), x.end());
    y_px_.assign(y.begin(), y.end());
  }

  FrameMags magnitudes(std::int64_t aperture) const {
    return {segment_, i_frame_ - segment_.frame_index.front(), aperture, exposure_s_};
  }

  /// Takes out of `reference` what a correction of this frame could explain: afterwards this
  /// frame's fit is zero. Stars outside this frame are moved by the same polynomial.
  void fix_gauge(lc::Reference& reference, std::int64_t aperture, const FitVariables& variables,
                 const lc::MagfitModel& model, const lc::MagfitConfig& config) const {
    const FrameMags frame = magnitudes(aperture);
    const lc::FrameFit fit = lc::fit_frame(frame.slice, variables.for_frame(position_),
                                           variables.mag(), reference, model, config);
    if (!fit.ok()) return;
    std::vector<float> correction(reference.mag.size(), 0.0F);
    std::vector<QualityBits> unused(reference.mag.size(), 0);
    lc::correct_frame(fit, model, variables.for_frame(position_), variables.mag(), x_px_, y_px_,
                      correction, unused);
    for (std::size_t s = 0; s < correction.size(); ++s)
      if (std::isfinite(correction[s])) reference.mag[s] -= static_cast<double>(correction[s]);
  }

 private:
  std::int64_t position_;
  std::int64_t i_frame_;
  io::Segment segment_;
  double exposure_s_;
  std::vector<float> x_px_;
  std::vector<float> y_px_;
};

/// Fits this rank's frames; the fits of all frames, in frame order, reach all ranks.
FitsOfFrames fit_frames(const RunContext& run, const RunState& state, const FitVariables& variables,
                        const lc::MagfitModel& model,
                        const std::vector<lc::Reference>& references) {
  const std::size_t n_ap = references.size();
  std::vector<std::pair<std::int64_t, std::vector<lc::FrameFit>>> mine;
  each_frame_of_mine(
      run, state, 0, state.stars.size(),
      [&](std::int64_t position, std::int64_t i_frame, const io::Segment& segment,
          std::int64_t row) {
        const double exposure_s = state.records[static_cast<std::size_t>(i_frame)].exposure_s;
        std::vector<lc::FrameFit> fits;
        for (std::size_t a = 0; a < n_ap; ++a) {
          const FrameMags frame{segment, row, static_cast<std::int64_t>(a), exposure_s};
          fits.push_back(lc::fit_frame(frame.slice, variables.for_frame(position), variables.mag(),
                                       references[a], model, run.config.magfit));
        }
        mine.emplace_back(position, std::move(fits));
      });
  const auto by_frame =
      mpi::gather_in_order(run.world, static_cast<std::int64_t>(state.measured.size()), mine);
  FitsOfFrames by_aperture(n_ap);
  for (const auto& fits : by_frame)
    for (std::size_t a = 0; a < n_ap; ++a) by_aperture[a].push_back(fits[a]);
  return by_aperture;
}

/// Corrects one aperture of a tile; flags go to `quality` [star][frame].
SeriesTile corrected(const StarBlock& raw, std::int64_t aperture, const Tile& tile,
                     const std::vector<double>& exposure_s, const FitVariables& variables,
                     const lc::MagfitModel& model, const std::vector<lc::FrameFit>& fits,
                     std::vector<QualityBits>& quality) {
  SeriesTile series = raw_series(raw, aperture, exposure_s);
  for (std::int64_t s = 0; s < tile.n; ++s) {
    const std::int64_t row = tile.first_star + s;
    lc::correct_star(
        fits, model, variables.for_star(row), variables.mag()[static_cast<std::size_t>(row)],
        star_row(raw.points.x_px, s, raw.n_frame), star_row(raw.points.y_px, s, raw.n_frame),
        series.mag_of(s), star_row(quality, s, raw.n_frame));
  }
  return series;
}

/// Statistics of this rank's stars after correction; those of all stars, in star order, reach all.
StatisticsOfStars measure_stars(const RunContext& run, const RunState& state,
                                const FitVariables& variables, const lc::MagfitModel& model,
                                const FitsOfFrames& fits) {
  const auto n_ap = static_cast<std::int64_t>(fits.size());
  const std::vector<double> exposure_s = exposures_of(state);
  std::vector<std::pair<std::int64_t, std::vector<lc::StarStatistic>>> mine;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const StarBlock raw =
        io::ShardReader{run.archive.shard("raw", i_shard)}.read_raw(tile.first_row, tile.n);
    std::vector<std::vector<lc::StarStatistic>> statistics(static_cast<std::size_t>(tile.n));
    std::vector<QualityBits> quality(static_cast<std::size_t>(tile.n * raw.n_frame), 0);
    for (std::int64_t a = 0; a < n_ap; ++a) {
      const SeriesTile series = corrected(raw, a, tile, exposure_s, variables, model,
                                          fits[static_cast<std::size_t>(a)], quality);
      for (std::int64_t s = 0; s < tile.n; ++s)
        statistics[static_cast<std::size_t>(s)].push_back(
            lc::star_statistic(series.mag_of(s), star_row(raw.points.quality, s, raw.n_frame)));
    }
    for (std::int64_t s = 0; s < tile.n; ++s)
      mine.emplace_back(tile.first_star + s, std::move(statistics[static_cast<std::size_t>(s)]));
  });
  StatisticsOfStars by_aperture(static_cast<std::size_t>(n_ap));
  for (const auto& star : mpi::gather_in_order(run.world, state.stars.size(), mine))
    for (std::size_t a = 0; a < by_aperture.size(); ++a) by_aperture[a].push_back(star[a]);
  return by_aperture;
}

struct MagnitudeFit {
  FitsOfFrames fits;
  int rounds = 0;
  bool converged = false;
};

/// Alternates two passes: fit frames against the reference, update the reference from stars.
MagnitudeFit iterate(const RunContext& run, const RunState& state, const FitVariables& variables,
                     const lc::MagfitModel& model) {
  std::vector<FrameRecord> measured;
  for (const std::int64_t i : state.measured)
    measured.push_back(state.records[static_cast<std::size_t>(i)]);
  const std::int64_t best = std::max<std::int64_t>(0, lc::choose_reference_frame(measured));
  const std::vector<std::uint8_t> targets = target_rows(run, state);
  const ReferenceFrame reference_frame{run, state, best};
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  std::vector<lc::Reference> references;
  for (std::int64_t a = 0; a < n_ap; ++a) {
    references.push_back(
        lc::reference_from_frame(reference_frame.magnitudes(a).slice, run.config.magfit));
    for (std::size_t s = 0; s < targets.size(); ++s)
      if (targets[s] != 0) references.back().used[s] = 0;
  }
  MagnitudeFit result;
  for (result.rounds = 1; result.rounds <= run.config.magfit.max_iterations; ++result.rounds) {
    result.fits = fit_frames(run, state, variables, model, references);
    const StatisticsOfStars statistics = measure_stars(run, state, variables, model, result.fits);
    result.converged = true;
    for (std::size_t a = 0; a < references.size(); ++a) {
      lc::Reference next =
          lc::assemble_reference(statistics[a], variables.mag(), run.config.magfit, targets);
      reference_frame.fix_gauge(next, static_cast<std::int64_t>(a), variables, model,
                                run.config.magfit);
      result.converged = result.converged && lc::converged(references[a], next, run.config.magfit);
      references[a] = std::move(next);
    }
    if (result.converged) return result;
  }
  --result.rounds;
  return result;
}

}  // namespace

void fit_magnitudes(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::transpose) +
                                                stage_settings(run.config, Stage::magfit));
  state.stage_digest[Stage::magfit] = digest;
  const auto shards = shards_of(state);
  std::vector<std::pair<std::string, std::string>> units;
  for (std::size_t s = 0; s < shards.size(); ++s)
    units.emplace_back(shard_unit("magfit", static_cast<std::int64_t>(s)), digest);
  const std::vector<bool> finished = run.done(units);
  if (std::ranges::all_of(finished, [](bool f) { return f; })) return;

  const FitVariables variables{state};
  const lc::MagfitModel model = lc::magfit_model(run.config.magfit);
  const MagnitudeFit fit = iterate(run, state, variables, model);
  const std::vector<double> exposure_s = exposures_of(state);
  for (std::size_t s = 0; s < shards.size(); ++s) {
    if (finished[s]) continue;
    const auto i_shard = static_cast<std::int64_t>(s);
    const io::ShardReader reader{run.archive.shard("raw", i_shard)};
    write_stage_shard(run, state, "magfit", i_shard, shards[s], digest, [&](const Tile& tile) {
      const StarBlock raw = reader.read_raw(tile.first_row, tile.n);
      auto out = make_stage_tile(tile.n, raw.n_frame, raw.n_ap);
      out.mag_err.assign(out.mag.size(), kNaNf);
      for (std::int64_t a = 0; a < raw.n_ap; ++a)
        put_series(out, a,
                   corrected(raw, a, tile, exposure_s, variables, model,
                             fit.fits[static_cast<std::size_t>(a)], out.quality));
      return out;
    });
  }
  std::vector<double> residuals;
  std::int64_t n_failed = 0;
  for (const auto& f : fit.fits[fit.fits.size() / 2]) {
    if (f.ok())
      residuals.push_back(f.rms_mag);
    else
      ++n_failed;
  }
  run.say(
      fmt::format("magfit: {} round(s), {}; median residual {:.1f} mmag, {} frame(s) without a fit",
                  fit.rounds, fit.converged ? "converged" : "not yet converged",
                  1000.0 * median_of_finite(residuals), n_failed));
}

}  // namespace skyweft::workflows
