// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::phot {

/// One circle of a ring table, as ranges of its columns.
struct Ring {
  double radius_px = 0.0;
  std::int32_t first = 0;    ///< of its pixels that may be cut; the last n_split of them are in two
  std::int32_t n_pixel = 0;  ///< parts, of which this is one
  std::int32_t n_padded = 0;   ///< a multiple of four; the added ones lie outside the circle
  std::int32_t n_split = 0;    ///< the other parts follow at first + n_padded, in the same order
  std::int32_t n_all = 0;      ///< of the two blocks, padded
  std::int32_t whole_end = 0;  ///< pixels [0, whole_end) of the whole ones are inside this circle
  double sum_column = 0.0;     ///< Σ columns and rows of these, counted from the star's own pixel
  double sum_row = 0.0;
};

/// The pixels of several circles about a star that stands within one cell of sub-pixel phases.
struct RingTable {
  std::vector<Ring> rings;     ///< by radius
  std::vector<double> sign_x;  ///< RingPixels, of all rings
  std::vector<double> far_x;
  std::vector<double> sign_y;
  std::vector<double> far_y;
  std::vector<std::int32_t> offset;        ///< of that pixel from the star's own in the frame
  std::vector<std::int32_t> whole_offset;  ///< whole in the smallest circle first
};

/// Computes the table of circles of these ascending radii for stars that stand within
/// [fx_low, fx_high] × [fy_low, fy_high] of their pixel's centre on a frame nx pixels wide.
/// Radii from kSmallestRing to kLargestRing; both ends of each range on one side of the centre.
RingTable make_ring_table(std::span<const double> radii_px, double fx_low, double fx_high,
                          double fy_low, double fy_high, std::int64_t nx);

/// Circles up to here are worth a table.
inline constexpr double kLargestRing = 32.0;

/// Tables for all phases, each made when a star first needs it.
class RingTables {
 public:
  RingTables() = default;
  RingTables(std::vector<double> radii_px, std::int64_t nx);

  bool empty() const noexcept { return radii_px_.empty(); }
  /// The table for a star (fx, fy) from its pixel's centre, |fx|, |fy| ≤ ½.
  const RingTable& at(double fx, double fy);

 private:
  std::vector<double> radii_px_;
  std::int64_t nx_ = 0;
  std::int64_t n_phase_ = 1;  ///< cells a side
  std::vector<RingTable> tables_;
};

}  // namespace skyweft::phot
