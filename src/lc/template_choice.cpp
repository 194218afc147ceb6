// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/template_choice.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/robust.hpp"
#include "lc/scatter_fit.hpp"

namespace skyweft::lc {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double distance2_deg2(const SkyPoint& a, const SkyPoint& b) {
  const double dxi = a.xi_deg - b.xi_deg;
  const double deta = a.eta_deg - b.eta_deg;
  return dxi * dxi + deta * deta;
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

/// The nodes of an n × n grid that spans the extent, corners included (AutoWISP's grid).
std::vector<SkyPoint> square_nodes(const Extent& field, std::int64_t n_side) {
  std::vector<SkyPoint> nodes;
  const double last = static_cast<double>(std::max<std::int64_t>(1, n_side - 1));
  for (std::int64_t iy = 0; iy < n_side; ++iy)
    for (std::int64_t ix = 0; ix < n_side; ++ix)
      nodes.push_back({field.low.xi_deg + static_cast<double>(ix) / last * field.width_deg(),
                       field.low.eta_deg + static_cast<double>(iy) / last * field.height_deg()});
  return nodes;
}

/// Columns 1, m, m² ... of the polynomial of scatter over magnitude, [star][term].
Eigen::MatrixXd magnitude_powers(std::span<const double> mag, int order) {
  Eigen::MatrixXd out = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(mag.size()), order + 1);
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!std::isfinite(mag[i])) continue;
    double power = 1.0;
    for (int k = 0; k <= order; ++k) {
      out(static_cast<Eigen::Index>(i), k) = power;
      power *= mag[i];
    }
  }
  return out;
}

}  // namespace

std::int64_t templates_allowed(std::int64_t n_frame, const TfaConfig& config) {
  const auto by_frames =
      static_cast<std::int64_t>(config.templates_per_frame * static_cast<double>(n_frame));
  const std::int64_t n_max = std::min(by_frames, config.max_templates);
  return config.grid_side > 0 ? std::min(n_max, config.grid_side * config.grid_side) : n_max;
}

std::vector<std::int64_t> spread_templates(std::span<const SkyPoint> places,
                                           const std::vector<std::int64_t>& good,
                                           std::int64_t n_max, const TfaConfig& config) {
  if (n_max < 1) return {};
  if (config.grid_side == 0 && static_cast<std::int64_t>(good.size()) <= n_max) return good;
  std::vector<SkyPoint> at;
  Extent field;
  for (const std::int64_t i : good) {
    at.push_back(places[static_cast<std::size_t>(i)]);
    field.take(at.back());
  }
  std::vector<std::int64_t> out;
  std::vector<double> to_chosen_deg2(good.size(), kInfinity);  // -1: chosen itself
  const auto choose = [&](std::size_t k) {
    out.push_back(good[k]);
    for (std::size_t j = 0; j < at.size(); ++j)
      to_chosen_deg2[j] = std::min(to_chosen_deg2[j], distance2_deg2(at[j], at[k]));
    to_chosen_deg2[k] = -1.0;
  };
  const auto nodes =
      config.grid_side > 0 ? square_nodes(field, config.grid_side) : grid_nodes(field, n_max);
  for (const SkyPoint& node : nodes) {
    if (good.empty() || static_cast<std::int64_t>(out.size()) == n_max) break;
    std::size_t nearest = 0;
    double least_deg2 = kInfinity;
    for (std::size_t k = 0; k < at.size(); ++k) {
      const double away_deg2 = distance2_deg2(at[k], node);
      if (away_deg2 >= least_deg2) continue;
      least_deg2 = away_deg2;
      nearest = k;
    }
    if (to_chosen_deg2[nearest] >= 0.0) choose(nearest);
  }
  while (config.grid_side == 0 && static_cast<std::int64_t>(out.size()) < n_max)
    choose(static_cast<std::size_t>(std::ranges::max_element(to_chosen_deg2) -
                                    to_chosen_deg2.begin()));
  std::ranges::sort(out);
  return out;
}

