// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "phot/apertures.hpp"
#include "steps/frame_work.hpp"

namespace skyweft::steps {

/// The relative rms of scintillation in this exposure; 0 without a telescope's diameter.
double scintillation_of(const FrameWork& work, const FrameOptions& options);

/// Fills the extra columns noise_*_e that were asked for: the parts of the middle aperture's error
/// (phot/noise_budget.hpp), with dark current, bias and flat errors from the masters at each star.
/// Collective: no. Throws: never.
void keep_noise_columns(FrameWork& work, const FrameGivens& givens, const FrameOptions& options,
                        const phot::ApertureConfig& config, double scintillation_rel);

}  // namespace skyweft::steps
