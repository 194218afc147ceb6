// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/blas.hpp"

#include <limits>

#include <cblas.h>

#include "core/error.hpp"

namespace skyweft::blas {
namespace {

int as_int(Eigen::Index n) {
  if (n > std::numeric_limits<int>::max())
    throw Error{Errc::internal, "a matrix product with more than 2^31 rows"};
  return static_cast<int>(n);
}

CBLAS_TRANSPOSE flag(Side side) {
  return side == Side::as_is ? CblasNoTrans : CblasTrans;
}

}  // namespace

void product(Eigen::Ref<Eigen::MatrixXd> c, double alpha,
             const Eigen::Ref<const Eigen::MatrixXd>& a, Side a_side,
             const Eigen::Ref<const Eigen::MatrixXd>& b, Side b_side, double beta) {
  const Eigen::Index n_row = a_side == Side::as_is ? a.rows() : a.cols();
  const Eigen::Index depth = a_side == Side::as_is ? a.cols() : a.rows();
  const Eigen::Index n_col = b_side == Side::as_is ? b.cols() : b.rows();
  if (c.rows() != n_row || c.cols() != n_col ||
      depth != (b_side == Side::as_is ? b.rows() : b.cols()))
    throw Error{Errc::internal, "blas::product: the shapes do not fit"};
  if (n_row == 0 || n_col == 0) return;
  if (depth == 0) {
    c *= beta;
    return;
  }
  cblas_dgemm(CblasColMajor, flag(a_side), flag(b_side), as_int(n_row), as_int(n_col),
              as_int(depth), alpha, a.data(), as_int(a.outerStride()), b.data(),
              as_int(b.outerStride()), beta, c.data(), as_int(c.outerStride()));
}

void gram(Eigen::Ref<Eigen::MatrixXd> c, double alpha, const Eigen::Ref<const Eigen::MatrixXd>& a,
          double beta) {
  if (c.rows() != a.cols() || c.cols() != a.cols())
    throw Error{Errc::internal, "blas::gram: the shapes do not fit"};
  if (c.rows() == 0) return;
  if (a.rows() == 0) {
    c *= beta;
    return;
  }
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, as_int(c.rows()), as_int(a.rows()), alpha,
              a.data(), as_int(a.outerStride()), beta, c.data(), as_int(c.outerStride()));
}

}  // namespace skyweft::blas
