// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/psf_map.hpp"
#include "shape/star_input.hpp"

namespace skyweft::shape {

struct EmpiricalPrfConfig {
  std::int64_t oversampling = 4;
  double reach_px = 4.0;
  std::string terms = "O0{u,v}";
  std::int64_t max_stars = 2000;
  double min_snr = 50.0;
  int max_rounds = 40;
  double tolerance = 1e-4;
  bool recentre = true;
  double max_shift_px = 0.2;
  double reject_sigma = 6.0;
  double smoothing = 1e-4;

  static constexpr auto fields() {
    using C = EmpiricalPrfConfig;
    return std::tuple{
        field("oversampling", &C::oversampling, "", "lines of the PRF's grid per pixel",
              between(1, 20)),
        field("reach_px", &C::reach_px, "px", "the grid ends this far from the star",
              between(1.0, 50.0)),
        field("terms", &C::terms, "",
              "how the PRF varies: terms in x, y (px), u, v (-1 to 1 over the frame), columns of "
              "the catalogue; lowered where stars are few"),
        field("max_stars", &C::max_stars, "", "brightest stars used; 0: all", non_negative),
        field("min_snr", &C::min_snr, "", "fainter stars are not used", non_negative),
        field("max_rounds", &C::max_rounds, "", "rounds of PRF, fluxes and places at most",
              between(1, 1000)),
        field("tolerance", &C::tolerance, "",
              "converged when no flux changes by more than this share, no place by this many px, "
              "or a "
              "tenth of their errors",
              positive),
        field("recentre", &C::recentre, "",
              "shift every star to where its light is; the stars as a whole stay where they are"),
        field("max_shift_px", &C::max_shift_px, "px", "a star is shifted by this at most",
              positive),
        field("reject_sigma", &C::reject_sigma, "sigma",
              "pixels further than this from the model do not count", positive),
        field("smoothing", &C::smoothing, "",
              "weight of the penalty on third differences over that of the data: bridges gaps "
              "between stars' pixel phases",
              positive)};
  }
};

struct EmpiricalPrf {
  PsfMap map;                      ///< bicubic, view prf; kind none where no star is usable
  std::vector<std::int64_t> star;  ///< that took part, by index
  std::vector<double> flux_e;      ///< of these
  std::vector<double> dx_px;       ///< shift of these, 0 without recentre
  std::vector<double> dy_px;
  std::int64_t n_rejected_star = 0;
};

/// Finds the effective PRF of strongly undersampled stars (FWHM 0.8 to 1.5 px) from their pixels:
/// every pixel is a sample of one smooth surface at its offset from the star (Anderson & King
/// 2000).
///
/// As there, PRF, fluxes and small shifts are improved in turn. Where they average samples in cells
/// and smooth the result, the surface is here the bicubic spline on the oversampled grid that fits
/// all samples best, inverse-variance weighted with 1 % of the model as the least error, so that
/// nothing is smoothed away: its error is that of the spline, at most h⁴/384 of the fourth
/// derivative in each axis (4e-4 of the peak for a FWHM of 1.2 px at 4 lines a pixel). Pixels that
/// do not fit are left out of a round, stars that do not fit for good. Light of listed neighbours
/// that share pixels is subtracted. What sensitivity inside pixels does is part of the PRF.
///
/// Places must not come from centroids of the same undersampled frame, which err with the phase in
/// the pixel; a plate solution is fine. Shifts are kept free of the terms, which the PRF could not
/// tell from its own. `start_fwhm_px` says what the core is (masked pixels, signal-to-noise) and
/// nothing else. Terms are lowered until there are 10 stars per term and the fit succeeds. Throws
/// Error{bad_config} for wrong terms or columns. Deterministic. Collective: no.
EmpiricalPrf fit_empirical_prf(const StarInput& input, double start_fwhm_px,
                               const EmpiricalPrfConfig& config);

}  // namespace skyweft::shape
