// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "calib/calibrate.hpp"

#include "steps/step.hpp"

namespace skyweft::steps {

void calibrate(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  work.frame =
      calib::calibrate(work.raw.adu, work.raw.mask, work.info, givens.masters, options.calibrate);
  work.raw.adu = {};
  work.raw.mask = {};
}

}  // namespace skyweft::steps
