// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/zero_point.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "phot/zero_point_fit.hpp"

namespace skyweft::phot {
namespace {

constexpr std::size_t kFolds = 10;
constexpr double kCatalogueGrain_mag = 1e-6;  // keeps weights finite; no catalogue is better
constexpr double kLargest = 1e6;              // beyond, it is no magnitude, colour or place

/// The squared errors of every star predicted without it, over `unit2`, cut off at clip_sigma²;
/// nothing when a fold does not determine the terms.
std::optional<std::vector<double>> held_out(const ZeroPointFitter& fitter, const ZeroPointFit& full,
                                            double clip_sigma, const std::vector<double>& unit2) {
  std::vector<double> loss(unit2.size());
  std::vector<std::size_t> rows;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    rows.clear();
    for (std::size_t i = 0; i < loss.size(); ++i)
      if (i % kFolds != fold) rows.push_back(i);
    const auto fit = fitter.fit(rows, clip_sigma, &full);
    if (!fit) return std::nullopt;
    for (std::size_t i = fold; i < loss.size(); i += kFolds)
      loss[i] = std::min(fit->left[i] * fit->left[i] / unit2[i], clip_sigma * clip_sigma);
  }
  return loss;
}

/// Whether the losses fall from `before` to `after` by more than one standard error.
bool is_gain(const std::vector<double>& before, const std::vector<double>& after) {
  const auto n = static_cast<double>(before.size());
  double sum = 0.0;
  double sum2 = 0.0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double d = before[i] - after[i];
    sum += d;
    sum2 += d * d;
  }
  return sum > std::sqrt(std::max(0.0, sum2 - sum * sum / n));
}

double rms_of(const std::vector<double>& loss, const std::vector<double>& unit2) {
  double sum = 0.0;
  double weight = 0.0;
  for (std::size_t i = 0; i < loss.size(); ++i) {
    sum += loss[i];
    weight += 1.0 / unit2[i];
  }
  return std::sqrt(sum / weight);
}

double value_at(std::span<const double> column, std::size_t i, double missing) {
  return column.empty() ? missing : column[i];
}

/// Finite, and small enough that its square is.
bool is_number(double x) {
  return std::abs(x) < kLargest;
}

bool within(double x, double low, double high) {
  return is_number(x) && !(x < low) && !(x > high);
}

/// The stars that pass; C₀ goes to `out`. `has_colours` tells whether a colour term may be fitted.
ZeroPointSample select(const ZeroPointStars& stars, const ZeroPointConfig& config, bool with_place,
                       ZeroPoint& out, bool& has_colours) {
  std::vector<std::size_t> rows;
  std::size_t n_colour = 0;
  for (std::size_t i = 0; i < stars.instrumental_mag.size(); ++i) {
    const double colour = value_at(stars.colour, i, kNaN);
    if (!stars.usable.empty() && stars.usable[i] == 0) continue;
    if (!is_number(stars.instrumental_mag[i]) || !is_number(stars.mag_err[i]) ||
        !(stars.mag_err[i] > 0.0) ||
        !within(stars.catalog_mag[i], config.mag_min, config.mag_max) ||
        colour < config.colour_min || colour > config.colour_max ||
        value_at(stars.contamination, i, 0.0) > config.max_contamination)
      continue;
    if (with_place && !(is_number(stars.u[i]) && is_number(stars.v[i]))) continue;
    rows.push_back(i);
    n_colour += is_number(colour) ? 1 : 0;
  }
  has_colours = n_colour > 0 && 2 * n_colour >= rows.size();
  ZeroPointSample sample;
  std::vector<double> colours;
  for (const std::size_t i : rows) {
    const double colour = value_at(stars.colour, i, kNaN);
    if (has_colours && config.colour_order > 0 && !is_number(colour)) continue;
    sample.y.push_back(stars.catalog_mag[i] - stars.instrumental_mag[i]);
    sample.err2.push_back(stars.mag_err[i] * stars.mag_err[i] +
                          kCatalogueGrain_mag * kCatalogueGrain_mag);
    sample.colour.push_back(has_colours && is_number(colour) ? colour : kNaN);
    sample.u.push_back(with_place ? stars.u[i] : 0.0);
    sample.v.push_back(with_place ? stars.v[i] : 0.0);
  }
  if (has_colours) {
    const RobustSummary summary = robust_summary(sample.colour);
    out.colour_zero = summary.median;
    out.colour_scatter = summary.sigma;
    for (double& colour : sample.colour) colour -= out.colour_zero;
  }
  out.n_candidate = static_cast<std::int64_t>(sample.size());
  return sample;
}

void check(const ZeroPointStars& s) {
  const std::size_t n = s.instrumental_mag.size();
  for (const std::size_t k : {s.mag_err.size(), s.catalog_mag.size()})
    if (k != n)
      throw Error{Errc::internal, fmt::format("zero point: a column of {} for {} stars", k, n)};
  for (const std::size_t k :
       {s.colour.size(), s.u.size(), s.v.size(), s.contamination.size(), s.usable.size()})
    if (k != n && k != 0)
      throw Error{Errc::internal, fmt::format("zero point: a column of {} for {} stars", k, n)};
}

