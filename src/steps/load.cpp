// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "io/fits.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void load(FrameWork& work, const FrameGivens&, const FrameOptions&) {
  work.raw = io::read_image(work.info.path, work.info.layout);
}

}  // namespace skyweft::steps
