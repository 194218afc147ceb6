// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "shape/parametric_normal.hpp"
#include "shape/parametric_stars.hpp"

namespace skyweft::shape {

/// Replaces the variances of the stars' pixels by smooth ones: one straight line of variance
/// against the model's light for all, with each star's own level. A variance that follows a pixel's
/// own noise makes low pixels count more, which pulls fluxes and wings down. Pixels half as noisy
/// again keep theirs; a pixel of several stars gets what the first makes of it. Collective: no.
/// Throws: never.
void smooth_variances(ModelledStars& stars, const ParametricNormal& normal);

}  // namespace skyweft::shape
