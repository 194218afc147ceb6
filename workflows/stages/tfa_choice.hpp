// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "lc/template_choice.hpp"
#include "workflows/stages/fit_variables.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// The stars that may become templates of one group and aperture.
struct TemplatePool {
  std::int64_t group = 0;
  std::int64_t aperture = 0;
  std::int64_t n_allowed = 0;      ///< templates in the end
  std::vector<std::int64_t> rows;  ///< of the star list, ascending; more than allowed, so that
                                   ///< those that vary can be replaced
};

/// Place of a star in the tangent plane.
lc::SkyPoint point_of(const FitVariables& variables, std::int64_t row);

/// The pools of all groups and apertures, [group][aperture] in one line, from the stars' scatter
/// after EPD within each group; equal on all ranks. Collective.
std::vector<TemplatePool> choose_pools(const RunContext& run, const RunState& state,
                                       const FitVariables& variables);

/// The values of `series` [frame] at `frames`.
template <class T, class Series>
std::vector<T> at_frames(const Series& series, const std::vector<std::int64_t>& frames) {
  std::vector<T> out;
  out.reserve(frames.size());
  for (const std::int64_t f : frames) out.push_back(series[static_cast<std::size_t>(f)]);
  return out;
}

}  // namespace skyweft::workflows
