// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

namespace skyweft {

/// Detections of one frame as columns of equal length, brightest first.
struct SourceList {
  std::vector<double> x_px;
  std::vector<double> y_px;
  std::vector<float> flux_e;  ///< background-subtracted, in a fixed aperture of 2 FWHM radius or as
                              ///< documented by the finder
  std::vector<float> snr;     ///< of the matched filter
  std::vector<float> peak_e;  ///< above background
  std::vector<float> fwhm_px;       ///< from second moments, √(a b) · 2.3548
  std::vector<float> elongation;    ///< major / minor axis, >= 1
  std::vector<std::uint16_t> mask;  ///< mask bits (data/flags.hpp) seen in the core

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(x_px.size()); }
  bool operator==(const SourceList&) const = default;
};

}  // namespace skyweft
