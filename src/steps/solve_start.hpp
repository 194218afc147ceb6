// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "sky/solve.hpp"
#include "steps/frame_work.hpp"

namespace skyweft::steps {

/// A solution to begin with, and where it is from: "previous" or "header".
struct Start {
  Wcs wcs;  ///< empty: there is none
  std::string_view from;

  const Wcs* get() const noexcept { return wcs.valid() ? &wcs : nullptr; }
};

/// The frame before or another channel of the exposure, else another frame of the same detector,
/// else what the frame's own header states (which is read now). Never throws for a bad header.
Start start_of(const FrameWork& work, const FrameGivens& givens);

/// Where the frame should be: its header's pointing or the field's centre, at the scale of the
/// start where there is one, else of the header. Nothing when pointing or scale is unknown.
std::optional<sky::SolveHint> hint_of(const FrameWork& work, const FrameGivens& givens,
                                      const Start& start);

}  // namespace skyweft::steps
