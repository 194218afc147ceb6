// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "lc/variables.hpp"

namespace skyweft::lc {

/// The terms of many points with their variables mapped to [-1, 1], ready for sums of products.
///
/// A variable is scaled by half its range over the points, and centred when the terms allow it:
/// when every term that holds it is there with one power less, too, centring changes the terms but
/// not what they can describe. Then coefficients can be written for the terms as they stand
/// (as_written). Without centring, powers of magnitudes from 8 to 14 are all but parallel.
///
/// Terms lie in blocks of kBlock points: term k of point p at block(p / kBlock)[k·kBlock +
/// p % kBlock]; points with a variable that is not finite, and those that fill the last block, are
/// 0 and not usable().
class ScaledTerms {
 public:
  static constexpr std::int64_t kBlock = 256;

  /// Throws Error{bad_config} for a name that `columns` lacks. Collective: no.
  ScaledTerms(const Terms& terms, const NamedColumns& columns, std::int64_t n_point);

  std::int64_t n_point() const noexcept { return n_point_; }
  std::int64_t n_term() const noexcept { return n_term_; }
  std::int64_t n_block() const noexcept { return (n_point_ + kBlock - 1) / kBlock; }
  const double* block(std::int64_t i) const noexcept {
    return values_.data() + i * n_term_ * kBlock;
  }
  double value(std::int64_t point, std::int64_t term) const noexcept {
    return block(point / kBlock)[term * kBlock + point % kBlock];
  }
  /// [point] 1: all variables are finite.
  std::span<const std::uint8_t> usable() const noexcept { return usable_; }

  /// Coefficients of the terms as written from those of the scaled terms: [n_term] both.
  std::vector<double> as_written(std::span<const double> scaled) const;

 private:
  Terms terms_;
  std::int64_t n_point_;
  std::int64_t n_term_;
  std::vector<double> centre_;  // [variable]
  std::vector<double> half_;
  std::vector<std::uint8_t> usable_;
  std::vector<double> values_;
};

}  // namespace skyweft::lc
