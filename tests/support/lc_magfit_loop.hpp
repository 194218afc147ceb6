// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "lc/magfit_correct.hpp"
#include "lc/reference.hpp"
#include "support/lc_simulation.hpp"

namespace skyweft::support {

struct MagfitOutcome {
  std::vector<lc::FrameFit> fits;
  lc::Reference reference;
  std::vector<std::vector<float>> mag;  ///< [star][frame] corrected
  std::vector<std::vector<QualityBits>> quality;
  int rounds = 0;
  bool is_converged = false;
};

/// Magnitude fitting as workflows/stages/magfit.cpp drives it, with frame 0 as first reference.
inline MagfitOutcome run_magfit(const LcSimulation& sim, const lc::MagfitConfig& config,
                                std::span<const std::uint8_t> excluded = {}) {
  const lc::MagfitModel model = lc::magfit_model(config);
  lc::Reference first = lc::reference_from_frame(sim.frame(0), config);
  for (std::size_t s = 0; s < excluded.size(); ++s) {
    if (excluded[s] != 0) first.used[s] = 0;
  }
  MagfitOutcome out;
  out.reference = first;
  for (out.rounds = 1; out.rounds <= config.max_iterations; ++out.rounds) {
    out.fits.clear();
    out.mag.clear();
    out.quality.clear();
    for (std::size_t f = 0; f < sim.n_frame; ++f)
      out.fits.push_back(lc::fit_frame(sim.frame(f), sim.frame_columns(), sim.star_mag,
                                       out.reference, model, config));
    std::vector<lc::StarStatistic> statistics;
    for (std::size_t s = 0; s < sim.n_star; ++s) {
      out.mag.push_back(sim.of_star(sim.mag, s));
      out.quality.push_back(sim.of_star(sim.quality, s));
      lc::correct_star(out.fits, model, sim.star_columns(s), sim.star_mag[s],
                       sim.of_star(sim.x_px, s), sim.of_star(sim.y_px, s), out.mag.back(),
                       out.quality.back());
      statistics.push_back(lc::star_statistic(out.mag.back()));
    }
    lc::Reference next = lc::assemble_reference(statistics, sim.star_mag, config, excluded);
    lc::anchor_reference(next, first);
    out.is_converged = lc::converged(out.reference, next, config);
    out.reference = std::move(next);
    if (out.is_converged) return out;
  }
  --out.rounds;
  return out;
}

}  // namespace skyweft::support
