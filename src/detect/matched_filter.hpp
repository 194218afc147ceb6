// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/grid.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

/// Half of the filter's Gaussian K, exp(-r²/(2 s²)) at r = 0…radius along one axis, with
/// s = `fwhm_px`/2.3548; cut at 3 s rounded to a whole pixel, at least 1.
std::vector<float> half_gaussian(double fwhm_px);

/// The matched filter of some columns of a frame, row after row from the top (science.md 3.7).
///
/// For a star centred on a pixel the numerator Σ K (I−B)/σ² and the weight Σ K²/σ² give the S/N
/// numerator/√weight. Pixels that are unusable, not finite (or beyond 1e30), without positive
/// variance or off the frame have no weight. A row's values do not depend on which columns are
/// asked for. Cost: 8·(radius of K) multiply-adds per pixel.
class FilteredRows {
 public:
  /// Columns x0 <= x < x1 of rows y0, y0 + 1, …; they must lie on the frame, which must outlive
  /// this object as must the background.
  FilteredRows(const Frame& frame, const Background& background, double fwhm_px, std::int64_t x0,
               std::int64_t x1, std::int64_t y0);

  /// Writes the next row: x1 − x0 values each. Collective: no. Throws: never.
  void next(float* numerator, float* weight);

 private:
  void take_in(std::int64_t y);
  float* kept(std::vector<float>& rows, std::int64_t y);

  const Frame& frame_;
  const Background& background_;
  std::vector<float> k_, k2_;
  std::int64_t radius_, x0_, nx_, y_, y_in_;
  std::vector<float> data_, weight_;            ///< one row, padded by the radius on both sides
  std::vector<float> data_rows_, weight_rows_;  ///< 2 radius + 1 rows filtered along x
  std::vector<float> zeros_;                    ///< a row beyond the frame
};

/// Signal-to-noise of a point source centred on each pixel, numerator/√weight of FilteredRows over
/// `noise_scale` (>= 1: pixels scatter that much more than their variance says); 0 without weight.
/// Collective: no. Throws: never.
Grid<float> matched_filter_snr(const Frame& frame, const Background& background, double fwhm_px,
                               double noise_scale);

}  // namespace skyweft::detect
