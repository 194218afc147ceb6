// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/refine.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "core/lsq.hpp"
#include "core/robust.hpp"
#include "sky/match.hpp"
#include "sky/points.hpp"
#include "sky/projection.hpp"
#include "sky/verify.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

constexpr int kMaxRounds = 30;
constexpr double kStill_px = 0.005;  ///< a smaller move of the corners ends the iteration
constexpr double kMagTolerance = 1.5;
constexpr double kCentroidFloor_px = 0.05;

/// Everything that stays the same while one solution is refined.
struct Task {
  const SourceList& sources;
  const StarCatalog& stars;
  const SolveConfig& config;
  double nx;
  double ny;
  std::vector<PixelPos> source_px;
  std::vector<double> weight;        ///< 1/σ of a centroid, px
  std::vector<std::int64_t> chosen;  ///< rows of `stars` worth matching, ascending
  int wanted_order = 1;

  PixelPos middle() const { return {0.5 * (nx - 1.0), 0.5 * (ny - 1.0)}; }
};

std::vector<PixelPos> predict(const Wcs& wcs, const Task& task) {
  std::vector<PixelPos> out;
  out.reserve(task.chosen.size());
  for (const std::int64_t i : task.chosen) {
    const auto k = static_cast<std::size_t>(i);
    out.push_back(to_pixel(
        wcs, {Angle::from_deg(task.stars.ra_deg[k]), Angle::from_deg(task.stars.dec_deg[k])}));
  }
  return out;
}

double magnitude_difference(const Task& task, std::int64_t source, std::int64_t star) {
  const auto s = static_cast<std::size_t>(source);
  if (task.sources.flux_e.size() <= s || !(task.sources.flux_e[s] > 0.0f)) return kNaN;
  return static_cast<double>(task.stars.mag[static_cast<std::size_t>(star)]) -
         (25.0 - 2.5 * std::log10(static_cast<double>(task.sources.flux_e[s])));
}

/// Drops pairs whose brightness disagrees with the rest.
Pairs consistent(const Pairs& pairs, const Task& task) {
  std::vector<double> difference;
  for (const auto& [source, star] : pairs)
    difference.push_back(magnitude_difference(task, source, star));
  const RobustSummary s = robust_summary(std::span<const double>{difference});
  if (s.n < 5) return pairs;
  const double limit = std::max(kMagTolerance, 3.0 * s.sigma);
  Pairs out;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (!(std::abs(difference[i] - s.median) > limit)) out.push_back(pairs[i]);
  return out;
}

/// (source, row of stars) pairs under `wcs`.
Pairs match(const Wcs& wcs, const Task& task, double radius_px, bool check_brightness) {
  Pairs pairs = mutual_nearest(task.source_px, predict(wcs, task), radius_px);
  for (auto& pair : pairs) pair.second = task.chosen[static_cast<std::size_t>(pair.second)];
  return check_brightness ? consistent(pairs, task) : pairs;
}

std::int64_t emptiest_quadrant(const Pairs& pairs, const Task& task) {
  std::array<std::int64_t, 4> count{};
  for (const auto& [source, star] : pairs) {
    const PixelPos& at = task.source_px[static_cast<std::size_t>(source)];
    ++count[(at.x_px > task.middle().x_px ? 1u : 0u) + (at.y_px > task.middle().y_px ? 2u : 0u)];
  }
  return *std::ranges::min_element(count);
}

