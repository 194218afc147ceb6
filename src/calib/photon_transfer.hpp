// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/grid.hpp"
#include "core/units.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

struct PhotonTransferConfig {
  double clip_sigma = 4.0;
  int max_rounds = 10;
  std::int64_t box_px = 64;
  double quantum_adu = 1.0;
  double saturated_fraction_max = 0.001;
  bool curvature = true;
  double fit_fraction = 0.8;

  static constexpr auto fields() {
    using C = PhotonTransferConfig;
    return std::tuple{
        field("clip_sigma", &C::clip_sigma, "sigma",
              "drop differences of two frames further out than this", between(3.0, 20.0)),
        field("max_rounds", &C::max_rounds, "", "clipping rounds at most", non_negative),
        field("box_px", &C::box_px, "px", "side of the boxes noise is measured in", at_least(8)),
        field("quantum_adu", &C::quantum_adu, "adu",
              "step of the digitised values, whose variance is removed; 0: none", non_negative),
        field("saturated_fraction_max", &C::saturated_fraction_max, "",
              "leave out boxes with more saturated pixels", fraction),
        field("curvature", &C::curvature, "",
              "let variance bend with the level (brighter-fatter effect) where four levels or more "
              "are there"),
        field("fit_fraction", &C::fit_fraction, "",
              "fit up to this part of the level where variance turns over", fraction)};
  }
};

/// Level and noise of one pair of equal frames in one box.
struct PairNoise {
  double level_adu = kNaN;            ///< above bias, of one frame
  double variance_adu2 = kNaN;        ///< of one frame at that level; NaN: not usable
  double variance_error_adu2 = kNaN;  ///< its standard error, √(2/(n−1)) of it
  double ratio = 1.0;                 ///< what the second frame was multiplied with
  double clipped_sigma_adu = kNaN;    ///< of the difference after clipping, nothing corrected
  std::int64_t n_px = 0;              ///< pixels that were used
};

/// Cuts a region into boxes of about `box_px` pixels a side, none smaller than half of that when
/// the region is not; every pixel is in one box. Collective: no. Throws: never.
std::vector<PixelBox> boxes_of(const PixelBox& region, std::int64_t box_px);

/// Measures the noise of a frame from the difference of two, in which fixed structure cancels.
///
/// `first` and `second` are [ny][nx] ADU above bias; masks may be empty, pixels with an unusable
/// bit are left out. `scaled` multiplies the second frame by the ratio r of the medians first:
/// (σ² of a − r b)/(1 + r²) is the variance at the level (S_a + r² S_b)/(1 + r²), exactly, when
/// variance is linear in level; fixed structure then also cancels when a lamp or the sky changed.
/// Outliers (cosmic rays) are clipped, the variance is corrected for the Gaussian tails lost with
/// them, and quantum²/12 is removed (Janesick 2007, "Photon Transfer", ch. 5).
/// The variance is NaN when fewer than 16 pixels are usable, more than saturated_fraction_max of
/// them are saturated, or r is not within 0.5 … 2. Throws Error{internal} for unequal shapes or a
/// box outside of them. Collective: no.
PairNoise pair_noise(const Grid<float>& first, const Grid<float>& second, const Mask& first_mask,
                     const Mask& second_mask, const PixelBox& box, bool scaled,
                     const PhotonTransferConfig& config);

/// The medians of level and variance over the usable boxes of one pair; NaN when there is none.
PairNoise typical_noise(std::span<const PairNoise> boxes);

/// What is left of a Gaussian's variance after clipping at `clip_sigma` of the clipped sigma until
/// nothing changes: the c² that solves c² = 1 − 2 k φ(k)/erf(k/√2), k = clip_sigma c.
double clipped_variance_share(double clip_sigma);

/// The level at which variance is greatest before it falls by more than a fifth and 5 standard
/// errors: pixels are full there. One entry per pair; NaN when variance never falls.
double turnover_adu(std::span<const PairNoise> pairs);

/// A gain and a read noise with standard errors.
struct PhotonTransfer {
  double gain_e_per_adu = kNaN;
  double gain_error_e_per_adu = kNaN;
  double read_noise_adu = kNaN;  ///< without the noise of digitisation
  double read_noise_e = kNaN;
  double read_noise_error_e = kNaN;
  double curvature = kNaN;        ///< b, without unit; NaN when it was not fitted
  double curvature_error = kNaN;  ///< its standard error
  double chi2_per_dof = kNaN;
  std::int64_t n_used = 0;  ///< boxes of flat pairs in the fit
};

/// Fits σ² = σ_R² + S/g − b S² to boxes of bias pairs (S = 0) and flat pairs.
///
/// Every point has the weight of the standard error that the fitted variance gives it, √(2/(n−1))
/// σ²; its own variance would favour points that came out low. Points further than 5 times the rms
/// from the fit are dropped. b is fitted when config.curvature and four levels 5 % apart are there.
/// Levels above fit_fraction × `full_well_adu` (NaN: no limit) are left out. The read noise comes
/// from bias pairs alone where there are some. Errors are those of the weights, enlarged when χ²
/// says that they are too small (by more than 3 of its standard deviations).
/// Throws Error{bad_input} because of "flat_boxes" when no flat point is left, Error{numeric}
/// because of "variance_slope" when variance does not rise with level. Collective: no.
PhotonTransfer fit_photon_transfer(std::span<const PairNoise> bias,
                                   std::span<const PairNoise> flats, double full_well_adu,
                                   const PhotonTransferConfig& config);

/// The two-bias two-flat estimate (Janesick 2001, "Scientific Charge-Coupled Devices", sect. 2.2):
/// g = (f₁ + f₂ − b₁ − b₂)/(σ²(f₁−f₂) − σ²(b₁−b₂)), R = g σ(b₁−b₂)/√2. Levels and sigmas in ADU,
/// `n_px` pixels each for the errors. NaN when the flats are not noisier. Collective: no.
PhotonTransfer gain_of_two_pairs(double flat_sum_adu, double bias_sum_adu,
                                 double flat_difference_sigma_adu, double bias_difference_sigma_adu,
                                 std::int64_t n_px);

}  // namespace skyweft::calib
