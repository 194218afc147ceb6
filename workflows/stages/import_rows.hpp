// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/frame_catalog.hpp"
#include "data/star_catalog.hpp"
#include "io/photometry_table.hpp"
#include "sky/leap_seconds.hpp"

namespace skyweft::workflows {

/// The stars of a photometry table and whose each row is.
struct TableStars {
  StarCatalog stars;                      ///< sorted by id; mag NaN where the table has none
  std::vector<std::int64_t> star_of_row;  ///< [row]
};

/// Rows of one number are one star; without numbers, a row belongs to the nearest star begun before
/// it within options.group_arcsec, else it begins one, and stars are numbered by position. A star
/// lies at the mean of its rows, its magnitude and colour are medians. Collective: no.
/// Throws Error{bad_input} when two stars would have one number.
TableStars stars_of_table(const io::PhotometryTable& table, const io::TableOptions& options);

/// The exposures of a photometry table and which each row is of.
struct TableFrames {
  std::vector<FrameRecord> records;        ///< by time: id, file, times, exposure, camera, filter
  std::vector<std::int64_t> frame_of_row;  ///< [row]
  bool exposure_is_known = true;           ///< false: taken as one second
};

/// Rows of one frame name, or of one time to the millisecond, and of one camera and filter are one
/// exposure; its time is their median, turned to the middle of the exposure and to UTC; TT is taken
/// as TDB (2 ms). Collective: no. Throws Error{bad_input} when the rows of a named frame differ by
/// more than a second, for two frames of one time, and for more than 64 cameras and filters.
TableFrames frames_of_table(const io::PhotometryTable& table, const io::TableOptions& options,
                            const Site& site, const sky::LeapSeconds& leap_seconds);

}  // namespace skyweft::workflows
