// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/plane_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/Dense>

#include "core/robust.hpp"
#include "sky/chebyshev.hpp"
#include "sky/match.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;
using Index = Eigen::Index;

/// The weighted design matrix (a colour column first, when there is one) and both targets.
struct System {
  Matrix design;  ///< [n_pair][n_colour + n_term]
  Matrix target;  ///< [n_pair][2]
  int n_colour = 0;
};

System make_system(const PlanePairs& pairs, const Guide& g, int order) {
  const auto n = static_cast<Index>(pairs.u.size());
  const auto column = [&](std::span<const double> s) {
    return Eigen::Map<const Eigen::ArrayXd>(s.data(), n);
  };
  const Eigen::ArrayXd p = g.p_u * column(pairs.u) + g.p_v * column(pairs.v);
  const Eigen::ArrayXd q = g.q_u * column(pairs.u) + g.q_v * column(pairs.v);
  const auto w = column(pairs.weight);
  System s;
  s.n_colour = pairs.colour.empty() ? 0 : 1;
  s.target.resize(n, 2);
  s.target.col(0) = w * (column(pairs.x_px) - g.mid_x - g.half_x * p);
  s.target.col(1) = w * (column(pairs.y_px) - g.mid_y - g.half_y * q);
  s.design.resize(n, s.n_colour + n_wcs_terms(order));
  if (s.n_colour > 0) s.design.col(0) = w * column(pairs.colour);
  Eigen::ArrayXXd tp(n, order + 1);
  Eigen::ArrayXXd tq(n, order + 1);
  tp.col(0) = w;
  tq.col(0).setOnes();
  for (int k = 1; k <= order; ++k) {
    tp.col(k) = (k == 1 ? 1.0 : 2.0) * p * tp.col(k - 1);
    tq.col(k) = (k == 1 ? 1.0 : 2.0) * q * tq.col(k - 1);
    if (k > 1) {
      tp.col(k) -= tp.col(k - 2);
      tq.col(k) -= tq.col(k - 2);
    }
  }
  Index at = s.n_colour;
  for (int degree = 0; degree <= order; ++degree)
    for (int k = 0; k <= degree; ++k) s.design.col(at++) = tp.col(degree - k) * tq.col(k);
  return s;
}

std::int64_t emptiest_quadrant(const PlanePairs& pairs, const std::vector<std::uint8_t>& kept,
                               const Guide& g) {
  std::array<std::int64_t, 4> count{};
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i] != 0)
      ++count[(pairs.x_px[i] > g.mid_x ? 1u : 0u) + (pairs.y_px[i] > g.mid_y ? 2u : 0u)];
  return *std::ranges::min_element(count);
}

/// The sums of the kept rows, and what follows from them.
struct Normal {
  Matrix a;
  Matrix b;        ///< [n_column][2]
  double sum = 0;  ///< of squared targets

  void add(const System& s, const std::vector<Index>& rows, double sign) {
    const Matrix design = s.design(rows, Eigen::all);
    const Matrix target = s.target(rows, Eigen::all);
    a.selfadjointView<Eigen::Lower>().rankUpdate(design.transpose(), sign);
    b.noalias() += sign * design.transpose() * target;
    sum += sign * target.squaredNorm();
  }
};

struct Answer {
  int order = 0;
  Matrix coefficient;  ///< [n_colour + n_term][2]
  double condition = kNaN;
};

constexpr double kSmallestPivot = 1e-12;  ///< of columns of unit length
/// χ² per coordinate that stands for 1e-6 px: the noise of rounding must not ask for terms.
constexpr double kChi2Floor = 1e-12 / (0.05 * 0.05);

