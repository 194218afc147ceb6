// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "support/lc_magfit_groups.hpp"

namespace skyweft::lc {
namespace {

using support::frames_of;
using support::LcSimulation;
using support::run_grouped_magfit;
using support::simulate_lc;

/// Three cameras: 20 frames each of one sky, and the second sees the middle third of the stars not
/// at all.
std::vector<LcSimulation> three_cameras() {
  const LcSimulation sim =
      simulate_lc({.n_frame = 60, .n_star = 150, .clouds = 0.0, .absent_share = 0.0});
  std::vector<LcSimulation> out{frames_of(sim, 0, 20), frames_of(sim, 20, 20),
                                frames_of(sim, 40, 20)};
  for (std::size_t f = 0; f < 20; ++f)
    for (std::size_t s = 50; s < 100; ++s) {
      out[1].mag[f * sim.n_star + s] = NAN;
      out[1].quality[f * sim.n_star + s] = quality::not_measured;
    }
  return out;
}

TEST(MagfitGroups, ForgetAConstantAddedToAllMagnitudesOfACamera) {
  const std::vector<LcSimulation> cameras = three_cameras();
  const auto before = run_grouped_magfit(cameras, {});
  for (std::size_t moved = 0; moved < 3; ++moved) {
    std::vector<LcSimulation> shifted = cameras;
    for (float& m : shifted[moved].mag) m += 0.5f;  // exact, see simulate_lc
    const auto after = run_grouped_magfit(shifted, {});
    for (std::size_t g = 0; g < 3; ++g)
      for (std::size_t s = 0; s < cameras[g].n_star; ++s)
        for (std::size_t f = 0; f < cameras[g].n_frame; ++f) {
          if (!std::isfinite(before[g][s][f])) continue;
          // Corrected magnitudes, and the medians the levels come from, are rounded to floats: a
          // step between 8 and 16 mag is 9.5e-7, and there are two roundings of each.
          ASSERT_NEAR(after[g][s][f], before[g][s][f], 4e-6) << moved << ' ' << g << ' ' << s;
        }
  }
}

TEST(MagfitGroups, AgreeOnEveryStarAndWithTheCatalogue) {
  const std::vector<LcSimulation> cameras = three_cameras();
  const auto out = run_grouped_magfit(cameras, {});
  std::vector<double> differences;
  std::vector<double> from_catalog;
  for (std::size_t s = 0; s < cameras[0].n_star; ++s) {
    const double first = star_statistic(out[0][s]).median;
    const double third = star_statistic(out[2][s]).median;
    differences.push_back(third - first);
    from_catalog.push_back(cameras[0].star_mag[s] - first);
  }
  // Medians of 150 stars' differences. Each star's: gauges of two reference frames, whose own
  // second-order terms of 0.03 mag per coefficient (simulate_lc) stay in the magnitudes and are
  // zero on average only; five of them, sqrt(5)·0.03·sqrt(2) = 0.1 mag between two frames, of
  // which the constant alone is solved. The medians are zero by construction up to the stars that
  // are not common to all, a third of them: 0.1/sqrt(50).
  EXPECT_LT(std::abs(median_of_finite(differences)), 0.05);
  EXPECT_LT(std::abs(median_of_finite(from_catalog)), 0.1);
}

}  // namespace
}  // namespace skyweft::lc
