// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

enum class Shape { circle, annulus, ellipse, box, polygon };

/// An area drawn by the user: in pixels, or on the sky when `places_sky` holds its places.
/// Build them with parse_regions() (calib/region_text.hpp), which checks their numbers.
struct Region {
  Shape shape = Shape::circle;
  bool excluded = false;                 ///< taken out of all the others, whatever their order
  std::vector<PixelPos> places_px = {};  ///< the centre, or the corners of a polygon
  std::vector<SkyPos> places_sky = {};   ///< the same on the sky (ICRS)
  std::vector<double> sizes_px = {};     /**< circle: radius; annulus: inner, outer radius; ellipse:
                                         half axes; box: full width and height */
  std::vector<Angle> sizes_sky = {};     ///< the same on the sky
  Angle angle = {}; /**< of ellipse and box: of the first size, from +x to +y; on
                    the sky from west to north (as DS9 draws it) */

  bool on_sky() const noexcept { return !places_sky.empty(); }
  bool operator==(const Region&) const = default;
};

/// The direction seen at a place of the detector; NaN where there is none.
using PixelToSky = std::function<SkyPos(const PixelPos&)>;

/// Sets `bits` on the pixels whose centre lies inside a region that is not excluded, and in no
/// excluded one; a border belongs to its shape (of polygons, which follow the even-odd rule, all
/// but the upper one). Returns the number of these pixels.
///
/// On the sky, circle and annulus are measured along great circles, ellipse and box in the
/// equidistant zenithal plane about their centre, polygons have great circles as sides; poles and
/// RA 0 are like everywhere else. Without `to_sky` (before a frame is solved) regions on the sky
/// are left out, excluded ones too. Cost: the area inside the frame; for the sky one call of
/// `to_sky` per 16×16 px tile and per pixel of tiles at a border. Collective: no. Throws: never
/// (but what `to_sky` throws).
std::int64_t mark_regions(Mask& mask, std::span<const Region> regions,
                          const PixelToSky& to_sky = {}, MaskBits bits = mask::user);

/// Sets `bits` in the part of each box that lies in the frame; returns the number of pixels in
/// boxes, those in two boxes twice. Collective: no. Throws: never.
std::int64_t mark_pixels(Mask& mask, std::span<const PixelBox> boxes, MaskBits bits = mask::fault);

}  // namespace skyweft::calib
