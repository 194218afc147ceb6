// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "steps/frame_work.hpp"

namespace skyweft::steps {

/// The sensitivity inside pixels that the frame's givens name; even when they name none.
inline const SubPixelMap& subpixels_of(const FrameGivens& givens) {
  static const SubPixelMap kEven;
  return givens.subpixels != nullptr ? *givens.subpixels : kEven;
}

}  // namespace skyweft::steps
