// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/flags.hpp"
#include "lc/epd.hpp"
#include "lc/epd_fit.hpp"

namespace skyweft::lc {

/// The points of a star in one group, which its apertures share.
struct EpdPoints {
  const EpdDesign* design = nullptr;
  std::span<const std::int32_t> places;  ///< [point] in the group, -1: none
  std::span<const std::int64_t> frames;  ///< [place] position in the series
  std::span<const std::uint8_t> is_bad;  ///< [point] 1: terms not finite
  std::span<const double> mask;          ///< [point] 1: may be fitted and some aperture has it
  EpdSums sums;                          ///< n, terms and products over the mask
  std::size_t size() const { return places.size(); }
  std::size_t frame_of(std::size_t point) const {
    return static_cast<std::size_t>(frames[static_cast<std::size_t>(places[point])]);
  }
};

/// What one aperture fits.
struct EpdAperture {
  AlignedDoubles y;                  ///< [point] magnitude less centre_mag; 0 without weight
  AlignedDoubles weight;             ///< [point] 0: not fitted
  std::vector<std::int32_t> points;  ///< those with a magnitude to be fitted
  std::vector<double> values;        ///< their magnitudes
  double centre_mag = 0.0;           ///< their median
};

/// Takes the magnitudes of the mask's points, [frame], into `to`; with errors (or []) they get
/// weights 1/error² of mean one, and those without an error none. Pre-rejects and smooths as
/// `config` says. Collective: no. Throws: never.
void take_aperture(const EpdPoints& points, std::span<const float> mag,
                   std::span<const float> mag_err, const EpdConfig& config, EpdAperture& to,
                   std::vector<double>& scratch);

/// Fits one aperture and subtracts the first n_term terms from its magnitudes [frame], keeping the
/// median of the fitted points. `right` is Σ x y over the mask. Empty coefficients and nothing
/// changed when there are fewer than n_needed points. Collective: no. Throws: never.
EpdResult correct_aperture(const EpdPoints& points, const Eigen::VectorXd& right,
                           std::int64_t n_term, double n_needed, const EpdConfig& config,
                           EpdAperture& aperture, std::span<float> mag, std::span<double> model,
                           std::vector<double>& scratch);

}  // namespace skyweft::lc
