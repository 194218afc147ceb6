// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "calib/calibrate_config.hpp"
#include "calib/masters.hpp"
#include "core/grid.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

using CorrectionBits = std::uint32_t;

/// What can be done to a frame, one bit each.
namespace correction {
inline constexpr CorrectionBits bias = 1u << 0;
inline constexpr CorrectionBits dark = 1u << 1;
inline constexpr CorrectionBits flat = 1u << 2;
inline constexpr CorrectionBits linearity = 1u << 3;
inline constexpr CorrectionBits shutter = 1u << 4;
inline constexpr CorrectionBits bad_pixels = 1u << 5;
}  // namespace correction

/// The names of the set bits joined by '|', e.g. "dark|flat"; empty for 0.
std::string correction_names(CorrectionBits bits);

/// Masters of one kind of frame, ready for all frames that use them: only those that are wanted
/// and exist, with their masks joined into one plane that each frame reads instead of all of them.
struct PreparedMasters {
  Masters use;
  MasterView joined;  ///< mask only; covers what all masters cover; empty without masters
};

/// The masters that `config` wants; the others are empty.
Masters wanted_masters(const Masters& masters, const CalibConfig& config);

/// What all masters cover of the full detector's frame; empty without masters. Collective: no.
PixelBox common_box(const Masters& masters);

/// Joins the masks of `wanted` masters inside `box` into `out` [ny][nx]: their bits, saturation
/// becoming FAULT, and LOWFLAT where the flat is below config.low_flat or not a number. `box` may
/// be any part of common_box(), so that the ranks of a node can share the rows and the memory.
/// Collective: no. Throws Error{bad_input} as MasterView::window.
void join_masks(const Masters& wanted, const CalibConfig& config, const PixelBox& box,
                std::span<MaskBits> out);

/// Prepares masters in the memory of `storage`, which must outlive the result, as must the
/// masters. Do it once for all frames of a kind. Collective: no. Throws Error{bad_input} with the
/// test "window" when two masters have no pixel in common.
PreparedMasters prepare_masters(const Masters& masters, const CalibConfig& config, Mask& storage);

}  // namespace skyweft::calib
