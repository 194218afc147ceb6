// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/small_gram.hpp"

#include <algorithm>

#include "core/wide_copies.hpp"

namespace skyweft::lc {
namespace {

// Four doubles that are worked on together: one register where they are that wide, two where not.
using Four [[gnu::vector_size(32)]] = double;
// The same in memory, anywhere in an array of doubles.
using FourThere [[gnu::vector_size(32), gnu::aligned(8), gnu::may_alias]] = double;

constexpr std::int64_t kLanes = 4;
constexpr std::int64_t kTile = 8 * kLanes;  // doubles in the sums of a tile

[[gnu::always_inline]] inline const FourThere* fours(const double* at) {
  return reinterpret_cast<const FourThere*>(at);
}
[[gnu::always_inline]] inline FourThere* fours(double* at) {
  return reinterpret_cast<FourThere*>(at);
}

/// Adds the products of four neighbouring columns with two others: eight sums, all in registers.
[[gnu::always_inline]] inline void add_tile(const double* left, const double* right0,
                                            const double* right1, double* sums) {
  FourThere* s = fours(sums);
  Four s00 = s[0], s01 = s[1], s10 = s[2], s11 = s[3];
  Four s20 = s[4], s21 = s[5], s30 = s[6], s31 = s[7];
  for (std::int64_t i = 0; i < kBlockPoints; i += kLanes) {
    const Four l0 = *fours(left + i);
    const Four l1 = *fours(left + kBlockPoints + i);
    const Four l2 = *fours(left + 2 * kBlockPoints + i);
    const Four l3 = *fours(left + 3 * kBlockPoints + i);
    const Four r0 = *fours(right0 + i);
    s00 += l0 * r0;
    s10 += l1 * r0;
    s20 += l2 * r0;
    s30 += l3 * r0;
    const Four r1 = *fours(right1 + i);
    s01 += l0 * r1;
    s11 += l1 * r1;
    s21 += l2 * r1;
    s31 += l3 * r1;
  }
  s[0] = s00, s[1] = s01, s[2] = s10, s[3] = s11;
  s[4] = s20, s[5] = s21, s[6] = s30, s[7] = s31;
}

SKYWEFT_WIDE_COPIES
void add_lower_triangle(const double* block, std::int64_t n_padded, double* sums) {
  for (std::int64_t i = 0; i < n_padded; i += 4) {
    const double* left = block + i * kBlockPoints;
    for (std::int64_t j = 0; j < i + 4; j += 2, sums += kTile) {
      const double* right = block + j * kBlockPoints;
      add_tile(left, right, right + kBlockPoints, sums);
    }
  }
}

SKYWEFT_WIDE_COPIES
void add_two_rights(const double* block, std::int64_t n_padded, const double* right0,
                    const double* right1, double* sums) {
  for (std::int64_t i = 0; i < n_padded; i += 4, sums += kTile)
    add_tile(block + i * kBlockPoints, right0, right1, sums);
}

SKYWEFT_WIDE_COPIES
bool shift_columns(double* block, const double* shift, std::int64_t n_column, std::int64_t n_padded,
                   std::int64_t n_point) {
  double all_zero = 0.0;
  for (std::int64_t k = 0; k < n_column; ++k) {
    double* column = block + k * kBlockPoints;
    for (std::int64_t i = n_point; i < kBlockPoints; ++i) column[i] = shift[k];
    Four zero = {0.0, 0.0, 0.0, 0.0};
    for (std::int64_t i = 0; i < kBlockPoints; i += kLanes) {
      const Four v = *fours(column + i) - shift[k];
      *fours(column + i) = v;
      zero += v * 0.0;  // NaN where v is not finite
    }
    all_zero += zero[0] + zero[1] + zero[2] + zero[3];
  }
  std::fill(block + n_column * kBlockPoints, block + n_padded * kBlockPoints, 0.0);
  return all_zero == 0.0;
}

SKYWEFT_WIDE_COPIES
void evaluate_block(const double* block, std::int64_t n_padded, double constant,
                    const double* coefficient, const double* y, const double* weight, double* model,
                    double* squares, double* greatest) {
  constexpr std::int64_t kStep = 8 * kLanes;
  Four sum = *fours(squares);
  Four most = *fours(greatest);
  for (std::int64_t i = 0; i < kBlockPoints; i += kStep) {
    const Four start = {constant, constant, constant, constant};
    Four m[8] = {start, start, start, start, start, start, start, start};
    for (std::int64_t k = 0; k < n_padded; ++k) {
      const double c = coefficient[k];
      const FourThere* x = fours(block + k * kBlockPoints + i);
      for (int j = 0; j < 8; ++j) m[j] += c * x[j];
    }
    for (int j = 0; j < 8; ++j) {
      const std::int64_t at = i + j * kLanes;
      *fours(model + at) = m[j];
      const Four w = *fours(weight + at);
      const Four r = *fours(y + at) - m[j];
      sum += w * (r * r);
      const Four size = r < 0.0 ? -r : r;
      const Four counted = w > 0.0 ? size : Four{0.0, 0.0, 0.0, 0.0};
      most = counted > most ? counted : most;
    }
  }
  *fours(squares) = sum;
  *fours(greatest) = most;
}

SKYWEFT_WIDE_COPIES
double sum_of(const double* values, std::int64_t n) {
  Four sum = {0.0, 0.0, 0.0, 0.0};
  for (std::int64_t i = 0; i < n; i += kLanes) sum += *fours(values + i);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

double total(const double* lanes) {
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

}  // namespace

void BlockedColumns::shape(std::int64_t columns, std::int64_t points) {
  n_column = columns;
  n_block = blocks_of(points);
  values.make_room(n_block * n_padded() * kBlockPoints);
}

GramSums::GramSums(std::int64_t n_column, std::int64_t n_right)
    : n_column_(n_column), n_padded_((n_column + 3) / 4 * 4), n_right_(n_right) {
  zeros_.assign(kBlockPoints, 0.0);
  clear();
}

void GramSums::clear() {
  const std::int64_t n_group = n_padded_ / 4;
  products_.assign(n_group * (n_group + 1) * kTile, 0.0);
  rights_.assign(n_group * ((n_right_ + 1) / 2) * kTile, 0.0);
}

void GramSums::add_products(const double* block) {
  add_lower_triangle(block, n_padded_, products_.data());
}

void GramSums::add_right(const double* block, std::span<const double* const> right) {
  double* sums = rights_.data();
  for (std::size_t j = 0; j < right.size(); j += 2, sums += n_padded_ / 4 * kTile)
    add_two_rights(block, n_padded_, right[j], j + 1 < right.size() ? right[j + 1] : zeros_.data(),
                   sums);
}

Eigen::MatrixXd GramSums::products() const {
  Eigen::MatrixXd out(n_column_, n_column_);
  const double* tile = products_.data();
  for (std::int64_t i = 0; i < n_padded_; i += 4) {
    for (std::int64_t j = 0; j < i + 4; j += 2, tile += kTile) {
      for (std::int64_t e = 0; e < 8; ++e) {
        const std::int64_t row = i + e / 2;
        const std::int64_t column = j + e % 2;
        if (column > row || row >= n_column_) continue;
        out(row, column) = out(column, row) = total(tile + e * kLanes);
      }
    }
  }
  return out;
}

Eigen::MatrixXd GramSums::rights() const {
  Eigen::MatrixXd out(n_column_, n_right_);
  const double* tile = rights_.data();
  for (std::int64_t j = 0; j < n_right_; j += 2) {
    for (std::int64_t i = 0; i < n_padded_; i += 4, tile += kTile) {
      for (std::int64_t e = 0; e < 8; ++e) {
        const std::int64_t row = i + e / 2;
        const std::int64_t column = j + e % 2;
        if (row < n_column_ && column < n_right_) out(row, column) = total(tile + e * kLanes);
      }
    }
  }
  return out;
}

bool shift_block(double* block, std::span<const double> shift, std::int64_t n_point) {
  const auto n_column = static_cast<std::int64_t>(shift.size());
  return shift_columns(block, shift.data(), n_column, (n_column + 3) / 4 * 4, n_point);
}

ResidualSums evaluate_model(const BlockedColumns& x, double constant,
                            std::span<const double> coefficient, std::span<const double> y,
                            std::span<const double> weight, std::span<double> model) {
  double squares[kLanes] = {};
  double greatest[kLanes] = {};
  for (std::int64_t b = 0; b < x.n_block; ++b) {
    const auto at = static_cast<std::size_t>(b * kBlockPoints);
    evaluate_block(x.block(b), x.n_padded(), constant, coefficient.data(), &y[at], &weight[at],
                   &model[at], squares, greatest);
  }
  return {.weighted_squares = total(squares), .greatest = *std::ranges::max_element(greatest)};
}

double lane_sum(std::span<const double> values) {
  return sum_of(values.data(), static_cast<std::int64_t>(values.size()));
}

}  // namespace skyweft::lc
