// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "data/frame.hpp"
#include "data/source_list.hpp"

namespace skyweft::support {

/// A star field with cosmic rays, and the truth about both.
struct CosmicScene {
  Frame frame;
  SourceList stars;                        ///< true places and widths
  Grid<double> charge_e;                   ///< of all hits
  std::vector<std::vector<PixelPos>> hits; /**< the pixels of each hit that got more than 10 sigma
                                                of the noise without it */
};

struct SceneOptions {
  std::int64_t nx = 512, ny = 512;
  double sky_e = 200.0, read_noise_e = 8.0;
  double fwhm_px = 2.5;
  int n_star = 0, n_hit = 0;
  double star_flux_e = 3e3;  ///< of the faintest; N(>F) ∝ 1/F, at most 300 times as much
  std::uint32_t seed = 1;
};

/// Poisson noise as a Gaussian; values are multiples of 1/8 e-, so that sums of a few are exact
/// in float and variance = max(signal, 0) + R² as calibration would say. Stars are Gaussians
/// integrated over pixels. Hits are straight tracks of 1 to 8 px in any direction, each pixel with
/// 300 to 5000 e- (a minimum-ionising particle leaves some 80 e- per µm of silicon).
inline CosmicScene cosmic_scene(const SceneOptions& o) {
  CosmicScene scene;
  std::mt19937 random{o.seed};
  std::uniform_real_distribution<double> u{0.0, 1.0};
  std::normal_distribution<double> gauss;
  Grid<double> light(o.nx, o.ny, o.sky_e);
  const double scale = o.fwhm_px / 2.3548 * std::sqrt(2.0);
  for (int i = 0; i < o.n_star; ++i) {
    const double x = u(random) * static_cast<double>(o.nx) - 0.5;
    const double y = u(random) * static_cast<double>(o.ny) - 0.5;
    const double flux = o.star_flux_e / std::max(u(random), 1.0 / 300.0);
    scene.stars.x_px.push_back(x);
    scene.stars.y_px.push_back(y);
    scene.stars.flux_e.push_back(static_cast<float>(flux));
    scene.stars.fwhm_px.push_back(static_cast<float>(o.fwhm_px));
    const auto reach = static_cast<std::int64_t>(std::ceil(3.0 * o.fwhm_px));
    const auto part = [scale](std::int64_t i_px, double c) {
      const double d = static_cast<double>(i_px) - c;
      return 0.5 * (std::erf((d + 0.5) / scale) - std::erf((d - 0.5) / scale));
    };
    for (std::int64_t iy = std::lround(y) - reach; iy <= std::lround(y) + reach; ++iy)
      for (std::int64_t ix = std::lround(x) - reach; ix <= std::lround(x) + reach; ++ix)
        if (light.contains(ix, iy)) light(ix, iy) += flux * part(ix, x) * part(iy, y);
  }
  Grid<double> charge(o.nx, o.ny, 0.0);
  const auto noise_e = [&](std::int64_t ix, std::int64_t iy) {
    return std::sqrt(light(ix, iy) + o.read_noise_e * o.read_noise_e);
  };
  for (int i = 0; i < o.n_hit; ++i) {
    const double angle = u(random) * 6.283185307179586;
    const int length = 1 + static_cast<int>(u(random) * 8.0);
    const double x = u(random) * static_cast<double>(o.nx);
    const double y = u(random) * static_cast<double>(o.ny);
    const double per_px_e = 300.0 * std::pow(5000.0 / 300.0, u(random));
    std::vector<PixelPos> pixels;
    for (int k = 0; k < length; ++k) {
      const auto ix = static_cast<std::int64_t>(std::floor(x + k * std::cos(angle)));
      const auto iy = static_cast<std::int64_t>(std::floor(y + k * std::sin(angle)));
      if (!light.contains(ix, iy)) continue;
      charge(ix, iy) += per_px_e;
      const PixelPos place{static_cast<double>(ix), static_cast<double>(iy)};
      if (per_px_e > 10.0 * noise_e(ix, iy) &&
          std::find(pixels.begin(), pixels.end(), place) == pixels.end())
        pixels.push_back(place);
    }
    if (!pixels.empty()) scene.hits.push_back(pixels);
  }
  Frame& f = scene.frame;
  f.signal_e = Grid<float>(o.nx, o.ny);
  f.variance_e2 = Grid<float>(o.nx, o.ny);
  f.mask = Mask(o.nx, o.ny, 0);
  f.read_noise_e = o.read_noise_e;
  for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i) {
    const double expected = light.pixels()[i] + charge.pixels()[i];
    const double value =
        expected + std::sqrt(expected + o.read_noise_e * o.read_noise_e) * gauss(random);
    f.signal_e.pixels()[i] = static_cast<float>(std::nearbyint(8.0 * value) / 8.0);
    f.variance_e2.pixels()[i] = std::max(f.signal_e.pixels()[i], 0.0F) +
                                static_cast<float>(o.read_noise_e * o.read_noise_e);
  }
  scene.charge_e = std::move(charge);
  return scene;
}

}  // namespace skyweft::support
