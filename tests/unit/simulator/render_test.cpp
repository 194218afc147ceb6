// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/render.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/iso_utc.hpp"
#include "simulator/jobs.hpp"
#include "sky/time.hpp"
#include "sky/wcs.hpp"

namespace skyweft::simulator {
namespace {

SimConfig small() {
  SimConfig c;
  c.nx = 128;
  c.ny = 96;
  c.n_stars = 40;
  c.n_frames = 5;
  return c;
}

SimConfig quiet() {
  SimConfig c = small();
  c.n_stars = 0;
  c.cosmic_rays_per_frame = 0.0;
  c.hot_pixel_fraction = 0.0;
  return c;
}

TEST(Frames, AreTheSameInAnyOrderAndDifferForAnotherSeed) {
  const Scene a = make_scene(small());
  const auto third_first = render_light(a, 3);
  const Scene b = make_scene(small());
  (void)render_flat(b, 0);
  (void)render_light(b, 0);
  const auto third_later = render_light(b, 3);
  EXPECT_EQ(third_first.adu, third_later.adu);
  EXPECT_EQ(third_first.header, third_later.header);
  EXPECT_EQ(third_first.truth.flux_e, third_later.truth.flux_e);
  SimConfig other = small();
  other.seed = 2;
  EXPECT_NE(render_light(make_scene(other), 3).adu, third_first.adu);
  EXPECT_NE(render_light(a, 2).adu, third_first.adu);
}

TEST(LightFrames, HaveThePhotonAndReadNoiseTheyShould) {
  const Scene scene = make_scene(quiet());
  const auto frame = render_light(scene, 1);
  const Grid<float> light = expected_light_e(scene, frame.truth);
  const SimConfig& c = scene.config;
  double sum = 0.0, chi2 = 0.0;
  for (std::int64_t iy = 0; iy < c.ny; ++iy)
    for (std::int64_t ix = 0; ix < c.nx; ++ix) {
      const double mean_e = static_cast<double>(light(ix, iy)) +
                            static_cast<double>(scene.detector.dark_e_per_s(ix, iy)) * c.exposure_s;
      const double mean_adu =
          mean_e / c.gain_e_per_adu + static_cast<double>(scene.detector.bias_adu(ix, iy));
      const double variance_adu2 =
          (mean_e + c.read_noise_e * c.read_noise_e) / (c.gain_e_per_adu * c.gain_e_per_adu) +
          1.0 / 12.0;
      const double z = (frame.adu(ix, iy) - mean_adu) / std::sqrt(variance_adu2);
      sum += z;
      chi2 += z * z;
    }
  // n = 12288 near-normal values: the mean has error 1/√n, χ²/n has √((2 + 1/λ)/n).
  const double n = static_cast<double>(c.nx * c.ny);
  EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(n));
  EXPECT_NEAR(chi2 / n, 1.0, 5.0 * std::sqrt(2.1 / n));
}

TEST(LightFrames, HoldTheTrueFluxOfTheirStars) {
  SimConfig c = small();
  c.nx = c.ny = 256;
  c.n_stars = 60;
  c.sky_e_per_s_px = 0.0;
  c.flat_vignetting = c.flat_pixel_noise = 0.0;
  const Scene scene = make_scene(c);
  FrameTruth truth = frame_truth(scene, 0);
  // Only stars more than 60 px from the edge, beyond which less than 1e-4 of the light falls.
  double flux_e = 0.0;
  for (std::size_t i = 0; i < truth.flux_e.size(); ++i) {
    const bool inside = std::abs(truth.x_px[i] - 128) < 68 && std::abs(truth.y_px[i] - 128) < 68;
    if (!inside) truth.flux_e[i] = 0.0;
    flux_e += truth.flux_e[i];
  }
  const Grid<float> light = expected_light_e(scene, truth);
  double sum = 0.0;
  for (const float v : light.pixels()) sum += static_cast<double>(v);
  ASSERT_GT(flux_e, 0.0);
  EXPECT_NEAR(sum / flux_e, 1.0, 2e-4);
}

TEST(TruePositions, AreTheProjectionOfTheCatalogueMovedToTheDate) {
  const Scene scene = make_scene(small());
  const FrameTruth truth = frame_truth(scene, 4);
  const double years = 2000.0 + (truth.time_utc_mid_jd - 2451545.0) / 365.25 - 2016.0;
  const StarCatalog& s = scene.catalogue;
  for (std::size_t i = 0; i < s.id.size(); ++i) {
    const double dec = s.dec_deg[i] + s.pm_dec_mas_yr[i] * years / 3.6e6;
    const double ra = s.ra_deg[i] + s.pm_ra_mas_yr[i] * years / 3.6e6 / std::cos(dec * kRadPerDeg);
    const PixelPos at = sky::to_pixel(truth.wcs, {Angle::from_deg(ra), Angle::from_deg(dec)});
    EXPECT_NEAR(at.x_px, truth.x_px[i], 1e-4);  // the night is 1e-5 yr of 8 mas/yr long
    EXPECT_NEAR(at.y_px, truth.y_px[i], 1e-4);
  }
}

TEST(TransitStar, IsFainterByTheDepthAtMidNight) {
  SimConfig c = small();
  c.nx = c.ny = 400;
  c.n_stars = 150;
  const Scene scene = make_scene(c);
  ASSERT_EQ(scene.variables.size(), 3U);
  EXPECT_EQ(scene.variables[0].kind, VariableKind::transit);
  const auto i = static_cast<std::size_t>(scene.variables[0].i_star);
  SimConfig still = c;
  still.variables = false;
  const Scene constant = make_scene(still);
  EXPECT_DOUBLE_EQ(frame_truth(scene, 2).relative_variation[i], 1.0 - c.transit_depth);
  EXPECT_NEAR(frame_truth(scene, 2).flux_e[i] / frame_truth(constant, 2).flux_e[i],
              1.0 - c.transit_depth, 1e-12);
  const auto& at = frame_truth(scene, 2);
  EXPECT_GT(at.x_px[i], 0.1 * 400);
  EXPECT_LT(at.x_px[i], 0.9 * 400);
}

TEST(BrightStars, AreClippedAtSaturation) {
  SimConfig c = small();
  c.mag_bright = 4.0;
  c.mag_faint = 6.0;
  c.saturation_adu = 30000.0;
  const Scene scene = make_scene(c);
  const auto frame = render_light(scene, 0);
  EXPECT_EQ(*std::max_element(frame.adu.pixels().begin(), frame.adu.pixels().end()), 30000);
  EXPECT_LT(frame.header.number("SATURATE").value(), 30000.0);
}

TEST(Mosaic, ScalesTheFourPixelsOfACell) {
  SimConfig c = quiet();
  c.sky_gradient = c.flat_vignetting = c.flat_pixel_noise = 0.0;
  c.bayer = true;
  const Scene scene = make_scene(c);
  const auto light = expected_light_e(scene, frame_truth(scene, 0));
  EXPECT_NEAR(light(0, 0) / light(1, 0), 0.7, 1e-6);
  EXPECT_NEAR(light(0, 1) / light(1, 0), 1.0, 1e-6);
  EXPECT_NEAR(light(1, 1) / light(1, 0), 0.6, 1e-6);
  EXPECT_EQ(render_light(scene, 0).header.text("BAYERPAT").value(), "RGGB");
}

TEST(CalibrationFrames, HaveTheLevelsAsked) {
  SimConfig c = quiet();
  c.bias_structure_adu = 0.0;
  const Scene scene = make_scene(c);
  const auto mean = [](const RenderedFrame& f) {
    double sum = 0.0;
    for (const auto v : f.adu.pixels()) sum += v;
    return sum / static_cast<double>(f.adu.size());
  };
  const double n = static_cast<double>(c.nx * c.ny);
  const double bias_error = c.read_noise_e / c.gain_e_per_adu / std::sqrt(n);
  EXPECT_NEAR(mean(render_bias(scene, 0)), c.bias_adu, 5.0 * bias_error);
  // 3 e- of dark current, drawn per pixel with 20 % scatter, add √(3)/√n.
  EXPECT_NEAR(mean(render_dark(scene, 0)), c.bias_adu + c.dark_e_per_s * c.dark_exposure_s / 1.5,
              5.0 * (bias_error + 1.3 / std::sqrt(n)));
  const double flat_e = (mean(render_flat(scene, 0)) - c.bias_adu) * c.gain_e_per_adu;
  EXPECT_GT(flat_e, 0.85 * 0.9 * c.flat_level_e);  // vignetting 15 % at most, level ±10 %
  EXPECT_LT(flat_e, 1.1 * c.flat_level_e);
}

TEST(CosmicRays, AreRememberedAndBright) {
  SimConfig c = quiet();
  c.cosmic_rays_per_frame = 20.0;
  const Scene scene = make_scene(c);
  const auto hit = render_light(scene, 0);
  ASSERT_GT(hit.cosmic_pixels.size(), 10U);
  double excess = 0.0;
  for (const auto p : hit.cosmic_pixels)
    excess += hit.adu.pixels()[static_cast<std::size_t>(p)] - c.bias_adu;
  // Sky and dark give 183 e- = 122 ADU; a hit gives 150 e- = 100 ADU or more per step.
  EXPECT_GT(excess / static_cast<double>(hit.cosmic_pixels.size()), 222.0);
}

TEST(StartTime, ReadsBackToTheMillisecondAndRefusesNonsense) {
  EXPECT_EQ(io::iso_utc_of_ms(parse_utc_ms("2024-02-29T23:59:59.999")), "2024-02-29T23:59:59.999");
  EXPECT_DOUBLE_EQ(jd_of_ms(parse_utc_ms("2000-01-01T12:00:00")), 2451545.0);
  EXPECT_THROW(parse_utc_ms("2024-02-30T00:00:00"), Error);
  EXPECT_THROW(parse_utc_ms("yesterday"), Error);
}

TEST(MakeScene, RefusesAFieldUnderTheHorizon) {
  SimConfig c = small();
  c.dec_deg = -85.0;
  EXPECT_THROW(make_scene(c), Error);
}

}  // namespace
}  // namespace skyweft::simulator
