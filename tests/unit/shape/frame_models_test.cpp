// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/frame_models.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "support/shape_models_twin.hpp"

using namespace skyweft;
using namespace skyweft::shape;

namespace {

/// 25 equal Gaussian stars of FWHM 2.3548 (S = 1) on 20 e⁻ of sky.
struct Scene {
  Frame frame = support::dark_frame(100, 100);
  std::vector<double> x, y;
  std::vector<float> sky = std::vector<float>(25, 20.0f);
  std::vector<float> sky_err = std::vector<float>(25, 0.1f);
  Scene() {
    Grid<double> light(100, 100, 20.0);
    for (int i = 0; i < 25; ++i) {
      x.push_back(10.0 + 20.0 * (i % 5) + 0.13 * i / 5.0);
      y.push_back(10.0 + 20.0 * (i / 5) + 0.07 * i / 5.0);
      support::add_star(light, PsfKind::gaussian, {1.0, 0.0, 0.0, 0.0}, x.back(), y.back(), 1e4,
                        6.0);
    }
    for (std::size_t i = 0; i < light.pixels().size(); ++i)
      frame.signal_e.pixels()[i] = static_cast<float>(light.pixels()[i]);
  }
  ShapeFrame stars() const {
    return {.frame = &frame,
            .x_px = x,
            .y_px = y,
            .background_e = sky,
            .background_err_e = sky_err,
            .variables = nullptr,
            .use = {}};
  }
};

TEST(FrameModels, FitAGaussianAndAPrfToStarsOfAFrame) {
  const Scene s;
  ShapeConfig config;
  config.model = "gaussian";
  config.terms = "O0{x}";
  const auto fit = fit_parametric_map(s.stars(), {}, config, 2.5);
  ASSERT_EQ(fit.map.kind, PsfKind::gaussian);
  EXPECT_EQ(fit.map.n_star, 25);
  // Pixels of up to 1600 e⁻ and sky rounded at 6e-8 and 2e-6 e⁻: 1e-7 of a star's light.
  EXPECT_NEAR(fit.map.coefficient[0], 1.0, 1e-6);
  EXPECT_NEAR(fit.map.coefficient[1], 0.0, 1e-6);
  EXPECT_NEAR(fit.map.coefficient[2], 0.0, 1e-6);
  for (const double flux : fit.flux_e) EXPECT_NEAR(flux, 1e4, 0.1);

  const auto prf =
      fit_empirical_prf(s.stars(), 2.5, {.oversampling = 1, .reach_px = 6.0, .terms = "O0{x}"});
  EXPECT_EQ(prf.map.kind, PsfKind::bicubic);
  EXPECT_EQ(prf.map.view, PsfView::prf);
  EXPECT_EQ(prf.map.n_star, 25);
}

TEST(FrameModels, UseOnlyTheStarsThatMayBeUsed) {
  const Scene s;
  std::vector<std::uint8_t> use(25, 1);
  for (std::size_t i = 0; i < 10; ++i) use[i] = 0;
  ShapeFrame stars = s.stars();
  stars.use = use;
  ShapeConfig config;
  config.terms = "O0{x}";
  EXPECT_EQ(fit_parametric_map(stars, {}, config, 2.5).map.n_star, 15);
}

}  // namespace
