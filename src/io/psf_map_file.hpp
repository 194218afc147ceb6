// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <vector>

#include "core/grid.hpp"
#include "data/psf_map.hpp"
#include "io/schema.hpp"

namespace skyweft::io {

/// Pictures of the star shape at places of the frame, for a person to look at.
struct PsfStamps {
  double step_px = 0.0;             ///< distance of samples
  std::vector<double> x_px;         ///< place of each
  std::vector<double> y_px;         ///< likewise
  std::vector<Grid<float>> sample;  ///< [1/px²], all of one size, the star at the middle sample
};

/// Writes a map of star shapes as HDF5 (schema.hpp, psf_column), so that other frames can use it;
/// replaces the file atomically. Every member reads back bit for bit. Collective: no. Throws
/// Error{io}, or Error{internal} when the coefficients are not rows of n_parameter() or stamps
/// differ in size.
void write_psf_map(const std::filesystem::path& path, const PsfMap& map, const ProductStamp& stamp,
                   const PsfStamps& stamps = {});

/// Reads such a map. Collective: no. Throws Error{io} when the file cannot be opened,
/// Error{bad_input} when a dataset is missing or with test "psf_model", "psf_view" (unknown names),
/// "psf_grid" (fewer than 3 lines, or not ascending) or "psf_coefficient" (another number of them
/// than the grid has, or not finite).
PsfMap read_psf_map(const std::filesystem::path& path);

}  // namespace skyweft::io