ZeroPointOrders orders_of(const ZeroPoint& zero_point) {
  return {static_cast<int>(zero_point.colour_order), static_cast<int>(zero_point.position_order)};
}

/// Writes the fit into `out`.
void put(const ZeroPointFit& fit, const ZeroPointOrders& orders, ZeroPoint& out) {
  out.colour_order = orders.colour;
  out.position_order = orders.position;
  out.intrinsic_mag = std::sqrt(fit.s0_2);
  out.n_used = static_cast<std::int64_t>(fit.kept.size());
  std::vector<double> left;
  for (const std::size_t i : fit.kept) left.push_back(fit.left[i]);
  out.scatter_mag = robust_summary(left).sigma;
  out.zero_point = fit.coefficient[0];
  out.zero_point_err = std::sqrt(fit.covariance(0, 0));
  for (Eigen::Index j = 1; j < fit.coefficient.size(); ++j) {
    const bool is_colour = j <= orders.colour;
    (is_colour ? out.colour : out.position).push_back(fit.coefficient[j]);
    (is_colour ? out.colour_err : out.position_err).push_back(std::sqrt(fit.covariance(j, j)));
  }
  out.covariance.assign(fit.covariance.data(), fit.covariance.data() + fit.covariance.size());
}

}  // namespace

ZeroPoint fit_zero_point(const ZeroPointStars& stars, const ZeroPointConfig& config) {
  check(stars);
  ZeroPoint out;
  const bool has_places = !stars.u.empty() && !stars.v.empty();
  bool has_colours = false;
  const ZeroPointSample sample =
      select(stars, config, has_places && config.position_order > 0, out, has_colours);
  if (out.n_candidate < std::max(config.min_stars, static_cast<std::int64_t>(kFolds))) return out;

  struct Candidate {
    ZeroPointOrders orders;
    ZeroPointFitter fitter;
    ZeroPointFit fit;
  };
  std::vector<ZeroPointOrders> allowed;
  for (int position = 0; position <= config.position_order; ++position)
    for (int colour = 0; colour <= config.colour_order; ++colour)
      allowed.push_back({colour, position});
  std::ranges::stable_sort(allowed, {}, [](const ZeroPointOrders& o) { return o.n_terms(); });
  std::vector<std::size_t> all(sample.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<Candidate> candidates;
  for (const ZeroPointOrders& orders : allowed) {
    const auto needed = static_cast<std::size_t>(3 * orders.n_terms());
    const bool is_known =
        (orders.colour == 0 || has_colours) && (orders.position == 0 || has_places);
    const bool is_carried = orders.n_terms() == 1 || sample.size() >= needed;
    ZeroPointFitter fitter{sample, orders};
    auto fit = is_known && is_carried ? fitter.fit(all, config.clip_sigma) : std::nullopt;
    if (fit)
      candidates.push_back({orders, std::move(fitter), std::move(*fit)});
    else
      out.is_limited = true;
  }
  if (candidates.empty() || candidates.front().orders.n_terms() != 1) return out;

  // One unit of error for all: that of the richest fit there is.
  std::vector<double> unit2 = sample.err2;
  for (double& e : unit2) e += candidates.back().fit.s0_2;
  const auto judged = [&](const Candidate& one) {
    return held_out(one.fitter, one.fit, config.clip_sigma, unit2);
  };
  const Candidate* best = &candidates.front();
  auto best_loss = judged(*best);
  if (best_loss) out.held_out_constant_mag = rms_of(*best_loss, unit2);
  for (std::size_t k = 1; k < candidates.size() && best_loss; ++k) {
    auto loss = judged(candidates[k]);
    if (!loss || !is_gain(*best_loss, *loss)) continue;
    best = &candidates[k];
    best_loss = std::move(loss);
  }
  if (best_loss) out.held_out_mag = rms_of(*best_loss, unit2);
  put(best->fit, best->orders, out);
  return out;
}

double apply(const ZeroPoint& zero_point, double instrumental_mag, double colour, double u,
             double v) {
  double out = instrumental_mag + zero_point.zero_point;
  const double c = std::isnan(colour) ? 0.0 : colour - zero_point.colour_zero;
  const auto terms = zero_point_terms(orders_of(zero_point), c, u, v);
  Eigen::Index k = 1;
  for (const double coefficient : zero_point.colour) out += coefficient * terms[k++];
  for (const double coefficient : zero_point.position) out += coefficient * terms[k++];
  return out;
}

double apply_error(const ZeroPoint& zero_point, double colour, double u, double v) {
  if (!zero_point.valid()) return kNaN;
  const double c = std::isnan(colour) ? 0.0 : colour - zero_point.colour_zero;
  const auto terms = zero_point_terms(orders_of(zero_point), c, u, v);
  const Eigen::Map<const Eigen::MatrixXd> covariance(zero_point.covariance.data(), terms.size(),
                                                     terms.size());
  double variance = terms.dot(covariance * terms);
  if (std::isnan(colour) && !zero_point.colour.empty()) {
    const double unknown = zero_point.colour[0] * zero_point.colour_scatter;
    variance += unknown * unknown;
  }
  return std::sqrt(variance);
}

}  // namespace skyweft::phot
