// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/units.hpp"
#include "data/extended_sources.hpp"
#include "data/pixel_map.hpp"
#include "data/source_list.hpp"
#include "io/export_table.hpp"

namespace skyweft::io {

/// The columns of one frame's detections with units and meanings, for to_csv(), to_ecsv() and
/// write_fits_table(); those that are empty are left out. Pixels count from 0.
/// Collective: no. Throws: never.
Table source_table(const SourceList& sources);
Table source_table(const ExtendedSources& sources);

/// The detections as a DS9 region file in image coordinates (from 1): circles of one FWHM radius,
/// or ellipses of three rms; traces red, extended objects cyan, saturated stars yellow.
/// Collective: no. Throws: never.
std::string to_regions(const SourceList& sources, const PixelMap& place = {});
std::string to_regions(const ExtendedSources& sources, const PixelMap& place = {});

}  // namespace skyweft::io
