// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/flags.hpp"

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
  std::vector<float> flux_err_e{};  ///< standard error of flux_e
  std::vector<float> pos_err_px{};  ///< standard error of x and of y, each
  /// Shape exp{−½[S(Δx²+Δy²) + D(Δx²−Δy²) + 2K ΔxΔy]}, 1/px²; NaN where it could not be measured.
  std::vector<float> shape_s{};
  std::vector<float> shape_d{};
  std::vector<float> shape_k{};
  std::vector<SourceBits> flags{};  ///< source_flag bits (data/flags.hpp)

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(x_px.size()); }
  bool operator==(const SourceList&) const = default;
};

}  // namespace skyweft
