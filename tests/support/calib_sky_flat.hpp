// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

#include "core/grid.hpp"

namespace skyweft::support {

/// Twilight flats as a telescope gives them, bias and dark already gone: vignetting × gradient of
/// the moment × cloud × pixel response, stars at a new place in every frame, photon and read noise.
class Twilight {
 public:
  std::int64_t nx = 384;
  std::int64_t ny = 256;
  int n_frame = 20;
  double gain_e_per_adu = 1.6;
  double read_noise_e = 8.0;
  double gradient = 0.03;   ///< half the difference between opposite edges
  double response = 0.01;   ///< rms of single pixels
  int n_star = 8;           ///< per frame
  std::vector<int> cloudy;  ///< indices of frames with cloud

  explicit Twilight(std::uint64_t seed) : random_(seed) {}

  /// Draws the response of the pixels; before the first frame.
  void begin() {
    std::normal_distribution<double> normal(1.0, response);
    pixel_response = Grid<float>(nx, ny);
    for (float& v : pixel_response.pixels()) v = static_cast<float>(normal(random_));
  }

  double vignetting(std::int64_t ix, std::int64_t iy) const {
    const double u = x(ix);
    const double v = y(iy);
    return 1.0 - 0.12 * (u * u + v * v) - 0.03 * u * u * v * v;
  }
  /// The sky of frame i, 1 in the middle; without cloud.
  double sky(int i, std::int64_t ix, std::int64_t iy) const {
    const double angle = 2.0 * std::numbers::pi * i * 0.381966011;  // never twice the same
    return 1.0 + gradient * (std::cos(angle) * x(ix) + std::sin(angle) * y(iy)) +
           0.2 * gradient * x(ix) * y(iy);
  }
  /// 5000 to 40000 electrons, evenly in the logarithm, not in order of time.
  double level_e(int i) const {
    const int k = (i * 7) % n_frame;
    return 5000.0 * std::pow(8.0, static_cast<double>(k) / std::max(1, n_frame - 1));
  }
  bool is_cloudy(int i) const {
    for (const int c : cloudy)
      if (c == i) return true;
    return false;
  }

  /// Frame i in ADU; frames must be drawn in order to be the same again.
  Grid<float> frame(int i) {
    Grid<double> light(nx, ny);
    for (std::int64_t iy = 0; iy < ny; ++iy)
      for (std::int64_t ix = 0; ix < nx; ++ix) {
        double v = sky(i, ix, iy);
        if (is_cloudy(i))
          v *= 1.0 + 0.1 * std::sin(7.0 * x(ix) + i) * std::sin(5.0 * y(iy) + 2.0 * i);
        light(ix, iy) = v;
      }
    add_stars(light);
    Grid<float> out(nx, ny);
    std::normal_distribution<double> normal;
    for (std::int64_t iy = 0; iy < ny; ++iy)
      for (std::int64_t ix = 0; ix < nx; ++ix) {
        const double electrons = level_e(i) * light(ix, iy) * vignetting(ix, iy) *
                                 static_cast<double>(pixel_response(ix, iy));
        const double noise = std::sqrt(electrons + read_noise_e * read_noise_e) * normal(random_);
        out(ix, iy) = static_cast<float>((electrons + noise) / gain_e_per_adu);
      }
    return out;
  }

  Grid<float> pixel_response;

 private:
  double x(std::int64_t ix) const {
    return (2.0 * static_cast<double>(ix) + 1.0) / static_cast<double>(nx) - 1.0;
  }
  double y(std::int64_t iy) const {
    return (2.0 * static_cast<double>(iy) + 1.0) / static_cast<double>(ny) - 1.0;
  }
  /// Gaussians of sigma 1.2 px, peaks of 0.3 to 3 times the sky.
  void add_stars(Grid<double>& light) {
    std::uniform_real_distribution<double> uniform;
    for (int s = 0; s < n_star; ++s) {
      const double px = uniform(random_) * static_cast<double>(nx);
      const double py = uniform(random_) * static_cast<double>(ny);
      const double peak = 0.3 * std::pow(10.0, uniform(random_));
      for (std::int64_t iy = 0; iy < ny; ++iy)
        for (std::int64_t ix = 0; ix < nx; ++ix) {
          const double r2 =
              std::pow(static_cast<double>(ix) - px, 2) + std::pow(static_cast<double>(iy) - py, 2);
          if (r2 < 100.0) light(ix, iy) += peak * std::exp(-0.5 * r2 / 1.44);
        }
    }
  }

  std::mt19937_64 random_;
};

/// The slow, obvious box median: the rule of calib::box_median() for one cell, written again.
inline double box_median_twin(const Grid<float>& cells, std::int64_t size, std::int64_t ix,
                              std::int64_t iy) {
  const auto half = [&](std::int64_t at, std::int64_t n) {
    std::int64_t h = size / 2;
    while (h > 1 && (at - h < 0 || at + h >= n)) --h;
    return h;
  };
  std::vector<double> values;
  for (std::int64_t jy = 0; jy < cells.ny(); ++jy)
    for (std::int64_t jx = 0; jx < cells.nx(); ++jx)
      if (std::abs(jx - ix) <= half(ix, cells.nx()) && std::abs(jy - iy) <= half(iy, cells.ny()) &&
          std::isfinite(cells(jx, jy)))
        values.push_back(static_cast<double>(cells(jx, jy)));
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  const std::size_t m = values.size() / 2;
  return values.size() % 2 == 1 ? values[m] : 0.5 * (values[m - 1] + values[m]);
}

}  // namespace skyweft::support
