// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/parametric_normal.hpp"

#include <cmath>

#include <Eigen/SparseCholesky>

namespace skyweft::shape {
namespace {

using Gram = Eigen::MatrixXd;  ///< [1 + n_parameter]²: light and its derivatives, row star a
/// Keeps ΦᵀΦ regular for stars whose light no used pixel tells apart; far below any noise.
constexpr double kRidge = 1e-13;

/// Columns of one star: [1 + n_parameter][pixel], divided by σ.
using Columns = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Columns columns_of(ProfilePixels& profile, const ModelledStar& star, double x, double y,
                   const ProfileParameters& parameters, bool derivatives) {
  const auto n_pixel = static_cast<Eigen::Index>(star.weight.size());
  Columns all(1 + profile.n_parameter(), n_pixel);
  profile.evaluate(parameters, x, y, star.window,
                   {all.data(), static_cast<std::size_t>(all.size())});
  const Eigen::Map<const Eigen::RowVectorXd> weight(star.weight.data(), n_pixel);
  for (Eigen::Index r = 0; r < all.rows(); ++r) all.row(r).array() *= weight.array();
  if (!derivatives) return all.topRows(1);
  return all;
}

/// Calls visit(first pixel in a, first pixel in b, n) for every row that two windows share.
template <class F>
void shared_rows(const PixelWindow& a, const PixelWindow& b, F&& visit) {
  const PixelWindow w = shared_window(a, b);
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy)
    visit((iy - a.first_y) * a.nx + w.first_x - a.first_x,
          (iy - b.first_y) * b.nx + w.first_x - b.first_x, w.nx);
}

}  // namespace

ProfileParameters parameters_of(const Eigen::MatrixXd& term, std::int64_t i_member,
                                const Eigen::VectorXd& coefficient, std::int64_t n_parameter) {
  ProfileParameters out{};
  for (Eigen::Index t = 0; t < term.cols(); ++t)
    for (std::int64_t p = 0; p < n_parameter; ++p)
      out[static_cast<std::size_t>(p)] += term(i_member, t) * coefficient[t * n_parameter + p];
  return out;
}

