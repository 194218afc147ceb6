// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"

namespace skyweft::shape {

/// Computes the surface at an offset from the star [1/px²]; 0 outside its grid.
/// Collective: no. Throws: never.
double value_at(const StarShape& shape, double dx_px, double dy_px);

/// Computes the surface on a raster of offsets, [y_px][x_px], faster than one by one: a picture of
/// the shape. Collective: no. Throws: never.
std::vector<double> values_at(const StarShape& shape, std::span<const double> x_px,
                              std::span<const double> y_px);

/// Computes the integral over the rectangle [x0, x1] × [y0, y1] of offsets from the star, by the
/// closed form of the bicubic cells: relative error of 1e-14 of the total. Collective: no. Throws:
/// never.
double integral_over(const StarShape& shape, double x0, double x1, double y0, double y1);

/// The integral over the whole grid.
double total_of(const StarShape& shape);

/// A rectangle of pixels [first_x, first_x + nx) × [first_y, first_y + ny) of a frame.
struct PixelWindow {
  std::int64_t first_x = 0;
  std::int64_t first_y = 0;
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::int64_t size() const noexcept { return nx * ny; }
  bool operator==(const PixelWindow&) const = default;
};

/// The pixels that the grid of a star at (x, y) overlaps, cut to a frame of frame_nx × frame_ny.
PixelWindow window_of(const StarShape& shape, double x_px, double y_px, std::int64_t frame_nx,
                      std::int64_t frame_ny);

/// Computes what a star of flux 1 at (x, y) gives each pixel of the window, [ny][nx] into `out`:
/// for a PSF the integral over the pixel weighted by the sub-pixel map, for a PRF the value at the
/// pixel's centre (the map is then part of it and not used). Collective: no. Throws: never.
void pixel_values(const StarShape& shape, PsfView view, const SubPixelMap& subpixels, double x_px,
                  double y_px, const PixelWindow& window, std::span<double> out);

/// The shape of one star: the expansion at its `term_values` [n_term] (core/terms.hpp, in the order
/// of map.terms). A Gaussian or a Moffat becomes a bicubic surface with the exact derivatives and a
/// total of 1, cut where 1e-6 of the light is left (a Moffat at 12 FWHM at most); nodes lie 0.3 σ
/// apart, σ being the narrowest along an axis, in the wings of a Moffat further, as its scale grows
/// (257 lines an axis and side at most). Values are within 2e-4 of the peak, integrals over pixels
/// much closer. Parameters that describe no star (S² <= D² + K², β <= 1, not finite) give an empty
/// shape; so do PsfKind::none and terms that do not fit the map. Collective: no. Throws: never.
StarShape shape_of(const PsfMap& map, std::span<const double> term_values);

/// Width and form of a shape: those of the area where it is above half of its maximum, by the
/// second moments of that area; exact for the ellipses of a Gaussian or a Moffat.
struct ShapeSummary {
  double fwhm_px = 0.0;        ///< of the circle of that area
  double elongation = 1.0;     ///< major / minor axis
  double theta_deg = 0.0;      ///< major axis from +x towards +y, (−90, 90]
  double noise_area_px = 0.0;  ///< 1 / ∫f²: pixels of sky noise that a PSF fit collects (King 1983)
};
/// Computes the summary; of an empty shape widths of 0. Costs 0.2 ms for a Gaussian: once a frame,
/// not once a star. Collective: no. Throws: never.
ShapeSummary summary_of(const StarShape& shape);

}  // namespace skyweft::shape
