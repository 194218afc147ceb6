// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/term_choice.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::shape {
namespace {

constexpr double kDependent = 1e-6;  // of a column, that others leave of it

}  // namespace

TermChoice choose_terms(const Rows& kappa, const std::vector<double>& weight, std::int64_t n_pixel,
                        Eigen::Index n_free, bool smooth) {
  TermChoice out;
  const auto n_star = kappa.rows();
  Eigen::Index most = std::min<Eigen::Index>(kappa.cols(), n_star);
  if (!smooth)
    most = std::min<Eigen::Index>(most, std::max<Eigen::Index>((n_pixel - n_star) / n_free, 0));
  Eigen::VectorXd root(n_star);
  for (Eigen::Index i = 0; i < n_star; ++i)
    root(i) = std::sqrt(std::max(weight[static_cast<std::size_t>(i)], 0.0));
  if (!(root.squaredNorm() > 0.0)) return out;

  // Gram–Schmidt, twice per column: once loses digits.
  Eigen::MatrixXd q(n_star, most);
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(most, most);
  Eigen::Index n = 0;
  for (Eigen::Index k = 0; k < most; ++k) {
    Eigen::VectorXd column = root.cwiseProduct(kappa.col(k));
    const double length = column.norm();
    Eigen::VectorXd share = Eigen::VectorXd::Zero(n);
    for (int pass = 0; pass < 2; ++pass) {
      const Eigen::VectorXd s = q.leftCols(n).transpose() * column;
      column -= q.leftCols(n) * s;
      share += s;
    }
    const double left = column.norm();
    if (!(left > kDependent * length)) {
      if (k == 0) return out;
      continue;
    }
    r.col(n).head(n) = share;
    r(n, n) = left;
    q.col(n) = column / left;
    out.kept.push_back(k);
    ++n;
  }
  out.triangle = r.topLeftCorner(n, n);
  Eigen::MatrixXd kept(n_star, n);
  for (Eigen::Index k = 0; k < n; ++k)
    kept.col(k) = kappa.col(out.kept[static_cast<std::size_t>(k)]);
  out.kappa =
      out.triangle.transpose().triangularView<Eigen::Lower>().solve(kept.transpose()).transpose();
  return out;
}

std::string text_of(const Terms& terms, const std::vector<Eigen::Index>& kept) {
  if (static_cast<std::int64_t>(kept.size()) == terms.n_term()) return terms.text();
  std::string out = "{";
  for (const Eigen::Index k : kept)
    out += (out.size() > 1 ? ", " : "") + terms.labels()[static_cast<std::size_t>(k)];
  return out + "}";
}

}  // namespace skyweft::shape