/// The polynomial (or similarity, order 0) through the pairs, about `centre`.
std::optional<Wcs> fit(const Pairs& pairs, const Task& task, const SkyPos& centre, double unit_deg,
                       int order) {
  const TangentPlane plane{centre};
  std::vector<PixelPos> from;
  std::vector<PixelPos> to;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> w;
  for (const auto& [source, star] : pairs) {
    const auto k = static_cast<std::size_t>(star);
    const auto place = plane.project(
        {Angle::from_deg(task.stars.ra_deg[k]), Angle::from_deg(task.stars.dec_deg[k])});
    if (!place) continue;
    from.push_back({place->xi_deg / unit_deg, place->eta_deg / unit_deg});
    to.push_back(task.source_px[static_cast<std::size_t>(source)]);
    x.push_back(to.back().x_px);
    y.push_back(to.back().y_px);
    w.push_back(task.weight[static_cast<std::size_t>(source)]);
  }
  Wcs out{.centre = centre, .unit_deg = unit_deg, .order = std::max(order, 1), .cx = {}, .cy = {}};
  if (order == 0) {
    if (from.size() < 2) return std::nullopt;
    Similarity best = fit_similarity(from, to, false);
    double least = std::numeric_limits<double>::infinity();
    for (const bool mirrored : {false, true}) {
      const Similarity s = fit_similarity(from, to, mirrored);
      double sum = 0.0;
      for (std::size_t i = 0; i < from.size(); ++i) {
        const PixelPos p = s(from[i]);
        sum += (p.x_px - to[i].x_px) * (p.x_px - to[i].x_px) +
               (p.y_px - to[i].y_px) * (p.y_px - to[i].y_px);
      }
      if (sum < least) {
        least = sum;
        best = s;
      }
    }
    const double hand = best.mirrored ? -1.0 : 1.0;
    out.cx = {best.x0, hand * best.a, -best.b};
    out.cy = {best.y0, hand * best.b, best.a};
    return out;
  }
  const std::int64_t n_term = n_wcs_terms(order);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> design(
      static_cast<Eigen::Index>(from.size()), n_term);
  for (std::size_t i = 0; i < from.size(); ++i)
    wcs_terms(from[i].x_px, from[i].y_px, order,
              {design.data() + static_cast<std::ptrdiff_t>(i) * n_term,
               static_cast<std::size_t>(n_term)});
  const ClippedFitConfig keep_all{.reject_level = 1e9};
  const LinearFit fx = fit_linear_clipped(design, x, w, keep_all);
  const LinearFit fy = fit_linear_clipped(design, y, w, keep_all);
  if (!fx.ok() || !fy.ok()) return std::nullopt;
  out.cx.assign(fx.coefficients.begin(), fx.coefficients.end());
  out.cy.assign(fy.coefficients.begin(), fy.coefficients.end());
  return out;
}

/// Distance of each pair under `wcs`, px.
std::vector<double> distances(const Wcs& wcs, const Pairs& pairs, const Task& task) {
  std::vector<double> out;
  for (const auto& [source, star] : pairs) {
    const auto k = static_cast<std::size_t>(star);
    const PixelPos p = to_pixel(
        wcs, {Angle::from_deg(task.stars.ra_deg[k]), Angle::from_deg(task.stars.dec_deg[k])});
    const PixelPos& s = task.source_px[static_cast<std::size_t>(source)];
    out.push_back(std::hypot(p.x_px - s.x_px, p.y_px - s.y_px));
  }
  return out;
}

double rms_of(std::span<const double> values) {
  double sum = 0.0;
  for (const double v : values) sum += v * v;
  return values.empty() ? kNaN : std::sqrt(sum / static_cast<double>(values.size()));
}

/// Σ of squared distances in units of their expected error.
double chi2_of(const Wcs& wcs, const Pairs& pairs, const Task& task) {
  const std::vector<double> distance = distances(wcs, pairs, task);
  double sum = 0.0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double scaled = distance[i] * task.weight[static_cast<std::size_t>(pairs[i].first)];
    sum += scaled * scaled;
  }
  return sum;
}

