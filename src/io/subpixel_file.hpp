// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "core/grid.hpp"

namespace skyweft::io {

/// Reads how sensitive the parts of a pixel are, from the first image of a FITS file: x of the
/// image is x in the pixel, its first row the lower edge; values in any unit, at most 64×64.
/// Collective: no. Throws Error{bad_input} as read_image() does, with test "n_pixels" for a larger
/// image and "n_missing" when a value is BLANK or NaN.
Grid<double> read_subpixel_sensitivity(const std::filesystem::path& path);

}  // namespace skyweft::io
