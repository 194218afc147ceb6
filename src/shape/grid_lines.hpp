// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "shape/shape_config.hpp"

namespace skyweft::shape {

/// The configuration with grid lines in pixels: with grid = "fwhm" ten lines an axis at 0.3, 0.9,
/// 1.6, 2.5 and 3.8 FWHM to both sides, close where the shape bends and far enough out that a
/// seeing disc keeps 99 % of its light (Moffat 1969, beta 2.5) inside. Collective: no. Throws:
/// never; a width that is not positive counts as 2.5 px.
ShapeConfig with_grid(ShapeConfig config, double fwhm_px);

}  // namespace skyweft::shape
