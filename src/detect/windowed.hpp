// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/units.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/stamp.hpp"
#include "detect/star_shape.hpp"

namespace skyweft::detect {

/// A Gaussian window of `fwhm_px`, made once for many stars.
class StarWindow {
 public:
  /// The square of the window reaches 4 sigma, at least 2 and at most 52 px.
  explicit StarWindow(double fwhm_px);

  double fwhm_px() const noexcept { return fwhm_px_; }
  double sigma_px() const noexcept { return sigma_px_; }
  int radius() const noexcept { return static_cast<int>(table_.size()) - 1; }
  /// exp(−i²/(2 sigma²)), i = 0…radius.
  const std::vector<double>& table() const noexcept { return table_; }

 private:
  double fwhm_px_, sigma_px_;
  std::vector<double> table_;
};

/// What one star looks like through a Gaussian window.
struct WindowedStar {
  double x_px = kNaN;
  double y_px = kNaN;
  Covariance shape{};        ///< the window divided out (unwindowed())
  double pos_err_px = kNaN;  ///< standard error of x and of y, from the pixels' variances
  bool converged = false;    ///< otherwise x, y, shape are those at the starting point
};

/// Centres a Gaussian window on the star: x ← x + 2 Σ w I (x'−x)/Σ w I until it moves less than
/// 1e-4 px, at most 16 times (SExtractor XWIN; science.md 3.7), and takes second moments there.
///
/// Unusable pixels and pixels off the frame are left out together with their mirror image about the
/// middle pixel; saturated pixels are used as they are. Not converged: it left the starting point
/// by more than `max_shift_px` or found no light. `scratch` is used as memory and holds the last
/// stamp, which reaches 2 FWHM of the window and half a pixel further than the centre.
///
/// The error of one axis is √(Σ w² Δ² σ²) (w²+v)/(w² Σ w I), with w² the window's and v the star's
/// variance: how the root of Σ w I Δ = 0 moves with the noise. For v = w² and equal σ it is the
/// Cramér–Rao bound √2 sigma/(S/N). Collective: no. Throws: never.
WindowedStar windowed_star(const Frame& frame, const Background& background, double x_px,
                           double y_px, const StarWindow& window, double max_shift_px,
                           Stamp& scratch);

}  // namespace skyweft::detect
