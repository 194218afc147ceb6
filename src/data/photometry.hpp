// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/flags.hpp"

namespace skyweft {

/// What is measured for every (star, frame): columns over points, and over points × apertures.
/// Missing numbers are NaN and `quality` says why. The owner says what order the points have.
struct PointColumns {
  std::vector<float> flux_e;      ///< [point][ap] electrons
  std::vector<float> flux_err_e;  ///< [point][ap]
  std::vector<float> x_px;        ///< [point]
  std::vector<float> y_px;
  std::vector<float> bg_e;           ///< [point] background per pixel
  std::vector<float> bg_err_e;       ///< [point] error of bg_e
  std::vector<QualityBits> quality;  ///< [point]

  void resize(std::int64_t n_point, std::int64_t n_ap);
  bool operator==(const PointColumns&) const;  ///< bit for bit, so NaN equals NaN
};

/// One frame over all stars: rows in StarCatalog order.
struct FramePhotometry {
  std::int64_t n_star = 0;
  std::int64_t n_ap = 0;
  PointColumns points;  ///< [star], [star][ap]
  bool operator==(const FramePhotometry&) const = default;
};

/// Frame-major: point (frame, star) is row frame·n_star + star.
struct FrameBlock {
  std::int64_t n_frame = 0;
  std::int64_t n_star = 0;
  std::int64_t n_ap = 0;
  PointColumns points;
  bool operator==(const FrameBlock&) const = default;
};

/// Star-major: point (star, frame) is row star·n_frame + frame. A different type from
/// FrameBlock, so the wrong layout does not compile.
struct StarBlock {
  std::int64_t n_star = 0;
  std::int64_t n_frame = 0;
  std::int64_t n_ap = 0;
  PointColumns points;
  bool operator==(const StarBlock&) const = default;
};

FrameBlock make_frame_block(std::int64_t n_frame, std::int64_t n_star, std::int64_t n_ap);
StarBlock make_star_block(std::int64_t n_star, std::int64_t n_frame, std::int64_t n_ap);

/// Copies one frame's rows into `block` at `i_frame`; shapes must agree.
void put_frame(FrameBlock& block, std::int64_t i_frame, const FramePhotometry& frame);

}  // namespace skyweft
