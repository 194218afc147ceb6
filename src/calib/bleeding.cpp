// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/bleeding.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

/// The mask seen along the read-out axis.
struct Lines {
  std::span<MaskBits> bits;
  std::int64_t along;   ///< step in memory along the axis
  std::int64_t across;  ///< and across it
  std::int64_t n_along;
  std::int64_t n_across;

  MaskBits& at(std::int64_t i, std::int64_t line) const {
    return bits[static_cast<std::size_t>(i * along + line * across)];
  }
  bool is(std::int64_t i, std::int64_t line, MaskBits bit) const {
    return i >= 0 && i < n_along && (at(i, line) & bit) != 0;
  }
  void leak(std::int64_t i, std::int64_t line) const {
    if (i < 0 || i >= n_along || line < 0 || line >= n_across) return;
    MaskBits& b = at(i, line);
    if ((b & mask::oversaturated) == 0) b = static_cast<MaskBits>(b | mask::leaked);
  }
};

/// Marks what the run beginning at pixel `first` of a line has reached.
void leak_from(const Lines& lines, std::int64_t first, std::int64_t line,
               const BleedConfig& config) {
  std::int64_t end = first;
  while (lines.is(end, line, mask::oversaturated)) ++end;
  std::int64_t n = 0;
  while (lines.is(first - 1 - n, line, mask::suspect)) ++n;
  for (std::int64_t k = 0; k < std::max(n, config.bleed_px); ++k) lines.leak(first - 1 - k, line);
  n = 0;
  while (lines.is(end + n, line, mask::suspect)) ++n;
  for (std::int64_t k = 0; k < std::max(n, config.bleed_px); ++k) lines.leak(end + k, line);
  if (end - first <= config.bleed_wide_px) return;
  for (std::int64_t i = first; i < end; ++i) {
    lines.leak(i, line - 1);
    lines.leak(i, line + 1);
  }
}

/// True when any of n pixels is saturated; vectorises, and nearly always says no.
bool any_saturated(const MaskBits* bits, std::int64_t n) {
  MaskBits all = 0;
  for (std::int64_t i = 0; i < n; ++i) all = static_cast<MaskBits>(all | bits[i]);
  return (all & mask::oversaturated) != 0;
}

}  // namespace

void mark_bleeding(Mask& bits, std::string_view read_out, const BleedConfig& config) {
  if (read_out != "x-" && read_out != "x+" && read_out != "y-" && read_out != "y+")
    throw Error{Errc::bad_config,
                fmt::format("the read-out direction is '{}'; give x-, x+, y- or y+", read_out)};
  const bool x = read_out.front() == 'x';
  const Lines lines{.bits = bits.pixels(),
                    .along = x ? 1 : bits.nx(),
                    .across = x ? bits.nx() : 1,
                    .n_along = x ? bits.nx() : bits.ny(),
                    .n_across = x ? bits.ny() : bits.nx()};
  for (std::int64_t iy = 0; iy < bits.ny(); ++iy) {
    const auto row = bits.row(iy);
    if (!any_saturated(row.data(), bits.nx())) continue;
    for (std::int64_t ix = 0; ix < bits.nx(); ++ix) {
      const std::int64_t i = x ? ix : iy;
      const std::int64_t line = x ? iy : ix;
      if (lines.is(i, line, mask::oversaturated) && !lines.is(i - 1, line, mask::oversaturated))
        leak_from(lines, i, line, config);
    }
  }
}

}  // namespace skyweft::calib
