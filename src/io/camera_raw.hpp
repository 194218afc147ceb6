// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/grid.hpp"
#include "data/detector.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// Whether the name ends like a digital camera's raw file: .cr2, .nef, .arw, .raf, .dng …, in any
/// case. Opens nothing.
bool is_camera_raw(const std::filesystem::path& path);

/// Whether this skyweft was built with LibRaw.
bool reads_camera_raw() noexcept;

/// A camera's raw frame.
struct CameraRaw {
  Header header;
  Grid<std::uint16_t> pixels;  ///< [ny][nx], the light-sensitive area
};

/// Says in FITS keywords what a camera raw file says: NAXIS1/2 of the light-sensitive area, where
/// it lies on the sensor (RAWLEFT, RAWTOP, RAWNX, RAWNY), DATE-OBS as the camera's wall clock
/// showed it with TIMESYS 'LOCAL', EXPTIME, ISOSPEED, INSTRUME, the colours from the first pixel on
/// as BAYERPAT (2 x 2) or XTRANS (6 x 6), SATURATE, black levels of the first 2 x 2 pixels as
/// PEDESTAL1 (0,0), 2 (1,0), 3 (0,1), 4 (1,1), CCD-TEMP where the camera tells it. Row 0 is the
/// top. Collective: no. Throws Error{bad_input} when the file is missing, damaged or not
/// understood, or when skyweft was built without LibRaw.
Header read_camera_raw_header(const std::filesystem::path& path);

/// Reads header and sensor values: nothing subtracted, scaled or interpolated. `layout` may name
/// HDU 0 and plane 0 only; its channel is left to the caller. Files beyond 1 GiB are refused.
/// Collective: no. Throws Error{bad_input} as above; too many pixels has the test "n_pixels", a
/// file that ends early or cannot be unpacked "decompress".
CameraRaw read_camera_raw(const std::filesystem::path& path, const RawLayout& layout,
                          std::int64_t max_pixels);

}  // namespace skyweft::io
