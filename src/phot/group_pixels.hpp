// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/frame.hpp"
#include "phot/normal_system.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::phot {

/// A star that takes part in the fit of a group.
struct GroupMember {
  std::int64_t star = 0;
  double x_px = 0.0;
  double y_px = 0.0;
  shape::PixelWindow window;      ///< where it gives light, over the frame's edges
  std::span<const double> light;  ///< [window] of a flux of 1
  shape::PixelWindow fitted;      ///< where its own flux is fitted, inside the frame; may be empty
  double background_e = 0.0;
};

/// The pixels of a group, each once, in the order of rows.
struct GroupPixels {
  std::vector<std::int32_t> owner;  ///< the nearest member that is fitted here
  std::vector<double> base;         ///< its background
  std::vector<double> data;         ///< signal − base
  std::vector<double> variance;

  std::size_t size() const noexcept { return owner.size(); }
};

/// The members' light on these pixels; `own` marks where a member itself is fitted.
struct GroupColumns {
  ModelColumns light;
  std::vector<std::uint8_t> own;
};

/// What the pixels where a star is fitted say about it: parts of its light there, 0 to 1.
struct LightParts {
  double usable = 0.0;
  double outside = 0.0;  ///< off the frame
  double bad = 0.0;      ///< unusable, but for saturation and cosmic rays alone
  double cosmic = 0.0;
  double saturated = 0.0;
  double leaked = 0.0;
  double interpolated = 0.0;
  bool is_core_saturated = false;  ///< a pixel above half of the brightest is saturated
};

/// Memory for collecting, kept from group to group.
class PixelCollector {
 public:
  PixelCollector(const Frame& frame, double fit_radius_px)
      : frame_(frame), fit_radius_px_(fit_radius_px) {}

  /// Collects usable pixels where some member is fitted, and what every member gives them.
  void collect(std::span<const GroupMember> members, GroupPixels& pixels, GroupColumns& columns);

  LightParts parts_of(const GroupMember& member) const;

 private:
  /// The window lies inside the frame, on pixels without any mask bit.
  bool is_whole(const GroupMember& member) const;
  void collect_one(const GroupMember& member, GroupPixels& pixels, GroupColumns& columns) const;
  bool is_near(const GroupMember& member, std::int64_t ix, std::int64_t iy) const;

  const Frame& frame_;
  double fit_radius_px_;  ///< 0: all of a window
  std::vector<std::int32_t> index_;
};

}  // namespace skyweft::phot
