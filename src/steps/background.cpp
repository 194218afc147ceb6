// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "detect/background.hpp"

#include "steps/step.hpp"

namespace skyweft::steps {

void background(FrameWork& work, const FrameGivens&, const FrameOptions& options) {
  detect::estimate_background_into(work.background, work.frame, options.background);
  work.record.bg_e = work.background.median_level_e;
  work.record.bg_rms_e = work.background.median_rms_e;
}

}  // namespace skyweft::steps
