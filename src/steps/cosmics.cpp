// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "calib/cosmic_rays.hpp"
#include "steps/masked_pixels.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void mark_cosmics(FrameWork& work, const FrameGivens&, const FrameOptions& options) {
  const calib::CosmicCount count =
      calib::mark_cosmic_rays(work.frame, work.sources, work.record.fwhm_px, options.cosmics);
  if (!options.cosmics.cosmics) return;
  work.record.n_masked = count_masked(work.frame.mask);
  work.history.push_back(
      count.skipped.empty()
          ? fmt::format("cosmic rays: {} pixels marked in {} rounds", count.n_px, count.rounds)
          : fmt::format("cosmic rays: not searched ({})", count.skipped));
}

}  // namespace skyweft::steps
