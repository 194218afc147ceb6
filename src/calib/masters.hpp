// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/units.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

/// A master frame in borrowed memory (which the ranks of a node may share): [ny][nx], row-major.
/// Bias and dark are in ADU, the flat is relative with median 1, a shutter map is in seconds;
/// errors are standard deviations in the same unit, a
/// dark's without that of the bias it was made with. `error` and `mask` may be empty: no error,
/// nothing masked. A map of bad pixels has a mask only.
struct MasterView {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::span<const float> value;
  std::span<const float> error;
  std::span<const MaskBits> mask;
  double exposure_s = 0.0;      ///< of a dark; not used for the others
  double temperature_c = kNaN;  ///< of a dark
  bool shares_bias = false;     ///< of a dark: made with the very bias it is used with
  std::int64_t x0 = 0;          ///< where its pixel (0,0) lies in the full detector's frame,
  std::int64_t y0 = 0;          ///< in binned pixels
  std::int64_t row_stride = 0;  ///< pixels from one row to the next in all planes; 0: nx

  bool empty() const noexcept { return value.empty() && mask.empty(); }
  std::int64_t stride() const noexcept { return row_stride > 0 ? row_stride : nx; }
  /// What it covers of the full detector's frame.
  PixelBox box() const noexcept { return {x0, y0, x0 + nx, y0 + ny}; }

  /// Row iy of one of its planes, nx values; empty where there is no such plane.
  template <class T>
  std::span<const T> row(std::span<const T> plane, std::int64_t iy) const {
    if (plane.empty()) return {};
    return plane.subspan(static_cast<std::size_t>(iy * stride()), static_cast<std::size_t>(nx));
  }

  /// The cut of nx_cut × ny_cut pixels whose first one is (x0_cut, y0_cut) of the full detector's
  /// frame, in the same memory. Throws Error{bad_input} with the test "window" when a part of it
  /// is not covered. Collective: no.
  MasterView window(std::int64_t x0_cut, std::int64_t y0_cut, std::int64_t nx_cut,
                    std::int64_t ny_cut) const;
};

/// The masters of one kind of frame; those that do not exist are empty.
struct Masters {
  MasterView bias;
  MasterView dark;
  MasterView flat;
  MasterView shutter{};     ///< extra exposure δ in seconds: a pixel saw τ + δ
  MasterView bad_pixels{};  ///< mask only
};

}  // namespace skyweft::calib
