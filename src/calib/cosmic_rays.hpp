// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>

#include "core/fields.hpp"
#include "data/frame.hpp"
#include "data/source_list.hpp"

namespace skyweft::calib {

struct CosmicConfig {
  bool cosmics = false;
  double cosmic_sigma = 4.5;
  double cosmic_fraction = 0.3;
  double cosmic_contrast = 5.0;
  int cosmic_rounds = 4;
  double cosmic_min_fwhm_px = 2.0;
  double cosmic_protect_fwhm = 1.0;

  static constexpr auto fields() {
    return std::tuple{
        field("cosmics", &CosmicConfig::cosmics, "", "find cosmic rays and mark them COSMIC"),
        field("cosmic_sigma", &CosmicConfig::cosmic_sigma, "sigma",
              "a hit stands out by more than this in the Laplacian", positive),
        field("cosmic_fraction", &CosmicConfig::cosmic_fraction, "",
              "part of cosmic_sigma that is enough beside a hit", fraction),
        field("cosmic_contrast", &CosmicConfig::cosmic_contrast, "",
              "a hit is sharper than the fine structure of the image by this factor", positive),
        field("cosmic_rounds", &CosmicConfig::cosmic_rounds, "",
              "rounds of finding and cleaning at most", at_least(1)),
        field("cosmic_min_fwhm_px", &CosmicConfig::cosmic_min_fwhm_px, "px",
              "no search in frames with sharper stars, which look like hits", non_negative),
        field("cosmic_protect_fwhm", &CosmicConfig::cosmic_protect_fwhm, "FWHM",
              "pixels this near a star's centre are never marked; 0 protects none", non_negative)};
  }
};

/// What mark_cosmic_rays() did.
struct CosmicCount {
  std::int64_t n_px = 0;         ///< pixels newly marked
  int rounds = 0;                ///< rounds run, the last one often finding nothing
  std::string_view skipped = {}; /**< why there was no search: "off", "fwhm_unknown" (NaN) or
                                      "fwhm_below_limit"; empty after a search */
  bool operator==(const CosmicCount&) const = default;
};

/// Marks pixels hit by cosmic rays COSMIC (L.A.Cosmic, van Dokkum 2001, PASP 113, 1420).
///
/// In a working copy I of the signal (background included or not), V of the variance:
///   L⁺ = the Laplacian of I subsampled 2×, ¼ [0 −1 0; −1 4 −1; 0 −1 0], clipped at 0 and summed
///        back per pixel; a spike of height C gives 2 C
///   N² = med₅(V),  S = L⁺/(2N),  S' = S − med₅(S)
///   F  = max(med₃(I) − med₇(med₃(I)), 0.01 N)
/// and a pixel is hit where S' > cosmic_sigma and L⁺/F > cosmic_contrast. Its neighbours with
/// S' > cosmic_sigma are added, then theirs with S' > cosmic_fraction · cosmic_sigma; all these are
/// replaced by medians in the copy and the search is repeated. `frame.signal_e` is not changed.
/// med₅ is the median of 5×5 pixels; beyond the edge the nearest pixel is repeated.
///
/// The noise comes from the variance plane, not from √(med₅(I) + R²): the plane holds dark
/// current, flat field and masters, and stays right when the background is gone. At a hit the plane
/// holds the hit's own shot noise; its median over 5×5 does not, as the variance rises with
/// the signal and med₅ of one is then the other's. Where V = I + R², both are the same.
///
/// The contrast is the paper's. Implementations that compare S' N/F with their limit need about
/// half the number: 2.5 there is 5 here. Well-sampled noiseless Gaussian stars stay below
/// L⁺/F = 2.6 at a FWHM of 2 px, 1.5 at 2.5 px, but reach 6 at 1.5 px: hence cosmic_min_fwhm_px.
///
/// Never marked, and not counted: pixels already unusable; pixels within 2 px of a saturated one;
/// and pixels within cosmic_protect_fwhm · fwhm_px of a star's centre. A star here is an entry of
/// `stars`, unless its own fwhm_px is below 0.7 fwhm_px: sharper than any star can be, it is a
/// hit that was itself detected as a source. (An empty or NaN fwhm_px counts as a star.)
/// Unusable pixels and NaN enter the copy as the median of the usable ones around them (5×5, else
/// 9×9); saturated ones, never lower than what is around them, enter as they are.
///
/// Cost: two passes over the frame; medians only where L⁺ > 2 cosmic_sigma √min₅(V), which all hits
/// satisfy. Throws Error{internal} when the planes differ in shape. Collective: no.
CosmicCount mark_cosmic_rays(Frame& frame, const SourceList& stars, double fwhm_px,
                             const CosmicConfig& config);

}  // namespace skyweft::calib
