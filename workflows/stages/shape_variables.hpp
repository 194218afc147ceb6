// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/terms.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// The shape parameters S, D, K of every measured frame, evaluated where a star is: variables of
/// EPD (science.md 3.13; Bakos et al. 2010, section 5.5).
class ShapeVariables {
 public:
  explicit ShapeVariables(const RunState& state);

  /// S, D, K [frame] of a star at x, y [frame]; NaN where the frame has no map or the star no
  /// place.
  std::array<std::vector<double>, 3> along(std::span<const double> x_px,
                                           std::span<const double> y_px) const;

  /// The names under which fit terms know them.
  static constexpr std::array<const char*, 3> kNames{"s", "d", "k"};

 private:
  struct FrameMap {
    const PsfMap* map = nullptr;  ///< null: none
    const Terms* terms = nullptr;
    double half_nx = 0.0;  ///< half of the frame's width
    double half_ny = 0.0;
  };
  std::map<std::string, Terms> terms_;  ///< by their text
  std::vector<FrameMap> frames_;
};

}  // namespace skyweft::workflows
