// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/named_columns.hpp"
#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "shape/shape_config.hpp"

namespace skyweft::shape {

/// One frame and its stars. Borrowed; every span has one entry per star, `use` may be empty (all).
struct ShapeFrame {
  const Frame* frame = nullptr;
  std::span<const double> x_px;
  std::span<const double> y_px;
  std::span<const float> background_e;      ///< of a pixel
  std::span<const float> background_err_e;  ///< its standard error
  const NamedColumns* variables = nullptr;  ///< what the terms name; null when they name nothing
  std::span<const std::uint8_t> use;        ///< 0: not for the shape, but its light is modelled
};

/// Why a star was not used for the shape.
namespace not_used {
inline constexpr std::uint16_t outside = 1u << 0;     ///< no place, or no pixel inside the frame
inline constexpr std::uint16_t background = 1u << 1;  ///< its background is not known
inline constexpr std::uint16_t variable = 1u << 2;    ///< a variable of the terms is not known
inline constexpr std::uint16_t unwanted = 1u << 3;    ///< `use` is 0
inline constexpr std::uint16_t pixels = 1u << 4;      ///< too few usable pixels, or too many
inline constexpr std::uint16_t saturated = 1u << 5;
inline constexpr std::uint16_t faint = 1u << 6;    ///< below min_snr
inline constexpr std::uint16_t surplus = 1u << 7;  ///< max_stars are brighter
inline constexpr std::uint16_t blended = 1u << 8;  ///< too near a neighbour to tell them apart
inline constexpr std::uint16_t bad_fit = 1u << 9;  ///< max_chi2 or max_misfit: no star, or variable
}  // namespace not_used

/// What the fit found for the stars of one frame, [star]. NaN and 0 pixels for stars that took no
/// part: those not used whose pixels no used star shares.
struct StarFits {
  std::vector<double> flux_e;
  std::vector<double> flux_err_e;  ///< neighbours fitted at the same time, background included
  std::vector<double> chi2_dof;    ///< of its pixels, the flux alone counted as unknown
  std::vector<std::int32_t> n_pixel;
  std::vector<std::uint8_t> used;  ///< 1: for the shape
  std::vector<std::uint16_t> why;  ///< bits of not_used
};

struct ShapeFit {
  PsfMap map;
  std::vector<StarFits> frames;  ///< [frame]
};

/// Fits one piecewise bicubic PSF or PRF map to the stars of all frames (autowisp.md 10.3 to 10.6).
///
/// Minimises χ² = Σ w (v − B − Σ_s F_s m_s)² over the pixels of all used stars, each pixel once,
/// with the light of all stars that reach it, by variable projection (Golub & Pereyra 1973): the
/// fluxes are solved for at every step, so that only the shape remains, which moves by a
/// quasi-Newton step (Nocedal 1980) from the mean curvature of the stars. That ends at the point at
/// which alternating shape and flux stands still, in a tenth of the rounds.
///
/// Weights are 1 / (variance + background_err²). A pixel's variance contains the noise of its own
/// light, which makes low pixels count more and fluxes too small; after the first pass it is
/// replaced by what the model says: a common straight line of variance against the model's light
/// with each star's own level (noise beyond one and a half times that is added).
/// Pixels: none that is unusable enters; those within a saturated, rejected, inseparable or
/// unmodelled star's window are used for fluxes alone.
///
/// Terms are dropped from the end, or where they depend on those before, until stars and pixels
/// determine them; map.terms names those that remain. Without a usable star the map's kind is none.
/// map.converged tells whether fluxes and shapes stood still within config.tolerance.
/// config.model is not looked at. Collective: no. Throws Error{bad_config} for a grid (as
/// check_grid_lines()), a first term that is not 1, and unknown variables.
ShapeFit fit_psf_map(std::span<const ShapeFrame> frames, const SubPixelMap& subpixels,
                     const ShapeConfig& config);

}  // namespace skyweft::shape
