// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/terms.hpp"
#include "data/flags.hpp"
#include "lc/epd.hpp"
#include "lc/epd_aperture.hpp"
#include "lc/epd_terms.hpp"
#include "lc/variables.hpp"

namespace skyweft::lc {

/// One star's light curves in all apertures, over all frames.
struct EpdStar {
  std::span<float> mag;              ///< [ap][frame]
  std::span<QualityBits> quality;    ///< [frame]
  std::span<const float> mag_err{};  ///< [ap][frame], for weights; else empty
  EpdOwn own{};
  std::span<const std::uint8_t> excluded{};  ///< [frame] 1: not fitted, yet corrected; or empty
};

/// Room that the fits of one star after another share.
struct EpdWork {
  EpdDesign design;
  std::vector<std::int32_t> places;     ///< [point] in the group; -1: none
  std::vector<std::uint8_t> is_bad;     ///< [point] terms not finite
  std::vector<std::int32_t> fitted;     ///< places of points to be fitted
  std::vector<std::int32_t> corrected;  ///< places of points to be corrected only
  AlignedDoubles mask;                  ///< [point] 1: fitted in some aperture
  AlignedDoubles model;                 ///< [point]
  AlignedDoubles gathered;
  std::vector<EpdAperture> apertures;
  std::vector<std::int32_t> listed;
  std::vector<double> scratch;
};

/// EPD in one observing group (science.md 3.13; Bakos et al. 2010, section 5.5): per star and
/// aperture, a least-squares fit of terms over external parameters to the magnitudes, subtracted.
///
/// All apertures of a star share the terms and their products. Terms that no star changes (airmass,
/// time, ...) are evaluated and multiplied once per group, and each star takes the points that it
/// lacks out of the products. The results of a star depend on nothing but its own numbers.
class EpdGroup {
 public:
  /// As EpdTerms. Collective: no. Throws: never.
  EpdGroup(const Terms& terms, const NamedColumns& shared, std::span<const std::int64_t> frames,
           const EpdConfig& config);

  /// The variables that EpdStar::own must give, in this order.
  const std::vector<std::string>& own_names() const noexcept { return terms_.own_names(); }

  /// Corrects the star's points in this group's frames, in place; one result per aperture.
  ///
  /// Fitted are finite magnitudes that are neither saturated, vetoed nor excluded; all finite ones
  /// are corrected. The median of the fitted points stays. An aperture with fewer fitted points
  /// than config.points_per_term for each term and signal: unchanged, all points of the group
  /// flagged epd_not_fitted. A point whose parameters are not finite is left as it is and flagged.
  /// Signals are fitted, not subtracted. Collective: no. Throws Error{internal} when columns do
  /// not have the star's shape.
  std::vector<EpdResult> detrend(const EpdStar& star, EpdWork& work) const;

 private:
  void check(const EpdStar& star) const;
  void list_points(const EpdStar& star, EpdWork& work) const;
  EpdPoints points_of(const EpdStar& star, EpdWork& work) const;
  void share_products(EpdPoints& points, EpdWork& work) const;

  EpdTerms terms_;
  EpdConfig config_;
  // Of all the group's points, when no star changes them.
  EpdDesign design_;
  std::vector<std::int32_t> places_;
  std::vector<std::uint8_t> is_bad_;
  Eigen::MatrixXd products_;
};

}  // namespace skyweft::lc
