// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "calib/regions.hpp"
#include "sky/wcs.hpp"
#include "steps/masked_pixels.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void mask_sky(FrameWork& work, const FrameGivens& givens, const FrameOptions&) {
  if (givens.regions.empty()) return;
  const std::int64_t n =
      calib::mark_regions(work.frame.mask, givens.regions,
                          [&](const PixelPos& at) { return sky::to_sky(work.record.wcs, at); });
  work.record.n_masked = count_masked(work.frame.mask);
  work.history.push_back(fmt::format("user's regions: {} pixels", n));
}

}  // namespace skyweft::steps
