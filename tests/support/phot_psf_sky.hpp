// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "phot/shapes_of_stars.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::support {

/// A map of round Gaussians, the same everywhere.
inline PsfMap gaussian_map(double fwhm_px) {
  const double sigma = fwhm_px / 2.3548200450309493;
  PsfMap map;
  map.kind = PsfKind::gaussian;
  map.coefficient = {1.0 / (sigma * sigma), 0.0, 0.0};
  return map;
}

/// A bicubic map of 6×6 nodes over ±5 px with 1, x and y terms (u, v in −1 … 1): about Gaussian in
/// the middle, wider and skewed towards the corners. Integrates to one everywhere.
inline PsfMap bicubic_map() {
  PsfMap map;
  map.kind = PsfKind::bicubic;
  map.terms = "O1{u, v}";
  map.x_node_px = {-5.0, -2.5, -0.8, 0.9, 2.6, 5.0};
  map.y_node_px = {-5.0, -2.4, -0.9, 0.8, 2.5, 5.0};
  const auto n = static_cast<std::size_t>(map.n_parameter());
  map.coefficient.assign(3 * n, 0.0);
  const double sxx = 1.9;
  std::size_t at = 0;
  for (std::size_t iy = 1; iy < 5; ++iy)
    for (std::size_t ix = 1; ix < 5; ++ix, at += 4) {
      const double x = map.x_node_px[ix];
      const double y = map.y_node_px[iy];
      const double g = std::exp(-0.5 * (x * x + y * y) / sxx);
      map.coefficient[at] = g;
      map.coefficient[at + 1] = -x / sxx * g;
      map.coefficient[at + 2] = -y / sxx * g;
      map.coefficient[at + 3] = x * y / (sxx * sxx) * g;
      map.coefficient[n + at] = 0.05 * g * (x * x - 1.0);
      map.coefficient[2 * n + at] = 0.04 * g * y;
      map.coefficient[2 * n + at + 2] = 0.03 * g;
    }
  const auto total = [&](std::size_t term) {
    PsfMap one = map;
    one.terms = "O0{u}";
    one.coefficient.assign(map.coefficient.begin() + static_cast<std::ptrdiff_t>(term * n),
                           map.coefficient.begin() + static_cast<std::ptrdiff_t>((term + 1) * n));
    const std::vector<double> constant{1.0};
    return shape::total_of(shape::shape_of(one, constant));
  };
  const double first = total(0);
  for (std::size_t i = 0; i < n; ++i) map.coefficient[i] /= first;
  for (std::size_t term = 1; term < 3; ++term) {
    const double rest = total(term);
    for (std::size_t i = 0; i < n; ++i) map.coefficient[term * n + i] -= rest * map.coefficient[i];
  }
  return map;
}

/// One quarter of a pixel behind a filter.
inline SubPixelMap bayer_quarter() {
  SubPixelMap map;
  map.sensitivity = Grid<double>(2, 2, 0.0);
  map.sensitivity(1, 0) = 4.0;
  return map;
}

/// Stars on a frame, with the columns that photometry asks for.
struct PsfSky {
  Frame frame;
  std::vector<double> x, y, flux;
  std::vector<double> background, background_err;
  std::vector<float> mag;
  phot::StarShapes shapes;
};

/// Terms u, v of stars on a frame.
inline phot::StarShapes shapes_on(const PsfMap& map, const std::vector<double>& x,
                                  const std::vector<double>& y, std::int64_t nx, std::int64_t ny) {
  std::vector<double> u(x.size());
  std::vector<double> v(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    u[i] = 2.0 * x[i] / static_cast<double>(nx - 1) - 1.0;
    v[i] = 2.0 * y[i] / static_cast<double>(ny - 1) - 1.0;
  }
  NamedColumns columns;
  columns.add("u", u);
  columns.add("v", v);
  return {map, columns, static_cast<std::int64_t>(x.size())};
}

/// What a star gives a pixel, by rectangles: one closed integral for every part of the pixel.
inline double light_in_pixel(const StarShape& shape, const SubPixelMap& map, double dx, double dy) {
  const auto& s = map.sensitivity;
  double sum = 0.0;
  for (std::int64_t iy = 0; iy < s.ny(); ++iy)
    for (std::int64_t ix = 0; ix < s.nx(); ++ix) {
      const double w = 1.0 / static_cast<double>(s.nx());
      const double h = 1.0 / static_cast<double>(s.ny());
      const double x0 = dx - 0.5 + w * static_cast<double>(ix);
      const double y0 = dy - 0.5 + h * static_cast<double>(iy);
      sum += s(ix, iy) * shape::integral_over(shape, x0, x0 + w, y0, y0 + h);
    }
  return sum;
}

/// Paints stars on a level, without noise. Variance: level of the sky and what is painted, plus
/// read noise.
inline PsfSky painted_sky(const PsfMap& map, const SubPixelMap& subpixels, std::int64_t nx,
                          std::int64_t ny, std::vector<double> x, std::vector<double> y,
                          std::vector<double> flux, double level = 0.0, double read_e = 5.0) {
  PsfSky sky;
  sky.shapes = shapes_on(map, x, y, nx, ny);
  Grid<double> light(nx, ny, level);
  StarShape scratch;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const StarShape& shape = sky.shapes.at(static_cast<std::int64_t>(i), scratch);
    const auto w = shape::window_of(shape, x[i], y[i], nx, ny);
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy)
      for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix)
        light(ix, iy) += flux[i] * light_in_pixel(shape, subpixels, static_cast<double>(ix) - x[i],
                                                  static_cast<double>(iy) - y[i]);
  }
  sky.frame.signal_e = Grid<float>(nx, ny);
  sky.frame.variance_e2 = Grid<float>(nx, ny);
  sky.frame.mask = Mask(nx, ny);
  for (std::size_t p = 0; p < light.pixels().size(); ++p) {
    const double v = light.pixels()[p];
    sky.frame.signal_e.pixels()[p] = static_cast<float>(v);
    sky.frame.variance_e2.pixels()[p] = static_cast<float>(std::max(v, 0.0) + read_e * read_e);
  }
  sky.background.assign(x.size(), level);
  sky.background_err.assign(x.size(), 0.0);
  for (const double f : flux)
    sky.mag.push_back(static_cast<float>(25.0 - 2.5 * std::log10(std::max(f, 1e-3))));
  sky.x = std::move(x);
  sky.y = std::move(y);
  sky.flux = std::move(flux);
  return sky;
}

/// Places of a square lattice with random phases inside pixels.
inline void lattice(std::int64_t n_side, double step, std::mt19937_64& random,
                    std::vector<double>& x, std::vector<double>& y) {
  std::uniform_real_distribution<double> phase(-0.5, 0.5);
  for (std::int64_t j = 0; j < n_side; ++j)
    for (std::int64_t i = 0; i < n_side; ++i) {
      x.push_back(step * (static_cast<double>(i) + 0.5) + phase(random));
      y.push_back(step * (static_cast<double>(j) + 0.5) + phase(random));
    }
}

}  // namespace skyweft::support
