// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/chebyshev.hpp"

#include <cstddef>

#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

/// A polynomial in u and v up to some order, terms as in wcs_terms().
class Polynomial {
 public:
  explicit Polynomial(int order)
      : order_(order), c_(static_cast<std::size_t>(n_wcs_terms(order)), 0.0) {}
  std::vector<double>& terms() { return c_; }
  void add(double factor, const Polynomial& other) {
    for (std::size_t i = 0; i < c_.size(); ++i) c_[i] += factor * other.c_[i];
  }
  /// This times (a u + b v); terms above the order must be 0.
  Polynomial times(double a, double b) const {
    Polynomial out{order_};
    for (int d = 0; d < order_; ++d)
      for (int q = 0; q <= d; ++q) {
        const double value = c_[at(d, q)];
        out.c_[at(d + 1, q)] += a * value;
        out.c_[at(d + 1, q + 1)] += b * value;
      }
    return out;
  }

 private:
  static std::size_t at(int degree, int q) {
    return static_cast<std::size_t>(degree * (degree + 1) / 2 + q);
  }
  int order_;
  std::vector<double> c_;
};

}  // namespace

Guide guide_of(const Wcs& wcs, double nx, double ny) {
  const double half_x = 0.5 * nx;
  const double half_y = 0.5 * ny;
  return {wcs.cx[1] / half_x,
          wcs.cx[2] / half_x,
          wcs.cy[1] / half_y,
          wcs.cy[2] / half_y,
          half_x,
          half_y,
          0.5 * (nx - 1.0),
          0.5 * (ny - 1.0)};
}

std::vector<double> in_powers(std::span<const double> coefficient, int order, const Guide& g) {
  Polynomial out{order};
  // One: T_q(Q) for all q; then T_p(P) of each by the recurrence T_p+1 = 2 P T_p − T_p−1.
  std::vector<Polynomial> of_q(1, Polynomial{order});
  of_q[0].terms()[0] = 1.0;
  const auto next = [](const Polynomial& now, const Polynomial* before, double a, double b) {
    if (before == nullptr) return now.times(a, b);
    Polynomial up = now.times(2.0 * a, 2.0 * b);
    up.add(-1.0, *before);
    return up;
  };
  for (int q = 1; q <= order; ++q)
    of_q.push_back(next(of_q.back(), q > 1 ? &of_q[of_q.size() - 2] : nullptr, g.q_u, g.q_v));
  for (int q = 0; q <= order; ++q) {
    std::vector<Polynomial> both(1, of_q[static_cast<std::size_t>(q)]);
    for (int p = 0; p + q <= order; ++p) {
      const int degree = p + q;
      out.add(coefficient[static_cast<std::size_t>(degree * (degree + 1) / 2 + q)], both.back());
      if (p + q < order)
        both.push_back(next(both.back(), p > 0 ? &both[both.size() - 2] : nullptr, g.p_u, g.p_v));
    }
  }
  return out.terms();
}

}  // namespace skyweft::sky
