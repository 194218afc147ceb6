// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/ensemble.hpp"

#include <algorithm>
#include <cmath>

#include "core/robust.hpp"
#include "core/units.hpp"
#include "lc/ensemble_weighting.hpp"

namespace skyweft::lc {
namespace {

constexpr int kMaxRejections = 10;

std::span<const double> row_of(const std::vector<double>& matrix, std::int64_t row,
                               std::int64_t n) {
  return std::span{matrix}.subspan(static_cast<std::size_t>(row * n), static_cast<std::size_t>(n));
}

/// The artificial star of all stars but `left_out` (-1: of all).
ArtificialStar combined(const FluxMatrix& stars, const Ensemble& ensemble, std::int64_t left_out) {
  const auto n_time = static_cast<std::size_t>(stars.n_time);
  ArtificialStar out{std::vector<double>(n_time, 0.0), std::vector<double>(n_time, 0.0),
                     std::vector<std::int32_t>(n_time, 0)};
  std::vector<double> sum_w(n_time, 0.0);
  for (std::int64_t s = 0; s < stars.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    if (s == left_out || !(ensemble.weight[i] > 0.0)) continue;
    const auto flux = stars.flux_of(s);
    const auto err = stars.err_of(s);
    const auto weight = row_of(ensemble.point_weight, s, stars.n_time);
    for (std::size_t t = 0; t < n_time; ++t) {
      const double w = weight[t];
      if (!(w > 0.0)) continue;
      // Over the star's level; without errors its scatter, which is relative already.
      const double e = err.empty() ? ensemble.scatter[i] : err[t] / ensemble.level[i];
      sum_w[t] += w;
      out.flux[t] += w * flux[t] / ensemble.level[i];
      out.err[t] += w * w * e * e;
      ++out.n_star[t];
    }
  }
  for (std::size_t t = 0; t < n_time; ++t) {
    out.flux[t] = sum_w[t] > 0.0 ? out.flux[t] / sum_w[t] : kNaN;
    const double level = stars.err.empty() ? 1.0 : out.flux[t];
    out.err[t] = out.flux[t] > 0.0 ? std::sqrt(out.err[t]) / (sum_w[t] * level) : kNaN;
  }
  return out;
}

}  // namespace

std::span<const double> FluxMatrix::flux_of(std::int64_t star) const {
  return flux.subspan(static_cast<std::size_t>(star * n_time), static_cast<std::size_t>(n_time));
}

std::span<const double> FluxMatrix::err_of(std::int64_t star) const {
  if (err.empty()) return {};
  return err.subspan(static_cast<std::size_t>(star * n_time), static_cast<std::size_t>(n_time));
}

std::int64_t Ensemble::n_used() const noexcept {
  return std::ranges::count_if(weight, [](double w) { return w > 0.0; });
}

Ensemble make_ensemble(const FluxMatrix& stars, std::span<const std::uint8_t> used,
                       const EnsembleConfig& config) {
  Ensemble out;
  EnsembleWeighting work{stars, used, config};
  work.settle(out);
  for (int i = 0; i < kMaxRejections && work.reject(); ++i) work.settle(out);
  if (work.drop_light()) work.settle(out);
  work.finish(out);
  out.artificial = combined(stars, out, -1);
  return out;
}

ArtificialStar artificial_without(const FluxMatrix& stars, const Ensemble& ensemble,
                                  std::int64_t star) {
  return combined(stars, ensemble, star);
}

DifferentialCurve differential(std::span<const double> flux, std::span<const double> err,
                               const ArtificialStar& artificial,
                               std::span<const std::uint8_t> outside) {
  const std::size_t n = flux.size();
  DifferentialCurve out;
  std::vector<double> quiet;
  for (std::size_t t = 0; t < n; ++t) {
    out.flux_rel.push_back(artificial.flux[t] > 0.0 ? flux[t] / artificial.flux[t] : kNaN);
    if (!outside.empty() && outside[t] && std::isfinite(out.flux_rel[t]))
      quiet.push_back(out.flux_rel[t]);
  }
  out.level = quiet.empty() ? median_of_finite(std::span<const double>{out.flux_rel})
                            : median_in_place(std::span<double>{quiet});
  for (std::size_t t = 0; t < n; ++t) {
    double& f = out.flux_rel[t];
    f = out.level > 0.0 && std::isfinite(f) ? f / out.level : kNaN;
    const bool is_there = std::isfinite(f);
    const double own = is_there && !err.empty() ? err[t] / (artificial.flux[t] * out.level) : kNaN;
    const double others = is_there ? std::abs(f) * artificial.err[t] : kNaN;
    out.err_star.push_back(own);
    out.err_comparison.push_back(others);
    out.err.push_back(std::isfinite(own) ? std::hypot(own, others) : others);
  }
  return out;
}

}  // namespace skyweft::lc