/// `highest`, or the solution of a lower order through the same pairs when that has the smaller
/// n ln(χ²/n) + k ln n (Schwarz 1978): terms that the stars do not ask for only make the corners
/// worse. The size of the errors need not be known.
Wcs significant(const Wcs& highest, const Pairs& pairs, const Task& task, int order) {
  const auto n = 2.0 * static_cast<double>(pairs.size());
  const auto criterion = [&](const Wcs& wcs) {
    const auto k = 2.0 * static_cast<double>(n_wcs_terms(wcs.order));
    // A floor of 1e-6 px keeps the noise of rounding from asking for terms.
    const double floor = n * 1e-12 / (kCentroidFloor_px * kCentroidFloor_px);
    return n * std::log((chi2_of(wcs, pairs, task) + floor) / n) + k * std::log(n);
  };
  Wcs best = highest;
  double least = criterion(highest);
  for (int lower = order - 1; lower >= 1; --lower) {
    const auto wcs = fit(pairs, task, highest.centre, highest.unit_deg, lower);
    if (!wcs) continue;
    const double value = criterion(*wcs);
    if (value >= least) continue;
    least = value;
    best = *wcs;
  }
  return best;
}

/// Fits and drops outliers until none is left; `pairs` keeps the survivors. The order is at most
/// `order_limit`.
std::optional<Wcs> clipped_fit(Pairs& pairs, const Task& task, const SkyPos& centre,
                               double unit_deg, int order_limit) {
  for (;;) {
    const int order = safe_order(order_limit, static_cast<std::int64_t>(pairs.size()),
                                 emptiest_quadrant(pairs, task));
    const std::optional<Wcs> wcs = fit(pairs, task, centre, unit_deg, order);
    if (!wcs) return std::nullopt;
    // Distances in units of their expected error; for two axes of unit variance the median is
    // 1.1774, which turns it into a σ that outliers cannot inflate.
    std::vector<double> scaled = distances(*wcs, pairs, task);
    for (std::size_t i = 0; i < scaled.size(); ++i)
      scaled[i] *= task.weight[static_cast<std::size_t>(pairs[i].first)];
    const double sigma = median_of_finite(std::span<const double>{scaled}) / 1.1774;
    const double limit = task.config.clip_sigma * sigma;
    Pairs kept;
    for (std::size_t i = 0; i < pairs.size(); ++i)
      if (scaled[i] <= limit) kept.push_back(pairs[i]);
    const std::size_t fewest = std::max<std::size_t>(4, pairs.size() / 2);
    if (kept.size() == pairs.size() || kept.size() < fewest || !(sigma > 1e-9))
      return significant(*wcs, pairs, task, order);
    pairs = std::move(kept);
  }
}

double corner_move_px(const Wcs& before, const Wcs& after, const Task& task) {
  double most = 0.0;
  for (const double x : {0.0, task.nx - 1.0})
    for (const double y : {0.0, task.ny - 1.0}) {
      const PixelPos p = to_pixel(before, to_sky(after, {x, y}));
      const double move = std::hypot(p.x_px - x, p.y_px - y);
      most = std::max(most, std::isfinite(move) ? move : 1e9);
    }
  return most;
}

/// Catalogue stars in and around the frame, the brightest few per source: a deep catalogue would
/// offer every source a chance partner.
std::vector<std::int64_t> stars_worth_matching(const Wcs& wcs, const Task& task) {
  const auto n = static_cast<std::size_t>(task.stars.size());
  std::vector<double> x(n);
  std::vector<double> y(n);
  to_pixels(wcs, task.stars.ra_deg, task.stars.dec_deg, x, y);
  const double margin = 0.05 * std::max(task.nx, task.ny);
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < n; ++i)
    if (x[i] > -margin && y[i] > -margin && x[i] < task.nx + margin && y[i] < task.ny + margin)
      rows.push_back(static_cast<std::int64_t>(i));
  const std::size_t most = std::max<std::size_t>(100, 3 * task.source_px.size());
  if (rows.size() > most) {
    const auto brightness = [&](std::int64_t i) {
      const float mag = task.stars.mag[static_cast<std::size_t>(i)];
      return std::isfinite(mag) ? mag : std::numeric_limits<float>::infinity();
    };
    std::ranges::stable_sort(
        rows, [&](std::int64_t a, std::int64_t b) { return brightness(a) < brightness(b); });
    rows.resize(most);
    std::ranges::sort(rows);
  }
  return rows;
}