/// The best order up to `highest` (at least 1), or nothing when even order 1 is undetermined.
std::optional<Answer> solve_normal(const Normal& normal, int n_colour, int highest, double n_pair,
                                   const PlaneFitConfig& config) {
  const Index m = n_colour + n_wcs_terms(highest);
  const Vector scale = normal.a.diagonal().head(m).cwiseSqrt().cwiseMax(1e-300).cwiseInverse();
  Matrix a = normal.a.topLeftCorner(m, m).selfadjointView<Eigen::Lower>();
  a = scale.asDiagonal() * a * scale.asDiagonal();
  const Matrix b = scale.asDiagonal() * normal.b.topRows(m);
  // Cholesky, row by row, with z = L⁻¹ b: stops at the first column that the others determine.
  Matrix l = Matrix::Zero(m, m);
  Matrix z = Matrix::Zero(m, 2);
  Index n_good = 0;
  for (; n_good < m; ++n_good) {
    const Index i = n_good;
    for (Index j = 0; j < i; ++j)
      l(i, j) = (a(i, j) - l.row(i).head(j).dot(l.row(j).head(j))) / l(j, j);
    const double pivot = a(i, i) - l.row(i).head(i).squaredNorm();
    if (!(pivot > kSmallestPivot)) break;
    l(i, i) = std::sqrt(pivot);
    z.row(i) = (b.row(i) - l.row(i).head(i) * z.topRows(i)) / l(i, i);
  }
  int top = highest;
  while (top > 0 && n_colour + n_wcs_terms(top) > n_good) --top;
  if (top == 0) return std::nullopt;
  int best = top;
  if (config.choose_order) {
    const double n = 2.0 * n_pair;
    double chi2 = normal.sum;
    Index used = 0;
    double least = std::numeric_limits<double>::infinity();
    for (int order = 1; order <= top; ++order) {
      const Index k = n_colour + n_wcs_terms(order);
      chi2 -= z.middleRows(used, k - used).squaredNorm();
      used = k;
      const double value = n * std::log(std::max(chi2 / n, 0.0) + kChi2Floor) +
                           2.0 * static_cast<double>(k) * std::log(n);
      if (value >= least) continue;
      least = value;
      best = order;
    }
  }
  const Index k = n_colour + n_wcs_terms(best);
  Answer out{.order = best, .coefficient = z.topRows(k)};
  l.topLeftCorner(k, k).triangularView<Eigen::Lower>().transpose().solveInPlace(out.coefficient);
  out.coefficient = (scale.head(k).asDiagonal() * out.coefficient).eval();
  const Vector eigen =
      Eigen::SelfAdjointEigenSolver<Matrix>(a.topLeftCorner(k, k), Eigen::EigenvaluesOnly)
          .eigenvalues();
  out.condition = std::sqrt(eigen[k - 1] / std::max(eigen[0], 1e-300));
  return out;
}

Wcs wcs_of(const Answer& answer, int n_colour, const Wcs& guide, const Guide& g) {
  const auto axis = [&](Index column, double mid, double half, double by_u, double by_v) {
    const Vector own = answer.coefficient.col(column).tail(n_wcs_terms(answer.order));
    std::vector<double> p =
        in_powers({own.data(), static_cast<std::size_t>(own.size())}, answer.order, g);
    p[0] += mid;
    p[1] += half * by_u;
    p[2] += half * by_v;
    return p;
  };
  Wcs out = guide;
  out.order = answer.order;
  out.cx = axis(0, g.mid_x, g.half_x, g.p_u, g.p_v);
  out.cy = axis(1, g.mid_y, g.half_y, g.q_u, g.q_v);
  if (n_colour > 0) {
    out.colour_x_px = answer.coefficient(0, 0);
    out.colour_y_px = answer.coefficient(0, 1);
  }
  return out;
}

/// Both hands' similarities; the one with the smaller sum of squares.
std::optional<Wcs> similarity_fit(const PlanePairs& pairs, const std::vector<std::uint8_t>& kept,
                                  const Wcs& guide) {
  std::vector<PixelPos> from;
  std::vector<PixelPos> to;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (kept[i] != 0) {
      from.push_back({pairs.u[i], pairs.v[i]});
      to.push_back({pairs.x_px[i], pairs.y_px[i]});
    }
  if (from.size() < 2) return std::nullopt;
  Similarity best;
  double least = std::numeric_limits<double>::infinity();
  for (const bool mirrored : {false, true}) {
    const Similarity s = fit_similarity(from, to, mirrored);
    double sum = 0.0;
    for (std::size_t i = 0; i < from.size(); ++i) {
      const PixelPos p = s(from[i]);
      sum += (p.x_px - to[i].x_px) * (p.x_px - to[i].x_px) +
             (p.y_px - to[i].y_px) * (p.y_px - to[i].y_px);
    }
    if (!(sum < least)) continue;
    least = sum;
    best = s;
  }
  const double hand = best.mirrored ? -1.0 : 1.0;
  return Wcs{.centre = guide.centre,
             .unit_deg = guide.unit_deg,
             .order = 1,
             .cx = {best.x0, hand * best.a, -best.b},
             .cy = {best.y0, hand * best.b, best.a}};
}