ParametricNormal normal_equations(const ModelledStars& stars, const Eigen::MatrixXd& term,
                                  PsfKind kind, PsfView view, const SubPixelMap& subpixels,
                                  const Eigen::VectorXd& coefficient, bool derivatives) {
  ParametricNormal out;
  ProfilePixels profile(kind, view, subpixels);
  const std::int64_t n_par = profile.n_parameter();
  const auto n = static_cast<Eigen::Index>(stars.member.size());
  std::vector<Columns> columns(stars.member.size());
  std::vector<Gram> own(stars.member.size());
  std::vector<Gram> pair(stars.overlap.size());
  Eigen::VectorXd rhs(n);
  std::vector<Eigen::Triplet<double>> entries;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const ModelledStar& star = stars.member[k];
    const ProfileParameters parameters = parameters_of(term, i, coefficient, n_par);
    if (!is_profile(kind, parameters)) return out;
    columns[k] = columns_of(profile, star, star.x_px, star.y_px, parameters, derivatives);
    own[k] = columns[k] * columns[k].transpose();
    rhs[i] = columns[k].row(0).dot(Eigen::Map<const Eigen::RowVectorXd>(
        star.data.data(), static_cast<Eigen::Index>(star.data.size())));
    const double diagonal = own[k](0, 0);
    entries.emplace_back(i, i, diagonal > 0.0 ? diagonal * (1.0 + kRidge) : 1.0);
  }
  for (std::size_t q = 0; q < pair.size(); ++q) {
    const auto [a, b] = stars.overlap[q];
    pair[q] = Gram::Zero(columns[a].rows(), columns[b].rows());
    shared_rows(stars.member[a].window, stars.member[b].window,
                [&](std::int64_t pa, std::int64_t pb, std::int64_t count) {
                  pair[q].noalias() += columns[a].middleCols(pa, count) *
                                       columns[b].middleCols(pb, count).transpose();
                });
    entries.emplace_back(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(a), pair[q](0, 0));
  }
  Eigen::SparseMatrix<double> light(n, n);
  light.setFromTriplets(entries.begin(), entries.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower> solver(light);
  if (solver.info() != Eigen::Success) return out;
  out.flux_e = solver.solve(rhs);
  if (!out.flux_e.allFinite()) return out;

  out.residual.resize(stars.member.size());
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    out.residual[k] = stars.member[k].data;
    Eigen::Map<Eigen::RowVectorXd> r(out.residual[k].data(),
                                     static_cast<Eigen::Index>(out.residual[k].size()));
    r -= out.flux_e[static_cast<Eigen::Index>(k)] * columns[k].row(0);
  }
  for (const auto& [a, b] : stars.overlap) {
    shared_rows(stars.member[a].window, stars.member[b].window,
                [&](std::int64_t pa, std::int64_t pb, std::int64_t count) {
                  const double fa = out.flux_e[static_cast<Eigen::Index>(a)];
                  const double fb = out.flux_e[static_cast<Eigen::Index>(b)];
                  for (std::int64_t i = 0; i < count; ++i) {
                    out.residual[a][static_cast<std::size_t>(pa + i)] -= fb * columns[b](0, pb + i);
                    out.residual[b][static_cast<std::size_t>(pb + i)] -= fa * columns[a](0, pa + i);
                  }
                });
  }
  for (std::size_t k = 0; k < stars.member.size(); ++k)
    for (std::size_t p = 0; p < out.residual[k].size(); ++p)
      if (stars.member[k].own[p] != 0) out.chi2 += out.residual[k][p] * out.residual[k][p];
  out.ok = std::isfinite(out.chi2);
  if (!derivatives) return out;

  // Columns of D are κ_t F ∂φ: every star adds its block to the coefficients of all terms.
  const Eigen::Index n_coefficient = term.cols() * n_par;
  out.gradient = Eigen::VectorXd::Zero(n_coefficient);
  out.curvature = Eigen::MatrixXd::Zero(n_coefficient, n_coefficient);
  Eigen::MatrixXd cross = Eigen::MatrixXd::Zero(n, n_coefficient);  // ΦᵀD
  const auto spread = [&](Eigen::Index a, Eigen::Index b, const Gram& gram) {
    const double ff = out.flux_e[a] * out.flux_e[b];
    for (Eigen::Index t = 0; t < term.cols(); ++t) {
      cross.row(a).segment(t * n_par, n_par) +=
          out.flux_e[b] * term(b, t) * gram.row(0).tail(n_par);
      for (Eigen::Index u = 0; u < term.cols(); ++u)
        out.curvature.block(t * n_par, u * n_par, n_par, n_par) +=
            ff * term(a, t) * term(b, u) * gram.bottomRightCorner(n_par, n_par);
    }
  };
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const Eigen::Map<const Eigen::VectorXd> r(out.residual[k].data(),
                                              static_cast<Eigen::Index>(out.residual[k].size()));
    const Eigen::VectorXd by = out.flux_e[i] * (columns[k].bottomRows(n_par) * r);
    for (Eigen::Index t = 0; t < term.cols(); ++t)
      out.gradient.segment(t * n_par, n_par) += term(i, t) * by;
    spread(i, i, own[k]);
  }
  for (std::size_t q = 0; q < pair.size(); ++q) {
    const auto a = static_cast<Eigen::Index>(stars.overlap[q].first);
    const auto b = static_cast<Eigen::Index>(stars.overlap[q].second);
    spread(a, b, pair[q]);
    spread(b, a, pair[q].transpose());
  }
  out.curvature -= cross.transpose() * solver.solve(cross).eval();
  return out;
}

}  // namespace skyweft::shape
