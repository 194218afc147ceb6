// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit_normal.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/wide_copies.hpp"

namespace skyweft::lc {
namespace {

constexpr std::int64_t kBlock = ScaledTerms::kBlock;
constexpr double kLeastPivot = 1e-9;

// Four sums side by side: one register with AVX2, two without.
using Four = double __attribute__((vector_size(32)));

using FourAnywhere = double __attribute__((vector_size(32), aligned(8), may_alias));

[[gnu::always_inline]] inline const FourAnywhere& load(const double* from) {
  return *reinterpret_cast<const FourAnywhere*>(from);
}

/// rows[k] = weight·term_k, the last one weight·target.
SKYWEFT_WIDE_COPIES
void weigh(const double* __restrict terms, std::int64_t n_term, const double* __restrict weight,
           const double* __restrict target, double* __restrict rows) {
  for (std::int64_t k = 0; k < n_term; ++k)
    for (std::int64_t i = 0; i < kBlock; ++i)
      rows[k * kBlock + i] = terms[k * kBlock + i] * weight[i];
  for (std::int64_t i = 0; i < kBlock; ++i) rows[n_term * kBlock + i] = target[i] * weight[i];
}

/// sum[i][j] += row_i · row_j for j <= i + 1, two by three at a time; `n` rows, `stride` >= n + 3,
/// rows n to n + 3 are there and finite.
SKYWEFT_WIDE_COPIES
void add_products(const double* __restrict rows, std::int64_t n, std::int64_t stride,
                  double* __restrict sum) {
  for (std::int64_t i = 0; i < n; i += 2)
    for (std::int64_t j = 0; j <= i + 1; j += 3) {
      const double* a = rows + i * kBlock;
      const double* b = rows + j * kBlock;
      Four s00{}, s01{}, s02{}, s10{}, s11{}, s12{};
      for (std::int64_t p = 0; p < kBlock; p += 4) {
        const Four a0 = load(a + p);
        const Four a1 = load(a + kBlock + p);
        const Four b0 = load(b + p);
        s00 += a0 * b0;
        s10 += a1 * b0;
        const Four b1 = load(b + kBlock + p);
        s01 += a0 * b1;
        s11 += a1 * b1;
        const Four b2 = load(b + 2 * kBlock + p);
        s02 += a0 * b2;
        s12 += a1 * b2;
      }
      const Four* all[2][3] = {{&s00, &s01, &s02}, {&s10, &s11, &s12}};
      for (std::int64_t di = 0; di < 2; ++di)
        for (std::int64_t dj = 0; dj < 3; ++dj) {
          const Four& s = *all[di][dj];
          sum[(i + di) * stride + j + dj] += (s[0] + s[1]) + (s[2] + s[3]);
        }
    }
}

SKYWEFT_WIDE_COPIES
void residual_block(const double* __restrict terms, std::int64_t n_term,
                    const double* __restrict coefficients, const double* __restrict target,
                    double* __restrict residual) {
  for (std::int64_t p = 0; p < kBlock; p += 16) {
    Four s0{}, s1{}, s2{}, s3{};
    for (std::int64_t k = 0; k < n_term; ++k) {
      const double* t = terms + k * kBlock + p;
      const double c = coefficients[k];
      s0 += c * load(t);
      s1 += c * load(t + 4);
      s2 += c * load(t + 8);
      s3 += c * load(t + 12);
    }
    s0 -= load(target + p);
    s1 -= load(target + p + 4);
    s2 -= load(target + p + 8);
    s3 -= load(target + p + 12);
    std::memcpy(residual + p, &s0, sizeof s0);
    std::memcpy(residual + p + 4, &s1, sizeof s1);
    std::memcpy(residual + p + 8, &s2, sizeof s2);
    std::memcpy(residual + p + 12, &s3, sizeof s3);
  }
}

SKYWEFT_WIDE_COPIES
void square_block(const double* __restrict weight, const double* __restrict residual,
                  double* __restrict sums) {
  Four r{};
  Four w{};
  for (std::int64_t p = 0; p < kBlock; p += 4) {
    const Four one = load(weight + p);
    const Four d = one * load(residual + p);
    r += d * d;
    w += one * one;
  }
  sums[0] += (r[0] + r[1]) + (r[2] + r[3]);
  sums[1] += (w[0] + w[1]) + (w[2] + w[3]);
}

}  // namespace

NormalEquations::NormalEquations(const ScaledTerms& terms, std::span<const double> weight,
                                 std::span<const double> target)
    : terms_(&terms), n_(terms.n_term()) {
  const std::int64_t n_row = n_ + 1;
  const std::int64_t stride = n_row + 4;
  std::vector<double> rows(static_cast<std::size_t>(stride * kBlock), 0.0);
  std::vector<double> sum(static_cast<std::size_t>(stride * stride), 0.0);
  for (std::int64_t b = 0; b < terms.n_block(); ++b) {
    weigh(terms.block(b), n_, weight.data() + b * kBlock, target.data() + b * kBlock, rows.data());
    add_products(rows.data(), n_row, stride, sum.data());
  }
  sum_.resize(n_row, n_row);
  for (Eigen::Index i = 0; i < n_row; ++i)
    for (Eigen::Index j = 0; j <= i; ++j) {
      sum_(i, j) = sum[static_cast<std::size_t>(i * stride + j)];
      sum_(j, i) = sum_(i, j);
    }
}

void NormalEquations::take_out(std::int64_t point, double weight, double target) {
  Eigen::VectorXd row(n_ + 1);
  for (Eigen::Index k = 0; k < n_; ++k) row[k] = weight * terms_->value(point, k);
  row[n_] = weight * target;
  for (Eigen::Index j = 0; j <= n_; ++j) sum_.col(j) -= row * row[j];
}

bool NormalEquations::solve(std::span<double> coefficients) const {
  std::vector<Eigen::Index> used;
  for (Eigen::Index k = 0; k < n_; ++k)
    if (sum_(k, k) > 0.0) used.push_back(k);
  const auto n = static_cast<Eigen::Index>(used.size());
  Eigen::VectorXd scale(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index k = used[static_cast<std::size_t>(i)];
    scale[i] = 1.0 / std::sqrt(sum_(k, k));
  }
  Eigen::MatrixXd lower(n, n);
  Eigen::VectorXd right(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const Eigen::Index k = used[static_cast<std::size_t>(i)];
    for (Eigen::Index j = 0; j <= i; ++j)
      lower(i, j) = sum_(k, used[static_cast<std::size_t>(j)]) * scale[i] * scale[j];
    right[i] = sum_(n_, k) * scale[i];
  }
  for (Eigen::Index j = 0; j < n; ++j) {
    double pivot = lower(j, j);
    for (Eigen::Index k = 0; k < j; ++k) pivot -= lower(j, k) * lower(j, k);
    if (!(pivot > kLeastPivot)) return false;
    const double root = std::sqrt(pivot);
    lower(j, j) = root;
    for (Eigen::Index i = j + 1; i < n; ++i) {
      double v = lower(i, j);
      for (Eigen::Index k = 0; k < j; ++k) v -= lower(i, k) * lower(j, k);
      lower(i, j) = v / root;
    }
  }
  lower.triangularView<Eigen::Lower>().solveInPlace(right);
  lower.triangularView<Eigen::Lower>().transpose().solveInPlace(right);
  std::ranges::fill(coefficients, 0.0);
  for (Eigen::Index i = 0; i < n; ++i)
    coefficients[static_cast<std::size_t>(used[static_cast<std::size_t>(i)])] = right[i] * scale[i];
  return true;
}

void residuals_of(const ScaledTerms& terms, std::span<const double> coefficients,
                  std::span<const double> target, std::span<double> residual) {
  for (std::int64_t b = 0; b < terms.n_block(); ++b)
    residual_block(terms.block(b), terms.n_term(), coefficients.data(), target.data() + b * kBlock,
                   residual.data() + b * kBlock);
}

WeightedSquares weighted_squares(std::span<const double> weight, std::span<const double> residual) {
  double sums[2] = {0.0, 0.0};
  for (std::size_t p = 0; p < weight.size(); p += static_cast<std::size_t>(kBlock))
    square_block(weight.data() + p, residual.data() + p, sums);
  return {sums[0], sums[1]};
}

}  // namespace skyweft::lc
