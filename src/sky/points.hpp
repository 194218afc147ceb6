// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/units.hpp"

namespace skyweft::sky {

/// A k-d tree over points of the plane; points that are not finite are never found.
class PointIndex {
 public:
  explicit PointIndex(std::span<const PixelPos> points);
  ~PointIndex();
  PointIndex(PointIndex&&) noexcept;
  PointIndex& operator=(PointIndex&&) noexcept;

  /// The index of the nearest point within `radius` (the lower index among equals), or −1.
  std::int64_t nearest(const PixelPos& to, double radius) const;

  /// All indices within `radius`, ascending.
  std::vector<std::int64_t> within(const PixelPos& of, double radius) const;

 private:
  struct Tree;
  std::unique_ptr<Tree> tree_;
};

/// Pairs (i_a, i_b) that are each other's nearest within `radius`, by ascending i_a.
/// Collective: no. Throws: never.
std::vector<std::pair<std::int64_t, std::int64_t>> mutual_nearest(std::span<const PixelPos> a,
                                                                  std::span<const PixelPos> b,
                                                                  double radius);

/// The shift to add to `moving` that brings most of its points onto `fixed`, each component at most
/// `max_shift`: the fullest window of a 2-D histogram of all differences, then the median of the
/// differences near its middle. `bin` is about the scatter of true pairs. (0, 0) when there are no
/// pairs. Collective: no. Throws: never.
PixelPos voted_shift(std::span<const PixelPos> moving, std::span<const PixelPos> fixed,
                     double max_shift, double bin);

}  // namespace skyweft::sky
