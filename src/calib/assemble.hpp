// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "calib/overscan.hpp"
#include "core/grid.hpp"
#include "core/units.hpp"
#include "data/flags.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::calib {

/// Levels on which a raw value is judged; NaN: not at all.
struct RawLimits {
  double saturation_adu = kNaN;  ///< at or above: OVERSATURATED
  double suspect_adu = kNaN;     ///< at or above: SUSPECT
  double nonlinear_adu = kNaN;   ///< above: NONLINEAR
};

/// The levels of one amplifier; what it leaves NaN is as `info` says. Collective: no.
RawLimits raw_limits(const Amplifier& amplifier, const FrameInfo& info, double suspect_fraction);

/// Sets the bits that the limits ask for, and NODATA where a value is not finite, of raw values
/// that need no assembling. `adu` and `bits` are equally long. Collective: no. Throws: never.
void judge_raw(std::span<const float> adu, const RawLimits& limits, std::span<MaskBits> bits);

struct Assembled {
  Grid<float> adu;                      ///< [ny][nx] above overscan
  Mask mask;                            ///< [ny][nx]; as given where the raw image is the frame
  std::vector<OverscanLevel> overscan;  ///< one per amplifier; empty: the raw image is the frame
};

/// Throws Error{bad_input} because of "section" unless every amplifier's data lies in the raw image
/// and is as large as its place in the frame, and the places lie in the frame and apart; because of
/// "raw_nx" or "raw_ny" when the raw image is not as large as `info` says (0: nothing said).
/// Collective: no.
void check_sections(const FrameInfo& info, std::int64_t raw_nx, std::int64_t raw_ny);

/// Trims, flips and joins the amplifiers of a raw image and subtracts their overscan.
///
/// `raw` is [raw_ny][raw_nx] in ADU, `raw_mask` alike or empty. Bits of the raw mask travel with
/// their pixels; saturation, SUSPECT and NONLINEAR are judged on raw values (raw_limits()). Pixels
/// that are NODATA or not finite, and those no amplifier fills, get NODATA and the value 0.
/// Without amplifiers both grids are handed through as they are: nothing is copied and nothing
/// judged, which calibrate() does in its own pass.
///
/// Throws as check_sections() and fit_overscan() do, with the amplifier's name. Collective: no.
Assembled assemble(Grid<float>&& raw, Mask&& raw_mask, const FrameInfo& info,
                   double suspect_fraction, const OverscanConfig& config);

/// The raw row that holds the amplifier's row of the frame. Collective: no.
std::int64_t raw_row_of(const Amplifier& amplifier, std::int64_t frame_row) noexcept;

/// A run of rows of the raw image.
struct RawRows {
  std::int64_t first = 0;
  std::int64_t n = 0;  ///< 0: the amplifier has no part in these rows of the frame
};

/// Which raw rows hold the amplifier's part of frame rows first_row … first_row + n_row − 1.
/// Collective: no.
RawRows raw_rows_of(const Amplifier& amplifier, std::int64_t first_row,
                    std::int64_t n_row) noexcept;

/// Places one amplifier's part of a strip as assemble() would, to the last bit.
///
/// `raw_rows` is [rows.n][raw_nx], NaN for unmeasured pixels, with rows = raw_rows_of(amplifier,
/// first_row, out.ny()); `level` is of this amplifier (fit_overscan()); `out` and `bits` are
/// [n_row][nx] and stand for frame rows from first_row on. Writes the amplifier's pixels only: fill
/// `out` with 0 and `bits` with mask::no_data first. Throws Error{internal} when the shapes do not
/// fit. Collective: no.
void place_rows(std::span<const float> raw_rows, const RawRows& rows, std::int64_t raw_nx,
                const Amplifier& amplifier, const OverscanLevel& level, const RawLimits& limits,
                std::int64_t first_row, Grid<float>& out, Mask& bits);

}  // namespace skyweft::calib
