// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/robust.hpp"
#include "lc/scatter_fit.hpp"
#include "lc/tfa.hpp"

namespace skyweft::lc {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double distance_deg(const SkyPoint& a, const SkyPoint& b) {
  return std::hypot(a.xi_deg - b.xi_deg, a.eta_deg - b.eta_deg);
}

/// The extent of the field covered by some stars.
struct Extent {
  SkyPoint low{kInfinity, kInfinity};
  SkyPoint high{-kInfinity, -kInfinity};

  void take(const SkyPoint& p) {
    low = {std::min(low.xi_deg, p.xi_deg), std::min(low.eta_deg, p.eta_deg)};
    high = {std::max(high.xi_deg, p.xi_deg), std::max(high.eta_deg, p.eta_deg)};
  }
  double width_deg() const { return high.xi_deg - low.xi_deg; }
  double height_deg() const { return high.eta_deg - low.eta_deg; }
};

/// Centres of nearly square cells that tile the extent, at most `n_max`, rows upwards.
std::vector<SkyPoint> grid_nodes(const Extent& field, std::int64_t n_max) {
  const double total = static_cast<double>(n_max);
  const double shape = field.height_deg() > 0.0 ? field.width_deg() / field.height_deg() : total;
  const double nx = std::clamp(std::round(std::sqrt(total * shape)), 1.0, total);
  const double ny = std::floor(total / nx);
  std::vector<SkyPoint> nodes;
  for (double iy = 0.5; iy < ny; iy += 1.0) {
    for (double ix = 0.5; ix < nx; ix += 1.0) {
      nodes.push_back({field.low.xi_deg + ix / nx * field.width_deg(),
                       field.low.eta_deg + iy / ny * field.height_deg()});
    }
  }
  return nodes;
}

/// `n_max` of the candidates `good` (rows of `stars`), spread over their extent; rows ascend.
std::vector<std::int64_t> spread_choice(std::span<const TemplateCandidate> stars,
                                        const std::vector<std::int64_t>& good, std::int64_t n_max) {
  if (static_cast<std::int64_t>(good.size()) <= n_max) return good;
  std::vector<SkyPoint> at;
  Extent field;
  for (const std::int64_t i : good) {
    at.push_back(stars[static_cast<std::size_t>(i)].at);
    field.take(at.back());
  }
  std::vector<std::int64_t> out;
  std::vector<double> to_chosen_deg(good.size(), kInfinity);  // -1: chosen itself
  const auto choose = [&](std::size_t k) {
    out.push_back(good[k]);
    for (std::size_t j = 0; j < at.size(); ++j)
      to_chosen_deg[j] = std::min(to_chosen_deg[j], distance_deg(at[j], at[k]));
    to_chosen_deg[k] = -1.0;
  };
  for (const SkyPoint& node : grid_nodes(field, n_max)) {
    std::size_t nearest = 0;
    for (std::size_t k = 1; k < at.size(); ++k) {
      if (distance_deg(at[k], node) < distance_deg(at[nearest], node)) nearest = k;
    }
    if (to_chosen_deg[nearest] >= 0.0) choose(nearest);
  }
  while (static_cast<std::int64_t>(out.size()) < n_max)
    choose(
        static_cast<std::size_t>(std::ranges::max_element(to_chosen_deg) - to_chosen_deg.begin()));
  std::ranges::sort(out);
  return out;
}

}  // namespace

std::vector<std::int64_t> choose_templates(std::span<const TemplateCandidate> stars,
                                           std::int64_t n_frame, const TfaConfig& config) {
  const auto n_max =
      std::min(static_cast<std::int64_t>(config.templates_per_frame * static_cast<double>(n_frame)),
               config.max_templates);
  const std::size_t n = stars.size();
  std::vector<double> mags;
  std::vector<double> counts;
  std::vector<double> scatter(n, std::numeric_limits<double>::quiet_NaN());
  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(n), 3);
  for (std::size_t i = 0; i < n; ++i) {
    const TemplateCandidate& s = stars[i];
    if (!std::isfinite(s.mag) || s.n_points < 1 || !(s.scatter_mag > 0.0)) continue;
    mags.push_back(s.mag);
    counts.push_back(static_cast<double>(s.n_points));
    if (s.is_barred) continue;
    design.row(static_cast<Eigen::Index>(i)) << 1.0, s.mag, s.mag * s.mag;
    scatter[i] = s.scatter_mag;
  }
  if (mags.empty() || n_max < 1) return {};
  const double most = *std::ranges::max_element(counts);
  const double min_count = std::min(median_in_place(counts), 0.8 * most);
  const double faint_mag = quantile_in_place(mags, config.bright_share);
  const ScatterFit fit = fit_scatter(design, scatter);

  std::vector<std::int64_t> good;
  for (std::size_t i = 0; i < n; ++i) {
    const TemplateCandidate& s = stars[i];
    if (!std::isfinite(scatter[i]) || s.mag > faint_mag || s.scatter_mag > config.max_rms_mag ||
        static_cast<double>(s.n_points) < min_count ||
        fit.excess_dex[i] > config.scatter_excess * fit.average_dex ||
        !std::isfinite(s.at.xi_deg) || !std::isfinite(s.at.eta_deg))
      continue;
    good.push_back(static_cast<std::int64_t>(i));
  }
  return spread_choice(stars, good, n_max);
}

}  // namespace skyweft::lc
