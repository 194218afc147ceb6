// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/terms.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::workflows {

/// S, D and K of the frames' maps at the places of one star. Borrows the records.
class FrameShapes {
 public:
  static bool any(const std::vector<FrameRecord>& frames);
  explicit FrameShapes(const std::vector<FrameRecord>& frames);

  /// S, D, K [frame] at (x, y) [frame]; NaN where a frame has no map. Collective: no.
  /// Throws Error{bad_config} when a map's terms name something else than x, y, u, v.
  std::array<std::vector<float>, 3> along(const std::vector<float>& x_px,
                                          const std::vector<float>& y_px) const;

 private:
  struct OneFrame {
    const PsfMap* map = nullptr;
    const Terms* terms = nullptr;
    double half_nx = 0.0;
    double half_ny = 0.0;
  };
  std::vector<OneFrame> frames_;
  std::map<std::string, Terms> terms_;
};

}  // namespace skyweft::workflows
