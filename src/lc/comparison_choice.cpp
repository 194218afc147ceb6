// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/comparison_choice.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "lc/statistics.hpp"

namespace skyweft::lc {
namespace {

/// Differences that make a star half as good a stand-in for the target.
constexpr double kColourScale = 0.5;
constexpr double kMagScale = 1.0;
/// Points over which red noise is told from white.
constexpr std::int64_t kRunPoints = 12;

/// 1 for a twin of the target; unknown differences count as one scale.
double likeness_of(const ComparisonCandidate& c, double colour_difference, double target_mag,
                   double distance_scale_deg) {
  const auto square = [](double v) { return std::isfinite(v) ? v * v : 1.0; };
  return 1.0 / (1.0 + square(colour_difference / kColourScale) +
                square((c.mag - target_mag) / kMagScale) +
                (distance_scale_deg > 0.0 ? square(c.distance_deg / distance_scale_deg) : 0.0));
}

/// The limit a candidate fails, in one word for counting and in a sentence; empty: none.
struct Refusal {
  std::string limit;
  std::string reason;
};

Refusal refuse(const ComparisonCandidate& c, const ComparisonVerdict& v, double n_frame,
               const ComparisonConfig& config, const EnsembleConfig& ensemble_config) {
  if (c.is_excluded) return {"excluded", "excluded by the user"};
  if (v.n_points < ensemble_config.min_points)
    return {"points", fmt::format("only {} points", v.n_points)};
  if (c.is_forced) return {};
  if (static_cast<double>(v.n_points) < config.min_presence * n_frame)
    return {"points", fmt::format("only in {} of {:.0f} frames", v.n_points, n_frame)};
  if (c.saturated > config.max_saturated)
    return {"saturation", fmt::format("saturated in {:.0f} % of the frames", 100.0 * c.saturated)};
  if (c.mag < config.brightest_mag || c.mag > config.faintest_mag)
    return {"magnitude", fmt::format("magnitude {:.2f} is out of range", c.mag)};
  if (config.max_colour_difference > 0.0 &&
      std::abs(v.colour_difference) > config.max_colour_difference)
    return {"colour",
            fmt::format("{} by {:.2f} mag", v.colour_difference > 0.0 ? "redder" : "bluer",
                        std::abs(v.colour_difference))};
  if (config.max_distance_deg > 0.0 && c.distance_deg > config.max_distance_deg)
    return {"distance", fmt::format("{:.3f} deg away", c.distance_deg)};
  return {};
}

[[noreturn]] void throw_none_left(std::size_t n, const std::map<std::string, int>& dropped) {
  std::string counts;
  for (const auto& [limit, count] : dropped)
    counts += fmt::format("{}{} by {}", counts.empty() ? "" : ", ", count, limit);
  throw Error{Errc::bad_input,
              fmt::format("no comparison star is left of {} candidates{}{}; relax the limit that "
                          "drops most, or force stars by id",
                          n, counts.empty() ? "" : ": dropped ", counts)}
      .because({"n_comparison", 0.0, 1.0});
}

/// Scatter over formal errors in units of the median of it over stars; fills the verdicts.
void measure_excess(const Ensemble& ensemble, const FluxMatrix& stars,
                    std::vector<ComparisonVerdict>& verdicts) {
  std::vector<double> all;
  for (std::size_t s = 0; s < verdicts.size(); ++s) {
    ComparisonVerdict& v = verdicts[s];
    v.scatter = ensemble.scatter[s];
    if (stars.err.empty() || !(ensemble.weight[s] > 0.0)) continue;
    const double others = median_of_finite(std::span<const double>{
        artificial_without(stars, ensemble, static_cast<std::int64_t>(s)).err});
    v.excess = v.scatter / std::hypot(ensemble.formal[s], others);
    if (std::isfinite(v.excess)) all.push_back(v.excess);
  }
  const double usual = all.size() < 3 ? kNaN : median_in_place(std::span<double>{all});
  for (ComparisonVerdict& v : verdicts) v.excess /= usual;
}

}  // namespace

ComparisonChoice choose_comparisons(const FluxMatrix& stars,
                                    std::span<const ComparisonCandidate> candidates,
                                    double target_mag, double target_colour,
                                    const ComparisonConfig& config,
                                    const EnsembleConfig& ensemble_config) {
  const std::size_t n = candidates.size();
  ComparisonChoice out;
  out.verdicts.resize(n);
  std::vector<double> distances;
  for (const ComparisonCandidate& c : candidates) distances.push_back(c.distance_deg);
  const double distance_scale_deg = median_of_finite(std::span<const double>{distances});

  std::map<std::string, int> dropped;
  std::vector<std::uint8_t> used(n, 0), forced(n, 0);
  for (std::size_t s = 0; s < n; ++s) {
    const ComparisonCandidate& c = candidates[s];
    ComparisonVerdict& v = out.verdicts[s];
    for (const double f : stars.flux_of(static_cast<std::int64_t>(s)))
      v.n_points += std::isfinite(f) ? 1 : 0;
    v.colour_difference = c.colour - target_colour;
    v.likeness = likeness_of(c, v.colour_difference, target_mag, distance_scale_deg);
    const Refusal refusal =
        refuse(c, v, static_cast<double>(stars.n_time), config, ensemble_config);
    v.reason = refusal.reason;
    if (!refusal.limit.empty()) ++dropped[refusal.limit];
    used[s] = refusal.limit.empty();
    forced[s] = c.is_forced && !c.is_excluded;
  }

  EnsembleConfig all_of_them = ensemble_config;
  all_of_them.min_weight = 0.0;
  const Ensemble first = make_ensemble(stars, used, all_of_them);
  measure_excess(first, stars, out.verdicts);
  for (std::size_t s = 0; s < n; ++s) {
    ComparisonVerdict& v = out.verdicts[s];
    if (!used[s]) continue;
    if (!(first.weight[s] > 0.0)) {
      v.reason = "no positive flux, or never together with another star";
      ++dropped["points"];
      used[s] = 0;
    } else if (v.excess > config.max_excess && !forced[s]) {
      v.reason = fmt::format("varies: {:.1f} times the usual scatter", v.excess);
      ++dropped["variability"];
      used[s] = 0;
    } else {
      out.alike.push_back(static_cast<std::int64_t>(s));
    }
  }
  std::ranges::stable_sort(out.alike, [&](std::int64_t a, std::int64_t b) {
    return out.verdicts[static_cast<std::size_t>(a)].likeness >
           out.verdicts[static_cast<std::size_t>(b)].likeness;
  });

  const Ensemble second = make_ensemble(stars, used, all_of_them);
  std::vector<double> likeness;
  for (const ComparisonVerdict& v : out.verdicts) likeness.push_back(v.likeness);
  const ComparisonSearch search =
      search_comparisons(stars, second, likeness, forced, config.significance, config.max_searched);
  out.moves = search.moves;
  for (std::size_t s = 0; s < n; ++s) {
    out.verdicts[s].gain = search.gain[s];
    if (!used[s] || search.is_in[s]) continue;
    out.verdicts[s].reason = "the other stars are steadier without it";
    used[s] = 0;
  }
  out.ensemble = make_ensemble(stars, used, ensemble_config);
  if (out.ensemble.n_used() == 0) throw_none_left(n, dropped);
  for (std::size_t s = 0; s < n; ++s) {
    ComparisonVerdict& v = out.verdicts[s];
    v.weight = out.ensemble.weight[s];
    v.is_kept = v.weight > 0.0;
    if (v.is_kept)
      v.reason = forced[s] ? "kept: forced" : "kept";
    else if (used[s])
      v.reason = "weighs next to nothing";
  }
  return out;
}

std::vector<ValidationStar> validate(const FluxMatrix& stars, const ComparisonChoice& choice,
                                     std::int64_t n) {
  std::vector<ValidationStar> out;
  for (const std::int64_t row : choice.alike) {
    if (static_cast<std::int64_t>(out.size()) >= n) break;
    const ArtificialStar others = artificial_without(stars, choice.ensemble, row);
    const DifferentialCurve curve = differential(stars.flux_of(row), stars.err_of(row), others);
    const std::vector<float> flux(curve.flux_rel.begin(), curve.flux_rel.end());
    const SeriesScatter scatter = series_scatter(flux);
    if (scatter.n == 0) continue;
    ValidationStar star{.row = row, .n_points = scatter.n};
    star.scatter = scatter.scatter;
    star.point_to_point = scatter.point_to_point;
    star.formal = median_of_finite(std::span<const double>{curve.err});
    star.error_ratio = star.scatter / star.formal;
    star.beta = red_noise_beta(flux, kRunPoints);
    out.push_back(star);
  }
  return out;
}

}  // namespace skyweft::lc
