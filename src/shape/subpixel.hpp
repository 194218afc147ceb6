// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "data/subpixel_map.hpp"

namespace skyweft::shape {

/// A sub-pixel map by name: "uniform"; "bayer-XY" with X, Y of 0 and 1, the quarter of the pixel
/// that a colour filter leaves open ("bayer-10": right, lower); "bayer" is "bayer-00". Nothing for
/// any other name, which is then a file's. Collective: no. Throws: never.
std::optional<SubPixelMap> named_subpixel_map(std::string_view name);

/// Makes a map of sensitivities in any unit, rows along x, by dividing them by their mean.
/// Collective: no. Throws Error{bad_config} with test "subpixel_sensitivity" (finite, not negative)
/// or "subpixel_mean" (positive), also for no sensitivities at all.
SubPixelMap subpixel_map(Grid<double> sensitivity);

}  // namespace skyweft::shape
