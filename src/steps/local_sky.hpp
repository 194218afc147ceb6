// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "steps/frame_work.hpp"

namespace skyweft::steps {

/// The aperture options with the radii in pixels of this frame. Throws as phot::radii_for().
phot::ApertureConfig apertures_of(const FrameWork& work, const FrameGivens& givens,
                                  const FrameOptions& options);

/// Fills work.sky with the background at every listed star, unless it is there already.
/// Collective: no. Throws as phot::annulus_for().
void measure_sky(FrameWork& work, const phot::ApertureConfig& config);

}  // namespace skyweft::steps
