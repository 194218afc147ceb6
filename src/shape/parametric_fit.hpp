// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "shape/star_input.hpp"

namespace skyweft::shape {

/// How a Gaussian or Moffat map is fitted to pixels. The section [shape] holds what users choose.
struct ParametricConfig {
  PsfKind kind = PsfKind::gaussian;  ///< or moffat
  PsfView view = PsfView::psf;
  std::string terms = "O2{u,v}";  ///< of S, D, K (and β); the first is the constant
  double start_fwhm_px = 2.5;     ///< within a factor of two of the truth
  double reach_px = 0.0;          ///< pixels up to here from the star; 0: 2.5 FWHM, a Moffat 4
  std::int64_t max_stars = 1000;  ///< the brightest usable ones; 0: all
  double min_snr = 50.0;
  int max_rounds = 50;        ///< of the non-linear fit
  double tolerance = 1e-6;    ///< largest relative change of S, D, K, β at a star in the end
  double pixel_reject = 8.0;  ///< sigma; of a star that fits worse, in units of its residuals
  double star_reject = 10.0;  ///< times the median χ² per pixel of the stars
  int reject_rounds = 3;
  bool smooth_variances = true;  ///< parametric_weights.hpp; false: take the frame's
};

struct ParametricFit {
  PsfMap map;                      ///< kind none where no star is usable
  std::vector<std::int64_t> star;  ///< that took part in the shape, by index
  std::vector<double> flux_e;      ///< of these
  std::vector<double> chi2_pixel;  ///< of these: χ² per pixel of the window
  std::vector<double> covariance;  ///< [n][n] of map.coefficient, fluxes marginalised; not scaled
  std::int64_t n_rejected_pixel = 0;
  std::int64_t n_rejected_star = 0;
};

/// Fits S, D, K (and β) of all stars of a frame at once, as expansions in `config.terms`, to the
/// pixels around the brightest usable ones.
///
/// Minimises Σ (v − B − Σ F φ)² / V over the pixels, φ integrated exactly over each (see
/// ProfilePixels). Fluxes are linear and eliminated (variable projection, Golub & Pereyra 1973,
/// with Kaufman's 1975 Jacobian), so that only the coefficients are unknown to Levenberg–Marquardt.
/// All listed stars whose windows overlap one in use take part with a flux of their own; where
/// windows share a pixel its background is the mean of theirs. Unusable pixels are left out; so
/// are, as shapes, stars with such a pixel within half a FWHM (+ ½ px) of the centre, below
/// min_snr, or with a neighbour in reach that is more than 10 times as bright; of two within 0.5 px
/// only the brighter is modelled. After convergence pixels and stars that do not fit are dropped
/// and the fit repeated.
///
/// Terms are lowered until there are 3 stars per term, and when no map of ellipses comes out.
/// `converged` is false when max_rounds did not do, or the best map is no star's: a Moffat fitted
/// to Gaussians ends near β = 30 that way. Throws Error{bad_config} for wrong terms or columns.
/// Deterministic. Collective: no.
ParametricFit fit_parametric_map(const StarInput& input, const SubPixelMap& subpixels,
                                 const ParametricConfig& config);

}  // namespace skyweft::shape
