// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

namespace skyweft::lc {

/// Points of a block: with 20 columns it fills two thirds of a first-level cache.
inline constexpr std::int64_t kBlockPoints = 128;

/// Doubles that begin at the beginning of a cache line: wide loads never straddle two.
class AlignedDoubles {
 public:
  /// Makes room for n values; what they are then is unspecified. Never shrinks.
  void make_room(std::int64_t n) {
    const auto n_line = static_cast<std::size_t>((n + kPerLine - 1) / kPerLine);
    if (lines_.size() < n_line) lines_.resize(n_line);
  }
  void assign(std::int64_t n, double value) {
    make_room(n);
    std::fill_n(data(), n, value);
  }
  double* data() noexcept { return reinterpret_cast<double*>(lines_.data()); }
  const double* data() const noexcept { return reinterpret_cast<const double*>(lines_.data()); }

 private:
  static constexpr std::int64_t kPerLine = 8;
  struct alignas(64) Line {
    double value[kPerLine];
  };
  std::vector<Line> lines_;
};

/// A matrix of many points and few columns, block by block: within a block of kBlockPoints points
/// the columns lie one after the other. Columns are padded to a multiple of four and points to
/// whole blocks, with zeros, so that no loop has a rest.
struct BlockedColumns {
  std::int64_t n_column = 0;
  std::int64_t n_block = 0;
  AlignedDoubles values;  ///< [block][padded column][kBlockPoints]

  std::int64_t n_padded() const noexcept { return (n_column + 3) / 4 * 4; }
  std::int64_t n_point() const noexcept { return n_block * kBlockPoints; }
  double* block(std::int64_t b) noexcept { return values.data() + b * n_padded() * kBlockPoints; }
  const double* block(std::int64_t b) const noexcept {
    return values.data() + b * n_padded() * kBlockPoints;
  }
  double at(std::int64_t point, std::int64_t column) const noexcept {
    return block(point / kBlockPoints)[column * kBlockPoints + point % kBlockPoints];
  }
  /// Makes room for so many columns and points; what it holds then is unspecified.
  void shape(std::int64_t columns, std::int64_t points);
};

/// The number of blocks that hold so many points.
inline std::int64_t blocks_of(std::int64_t n_point) {
  return (n_point + kBlockPoints - 1) / kBlockPoints;
}

/// Running sums of XᵀX and Xᵀ[r₀ r₁ …] over blocks of points, in double, point i always in the
/// partial sum i mod 4: the same bits for any processor and any number of blocks at a time.
class GramSums {
 public:
  /// Empty sums for so many columns and right-hand sides.
  GramSums(std::int64_t n_column, std::int64_t n_right);
  void clear();

  /// Adds one block of n_padded columns to XᵀX.
  void add_products(const double* block);
  /// Adds one block to XᵀR; right[j] points to kBlockPoints values of right-hand side j.
  void add_right(const double* block, std::span<const double* const> right);

  /// XᵀX, [n_column][n_column], symmetric.
  Eigen::MatrixXd products() const;
  /// XᵀR, [n_column][n_right].
  Eigen::MatrixXd rights() const;

 private:
  std::int64_t n_column_;
  std::int64_t n_padded_;
  std::int64_t n_right_;
  AlignedDoubles products_;  ///< [tile of 4 × 2 columns, lower triangle][8][4 partial sums]
  AlignedDoubles rights_;    ///< [4 columns × 2 right-hand sides][8][4 partial sums]
  AlignedDoubles zeros_;     ///< a right-hand side that makes their number even
};

/// Subtracts shift[k] from column k of the first n_point points of a block and makes the remaining
/// points 0. True when all the results are finite. Collective: no. Throws: never.
bool shift_block(double* block, std::span<const double> shift, std::int64_t n_point);

/// What is left of a fit, over points with a weight above 0.
struct ResidualSums {
  double weighted_squares = 0.0;
  double greatest = 0.0;  ///< absolute residual
};

/// model[i] = constant + Σ_k coefficient[k]·x[i][k] for every point, and the sums of y − model over
/// the points with a weight; `coefficient` is [n_padded], `y`, `weight` and `model` [n_point].
/// Collective: no. Throws: never.
ResidualSums evaluate_model(const BlockedColumns& x, double constant,
                            std::span<const double> coefficient, std::span<const double> y,
                            std::span<const double> weight, std::span<double> model);

/// Σ values[i]; their number is a multiple of four. Collective: no. Throws: never.
double lane_sum(std::span<const double> values);

}  // namespace skyweft::lc
