// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "sky/match.hpp"

namespace skyweft::sky {

/// Quads in cells of their length, of the place of C and of x_D, for look-ups of one fixed
/// tolerance: where the scale is roughly known, a table is several times faster than a k-d tree
/// over the codes, to build and to ask.
class QuadTable {
 public:
  /// Codes within `tolerance` and lengths within a factor `length_factor` (> 1) count as equal.
  QuadTable(std::span<const Quad> quads, double tolerance, double length_factor);

  /// Fills `out` with the quads that equal `quad`, ascending.
  void near(const Quad& quad, std::vector<std::int64_t>& out) const;

 private:
  struct Entry {
    std::array<double, 4> code;
    double length;
    std::int64_t quad;
  };
  static constexpr std::size_t kAxes = 4;  ///< ln length, x_C, y_C, x_D
  using Cell = std::array<std::int64_t, kAxes>;
  /// The cell of a place, pushed to the nearest one when it lies outside.
  Cell cell_of(const std::array<double, kAxes>& place) const;
  std::size_t index_of(const Cell& cell) const;

  double tolerance_;
  double length_factor_;
  std::array<double, kAxes> low_{};
  std::array<double, kAxes> step_{};
  Cell n_{1, 1, 1, 1};
  std::vector<std::int32_t> first_;  ///< [cell + 1]
  std::vector<Entry> entries_;
};

}  // namespace skyweft::sky
