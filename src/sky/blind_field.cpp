// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/blind_field.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/healpix.hpp"
#include "core/lsq.hpp"
#include "sky/points.hpp"
#include "sky/sky_index.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

constexpr double kFirstReach = 0.8;  ///< in lengths of the quad
constexpr double kReachStep = 1.4;
constexpr int kMaxSteps = 14;
constexpr double kFinest_px = 3.0;
constexpr int kRadialTerms = 5;

/// What so many pairs carry: three each for an affine map's three terms, and so on; 0: nothing.
/// The middle one adds u r² and v r² about the frame's centre, what lenses do, to the affine map.
int terms_for(std::size_t n_pair) {
  return n_pair >= 60 ? 10 : n_pair >= 12 ? 5 : n_pair >= 8 ? 3 : 0;
}

/// The coefficients of a Wcs.
std::vector<double> expanded(const Eigen::VectorXd& c) {
  if (c.size() != kRadialTerms) return {c.begin(), c.end()};
  return {c[0], c[1], c[2], 0.0, 0.0, 0.0, c[3], c[4], c[3], c[4]};
}

struct Pair {
  std::size_t source;
  std::size_t star;
};

/// Fits `wcs` to the pairs about its own centre; false when they do not carry it.
bool fit(Wcs& wcs, std::span<const Pair> pairs, std::span<const PixelPos> sources,
         std::span<const SkyPos> stars, double& rms_px) {
  const int n_term = terms_for(pairs.size());
  if (n_term == 0) return false;
  const int order = n_term == 3 ? 1 : 3;
  const TangentPlane plane{wcs.centre};
  Eigen::MatrixXd design(static_cast<Eigen::Index>(pairs.size()), n_term);
  std::vector<double> x, y;
  std::array<double, 10> term{};
  const std::span<double> of_order{term.data(), static_cast<std::size_t>(n_wcs_terms(order))};
  const std::vector<double> weight(pairs.size(), 1.0);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    const auto place = plane.project(stars[pairs[i].star]).value_or(PlanePos{kNaN, kNaN});
    wcs_terms(place.xi_deg / wcs.unit_deg, place.eta_deg / wcs.unit_deg, order, of_order);
    for (int k = 0; k < n_term; ++k) design(row, k) = term[static_cast<std::size_t>(k)];
    if (n_term == kRadialTerms) {
      design(row, 3) = term[6] + term[8];  // u³ + u v²
      design(row, 4) = term[7] + term[9];  // u² v + v³
    }
    x.push_back(sources[pairs[i].source].x_px);
    y.push_back(sources[pairs[i].source].y_px);
  }
  const ClippedFitConfig clip{.reject_level = 3.5, .max_rounds = 10, .scale_floor = 0.05};
  const LinearFit fx = fit_linear_clipped(design, x, weight, clip);
  const LinearFit fy = fit_linear_clipped(design, y, weight, clip);
  if (!fx.ok() || !fy.ok() || fx.rank < n_term || fy.rank < n_term) return false;
  wcs.order = order;
  wcs.cx = expanded(fx.coefficients);
  wcs.cy = expanded(fy.coefficients);
  rms_px = std::sqrt(0.5 * (fx.residual_rms * fx.residual_rms + fy.residual_rms * fy.residual_rms));
  return true;
}

std::vector<Pair> pairs_within(const Wcs& wcs, const PixelPos& anchor, double reach,
                               double tolerance, std::span<const PixelPos> sources,
                               std::span<const SkyPos> stars) {
  std::vector<PixelPos> predicted;
  std::vector<std::size_t> star;
  for (std::size_t i = 0; i < stars.size(); ++i) {
    const PixelPos p = to_pixel(wcs, stars[i]);
    if (!(std::hypot(p.x_px - anchor.x_px, p.y_px - anchor.y_px) <= reach)) continue;
    predicted.push_back(p);
    star.push_back(i);
  }
  std::vector<Pair> pairs;
  for (const auto& [i, j] : mutual_nearest(sources, predicted, tolerance))
    pairs.push_back({static_cast<std::size_t>(i), star[static_cast<std::size_t>(j)]});
  return pairs;
}

}  // namespace

StarRange stars_of_cells(const IndexBand& band, std::int64_t from_cell, std::int64_t to_cell) {
  const auto n_star = static_cast<std::uint32_t>(band.stars.size());
  const std::uint32_t from = std::min(n_star, band.first_star[static_cast<std::size_t>(from_cell)]);
  const std::uint32_t to = std::min(n_star, band.first_star[static_cast<std::size_t>(to_cell)]);
  return {from, std::max(from, to)};
}

std::vector<std::uint32_t> stars_around(const IndexBand& band, const SkyPos& centre,
                                        double radius_rad) {
  std::vector<std::uint32_t> rows;
  for (const std::int64_t cell :
       healpix::cells_near(centre, Angle::from_rad(radius_rad), band.order)) {
    const StarRange range = stars_of_cells(band, cell, cell + 1);
    for (std::uint32_t i = range.from; i < range.to; ++i) rows.push_back(i);
  }
  std::ranges::sort(rows, [&](std::uint32_t a, std::uint32_t b) {
    return std::pair{band.stars[a].mag, a} < std::pair{band.stars[b].mag, b};
  });
  return rows;
}

GrownField grow_solution(const Wcs& start, const PixelPos& anchor, double length_px,
                         double tolerance_px, std::span<const PixelPos> sources,
                         std::span<const SkyPos> stars, std::int64_t nx, std::int64_t ny) {
  const auto width = static_cast<double>(nx);
  const auto height = static_cast<double>(ny);
  const SkyPos centre = to_sky(start, {0.5 * (width - 1.0), 0.5 * (height - 1.0)});
  if (!std::isfinite(centre.ra.rad()) || !std::isfinite(centre.dec.rad())) return {};
  GrownField out{.wcs = recentred(start, centre, nx, ny)};
  const double scale = scale_arcsec_px(start, anchor);
  const double diagonal = std::hypot(width, height);
  const double unit_deg = 0.5 * diagonal * scale / 3600.0;
  double reach = kFirstReach * length_px;
  int rounds_at_full = 0;
  for (int step = 0; step < kMaxSteps && rounds_at_full < 3; ++step) {
    // The whole frame is matched three times, ever finer: the last fit decides.
    if (reach >= diagonal) ++rounds_at_full;
    const double tolerance = rounds_at_full < 2 ? std::max(kFinest_px, tolerance_px) : kFinest_px;
    const auto pairs = pairs_within(out.wcs, anchor, reach, tolerance, sources, stars);
    Wcs next;
    next.centre = centre;
    next.unit_deg = unit_deg;
    double rms_px = kNaN;
    if (fit(next, pairs, sources, stars, rms_px)) {
      out.wcs = next;
      out.rms_px = rms_px;
      out.n_term = terms_for(pairs.size());
    }
    out.n_matched = static_cast<std::int64_t>(pairs.size());
    reach *= kReachStep;
  }
  return out;
}

}  // namespace skyweft::sky
