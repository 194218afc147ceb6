// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "lc/tfa.hpp"
#include "workflows/stages/tfa_choice.hpp"

namespace skyweft::workflows {

/// Where the series of one pool's star begins in a rank's file of series.
struct SeriesPlace {
  std::int64_t i_pool = 0;
  std::int64_t i_member = 0;
  std::int64_t rank = 0;
  std::int64_t offset = 0;  ///< in numbers
};

/// Writes the series after EPD of the pools' stars in this rank's tiles, as float [frame of the
/// group], into its file in `folder`. Places come back sorted by pool and member, of all ranks.
/// Collective. Throws Error{io}.
std::vector<SeriesPlace> write_pool_series(const RunContext& run, const RunState& state,
                                           const std::vector<TemplatePool>& pools,
                                           const std::filesystem::path& folder);

/// The series of one pool, [member][frame of the group]. Collective: no. Throws Error{io}.
std::vector<float> read_pool_series(const std::vector<SeriesPlace>& places, std::int64_t i_pool,
                                    std::size_t n_frame, const std::filesystem::path& folder);

/// A template set as a passing file of this machine's numbers. Collective: no. Throws Error{io}.
void write_set(const std::filesystem::path& path, const lc::TemplateSet& set);
lc::TemplateSet read_set(const std::filesystem::path& path);

}  // namespace skyweft::workflows
