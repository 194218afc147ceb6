// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/quasi_newton.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

namespace skyweft::shape {
namespace {

constexpr std::size_t kMemory = 12;       // pairs of step and change of gradient
constexpr double kEnough = 1e-4;          // share of the promised descent (Armijo 1966)
constexpr double kRounding = 1e-12;       // of χ², that a sum over pixels may be off
constexpr double kShortest = 1e-3;        // of a step
constexpr double kRoundingSlack = 100.0;  // tolerances

double dot(const Rows& a, const Rows& b) {
  return a.cwiseProduct(b).sum();
}

struct Pair {
  Rows step;
  Rows change;
  double product = 0.0;
};

/// The two loops of Nocedal (1980).
Rows direction(const Rows& gradient, const std::deque<Pair>& pairs,
               const Eigen::LLT<Eigen::MatrixXd>& curvature) {
  Rows d = -gradient;
  std::vector<double> share(pairs.size());
  for (std::size_t k = pairs.size(); k-- > 0;) {
    share[k] = dot(pairs[k].step, d) / pairs[k].product;
    d -= share[k] * pairs[k].change;
  }
  d = curvature.solve(d.transpose()).transpose();
  for (std::size_t k = 0; k < pairs.size(); ++k)
    d += (share[k] - dot(pairs[k].change, d) / pairs[k].product) * pairs[k].step;
  return d;
}

double relative_change(const std::vector<double>& from, const std::vector<double>& to) {
  double change = 0.0;
  double size = 0.0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    change += (to[i] - from[i]) * (to[i] - from[i]);
    size += to[i] * to[i];
  }
  return size > 0.0 ? std::sqrt(change / size) : 0.0;
}

}  // namespace

Descent minimise(ShapeObjective& objective, const Eigen::LLT<Eigen::MatrixXd>& curvature,
                 const Rows& start, int max_rounds, double tolerance) {
  Descent out{start, objective.at(start), 1, false};
  std::deque<Pair> pairs;
  double flux_change = 1.0;
  while (true) {
    Rows d = direction(out.value.gradient, pairs, curvature);
    double slope = dot(d, out.value.gradient);
    if (!(slope < 0.0)) {
      pairs.clear();
      d = direction(out.value.gradient, pairs, curvature);
      slope = dot(d, out.value.gradient);
    }
    const double change = std::sqrt(std::max(-slope, 0.0) / std::max(out.value.light, 1e-300));
    if (!std::isfinite(change)) return out;
    if (change <= tolerance && flux_change <= tolerance) {
      out.converged = true;
      return out;
    }
    for (double length = 1.0;;) {
      if (out.rounds >= max_rounds) return out;
      Rows shape = out.shape + length * d;
      ShapeObjective::Value value = objective.at(shape);
      ++out.rounds;
      const double promised = length * slope;
      if (value.half_chi2 <= out.value.half_chi2 * (1.0 + kRounding) + kEnough * promised) {
        Pair pair{shape - out.shape, value.gradient - out.value.gradient, 0.0};
        pair.product = dot(pair.step, pair.change);
        if (pair.product > 0.0) pairs.push_back(std::move(pair));
        if (pairs.size() > kMemory) pairs.pop_front();
        flux_change = relative_change(out.value.flux, value.flux);
        out.shape = std::move(shape);
        out.value = std::move(value);
        break;
      }
      // The parabola through both values and the slope has its least value here.
      const double rise = value.half_chi2 - out.value.half_chi2 - promised;
      length *= std::clamp(-0.5 * promised / rise, 0.1, 0.5);
      if (!(length >= kShortest)) {
        out.converged = change <= kRoundingSlack * tolerance;
        return out;
      }
    }
  }
}

}  // namespace skyweft::shape
