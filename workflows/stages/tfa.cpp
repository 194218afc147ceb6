// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/tfa.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "io/digest.hpp"
#include "mpi/collectives.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/detrend.hpp"
#include "workflows/stages/sysrem.hpp"
#include "workflows/stages/tfa_sets.hpp"

namespace skyweft::workflows {

namespace {

/// Light curves of one aperture and group of this rank: filtered, and not, by reason.
struct Counts {
  std::int64_t n_fitted = 0;
  std::int64_t n_no_template = 0;
  std::int64_t n_few_points = 0;

  void take(const std::vector<lc::TfaFit>& fits) {
    for (const lc::TfaFit& fit : fits) {
      n_fitted += fit.outcome == lc::TfaOutcome::fitted;
      n_no_template += fit.outcome == lc::TfaOutcome::no_template;
      n_few_points += fit.outcome == lc::TfaOutcome::too_few_points;
    }
  }
};

/// Filters one tile in one group and aperture, in place.
std::vector<lc::TfaFit> filter_group(const Tile& tile, const StarBlock& raw,
                                     io::ShardReader::StageTile& magnitudes, SeriesTile& series,
                                     const std::vector<std::int64_t>& frames,
                                     const KnownEvents& events, const FitVariables& variables,
                                     const lc::TemplateSet& set, const lc::TfaConfig& config) {
  std::vector<float> mag;
  std::vector<QualityBits> quality;
  std::vector<std::vector<std::uint8_t>> excluded(static_cast<std::size_t>(tile.n));
  std::vector<std::vector<std::vector<double>>> signals(static_cast<std::size_t>(tile.n));
  std::vector<lc::TfaStar> stars;
  for (std::int64_t s = 0; s < tile.n; ++s) {
    const std::int64_t row = tile.first_star + s;
    const auto k = static_cast<std::size_t>(s);
    for (const float m : at_frames<float>(series.mag_of(s), frames)) mag.push_back(m);
    const auto bits = star_row(raw.points.quality, s, raw.n_frame);
    for (const std::int64_t f : frames) quality.push_back(bits[static_cast<std::size_t>(f)]);
    if (const auto mask = events.of_star(row); !mask.empty())
      excluded[k] = at_frames<std::uint8_t>(mask, frames);
    for (const std::vector<double>& signal : events.signals_of(row))
      signals[k].push_back(at_frames<double>(signal, frames));
    stars.push_back({.row = row,
                     .at = point_of(variables, row),
                     .excluded = excluded[k],
                     .signals = signals[k]});
  }
  const auto fits = lc::detrend_tile(mag, quality, stars, set, config);
  std::size_t at = 0;
  for (std::int64_t s = 0; s < tile.n; ++s) {
    const auto to = series.mag_of(s);
    const auto flags = star_row(magnitudes.quality, s, magnitudes.n_frame);
    for (const std::int64_t f : frames) {
      const auto i = static_cast<std::size_t>(f);
      to[i] = mag[at];
      flags[i] |= static_cast<QualityBits>(quality[at] & quality::tfa_not_fitted);
      ++at;
    }
  }
  return fits;
}

void note_templates(RunContext& run, const RunState& state, const FitVariables& variables,
                    const std::vector<TemplatePool>& pools, const TemplateSets& sets,
                    const std::string& digest) {
  mpi::do_on_root(run.world, [&] {
    if (run.done_here("templates", digest)) return;
    std::vector<TemplateRow> rows;
    for (std::size_t p = 0; p < pools.size(); ++p)
      for (const std::int64_t row : sets.chosen()[p]) {
        const lc::SkyPoint at = point_of(variables, row);
        rows.push_back(
            {.group = state.groups.names[static_cast<std::size_t>(pools[p].group)],
             .aperture = pools[p].aperture,
             .star_id = static_cast<std::int64_t>(state.stars.id[static_cast<std::size_t>(row)]),
             .xi_deg = at.xi_deg,
             .eta_deg = at.eta_deg,
             .event_loss = sets.event_loss(p)});
      }
    write_template_table(run.archive.template_table(), rows);
    run.note("templates", run.archive.template_table(), digest);
  });
}

/// A line about every group in the middle aperture.
void say_what_was_chosen(const RunContext& run, const RunState& state,
                         const std::vector<TemplatePool>& pools, const TemplateSets& sets) {
  const auto middle = static_cast<std::int64_t>(state.aperture_radius_px.size()) / 2;
  for (std::size_t p = 0; p < pools.size(); ++p) {
    if (pools[p].aperture != middle) continue;
    const auto g = static_cast<std::size_t>(pools[p].group);
    const auto n_frame = static_cast<double>(state.groups.frames[g].size());
    const auto n_template = static_cast<double>(sets.chosen()[p].size());
    run.say(fmt::format(
        "tfa: group {}: {} templates for {} frames (middle aperture); they take {:.1f} % of a "
        "random signal and {:.1f} % of a box of {:g} h",
        state.groups.names[g], n_template, n_frame, 100.0 * n_template / n_frame,
        100.0 * sets.event_loss(p), run.config.tfa.event_h));
  }
}

}  // namespace

void filter_trends(RunContext& run, RunState& state) {
  const std::string digest = io::digest_of_text(state.stage_digest.at(Stage::epd) +
                                                stage_settings(run.config, Stage::tfa));
  state.stage_digest[Stage::tfa] = digest;
  if (run.archive.first_stage() <= Stage::tfa)  // left behind by a run that was killed
    mpi::do_on_root(run.world,
                    [&] { std::filesystem::remove_all(run.archive.passing_templates()); });
  if (stage_is_done(run, state, "tfa", digest)) return;
  const lc::TfaConfig& config = run.config.tfa;
  if (config.method == "sysrem") return remove_systematics(run, state, digest);
  if (config.method == "none") {
    correct_all_tiles(run, state, "epd", "tfa", digest, [](const Tile&, const auto&, auto&) {});
    return;
  }
  const KnownEvents events{run, state};
  const FitVariables variables{state};
  const std::vector<TemplatePool> pools = choose_pools(run, state, variables);
  TemplateSets sets{run, state, variables, pools};
  note_templates(run, state, variables, pools, sets, digest);
  Counts counts;
  correct_all_tiles(
      run, state, "epd", "tfa", digest,
      [&](const Tile& tile, const StarBlock& raw, auto& magnitudes) {
        const std::int64_t n_ap = magnitudes.n_ap;
        for (std::int64_t a = 0; a < n_ap; ++a) {
          SeriesTile series = stage_series(magnitudes, a);
          for (std::int64_t g = 0; g < state.groups.size(); ++g)
            counts.take(filter_group(
                tile, raw, magnitudes, series, state.groups.frames[static_cast<std::size_t>(g)],
                events, variables, sets.set(static_cast<std::size_t>(g * n_ap + a)), config));
          put_series(magnitudes, a, series);
        }
      });
  sets.remove_files();
  say_what_was_chosen(run, state, pools, sets);
  const std::int64_t n_fitted = mpi::sum_over_ranks(run.world, counts.n_fitted);
  const std::int64_t n_no_template = mpi::sum_over_ranks(run.world, counts.n_no_template);
  const std::int64_t n_few = mpi::sum_over_ranks(run.world, counts.n_few_points);
  run.say(
      fmt::format("tfa: {} light curves filtered; {} without a template, {} with too few points",
                  n_fitted, n_no_template, n_few));
}

}  // namespace skyweft::workflows
