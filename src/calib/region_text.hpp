// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "calib/regions.hpp"

namespace skyweft::calib {

/// Reads regions, one a line or between semicolons: a DS9 region file, or the short form.
///
/// DS9: `image` or `physical` (taken as the same; pixels count from 1, and lose it here), `fk5`,
/// `j2000` or `icrs` (taken as the same, 0.03″ apart at most), then `circle(x,y,r)`,
/// `annulus(x,y,r_in,…,r_out)`, `ellipse(x,y,a,b,angle)`, `box(x,y,w,h,angle)`,
/// `polygon(x1,y1,x2,y2,…)`; a minus sign before a shape excludes it. Sizes take ″ ("), ′ (') or d;
/// without, they are pixels or (on the sky) degrees. Positions are degrees, hh:mm:ss dd:mm:ss,
/// 1h2m3s 4d5m6s. `global` lines and everything after # are skipped.
///
/// Short form, before any word such as `image`: no brackets, pixels count from 0, sizes on the sky
/// need a unit: `circle 512 300 40`, `circle 31.0427d 46.688d 30"`, `-box 10 10 5 5 45`.
///
/// Throws Error{bad_config} with the number of the line for anything else, among it shapes without
/// an area (line, point, text), other sky systems, sizes <= 0, pixels beyond 1e9, more than 10000
/// corners, polygons on the sky larger than a hemisphere. Collective: no.
std::vector<Region> parse_regions(std::string_view text);

/// Reads a list of bad pixels, counted from 0: lines `x y`, `column x`, `row y`, `box x0 x1 y0 y1`
/// (both ends belong to it); # begins a comment. Throws Error{bad_config} with the number of the
/// line for anything else. Collective: no.
std::vector<PixelBox> parse_pixel_list(std::string_view text);

}  // namespace skyweft::calib
