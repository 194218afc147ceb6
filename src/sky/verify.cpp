// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/verify.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <vector>

#include "sky/points.hpp"

namespace skyweft::sky {
namespace {

constexpr std::array<double, 4> kDistractorShares{0.25, 0.5, 0.75, 0.9};

/// A source and the star predicted nearest to it.
struct Neighbour {
  std::int64_t star = -1;    ///< -1: none within 5 sigma
  double log_density = 0.0;  ///< ln of the probability density of their distance
};

std::vector<Neighbour> neighbours(std::span<const PixelPos> sources,
                                  std::span<const PixelPos> stars, const OddsModel& model) {
  const PointIndex index{stars};
  std::vector<Neighbour> out(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const double dx = sources[i].x_px - model.centre.x_px;
    const double dy = sources[i].y_px - model.centre.y_px;
    const double growth =
        model.anchor_px > 0.0 ? (dx * dx + dy * dy) / (model.anchor_px * model.anchor_px) : 0.0;
    const double variance = model.sigma_px * model.sigma_px * (1.0 + growth);
    const std::int64_t j = index.nearest(sources[i], 5.0 * std::sqrt(variance));
    if (j < 0) continue;
    const PixelPos& star = stars[static_cast<std::size_t>(j)];
    const double d2 = (star.x_px - sources[i].x_px) * (star.x_px - sources[i].x_px) +
                      (star.y_px - sources[i].y_px) * (star.y_px - sources[i].y_px);
    out[i] = {j, -std::log(2.0 * kPi * variance) - 0.5 * d2 / variance};
  }
  return out;
}

/// Takes the gain out of the `n_free` best terms.
void leave_out_best(std::vector<double>& term, int n_free) {
  std::vector<double> sorted = term;
  const auto n = std::min(static_cast<std::size_t>(n_free), sorted.size());
  std::ranges::partial_sort(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(n),
                            std::greater<>{});
  for (std::size_t k = 0; k < n; ++k) {
    const auto at = std::ranges::find(term, sorted[k]);
    if (at != term.end()) *at = std::min(*at, 0.0);
  }
}

/// The log odds at the best prefix for one share of distractors.
double best_prefix(std::span<const Neighbour> nearest, std::size_t n_star, double share,
                   const OddsModel& model) {
  const double per_star = std::log((1.0 - share) * model.area_px2 / static_cast<double>(n_star));
  std::vector<std::int64_t> owner(n_star, -1);
  std::vector<double> term(nearest.size(), 0.0);  // ln(foreground or distractor / background)
  std::vector<double> as_distractor(nearest.size(), 0.0);
  double n_matched = 0.0;
  for (std::size_t i = 0; i < nearest.size(); ++i) {
    as_distractor[i] =
        std::log(share + (1.0 - share) * std::min(1.0, n_matched / static_cast<double>(n_star)));
    term[i] = as_distractor[i];
    if (nearest[i].star < 0) continue;
    const double as_star = per_star + nearest[i].log_density;
    if (as_star <= term[i]) continue;
    std::int64_t& held_by = owner[static_cast<std::size_t>(nearest[i].star)];
    if (held_by >= 0) {
      const auto rival = static_cast<std::size_t>(held_by);
      if (term[rival] >= as_star) continue;
      term[rival] = as_distractor[rival];
    } else {
      n_matched += 1.0;
    }
    held_by = static_cast<std::int64_t>(i);
    term[i] = as_star;
  }
  if (model.free_pairs > 0) leave_out_best(term, model.free_pairs);
  double sum = 0.0;
  double best = -1e9;
  for (const double t : term) {
    sum += t;
    best = std::max(best, sum);
  }
  return best;
}

}  // namespace

double log_odds(std::span<const PixelPos> sources, std::span<const PixelPos> stars,
                const OddsModel& model) {
  if (stars.empty() || sources.empty()) return -1e9;
  const std::vector<Neighbour> nearest = neighbours(sources, stars, model);
  std::array<double, kDistractorShares.size()> odds{};
  for (std::size_t k = 0; k < odds.size(); ++k)
    odds[k] = best_prefix(nearest, stars.size(), kDistractorShares[k], model);
  const double most = *std::ranges::max_element(odds);
  double sum = 0.0;
  for (const double o : odds) sum += std::exp(o - most);
  return most + std::log(sum / static_cast<double>(odds.size()));
}

}  // namespace skyweft::sky
