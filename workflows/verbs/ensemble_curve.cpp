// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/error.hpp"
#include "lc/ensemble_compat.hpp"
#include "lc/ensemble_series.hpp"
#include "workflows/verbs/ensemble.hpp"

namespace skyweft::workflows {
namespace {

constexpr int kClipRounds = 10;

/// The columns `frames` of the rows [first, end) of a matrix of `n` columns.
std::vector<double> part_of(const std::vector<double>& matrix, std::size_t first, std::size_t end,
                            std::size_t n, const std::vector<std::size_t>& frames) {
  std::vector<double> out;
  out.reserve((end - first) * frames.size());
  for (std::size_t row = first; row < end; ++row)
    for (const std::size_t f : frames) out.push_back(matrix[row * n + f]);
  return out;
}

/// One group's share of the columns of a curve.
void put(EnsembleCurve& to, const EnsembleGroup& group, const lc::DifferentialCurve& curve,
         const lc::ArtificialStar& artificial) {
  for (std::size_t i = 0; i < group.frames.size(); ++i) {
    const std::size_t f = group.frames[i];
    to.flux_rel[f] = curve.flux_rel[i];
    to.err[f] = curve.err[i];
    to.err_star[f] = curve.err_star[i];
    to.err_comparison[f] = curve.err_comparison[i];
    to.comparison[f] = artificial.flux[i];
    to.n_comparison[f] = artificial.n_star[i];
  }
}

/// Broeg's ensemble of chosen stars.
void broeg(EnsembleCurve& to, EnsembleGroup& group, const EnsembleFluxes& fluxes,
           const EnsembleField& field, const EnsembleRequest& request) {
  const auto n = static_cast<std::size_t>(fluxes.target.size());
  const std::size_t n_row = 1 + field.rows.size();
  const auto flux = part_of(fluxes.flux, 1, n_row, n, group.frames);
  const auto err = part_of(fluxes.err, 1, n_row, n, group.frames);
  const lc::FluxMatrix stars{flux, err, static_cast<std::int64_t>(field.rows.size()),
                             static_cast<std::int64_t>(group.frames.size())};
  group.choice = lc::choose_comparisons(stars, field.candidates, fluxes.target.mag,
                                        fluxes.target.colour, request.comparison);
  group.validation = lc::validate(stars, group.choice, request.n_validation);
  std::vector<std::uint8_t> outside;
  for (const std::size_t f : group.frames) outside.push_back(to.is_outside[f]);
  const auto own = part_of(fluxes.flux, 0, 1, n, group.frames);
  const auto own_err = part_of(fluxes.err, 0, 1, n, group.frames);
  put(to, group, lc::differential(own, own_err, group.choice.ensemble.artificial, outside),
      group.choice.ensemble.artificial);
}

/// The formulae of prose and eloy, which know no gaps: frames without the target and stars that
/// miss one of the others are left out.
void compat(EnsembleCurve& to, EnsembleGroup& group, const EnsembleFluxes& fluxes,
            const EnsembleField& field, const EnsembleRequest& request) {
  const auto n = static_cast<std::size_t>(fluxes.target.size());
  EnsembleGroup whole;
  for (const std::size_t f : group.frames)
    if (std::isfinite(fluxes.flux[f])) whole.frames.push_back(f);
  group.choice.verdicts.resize(field.rows.size());
  std::vector<std::size_t> rows{0};
  for (std::size_t k = 0; k < field.rows.size(); ++k) {
    lc::ComparisonVerdict& v = group.choice.verdicts[k];
    for (const std::size_t f : whole.frames)
      v.n_points += std::isfinite(fluxes.flux[(1 + k) * n + f]) ? 1 : 0;
    v.colour_difference = field.candidates[k].colour - fluxes.target.colour;
    if (field.candidates[k].is_excluded)
      v.reason = "excluded by the user";
    else if (v.n_points < static_cast<std::int64_t>(whole.frames.size()))
      v.reason = fmt::format("only in {} of {} frames", v.n_points, whole.frames.size());
    else
      rows.push_back(1 + k);
  }
  std::vector<double> flux, err;
  for (const std::size_t row : rows)
    for (const std::size_t f : whole.frames) {
      flux.push_back(fluxes.flux[row * n + f]);
      err.push_back(fluxes.err[row * n + f]);
    }
  const lc::FluxMatrix stars{flux, err, static_cast<std::int64_t>(rows.size()),
                             static_cast<std::int64_t>(whole.frames.size())};
  const lc::CompatWeights weights = lc::compat_weights(stars);
  const lc::CompatChoice choice = lc::compat_choice(stars, weights.weight, 0);
  for (std::size_t r = 1; r < rows.size(); ++r)
    group.choice.verdicts[rows[r] - 1].reason = "not among the first stars by weight";
  double sum = 0.0;
  for (const std::int64_t r : choice.stars) sum += weights.weight[static_cast<std::size_t>(r)];
  for (const std::int64_t r : choice.stars) {
    lc::ComparisonVerdict& v = group.choice.verdicts[rows[static_cast<std::size_t>(r)] - 1];
    v.is_kept = true;
    v.reason = "kept";
    v.weight = weights.weight[static_cast<std::size_t>(r)] / sum;
  }
  if (choice.stars.empty())
    throw Error{Errc::bad_input, fmt::format("the rule of {} keeps no comparison star of {}; "
                                             "--mode broeg has another rule",
                                             request.mode, rows.size() - 1)};
  lc::DifferentialCurve curve;
  curve.flux_rel = lc::compat_differential(stars, weights.weight, 0, choice.stars);
  curve.err = request.mode == "prose" ? lc::prose_errors(stars, weights.weight, 0, choice.stars)
                                      : std::vector<double>(curve.flux_rel.size(), kNaN);
  curve.err_star = curve.err_comparison = std::vector<double>(curve.flux_rel.size(), kNaN);
  lc::ArtificialStar artificial;
  double mean = 0.0;
  for (const double f : stars.flux_of(0)) mean += f / static_cast<double>(stars.n_time);
  for (std::size_t i = 0; i < curve.flux_rel.size(); ++i) {
    artificial.flux.push_back(stars.flux_of(0)[i] / (mean * curve.flux_rel[i]));
    artificial.n_star.push_back(static_cast<std::int32_t>(choice.stars.size()));
  }
  put(to, whole, curve, artificial);
}

}  // namespace

EnsembleCurve ensemble_curve(const EnsembleFluxes& fluxes, const EnsembleField& field,
                             const LightCurveReader& reader, const EnsembleRequest& request) {
  const auto n = static_cast<std::size_t>(fluxes.target.size());
  EnsembleCurve out;
  out.flux_rel.assign(n, kNaN);
  out.err = out.err_star = out.err_comparison = out.comparison = out.flux_rel;
  out.n_comparison.assign(n, 0);
  const auto in_event = lc::signal_shape(field.event, fluxes.target.time_bjd_tdb);
  for (std::size_t f = 0; f < n; ++f)
    out.is_outside.push_back(fluxes.is_usable[f] && !(in_event[f] > 0.0));

  std::map<std::int64_t, std::int32_t> group_of;
  for (std::size_t f = 0; f < reader.frames().size(); ++f)
    group_of[reader.frames()[f].id] = field.group_of_frame[f];
  for (const std::string& name : field.group_names) out.groups.emplace_back().name = name;
  for (std::size_t f = 0; f < n; ++f) {
    const auto it = group_of.find(fluxes.target.frame_id[f]);
    if (it != group_of.end()) out.groups[static_cast<std::size_t>(it->second)].frames.push_back(f);
  }
  std::erase_if(out.groups, [](const EnsembleGroup& g) { return g.frames.empty(); });

  for (EnsembleGroup& group : out.groups) {
    try {
      if (request.mode == "broeg")
        broeg(out, group, fluxes, field, request);
      else
        compat(out, group, fluxes, field, request);
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      group.failure = error.text();
    }
  }
  if (std::ranges::none_of(out.groups, [](const auto& g) { return g.failure.empty(); }))
    throw Error{Errc::bad_input,
                out.groups.empty()
                    ? "the star has no point in any measured frame"
                    : fmt::format("{} (star {}, aperture {})", out.groups.front().failure,
                                  fluxes.target.star_id, fluxes.target.aperture)}
        .because({"n_comparison", 0.0, 1.0});
  // Flags only: an outlier is the reader's to judge. Points of the event are not judged.
  out.is_clipped.assign(n, 0);
  if (request.clip_sigma > 0.0)
    out.is_clipped =
        lc::clipped_points(out.flux_rel, request.clip_sigma, kClipRounds, out.is_outside);
  return out;
}

}  // namespace skyweft::workflows
