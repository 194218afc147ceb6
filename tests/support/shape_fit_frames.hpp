// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "core/named_columns.hpp"
#include "core/terms.hpp"
#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "shape/node_basis.hpp"
#include "shape/psf_fit.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::test {

/// Stars of one simulated frame, with all that a fit asks for.
struct ShapeStars {
  std::vector<double> x, y, flux, u, v;
  std::vector<float> background, background_err;
  std::vector<std::uint8_t> use;
  Frame frame;
  NamedColumns variables;

  void add(double x_px, double y_px, double flux_e) {
    x.push_back(x_px);
    y.push_back(y_px);
    flux.push_back(flux_e);
  }
  shape::ShapeFrame view() const {
    return {&frame, x, y, background, background_err, &variables, use};
  }
};

/// A bicubic map whose constant term is a Gaussian of these widths and whose other terms change it
/// by `change` of its values; every term has the integral that it must have.
inline PsfMap bicubic_map(const std::vector<double>& x_lines, const std::vector<double>& y_lines,
                          const std::string& terms, double sigma_x, double sigma_y,
                          double change = 0.05, PsfView view = PsfView::psf) {
  PsfMap map;
  map.kind = PsfKind::bicubic;
  map.view = view;
  map.terms = terms;
  map.x_node_px = x_lines;
  map.y_node_px = y_lines;
  const std::vector<double> integral = shape::node_integrals(x_lines, y_lines);
  const auto n_term = Terms::parse(terms).n_term();
  for (std::int64_t t = 0; t < n_term; ++t) {
    std::vector<double> q;
    for (std::size_t iy = 1; iy + 1 < y_lines.size(); ++iy)
      for (std::size_t ix = 1; ix + 1 < x_lines.size(); ++ix) {
        // Each term widens, shifts and skews in its own way.
        const double k = static_cast<double>(t);
        const double x = x_lines[ix] - 0.3 * std::sin(k);
        const double y = y_lines[iy] + 0.2 * std::sin(2.0 * k);
        const double wx = sigma_x * (1.0 + 0.1 * std::sin(3.0 * k));
        const double wy = sigma_y * (1.0 - 0.1 * std::sin(5.0 * k));
        const double f = std::exp(-0.5 * (x * x / (wx * wx) + y * y / (wy * wy)));
        const double fx = -x / (wx * wx);
        const double fy = -y / (wy * wy);
        for (const double value : {f, f * fx, f * fy, f * fx * fy}) q.push_back(value);
      }
    double sum = 0.0;
    for (std::size_t p = 0; p < q.size(); ++p) sum += q[p] * integral[p];
    for (double& value : q) value /= sum;
    if (t > 0)
      for (std::size_t p = 0; p < q.size(); ++p) q[p] = change * (q[p] - map.coefficient[p]);
    map.coefficient.insert(map.coefficient.end(), q.begin(), q.end());
  }
  return map;
}

/// Adds the light of every star to `frame` (of its size) and fills in variables u, v, x, y.
inline void draw(ShapeStars& s, const PsfMap& map, const SubPixelMap& subpixels, std::int64_t nx,
                 std::int64_t ny, double sky_e) {
  const std::size_t n = s.x.size();
  s.frame.signal_e = Grid<float>(nx, ny, static_cast<float>(sky_e));
  s.frame.variance_e2 = Grid<float>(nx, ny, 1.0F);
  s.frame.mask = Mask(nx, ny);
  s.background.assign(n, static_cast<float>(sky_e));
  s.background_err.assign(n, 0.0F);
  s.u.clear();
  s.v.clear();
  for (std::size_t i = 0; i < n; ++i) {
    s.u.push_back(2.0 * s.x[i] / static_cast<double>(nx - 1) - 1.0);
    s.v.push_back(2.0 * s.y[i] / static_cast<double>(ny - 1) - 1.0);
  }
  s.variables.add("x", s.x);
  s.variables.add("y", s.y);
  s.variables.add("u", s.u);
  s.variables.add("v", s.v);
  const Eigen::MatrixXd kappa =
      s.variables.design(Terms::parse(map.terms), static_cast<std::int64_t>(n));
  Grid<double> light(nx, ny);
  std::vector<double> row;
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    row.assign(static_cast<std::size_t>(kappa.cols()), 0.0);
    for (std::size_t k = 0; k < row.size(); ++k)
      row[k] = kappa(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k));
    const StarShape shape = shape::shape_of(map, row);
    const auto window = shape::window_of(shape, s.x[i], s.y[i], nx, ny);
    if (window.size() <= 0) continue;
    values.assign(static_cast<std::size_t>(window.size()), 0.0);
    shape::pixel_values(shape, map.view, subpixels, s.x[i], s.y[i], window, values);
    for (std::int64_t iy = 0; iy < window.ny; ++iy)
      for (std::int64_t ix = 0; ix < window.nx; ++ix)
        light(window.first_x + ix, window.first_y + iy) +=
            s.flux[i] * values[static_cast<std::size_t>(iy * window.nx + ix)];
  }
  for (std::int64_t iy = 0; iy < ny; ++iy)
    for (std::int64_t ix = 0; ix < nx; ++ix)
      s.frame.signal_e(ix, iy) = static_cast<float>(sky_e + light(ix, iy));
}

/// Makes the drawn frame an observed one: photon and read noise; the variance contains the noise of
/// the pixel's own light, as a calibrated frame's does.
inline void add_noise(ShapeStars& s, double read_e, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  for (std::int64_t iy = 0; iy < s.frame.ny(); ++iy)
    for (std::int64_t ix = 0; ix < s.frame.nx(); ++ix) {
      const double expected = static_cast<double>(s.frame.signal_e(ix, iy));
      const double seen =
          expected + std::sqrt(std::max(expected, 0.0) + read_e * read_e) * normal(random);
      s.frame.signal_e(ix, iy) = static_cast<float>(seen);
      s.frame.variance_e2(ix, iy) = static_cast<float>(std::max(seen, 0.0) + read_e * read_e);
    }
}

inline shape::ShapeConfig shape_config(const PsfMap& map) {
  shape::ShapeConfig config;
  config.model = "bicubic";
  config.view = map.view == PsfView::prf ? "prf" : "psf";
  config.x_grid_px = map.x_node_px;
  config.y_grid_px = map.y_node_px;
  config.terms = map.terms;
  return config;
}

/// Σ (a − b)² / Σ (a + b)²: the measure of the reference's own tests.
inline double difference(std::span<const double> a, std::span<const double> b) {
  double below = 0.0;
  double above = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    above += (a[i] - b[i]) * (a[i] - b[i]);
    below += (a[i] + b[i]) * (a[i] + b[i]);
  }
  return above / below;
}

}  // namespace skyweft::test
