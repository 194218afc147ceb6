// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/named_columns.hpp"
#include "data/frame.hpp"

namespace skyweft::shape {

/// The stars of one frame, [star] each.
struct StarInput {
  const Frame* frame = nullptr;               ///< signal with its background
  std::span<const double> x_px, y_px;         ///< NaN: not there
  std::span<const double> background_e;       ///< per pixel, below each star
  std::span<const double> flux_e;             ///< roughly; NaN where unknown
  std::span<const std::uint8_t> may_shape{};  ///< 0: never used for the shape; empty: all may
  const NamedColumns* columns = nullptr;      ///< [star] variables of the terms
};

}  // namespace skyweft::shape
