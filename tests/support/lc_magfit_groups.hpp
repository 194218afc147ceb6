// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "lc/group_offsets.hpp"
#include "support/lc_magfit_loop.hpp"

namespace skyweft::support {

/// Frames [first, first + n) of a simulation as one of their own.
inline LcSimulation frames_of(const LcSimulation& sim, std::size_t first, std::size_t n) {
  LcSimulation out = sim;
  out.n_frame = n;
  const auto cut = [&](const auto& from, auto& to) {
    to.assign(from.begin() + static_cast<std::ptrdiff_t>(first * sim.n_star),
              from.begin() + static_cast<std::ptrdiff_t>((first + n) * sim.n_star));
  };
  cut(sim.mag, out.mag);
  cut(sim.mag_err, out.mag_err);
  cut(sim.x_px, out.x_px);
  cut(sim.y_px, out.y_px);
  cut(sim.quality, out.quality);
  return out;
}

/// Magnitude fitting of observing groups as workflows/stages/magfit.cpp drives it: each by itself,
/// then tied to each other and to the catalogue. [group][star][frame]
inline std::vector<std::vector<std::vector<float>>> run_grouped_magfit(
    const std::vector<LcSimulation>& groups, const lc::MagfitConfig& config) {
  const lc::MagfitModel model = lc::magfit_model(config);
  std::vector<lc::Reference> references;
  std::vector<std::vector<lc::FrameFit>> fits;
  for (const LcSimulation& sim : groups) {
    const MagfitOutcome one = run_magfit(sim, config);
    fits.push_back(one.fits);
    std::vector<lc::StarStatistic> statistics;
    for (const auto& mag : one.mag) statistics.push_back(lc::star_statistic(mag));
    references.push_back(lc::assemble_reference(statistics, sim.star_mag, config));
  }
  const LcSimulation& any = groups.front();
  const lc::GroupOffsets offsets = lc::solve_group_offsets(
      references, any.frame_columns(), any.star_mag, Terms::parse(config.group_terms), config);
  const double anchor =
      lc::catalog_shift(lc::merged_reference(references, offsets, config), any.star_mag);
  std::vector<std::vector<std::vector<float>>> out;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const LcSimulation& sim = groups[g];
    const lc::FrameCorrections corrections{{fits[g]}, model};
    auto& of_group = out.emplace_back();
    for (std::size_t s = 0; s < sim.n_star; ++s) {
      std::vector<float>& mag = of_group.emplace_back(sim.of_star(sim.mag, s));
      std::vector<QualityBits> quality = sim.of_star(sim.quality, s);
      const std::vector<double> shift(sim.n_frame, anchor - offsets.shift_mag[g][s]);
      corrections.correct_star(sim.star_columns(s), sim.star_mag[s], sim.of_star(sim.x_px, s),
                               sim.of_star(sim.y_px, s), mag, quality, shift);
    }
  }
  return out;
}

}  // namespace skyweft::support
