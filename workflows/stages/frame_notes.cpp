// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/frame_notes.hpp"

#include <fmt/format.h>

#include "phot/transparency.hpp"
#include "sky/wcs.hpp"
#include "workflows/stages/detrend.hpp"

namespace skyweft::workflows {

std::vector<std::uint8_t> stars_held(const RunContext& run, const RunState& state) {
  std::vector<std::uint8_t> held(static_cast<std::size_t>(state.stars.size()), 0);
  double radius_arcsec = 15.0;
  if (!state.sky.solutions.empty())
    radius_arcsec = 3.0 * sky::scale_arcsec_px(state.sky.solutions.begin()->second, {});
  for (const auto& [name, target] : run.config.targets) {
    if (!target.fixed_place) continue;
    if (const auto row = row_of_target(state, target, radius_arcsec))
      held[static_cast<std::size_t>(*row)] = 1;
  }
  return held;
}

void note_transparency(const RunContext& run, RunState& state) {
  std::vector<double> zero_point, airmass;
  for (const std::int64_t i : state.measured) {
    zero_point.push_back(state.records[static_cast<std::size_t>(i)].zero_point);
    airmass.push_back(state.records[static_cast<std::size_t>(i)].airmass);
  }
  const phot::TransparencySeries sky =
      phot::transparency_series(zero_point, airmass, {}, run.config.transparency);
  std::int64_t n_cloudy = 0;
  for (std::size_t k = 0; k < state.measured.size(); ++k) {
    state.records[static_cast<std::size_t>(state.measured[k])].transparency = sky.transparency[k];
    n_cloudy += sky.cloudy[k];
  }
  if (n_cloudy > 0)
    run.say(fmt::format("frames: {} of {} lost more than {:.2f} mag to clouds", n_cloudy,
                        state.measured.size(), run.config.transparency.cloud_limit_mag));
}

}  // namespace skyweft::workflows
