// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "io/shard.hpp"
#include "lc/magfit_correct.hpp"
#include "lc/reference.hpp"
#include "workflows/stages/magfit_frames.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {

using StatisticsOfGroups =
    std::vector<std::vector<std::vector<lc::StarStatistic>>>;  // [group][ap][star]

/// The magnitude corrections of all frames, as they are applied to stars.
struct StarCorrections {
  const MagfitInputs& inputs;
  lc::FrameCorrections corrections;
  std::vector<std::uint8_t> excluded;  ///< [frame] 1: flagged as outlier, no part of statistics
  /// [ap][group][star] added to corrected magnitudes; empty: nothing.
  std::vector<std::vector<std::vector<double>>> shift_mag;

  StarCorrections(const MagfitInputs& inputs, const FitsOfFrames& fits,
                  std::vector<std::uint8_t> excluded);

  /// Corrects a tile in all apertures; its quality bits are those of this stage alone. Collective:
  /// no.
  io::ShardReader::StageTile correct(const Tile& tile, const StarBlock& raw) const;

 private:
  std::vector<double> exposure_s_;
};

/// Statistics of this rank's stars after correction, in the groups that are `active`; those of all
/// stars reach all ranks, and of other groups are left as they are. Collective.
void measure_stars(const StarCorrections& corrections, std::span<const std::uint8_t> active,
                   StatisticsOfGroups& statistics);

}  // namespace skyweft::workflows
