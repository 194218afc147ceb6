// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/star_table.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// What the statistics stage measures of every star and aperture: a row of numbers.
struct StatisticsRows {
  enum Number : std::size_t { kMedian, kNoiseModel, kFirstStage };
  enum OfStage : std::size_t {
    kFinite,
    kScatter,
    kRms,
    kPointToPoint,
    kWhite,
    kRed,
    kBeta,
    kOfStage
  };
  static constexpr std::size_t kFirstGroup = kFirstStage + kStages.size() * kOfStage;
  static constexpr std::size_t place(std::size_t stage, OfStage k) {
    return kFirstStage + stage * kOfStage + k;
  }
  static constexpr std::size_t points_of_group(std::size_t g) { return kFirstGroup + 2 * g; }
  static constexpr std::size_t scatter_of_group(std::size_t g) { return kFirstGroup + 2 * g + 1; }

  std::size_t n_ap = 0;
  std::size_t length = 0;      ///< numbers per star and aperture
  std::vector<float> numbers;  ///< [star][ap][length] on root, empty on workers

  float at(std::size_t star, std::size_t ap, std::size_t number) const {
    return numbers[(star * n_ap + ap) * length + number];
  }
};

/// Measures all stars in one pass over all stages, tile by tile; the rows meet on root. Beside a
/// tile with one stage at a time, memory holds 4 bytes per number of this rank's stars, and on root
/// twice that of all stars. Collective.
StatisticsRows measure_statistics(const RunContext& run, const RunState& state);

}  // namespace skyweft::workflows