/// Distances in units of their expected error, all pairs.
Vector scaled_distances(const System& s, const Answer& answer) {
  const Index m = answer.coefficient.rows();
  const Matrix off = s.target - s.design.leftCols(m) * answer.coefficient;
  return off.rowwise().norm();
}

Vector scaled_distances(const PlanePairs& pairs, const Wcs& wcs) {
  std::vector<double> x(pairs.u.size());
  std::vector<double> y(pairs.u.size());
  evaluate(wcs, pairs.u, pairs.v, x, y);
  Vector out(static_cast<Index>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i)
    out[static_cast<Index>(i)] =
        pairs.weight[i] * std::hypot(x[i] - pairs.x_px[i], y[i] - pairs.y_px[i]);
  return out;
}

}  // namespace

int safe_order(int wanted, std::int64_t n_matched, std::int64_t n_quadrant) {
  for (int order = wanted; order >= 2; --order) {
    const std::int64_t n_term = n_wcs_terms(order);
    if (n_matched >= 5 * n_term && 4 * n_quadrant >= n_term) return order;
  }
  return n_matched >= 5 * n_wcs_terms(1) ? std::min(wanted, 1) : 0;
}

std::optional<PlaneFit> fit_plane(const PlanePairs& pairs, const Wcs& guide, double nx, double ny,
                                  const PlaneFitConfig& config) {
  const Guide g = guide_of(guide, nx, ny);
  const std::size_t n = pairs.u.size();
  PlaneFit out{.wcs = {}, .kept = std::vector<std::uint8_t>(n, 1)};
  std::vector<Index> rows(n);
  for (std::size_t i = 0; i < n; ++i) rows[i] = static_cast<Index>(i);
  const int limit = safe_order(config.highest_order, static_cast<std::int64_t>(n),
                               emptiest_quadrant(pairs, out.kept, g));
  System system;
  Normal normal;
  if (limit > 0) {
    system = make_system(pairs, g, limit);
    const Index m = system.design.cols();
    normal = {.a = Matrix::Zero(m, m), .b = Matrix::Zero(m, 2)};
    normal.add(system, rows, 1.0);
  }
  std::size_t n_kept = n;
  for (;;) {
    const int highest =
        std::min(limit, safe_order(config.highest_order, static_cast<std::int64_t>(n_kept),
                                   emptiest_quadrant(pairs, out.kept, g)));
    Vector distance;
    if (highest > 0) {
      const auto answer =
          solve_normal(normal, system.n_colour, highest, static_cast<double>(n_kept), config);
      if (!answer) return std::nullopt;
      out.wcs = wcs_of(*answer, system.n_colour, guide, g);
      out.condition = answer->condition;
      distance = scaled_distances(system, *answer);
    } else {
      const auto wcs = similarity_fit(pairs, out.kept, guide);
      if (!wcs) return std::nullopt;
      out.wcs = *wcs;
      out.condition = 1.0;
      distance = scaled_distances(pairs, *wcs);
    }
    // For two axes of unit variance the median is 1.1774, which turns it into a σ that outliers
    // cannot inflate.
    std::vector<double> of_kept;
    of_kept.reserve(n_kept);
    for (std::size_t i = 0; i < n; ++i)
      if (out.kept[i] != 0) of_kept.push_back(distance[static_cast<Index>(i)]);
    const double sigma = median_in_place(std::span<double>{of_kept}) / 1.1774;
    const double most = config.clip_sigma * sigma;
    rows.clear();
    for (std::size_t i = 0; i < n; ++i)
      if (out.kept[i] != 0 && !(distance[static_cast<Index>(i)] <= most))
        rows.push_back(static_cast<Index>(i));
    const std::size_t fewest = std::max<std::size_t>(4, n_kept / 2);
    if (rows.empty() || n_kept - rows.size() < fewest || !(sigma > 1e-9)) return out;
    for (const Index i : rows) out.kept[static_cast<std::size_t>(i)] = 0;
    n_kept -= rows.size();
    if (limit > 0) normal.add(system, rows, -1.0);
  }
}

}  // namespace skyweft::sky
