// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "core/fields.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

struct BleedConfig {
  std::int64_t bleed_px = 2;
  std::int64_t bleed_wide_px = 5;

  static constexpr auto fields() {
    return std::tuple{
        field("bleed_px", &BleedConfig::bleed_px, "px",
              "pixels before and behind a saturated run, along the read-out, marked LEAKED; more "
              "while they are SUSPECT",
              non_negative),
        field("bleed_wide_px", &BleedConfig::bleed_wide_px, "px",
              "saturated runs longer than this have their neighbours on both sides marked LEAKED",
              non_negative)};
  }
};

/// Marks the pixels that charge from saturated ones may have reached as LEAKED.
///
/// A run is a stretch of OVERSATURATED pixels along the read-out axis, the first letter of
/// `read_out` ("y-": charge moves towards smaller y; it spills both ways). Beyond each end the next
/// bleed_px pixels are marked, or all that are SUSPECT without a gap if these are more; runs longer
/// than bleed_wide_px also mark the pixels to both sides. Saturated pixels stay as they are and
/// leak whatever other bits they have. Reads OVERSATURATED and SUSPECT and writes LEAKED alone, so
/// doing it twice changes nothing. Throws Error{bad_config} for another read-out. Collective: no.
void mark_bleeding(Mask& bits, std::string_view read_out, const BleedConfig& config);

}  // namespace skyweft::calib
