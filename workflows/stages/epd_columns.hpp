// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/terms.hpp"
#include "data/photometry.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/series.hpp"
#include "workflows/stages/shape_variables.hpp"

namespace skyweft::workflows {

/// Where the variables of the EPD terms come from: columns that all stars share, and each star's
/// own, which are those of its points (x, y, bg; s, d, k) and its catalogue numbers.
class EpdColumns {
 public:
  EpdColumns(const RunState& state, Terms terms);

  const Terms& terms() const noexcept { return terms_; }
  /// The variables that change from frame to frame alike for all stars; valid while this lives.
  lc::NamedColumns shared() const;

  /// The star's own variables in the order in which the terms name them, [frame] or one number
  /// for all frames; valid until the next call. Collective: no. Throws: never.
  std::span<const std::span<const double>> of_star(std::int64_t row, std::int64_t i_star,
                                                   const StarBlock& raw);

 private:
  Terms terms_;
  FitVariables variables_;
  ShapeVariables shapes_;
  std::vector<std::pair<std::string, std::vector<double>>> shared_;
  std::vector<std::string> own_;
  std::vector<std::size_t> variable_of_;  ///< [own] index among a star's variables
  bool has_scalar_ = false;
  bool has_shape_ = false;
  std::array<std::vector<double>, 3> points_;
  std::array<std::vector<double>, 3> sdk_;
  std::vector<double> scalars_;
  std::vector<std::span<const double>> spans_;
};

}  // namespace skyweft::workflows
