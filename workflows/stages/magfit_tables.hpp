// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "io/magfit_file.hpp"
#include "io/reference_file.hpp"
#include "lc/group_offsets.hpp"
#include "workflows/stages/magfit_frames.hpp"
#include "workflows/stages/magfit_stars.hpp"

namespace skyweft::workflows {

/// What magnitude fitting came to; equal on all ranks.
struct MagnitudeFit {
  FitsOfFrames fits;
  GroupReferences references;                  ///< medians of the corrected magnitudes
  StatisticsOfGroups statistics;               ///< after the last fits
  std::vector<std::int64_t> reference_frames;  ///< [group] position among the measured frames
  std::vector<std::uint8_t> excluded;          ///< [frame]
  std::vector<std::int32_t> rounds;            ///< [group]
  std::vector<std::uint8_t> converged;         ///< [group]
  std::vector<lc::GroupOffsets> offsets;       ///< [ap]
  std::vector<double> anchor_mag;              ///< [ap]
};

io::MagfitTable magfit_table_of(const MagfitInputs& inputs, const MagnitudeFit& fit);
io::ReferenceTable reference_table_of(const MagfitInputs& inputs, const MagnitudeFit& fit);

}  // namespace skyweft::workflows
