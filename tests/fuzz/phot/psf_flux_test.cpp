// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/psf_flux.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "phot/crowding.hpp"
#include "phot/recentre.hpp"
#include "support/phot_psf_sky.hpp"

using namespace skyweft;

namespace {

/// Frames of any size with any pixels, and stars of any place: on one another, off the frame, NaN.
class AnySky {
 public:
  explicit AnySky(std::uint64_t seed) : random_(seed) {
    const std::int64_t nx = 1 + whole(40);
    const std::int64_t ny = 1 + whole(40);
    frame.signal_e = Grid<float>(nx, ny);
    frame.variance_e2 = Grid<float>(nx, ny);
    frame.mask = Mask(nx, ny);
    const bool is_wild = whole(2) == 0;
    for (std::size_t p = 0; p < frame.signal_e.pixels().size(); ++p) {
      frame.signal_e.pixels()[p] = static_cast<float>(1e3 * real() - 200.0);
      frame.variance_e2.pixels()[p] = static_cast<float>(1.0 + 1e3 * real());
      if (whole(10) == 0) frame.mask.pixels()[p] = static_cast<MaskBits>(1U << whole(16));
      if (!is_wild) continue;
      if (whole(15) == 0) frame.signal_e.pixels()[p] = any_float();
      if (whole(15) == 0) frame.variance_e2.pixels()[p] = any_float();
    }
    const std::int64_t n = whole(30);
    for (std::int64_t i = 0; i < n; ++i) {
      x.push_back(any_place(nx));
      y.push_back(any_place(ny));
      if (i > 0 && whole(6) == 0) {
        x.back() = x[static_cast<std::size_t>(i - 1)];
        y.back() = y[static_cast<std::size_t>(i - 1)] + 1e-3 * static_cast<double>(whole(3));
      }
      background.push_back(whole(9) == 0 ? kNaN : 500.0 * real());
      background_err.push_back(whole(9) == 0 ? kNaN : real());
      mag.push_back(whole(5) == 0 ? kNaNf : static_cast<float>(20.0 * real()));
      held.push_back(static_cast<std::uint8_t>(whole(4) == 0));
    }
    switch (whole(4)) {
      case 0:
        break;
      case 1:
        shapes = support::shapes_on(support::gaussian_map(0.8 + 2.0 * real()), x, y, nx, ny);
        break;
      default:
        shapes = support::shapes_on(support::bicubic_map(), x, y, nx, ny);
    }
  }

  std::int64_t whole(std::int64_t n) {
    return std::uniform_int_distribution<std::int64_t>(0, n - 1)(random_);
  }
  double real() { return std::uniform_real_distribution<double>()(random_); }

  Frame frame;
  std::vector<double> x, y, background, background_err;
  std::vector<float> mag;
  std::vector<std::uint8_t> held;
  phot::StarShapes shapes;

 private:
  float any_float() {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    const float values[] = {kNaNf, kInf, -kInf, 0.0F, -1.0F, 1e30F, -1e30F, 1e-30F};
    return values[whole(8)];
  }
  double any_place(std::int64_t n) {
    const double inf = std::numeric_limits<double>::infinity();
    const double values[] = {kNaN,  inf, -inf, 1e300,
                             -1e12, 9e8, -0.5, static_cast<double>(n) - 0.5};
    if (whole(8) == 0) return values[whole(8)];
    return (static_cast<double>(n) + 12.0) * real() - 6.0;
  }

  std::mt19937_64 random_;
};

TEST(PsfFluxOfAnything, IsANumberOrAFlag) {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    AnySky sky(seed);
    phot::PsfFluxConfig config;
    config.background = sky.whole(3) == 0 ? "joint" : "annulus";
    config.weights = sky.whole(3) == 0 ? "data" : "model";
    config.fit_radius_px = sky.whole(2) == 0 ? 0.0 : 6.0 * sky.real();
    config.max_group = 1 + sky.whole(20);
    config.reject_sigma = sky.whole(3) == 0 ? 4.0 : 0.0;
    const SubPixelMap map = sky.whole(3) == 0 ? support::bayer_quarter() : SubPixelMap{};
    const auto out = phot::fit_psf_fluxes(sky.frame, sky.x, sky.y, sky.background,
                                          sky.background_err, sky.shapes, map, sky.mag, config);
    ASSERT_EQ(out.flux_e.size(), sky.x.size());
    for (std::size_t i = 0; i < sky.x.size(); ++i) {
      const bool has_flux = std::isfinite(out.flux_e[i]);
      ASSERT_TRUE(has_flux || out.quality[i] != 0) << seed << ' ' << i;
      ASSERT_EQ(has_flux, std::isfinite(out.flux_err_e[i])) << seed << ' ' << i;
      ASSERT_EQ(has_flux, !std::isnan(out.flux_e[i])) << seed << ' ' << i;
      if (has_flux) {
        ASSERT_GT(out.flux_err_e[i], 0.0) << seed;
      }
    }
  }
}

TEST(RecentringOfAnything, MovesNobodyFar) {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    AnySky sky(1000 + seed);
    phot::RecentreConfig config;
    config.mode = sky.whole(2) == 0 ? "common" : "bright";
    config.min_snr = 3.0;
    config.min_stars = 1 + sky.whole(3);
    const auto out = phot::recentre_stars(sky.frame, sky.x, sky.y, sky.background, sky.mag,
                                          sky.held, sky.shapes, {}, 2.5, config);
    for (std::size_t i = 0; i < sky.x.size(); ++i) {
      const bool is_moved = (out.quality[i] & quality::recentred) != 0;
      if (is_moved) {
        ASSERT_EQ(sky.held[i], 0);
        ASSERT_LE(std::hypot(out.x_px[i] - sky.x[i], out.y_px[i] - sky.y[i]),
                  config.max_shift_px * (1.0 + 1e-6));  // places of 9e8 px hold 1e-7 px
      } else if (!std::isnan(sky.x[i])) {
        ASSERT_EQ(out.x_px[i], sky.x[i]);
      }
    }
  }
}

TEST(CrowdingOfAnything, IsANumberOrNaN) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    AnySky sky(2000 + seed);
    const std::vector<double> radii{0.01, 2.5, 300.0};
    const auto out = phot::crowding_of({sky.x, sky.y, sky.mag, sky.shapes, 2.5}, radii);
    for (const auto* column : {&out.enclosed, &out.neighbours})
      for (const double v : *column) ASSERT_FALSE(std::isinf(v)) << seed;
    for (std::size_t i = 0; i < sky.x.size(); ++i)
      if (const double all = out.enclosed[3 * i + 2]; !std::isnan(all)) {
        ASSERT_NEAR(all, 1.0, 1e-5) << seed;  // Gaussians are cut where 1e-6 is left
      }
  }
}

}  // namespace
