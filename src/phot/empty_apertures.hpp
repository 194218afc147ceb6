// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/frame.hpp"
#include "phot/forced.hpp"

namespace skyweft::phot {

struct EmptyApertureConfig {
  std::int64_t n_apertures = 500;
  std::int64_t min_apertures = 20;
  double source_sigma = 5.0;
  double grow_px = 0.0;
  double star_exclusion_px = 0.0;
  std::int64_t seed = 1;

  static constexpr auto fields() {
    using C = EmptyApertureConfig;
    return std::tuple{
        field("n_apertures", &C::n_apertures, "", "empty places measured for each radius",
              at_least(1)),
        field("min_apertures", &C::min_apertures, "", "fewer places give no scatter", at_least(3)),
        field("source_sigma", &C::source_sigma, "sigma",
              "a pixel belongs to a source when the mean of the 3 x 3 about it is this high",
              positive),
        field("grow_px", &C::grow_px, "px", "sources are grown by this; 0: 1 FWHM, at least 2 px",
              non_negative),
        field("star_exclusion_px", &C::star_exclusion_px, "px",
              "nor is anything empty this near to a listed star; 0: 2 FWHM, at least 4 px",
              non_negative),
        field("seed", &C::seed, "", "another seed takes other places", at_least(0))};
  }
};

/// Marks the pixels that hold sky alone: 1, else 0.
///
/// Left out are unusable pixels, pixels whose 3 × 3 mean stands source_sigma above the frame's own
/// scatter of such means (median absolute deviation, so that correlated noise is no source), all
/// within grow_px of these, and all within star_exclusion_px of a listed star (NaN places are
/// skipped). `background_e` is subtracted first; empty: the median of the frame is.
/// Throws Error{internal} for unequal shapes. Collective: no.
Grid<std::uint8_t> sky_pixels(const Frame& frame, const Grid<float>& background_e,
                              std::span<const PixelPos> stars, double fwhm_px,
                              const EmptyApertureConfig& config);

/// Centres of circles that lie on sky pixels of the frame alone and share no pixel.
///
/// Tried in the order of a low-discrepancy sequence (the two-dimensional golden ratio: Roberts
/// 2018), which the seed shifts; at most 40 times n_apertures. May return fewer, also none.
/// Collective: no. Throws: never.
std::vector<PixelPos> empty_places(const Grid<std::uint8_t>& is_sky, double radius_px,
                                   const EmptyApertureConfig& config);

/// The noise of one circle, from places without a source.
struct EmptyNoise {
  double radius_px = kNaN;
  std::int64_t n = 0;         ///< places measured
  double median_e = kNaN;     ///< of their fluxes: 0 when the background is right
  double noise_e = kNaN;      ///< their scatter, 1.4826 median absolute deviation
  double noise_err_e = kNaN;  ///< standard error of noise_e
  double budget_e = kNaN;     ///< median of the error budget at the same places
  double ratio = kNaN;        ///< noise_e / budget_e: above 1 for correlated noise
};

/// Measures empty circles of each radius of `config` (radii, radii_unit) exactly as targets are
/// measured (measure_targets(), the same background), one entry per radius. With fewer than
/// min_apertures places the numbers are NaN. Throws as measure_targets(). Collective: no.
std::vector<EmptyNoise> measure_empty_apertures(const Frame& frame, const Grid<float>& background_e,
                                                const Grid<float>& background_rms_e,
                                                const Grid<std::uint8_t>& is_sky,
                                                const FrameScale& scale, const ForcedConfig& config,
                                                const EmptyApertureConfig& empty);

}  // namespace skyweft::phot
