// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/frame.hpp"
#include "data/subpixel_map.hpp"
#include "phot/shapes_of_stars.hpp"

namespace skyweft::phot {

struct RecentreConfig {
  std::string mode = "none";
  double min_snr = 100.0;
  double max_shift_px = 1.0;
  double isolation_fwhm = 3.0;
  std::int64_t min_stars = 3;
  bool linear = true;

  static constexpr auto fields() {
    return std::tuple{
        field("mode", &RecentreConfig::mode, "",
              "none: measure at the predicted places; common: at these moved by the mean offset of "
              "the bright stars; bright: bright stars where their own light is centred, the others "
              "moved by the mean offset",
              one_of("none|common|bright")),
        field("min_snr", &RecentreConfig::min_snr, "",
              "a star is bright from this signal to noise on", positive),
        field("max_shift_px", &RecentreConfig::max_shift_px, "px",
              "a star further than this from its place is left there and flagged", positive),
        field("isolation_fwhm", &RecentreConfig::isolation_fwhm, "FWHM",
              "a bright star has no other star within this that gives 1 % of its light or more",
              positive),
        field("min_stars", &RecentreConfig::min_stars, "",
              "with fewer bright stars there is no mean offset", at_least(1)),
        field("linear", &RecentreConfig::linear, "",
              "the offset varies linearly over the frame, from 10 bright stars on")};
  }
};

/// Where the stars of a frame are to be measured, columns [star].
struct RecentredStars {
  std::vector<double> x_px;
  std::vector<double> y_px;
  std::vector<QualityBits> quality;  ///< recentred, centroid_offset
  /// The common offset [px]: at the frame's centre, per half width, per half height; the last two
  /// are 0 for a constant one, all NaN for none.
  std::array<double, 3> shift_x_px{};
  std::array<double, 3> shift_y_px{};
  double shift_err_px = 0.0;  ///< of the constants: scatter of the bright stars / √n
  std::int64_t n_bright = 0;  ///< lone bright stars whose centres were measured
  std::int64_t n_used = 0;    ///< of them, that the offset rests on
};

/// Finds small errors of predicted places from the stars themselves.
///
/// Bright: signal to noise above the limit, no unusable pixel within 1.5 FWHM, no neighbour. Their
/// centres are fitted with their shapes (star_centre.hpp), or with a Gaussian window where a star
/// has none. The common offset is the weighted mean (or plane) of what they show, those more than 4
/// rms off left out; faint stars never follow their own noise.
///
/// All columns are [star]; `background_e` NaN or a NaN place: not bright. `is_held` (empty: nobody)
/// marks stars that stay where they are whatever happens, such as one that vanishes in an
/// occultation; they have no part in the offset either. Quality: `recentred` for each that is
/// moved; `centroid_offset` for a bright star whose centre is further than `max_shift_px` away,
/// which stays, and for all stars not held when the common offset itself is that large, and nobody
/// moves by it.
///
/// Throws Error{internal} for unequal lengths, Error{bad_input} because of "fwhm_px" when that is
/// not positive and the mode is not "none". Collective: no.
RecentredStars recentre_stars(const Frame& frame, std::span<const double> x_px,
                              std::span<const double> y_px, std::span<const double> background_e,
                              std::span<const float> catalog_mag,
                              std::span<const std::uint8_t> is_held, const StarShapes& shapes,
                              const SubPixelMap& subpixels, double fwhm_px,
                              const RecentreConfig& config = {});

}  // namespace skyweft::phot
