// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/growth.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "phot/star_cells.hpp"

namespace skyweft::phot {
namespace {

constexpr QualityBits kUnfit =
    quality::saturated | quality::bleed | quality::bad_pixel | quality::cosmic | quality::edge |
    quality::interpolated | quality::neighbour_1pc | quality::neighbour_10pc |
    quality::background_unreliable | quality::centroid_offset | quality::manual_veto |
    quality::not_measured | quality::psf_unreliable;
constexpr int kClipRounds = 10;
/// Fluxes are floats: ratios nearer than this are the same.
constexpr double kRounding = 1e-6;

struct Checked {
  std::size_t n_star = 0;
  std::size_t n_ap = 0;
  std::size_t reference = 0;
};

Checked check(const FramePhotometry& photometry, std::span<const float> catalog_mag,
              std::span<const double> radii_px, const GrowthConfig& config) {
  const auto n = static_cast<std::size_t>(photometry.n_star);
  const auto n_ap = static_cast<std::size_t>(photometry.n_ap);
  if (catalog_mag.size() != n || radii_px.size() != n_ap ||
      photometry.points.flux_e.size() != n * n_ap)
    throw Error{Errc::internal,
                fmt::format("curve of growth: {} stars, {} magnitudes, {} apertures, {} radii", n,
                            catalog_mag.size(), n_ap, radii_px.size())};
  if (n_ap == 0 || !std::ranges::all_of(radii_px, [](double r) { return r > 0.0; }))
    throw Error{Errc::bad_config, "curve of growth: at least one radius above 0 px is needed"};
  const double wanted = config.reference_radius_px;
  for (std::size_t k = 0; wanted > 0.0 && k < n_ap; ++k)
    if (std::abs(radii_px[k] - wanted) < 1e-6) return {n, n_ap, k};
  if (wanted > 0.0)
    throw Error{Errc::bad_config,
                fmt::format("growth.reference_radius_px = {} is not measured; take one of the "
                            "radii: {}",
                            wanted, fmt::join(radii_px, ", "))};
  const auto largest = std::ranges::max_element(radii_px);
  return {n, n_ap, static_cast<std::size_t>(largest - radii_px.begin())};
}

/// Median and scaled median absolute deviation of what clipping leaves.
RobustSummary clipped(std::vector<double> values, double clip_sigma) {
  RobustSummary now = robust_summary(std::span<const double>{values});
  for (int round = 0; round < kClipRounds; ++round) {
    const auto n = std::erase_if(values, [&](double v) {
      return std::abs(v - now.median) > clip_sigma * now.sigma + kRounding * std::abs(now.median);
    });
    if (n == 0) break;
    now = robust_summary(std::span<const double>{values});
  }
  return now;
}

}  // namespace

std::vector<std::int64_t> growth_stars(const FramePhotometry& photometry,
                                       std::span<const float> catalog_mag,
                                       std::span<const double> radii_px,
                                       const GrowthConfig& config) {
  const Checked at = check(photometry, catalog_mag, radii_px, config);
  const PointColumns& points = photometry.points;
  const auto x = [&](std::size_t i) { return static_cast<double>(points.x_px[i]); };
  const auto y = [&](std::size_t i) { return static_cast<double>(points.y_px[i]); };
  const auto flux = [&](std::size_t i) {
    return static_cast<double>(points.flux_e[i * at.n_ap + at.reference]);
  };
  const double reach =
      config.isolation_px > 0.0 ? config.isolation_px : 2.0 * radii_px[at.reference];
  const auto has_place = [&](std::size_t i) {
    return std::abs(x(i)) < 1e9 && std::abs(y(i)) < 1e9;
  };
  const std::vector<double> all_x(points.x_px.begin(), points.x_px.end());
  const std::vector<double> all_y(points.y_px.begin(), points.y_px.end());
  std::vector<std::int64_t> placed;
  for (std::size_t i = 0; i < at.n_star; ++i)
    if (has_place(i)) placed.push_back(static_cast<std::int64_t>(i));
  const StarCells cells(all_x, all_y, placed, reach);

  std::vector<std::int64_t> stars;
  for (std::size_t i = 0; i < at.n_star; ++i) {
    const auto error = static_cast<double>(points.flux_err_e[i * at.n_ap + at.reference]);
    if (!has_place(i) || (points.quality[i] & kUnfit) != 0) continue;
    if (!(flux(i) > 0.0) || !(flux(i) >= config.min_snr * error)) continue;
    const auto faint = static_cast<double>(catalog_mag[i]) + config.isolation_mag;
    bool crowded = false;
    cells.for_each_near(x(i), y(i), [&](std::int64_t other) {
      const auto j = static_cast<std::size_t>(other);
      // A magnitude that is missing, of either, never makes the other faint.
      crowded = crowded || (j != i && !(static_cast<double>(catalog_mag[j]) > faint) &&
                            std::hypot(x(j) - x(i), y(j) - y(i)) < reach);
    });
    if (!crowded) stars.push_back(static_cast<std::int64_t>(i));
  }
  std::ranges::stable_sort(stars, [&](std::int64_t a, std::int64_t b) {
    return flux(static_cast<std::size_t>(a)) > flux(static_cast<std::size_t>(b));
  });
  if (static_cast<std::int64_t>(stars.size()) > config.max_stars)
    stars.resize(static_cast<std::size_t>(config.max_stars));
  return stars;
}

GrowthCurve growth_curve(const FramePhotometry& photometry, std::span<const float> catalog_mag,
                         std::span<const double> radii_px, const GrowthConfig& config) {
  const Checked at = check(photometry, catalog_mag, radii_px, config);
  const auto stars = growth_stars(photometry, catalog_mag, radii_px, config);
  GrowthCurve out;
  out.radii_px.assign(radii_px.begin(), radii_px.end());
  out.reference_radius_px = radii_px[at.reference];
  out.n_selected = static_cast<std::int64_t>(stars.size());
  bool steady = true;
  for (std::size_t k = 0; k < at.n_ap; ++k) {
    std::vector<double> ratios;
    for (const std::int64_t star : stars) {
      const float* flux =
          photometry.points.flux_e.data() + static_cast<std::size_t>(star) * at.n_ap;
      const double ratio = static_cast<double>(flux[k]) / static_cast<double>(flux[at.reference]);
      if (std::isfinite(ratio)) ratios.push_back(ratio);
    }
    const RobustSummary s = clipped(std::move(ratios), config.clip_sigma);
    out.ratio.push_back(s.median);
    out.scatter.push_back(s.sigma);
    out.ratio_err.push_back(s.sigma * std::sqrt(0.5 * kPi / static_cast<double>(s.n)));
    out.n_star.push_back(s.n);
    if (s.n > 0) steady = steady && s.n >= config.min_stars && s.sigma <= config.max_scatter;
  }
  out.usable = steady && out.n_selected >= config.min_stars;
  return out;
}

double GrowthCurve::correction_mag(std::size_t k) const {
  return ratio[k] > 0.0 ? 2.5 * std::log10(ratio[k]) : kNaN;
}

double GrowthCurve::correction_err_mag(std::size_t k) const {
  return ratio[k] > 0.0 ? kMagPerRelativeFlux * ratio_err[k] / ratio[k] : kNaN;
}

ApertureCorrection aperture_correction(const GrowthCurve& curve, double radius_px) {
  struct Node {
    double r, ratio, error_mag;
  };
  std::vector<Node> node;
  for (std::size_t k = 0; k < curve.radii_px.size(); ++k)
    if (curve.ratio[k] > 0.0)
      node.push_back({curve.radii_px[k], curve.ratio[k], curve.correction_err_mag(k)});
  ApertureCorrection out;
  if (node.empty()) return out;
  std::ranges::stable_sort(node, {}, &Node::r);
  const auto repeated = std::ranges::unique(node, {}, &Node::r);
  node.erase(repeated.begin(), repeated.end());
  node.insert(node.begin(), {0.0, 0.0, node.front().error_mag});
  if (!(radius_px > 0.0 && radius_px <= node.back().r)) return out;

  const std::size_t n = node.size();
  const auto slope_to = [&](std::size_t i) {  // of the chord from node i − 1 to i
    return (node[i].ratio - node[i - 1].ratio) / (node[i].r - node[i - 1].r);
  };
  const auto slope_at = [&](std::size_t i) {
    if (i == 0) return 0.0;  // light near the centre grows with the area
    if (i + 1 == n) return slope_to(i);
    const double before = slope_to(i);
    const double after = slope_to(i + 1);
    if (before * after <= 0.0) return 0.0;
    const double left = node[i].r - node[i - 1].r;
    const double right = node[i + 1].r - node[i].r;
    // The weighted harmonic mean keeps every piece monotone.
    return 3.0 * (left + right) / ((2.0 * right + left) / before + (right + 2.0 * left) / after);
  };
  std::size_t i = 1;
  while (node[i].r < radius_px) ++i;
  const double h = node[i].r - node[i - 1].r;
  const double t = (radius_px - node[i - 1].r) / h;
  const double s = 1.0 - t;
  out.ratio = s * s * (1.0 + 2.0 * t) * node[i - 1].ratio +
              t * t * (1.0 + 2.0 * s) * node[i].ratio +
              h * t * s * (s * slope_at(i - 1) - t * slope_at(i));
  if (out.ratio > 0.0) out.correction_mag = 2.5 * std::log10(out.ratio);
  out.error_mag = std::max(node[i - 1].error_mag, node[i].error_mag);
  return out;
}

}  // namespace skyweft::phot
