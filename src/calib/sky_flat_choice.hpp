// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "calib/sky_flat_config.hpp"
#include "calib/sky_flat_stamp.hpp"
#include "core/units.hpp"

namespace skyweft::calib {

/// The great-circle distance of each frame to the nearest other one; NaN for a frame without a
/// pointing and for the only frame that has one. Collective: no. Throws: never.
std::vector<Angle> nearest_separations(std::span<const std::optional<SkyPos>> pointings);

/// 1 for each frame that points nearer than `min_separation` to another: stars fall on the same
/// pixels and do not average out. Frames without a pointing are never colocated.
/// Collective: no. Throws: never.
std::vector<std::uint8_t> colocated(std::span<const std::optional<SkyPos>> pointings,
                                    Angle min_separation);

enum class FlatClass : std::uint8_t { high, low, medium, cloudy, colocated, saturated, no_data };
std::string_view name_of(FlatClass kind) noexcept;

/// What becomes of a flat frame. Only `high` frames make the master, `low` ones the low master.
struct FlatVerdict {
  FlatClass kind = FlatClass::high;
  std::string_view test;  ///< the test that decided
  double measured = 0.0;
  double threshold = 0.0;
};

/// What becomes of a session's flats.
struct FlatSession {
  std::vector<FlatVerdict> frames;  ///< in the order given
  std::int64_t n_high = 0;
  std::int64_t n_low = 0;
  bool compared = false;          ///< enough frames to compare variances
  bool cloudy = false;            ///< the whole session
  double variance_scatter = 0.0;  ///< about the curve, in parts of the photon noise
};

/// Sorts flats (HATSouth's recipe), by the first test that fails:
///
///   nearest_arcsec       colocated    below min_separation (`nearest` may be empty: not tested)
///   saturated_fraction   saturated
///   stamp_valid_fraction no_data      too few usable pixels, or no light (stamp_mean_e)
///   variance_sigma       cloudy       variance off the session's curve by > cloudy_frame sigmas
///   variance_scatter     cloudy       all frames, when the curve does not fit: > cloudy_night
///   stamp_mean_e         high above min_high_mean, low below max_low_mean, else medium
///
/// The curve is a quadratic in the mean, fitted with rejection to variances in units of the photon
/// noise g·mean + R², so that faint frames count as much as bright ones. Its sigma allows for the
/// three terms fitted and is at least variance_floor: photons alone make variances agree to √(2/n),
/// a few 1e-3, and without a floor one good frame in twenty would be "2 sigma off".
///
/// Sessions with fewer than judge_min_frames usable frames (5 at least: three terms need more than
/// three points to disagree) are not compared: their frames are sorted by level alone, and clouds
/// are left to large_scale_deviation(). A session whose frames all have one level is compared with
/// the mean variance. Throws Error{internal} when `nearest` has another length. Collective: no.
FlatSession judge_flats(std::span<const StampStatistics> stamps, std::span<const Angle> nearest,
                        double gain_e_per_adu, double read_noise_e, const SkyFlatConfig& config);

/// Throws Error{bad_input} because of "variance_scatter" for a cloudy session, or of "n_high_flats"
/// when fewer than min_high_combine frames are high. Collective: no.
void require_high_flats(const FlatSession& session, const SkyFlatConfig& config);

}  // namespace skyweft::calib