std::vector<std::int64_t> suitable_templates(std::span<const TemplateCandidate> stars,
                                             const TfaConfig& config) {
  const std::size_t n = stars.size();
  std::vector<double> mags;
  std::vector<double> counts;
  std::vector<double> mag(n, std::numeric_limits<double>::quiet_NaN());
  std::vector<double> scatter(n, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < n; ++i) {
    const TemplateCandidate& s = stars[i];
    if (!std::isfinite(s.mag) || s.n_points < 1 || !(s.scatter_mag > 0.0)) continue;
    mags.push_back(s.mag);
    counts.push_back(static_cast<double>(s.n_points));
    if (s.is_barred || s.is_saturated) continue;
    mag[i] = s.mag;
    scatter[i] = s.scatter_mag;
  }
  if (mags.empty()) return {};
  const double most = *std::ranges::max_element(counts);
  const double min_count = std::min(quantile_in_place(counts, config.min_points_quantile),
                                    config.min_points_share * most);
  const double faint_mag =
      std::min(quantile_in_place(mags, config.bright_share), config.faint_limit_mag);
  const ScatterFit fit = fit_scatter(magnitude_powers(mag, config.scatter_order), scatter);

  std::vector<std::int64_t> good;
  for (std::size_t i = 0; i < n; ++i) {
    const TemplateCandidate& s = stars[i];
    if (!std::isfinite(s.mag) || s.n_points < 1 || !(s.scatter_mag > 0.0) || s.is_barred ||
        s.mag > faint_mag || s.scatter_mag > config.max_rms_mag ||
        static_cast<double>(s.n_points) < min_count || !std::isfinite(s.at.xi_deg) ||
        !std::isfinite(s.at.eta_deg))
      continue;
    const bool is_typical = !(fit.excess_dex[i] > config.scatter_excess * fit.average_dex);
    if (s.is_saturated ? config.forbid_saturated : !is_typical) continue;
    good.push_back(static_cast<std::int64_t>(i));
  }
  return good;
}

std::vector<std::int64_t> choose_templates(std::span<const TemplateCandidate> stars,
                                           std::int64_t n_frame, const TfaConfig& config) {
  std::vector<SkyPoint> at;
  for (const TemplateCandidate& s : stars) at.push_back(s.at);
  return spread_templates(at, suitable_templates(stars, config), templates_allowed(n_frame, config),
                          config);
}

double von_neumann_ratio(std::span<const float> mag) {
  double n = 0.0;
  double mean = 0.0;
  double square = 0.0;
  double step = 0.0;
  double before = std::numeric_limits<double>::quiet_NaN();
  for (const float m : mag) {
    if (!std::isfinite(m)) continue;
    const auto value = static_cast<double>(m);
    if (n > 0.0) step += (value - before) * (value - before);
    before = value;
    n += 1.0;
    const double off = value - mean;
    mean += off / n;
    square += off * (value - mean);
  }
  return square > 0.0 ? step / square : std::numeric_limits<double>::quiet_NaN();
}

std::vector<std::uint8_t> find_variable_templates(std::span<const FilteredCandidate> candidates,
                                                  const TfaConfig& config) {
  std::vector<double> mag;
  std::vector<double> scatter;
  std::vector<double> ratio;
  for (const FilteredCandidate& c : candidates) {
    mag.push_back(c.mag);
    scatter.push_back(c.rms_mag);
    ratio.push_back(c.von_neumann);
  }
  const ScatterFit fit = fit_scatter(magnitude_powers(mag, config.scatter_order), scatter);
  const RobustSummary typical = robust_summary(std::span<const double>{ratio});
  const bool is_any_filtered = std::ranges::any_of(scatter, [](double v) { return v > 0.0; });
  std::vector<std::uint8_t> out;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const double white = 2.0 - 5.0 * 2.0 / std::sqrt(static_cast<double>(candidates[i].n_points));
    const bool is_correlated = ratio[i] < white && ratio[i] < typical.median - 5.0 * typical.sigma;
    const bool is_noisy = fit.excess_dex[i] > config.scatter_excess * fit.average_dex;
    out.push_back((is_any_filtered && !std::isfinite(scatter[i])) || is_correlated || is_noisy ? 1
                                                                                               : 0);
  }
  return out;
}

}  // namespace skyweft::lc
