// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace skyweft::sky {

/// Four stars and the shape they make, free of place, size and rotation.
///
/// With A, B the most distant two put at (0, 0) and (1, 1), the code is (x_C, y_C, x_D, y_D); C and
/// D lie in the circle on AB. Ambiguities are broken by x_C + x_D <= 1 and x_C <= x_D (Lang et al.
/// 2010, section 2), so one set of four stars has one code in whatever order it is given.
struct Quad {
  std::array<double, 4> code{};
  std::array<std::int64_t, 4> star{};  ///< A, B, C, D: indices into the points
  double length = 0.0;                 ///< |AB|, in the points' unit
};

/// The quad of four points in canonical order; `inside` is false when C or D lies outside the
/// circle. Collective: no. Throws: never.
Quad make_quad(const std::array<PixelPos, 4>& points, const std::array<std::int64_t, 4>& stars,
               bool& inside);

/// All quads of the points with |AB| in [min_length, max_length], at most `max_quads`: those of
/// leading points first (points are sorted by brightness). Collective: no. Throws: never.
std::vector<Quad> quads_of(std::span<const PixelPos> points, double min_length, double max_length,
                           std::int64_t max_quads);

/// A 4-d k-d tree over the codes of quads; borrows them.
class QuadIndex {
 public:
  explicit QuadIndex(std::span<const Quad> quads);
  ~QuadIndex();
  QuadIndex(const QuadIndex&) = delete;
  QuadIndex& operator=(const QuadIndex&) = delete;

  /// Fills `out` with the quads whose codes lie within `radius`, ascending.
  void near(const std::array<double, 4>& code, double radius, std::vector<std::int64_t>& out) const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

/// x' = a x − b y + x0, y' = b x + a y + y0; with `mirrored`, x is negated first.
struct Similarity {
  double a = 1.0, b = 0.0, x0 = 0.0, y0 = 0.0;
  bool mirrored = false;
  double scale() const;
  PixelPos operator()(const PixelPos& p) const;
};

/// The least-squares similarity that takes `from` to `to` (equal lengths, at least two).
/// Collective: no. Throws: never.
Similarity fit_similarity(std::span<const PixelPos> from, std::span<const PixelPos> to,
                          bool mirrored);

}  // namespace skyweft::sky
