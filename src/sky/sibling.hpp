// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "data/detector.hpp"
#include "data/frame_catalog.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

/// Where a frame's pixels lie on the detector: the centre of pixel (x, y) is at
/// (x0 + dx x, y0 + dy y), in unbinned detector pixels whose centres are whole numbers from 0 on.
struct PixelGrid {
  double x0 = 0.0;
  double y0 = 0.0;
  double dx = 1.0;
  double dy = 1.0;
};

/// The pixels of a channel in its own raw image. A channel samples the mosaic, it does not bin it:
/// its pixel x is the raw pixel x_start + x_step x, without a half-pixel offset.
/// Collective: no. Throws: never.
PixelGrid grid_of(const RawLayout& layout);

/// The pixels of an assembled frame on the full detector: the channel's phase within the mosaic,
/// the window's first pixel (which lies at a whole number of mosaic cells) and binning, where
/// binned pixel X covers the b pixels b X … b X + b − 1 and has its centre at b X + (b − 1)/2.
/// Collective: no. Throws: never.
PixelGrid grid_of(const FrameInfo& info);

/// `solved`, found on pixels `from`, written for pixels `to` of the same exposure; exact to
/// rounding. Collective: no. Throws: never.
Wcs sibling_wcs(const Wcs& solved, const PixelGrid& from, const PixelGrid& to);

/// The same for two channels of one raw image: what the lenses do to different colours is left to
/// the fit that starts here. Collective: no. Throws: never.
Wcs sibling_wcs(const Wcs& solved, const RawLayout& from, const RawLayout& to);

}  // namespace skyweft::sky
