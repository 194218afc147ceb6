// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "io/camera_layout.hpp"

namespace skyweft::io {

/// Makes one amplifier of each HDU as its sections say: data and overscan from the HDU's sections,
/// the place in the frame from its detector section relative to the lowest corner of all, which
/// gives the window. Leaves `layout` without amplifiers when a single HDU is all data.
///
/// `hdus` are the HDUs' places in the raw image; layout's sizes and binning are set.
/// Without usable detector sections several HDUs lie on top of each other, which is a doubt.
/// Throws Error{bad_input} only as HeaderView::text() does.
void take_sections(std::span<const HeaderView> views, std::span<const PixelBox> hdus,
                   const PreparedCamera& camera, FrameLayout& layout, Doubts& doubts);

}  // namespace skyweft::io
