// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"

namespace skyweft::shape {

/// How star shapes are found: section [shape].
struct ShapeConfig {
  std::string model = "none";
  std::string view = "psf";
  std::string grid = "fwhm";
  std::vector<double> x_grid_px = {-5.0, -3.0, -1.0, 1.0, 3.0, 5.0};
  std::vector<double> y_grid_px = {-5.0, -3.0, -1.0, 1.0, 3.0, 5.0};
  double radius_px = 6.0;
  std::string terms = "O2{u,v}";
  double smoothing = kNaN;
  std::string subpixel_map = "uniform";
  std::string map;
  std::int64_t max_stars = 3000;
  double min_snr = 20.0;
  double min_mag = kNaN;
  double max_mag = kNaN;
  std::int64_t min_pixels = 5;
  std::int64_t max_pixels = 1000;
  std::int64_t max_saturated = 0;
  double max_chi2 = 100.0;
  double max_misfit = 0.15;
  double pixel_rejection_sigma = 10.0;
  int max_rounds = 200;
  double tolerance = 1e-5;
  bool parity = false;

  static constexpr auto fields() {
    using C = ShapeConfig;
    return std::tuple{
        field("model", &C::model, "",
              "what describes the shape of stars; none: light is spread evenly inside a pixel",
              one_of("none|bicubic|gaussian|moffat|empirical")),
        field("view", &C::view, "",
              "psf: pixels show integrals over their area; prf: values at their centres",
              one_of("psf|prf")),
        field(
            "grid", &C::grid, "",
            "bicubic: lines that follow the width of the frame's stars, or x_grid_px and y_grid_px",
            one_of("fwhm|lines")),
        field("x_grid_px", &C::x_grid_px, "px",
              "lines of the grid about the star, ascending; the outermost bound it"),
        field("y_grid_px", &C::y_grid_px, "px", "likewise"),
        field("radius_px", &C::radius_px, "px",
              "gaussian and moffat: pixels within this of a star take part", positive),
        field("terms", &C::terms, "",
              "how the shape varies: terms in x, y (px), u, v (-1..1 over the frame), mag, colour, "
              "columns of the catalogue; the first is the constant"),
        field("smoothing", &C::smoothing, "log10",
              "bicubic: weight of the penalty on d4f/dx2dy2; nan: none"),
        field("subpixel_map", &C::subpixel_map, "",
              "sensitivity inside a pixel: uniform, bayer_ and the quarter's place (bayer_00, "
              "bayer_10, ...), or a file"),
        field("map", &C::map, "", "file of a map to use instead of fitting one; empty: fit"),
        field("max_stars", &C::max_stars, "",
              "stars of the highest signal-to-noise used, all frames of a map together; 0: all",
              non_negative),
        field("min_snr", &C::min_snr, "", "least signal-to-noise of a star in its window",
              non_negative),
        field("min_mag", &C::min_mag, "mag", "brighter stars are not used; nan: no limit"),
        field("max_mag", &C::max_mag, "mag", "fainter stars are not used; nan: no limit"),
        field("min_pixels", &C::min_pixels, "", "stars with fewer usable pixels are not used",
              at_least(1)),
        field("max_pixels", &C::max_pixels, "", "stars with more pixels are not used", at_least(1)),
        field("max_saturated", &C::max_saturated, "",
              "stars with more saturated pixels are not used", non_negative),
        field("max_chi2", &C::max_chi2, "",
              "stars with a larger chi2 per degree of freedom are not used", positive),
        field("max_misfit", &C::max_misfit, "",
              "stars whose misfit beyond the noise is a larger share of their light are not used",
              positive),
        field("pixel_rejection_sigma", &C::pixel_rejection_sigma, "sigma",
              "pixels further than this from the model are not used, in units of the larger of "
              "their error and the star's own misfit",
              positive),
        field("max_rounds", &C::max_rounds, "", "rounds of shape and flux at most",
              between(1, 100000)),
        field("tolerance", &C::tolerance, "",
              "converged when fluxes and shapes change by less than this share", positive),
        field("parity", &C::parity, "",
              "the arithmetic of the reference: negative excess counts as zero, rows are divided "
              "by the pixel's own error only")};
  }
};

}  // namespace skyweft::shape