Task make_task(const Wcs& start, const SourceList& sources, std::int64_t nx, std::int64_t ny,
               const StarCatalog& stars, const SolveConfig& config) {
  Task task{.sources = sources,
            .stars = stars,
            .config = config,
            .nx = static_cast<double>(nx),
            .ny = static_cast<double>(ny),
            .source_px = {},
            .weight = {},
            .chosen = {}};
  const std::size_t n = sources.x_px.size();
  for (std::size_t i = 0; i < n; ++i) {
    task.source_px.push_back({sources.x_px[i], sources.y_px[i]});
    double sigma = kCentroidFloor_px;
    if (sources.snr.size() == n && sources.fwhm_px.size() == n && sources.snr[i] > 0.0f &&
        sources.fwhm_px[i] > 0.0f)
      sigma = std::hypot(kCentroidFloor_px, static_cast<double>(sources.fwhm_px[i]) / 2.3548 /
                                                static_cast<double>(sources.snr[i]));
    task.weight.push_back(1.0 / sigma);
  }
  task.chosen = stars_worth_matching(start, task);
  const double side_deg =
      std::max(task.nx, task.ny) * scale_arcsec_px(start, task.middle()) / 3600.0;
  task.wanted_order = static_cast<int>(config.distortion_order);
  if (task.wanted_order == 0)
    task.wanted_order = side_deg < 4.0 ? 3 : side_deg < 8.0 ? 4 : side_deg < 15.0 ? 5 : 7;
  return task;
}

}  // namespace

int safe_order(int wanted, std::int64_t n_matched, std::int64_t n_quadrant) {
  for (int order = wanted; order >= 2; --order) {
    const std::int64_t n_term = n_wcs_terms(order);
    if (n_matched >= 5 * n_term && 4 * n_quadrant >= n_term) return order;
  }
  return n_matched >= 5 * n_wcs_terms(1) ? std::min(wanted, 1) : 0;
}

Solution refine(const Wcs& start, const SourceList& sources, std::int64_t nx, std::int64_t ny,
                const StarCatalog& stars, const SolveConfig& config) {
  const Task task = make_task(start, sources, nx, ny, stars, config);
  const double unit_deg =
      0.5 * std::hypot(task.nx, task.ny) * scale_arcsec_px(start, task.middle()) / 3600.0;
  Solution out;
  Wcs current = start;
  Pairs previous;
  double radius_px = config.match_radius_px;
  for (int round = 0; round < kMaxRounds; ++round) {
    // The order climbs slowly: matches must first reach the corners.
    const int order_limit = std::min(task.wanted_order, 1 + round / 2);
    Pairs pairs = match(current, task, radius_px, round > 0);
    const SkyPos centre = to_sky(current, task.middle());
    if (pairs.size() < 4 || !std::isfinite(centre.ra.rad())) return out;
    const auto next = clipped_fit(pairs, task, centre, unit_deg, order_limit);
    if (!next) return out;
    const double move_px = corner_move_px(current, *next, task);
    current = *next;
    const double rms = rms_of(distances(current, pairs, task));
    const bool same = pairs == previous;
    previous = std::move(pairs);
    if (order_limit < task.wanted_order) continue;
    const double shrunk = std::min(config.match_radius_px, std::max(1.0, 3.0 * rms));
    if (shrunk >= radius_px && (same || move_px < kStill_px)) break;
    radius_px = std::min(radius_px, shrunk);
  }
  out.wcs = current;
  out.matches = previous;
  out.n_matched = static_cast<std::int64_t>(previous.size());
  out.rms_px = rms_of(distances(current, previous, task));
  std::vector<double> difference;
  for (const auto& [source, star] : previous)
    difference.push_back(magnitude_difference(task, source, star));
  out.zero_point = median_of_finite(std::span<const double>{difference});
  return out;
}

}  // namespace skyweft::sky
