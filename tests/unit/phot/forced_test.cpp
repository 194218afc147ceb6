// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/forced.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "support/phot_forced_frames.hpp"

using namespace skyweft;
using phot::ForcedConfig;
using phot::ForcedTable;
using phot::ForcedTarget;
using phot::FrameScale;
using support::even_frame;

namespace {

constexpr FrameScale kScale{.fwhm_px = 2.5, .arcsec_per_px = 0.5, .zero_point_mag = 25.0};

ForcedConfig in_px(std::vector<double> radii) {
  ForcedConfig config;
  config.radii = std::move(radii);
  config.radii_unit = "px";
  return config;
}

ForcedTable measure(const Frame& frame, std::vector<ForcedTarget> targets,
                    const ForcedConfig& config, const FrameScale& scale = kScale) {
  return phot::measure_targets(frame, {}, {}, {}, targets, scale, config);
}

/// 100 e- per pixel, 5 more within 9 px of (30.3, 29.8); the annulus is 10 to 17.5 px.
Frame disc_frame() {
  Frame frame = even_frame(60, 60, 100.0F, 4.0F);
  for (std::int64_t iy = 0; iy < 60; ++iy)
    for (std::int64_t ix = 0; ix < 60; ++ix)
      if (std::hypot(static_cast<double>(ix) - 30.3, static_cast<double>(iy) - 29.8) < 9.0)
        frame.signal_e(ix, iy) = 105.0F;
  return frame;
}

TEST(ForcedFlux, OfUniformDiscIsAreaTimesLevel) {
  const auto table = measure(disc_frame(), {{30.3, 29.8}}, in_px({2.0, 4.5}));
  ASSERT_EQ(table.rows.size(), 2u);
  for (std::size_t a = 0; a < 2; ++a) {
    const auto& row = table.rows[a];
    const double area = kPi * table.radii_px[a] * table.radii_px[a];
    // Overlaps are exact to 1e-13, pixels are whole numbers.
    EXPECT_NEAR(row.flux_e, 5.0 * area, 1e-10);
    EXPECT_NEAR(row.area_px, area, 1e-11);
    EXPECT_NEAR(row.coverage, 1.0, 1e-13);
    EXPECT_EQ(row.quality, 0);
    EXPECT_EQ(row.background_e, 100.0);
    EXPECT_EQ(row.background_err_e, 0.0);
    EXPECT_EQ(row.peak_e, 5.0);
    EXPECT_EQ(row.n_masked, 0);
    EXPECT_EQ(row.target, 0);
    EXPECT_EQ(row.aperture, static_cast<std::int64_t>(a));
    EXPECT_NEAR(table.magnitude_of(a), 25.0 - 2.5 * std::log10(5.0 * area), 1e-12);
  }
}

TEST(ForcedFlux, OfAnEllipseIsItsAreaTimesLevel) {
  ForcedConfig config;
  config.shape = "ellipse";
  config.ellipse_scales = {1.0, 1.5};
  const auto table = measure(disc_frame(), {{30.3, 29.8, 5.0, 2.0, 35.0}}, config);
  EXPECT_NEAR(table.rows[0].flux_e, 5.0 * kPi * 10.0, 1e-10);
  EXPECT_NEAR(table.rows[1].flux_e, 5.0 * kPi * 22.5, 1e-10);
  EXPECT_EQ(table.rows[1].shape, (phot::Ellipse{7.5, 3.0, 35.0}));
  // Without its own ellipse: the configured one; without that: a circle of the first radius.
  config.ellipse_a_px = 3.0;
  config.ellipse_b_px = 1.0;
  EXPECT_NEAR(measure(disc_frame(), {{30.3, 29.8}}, config).rows[0].flux_e, 15.0 * kPi, 1e-10);
  config.ellipse_a_px = config.ellipse_b_px = 0.0;
  EXPECT_NEAR(measure(disc_frame(), {{30.3, 29.8}}, config).rows[0].flux_e, 5.0 * kPi * 6.25,
              1e-10);
}

TEST(ForcedError, IsTheSumOfItsParts) {
  // Sky of variance 4 in the annulus, 9 under the source: 5 e-² of it are the source's.
  Frame frame = disc_frame();
  for (std::size_t i = 0; i < frame.signal_e.pixels().size(); ++i) {
    if (frame.signal_e.pixels()[i] > 100.0F) frame.variance_e2.pixels()[i] = 9.0F;
    frame.signal_e.pixels()[i] += i % 2 == 0 ? 1.0F : -1.0F;  // scatter 1, in every annulus
  }
  frame.gain_e_per_adu = 1e-6;  // no grouping of the median
  const auto row = measure(frame, {{30.3, 29.8}}, in_px({3.0})).rows[0];
  double weight2 = 0.0;
  for (int iy = 20; iy < 40; ++iy)
    for (int ix = 20; ix < 40; ++ix)
      weight2 += std::pow(phot::EllipseOverlap({3.0, 3.0, 0.0})(ix - 30.3, iy - 29.8), 2);
  EXPECT_NEAR(row.source_err_e, std::sqrt(5.0 * weight2), 1e-9);
  EXPECT_NEAR(row.sky_err_e, std::sqrt(4.0 * weight2), 1e-9);
  EXPECT_NEAR(row.flat_err_e, 5e-4 * row.flux_e, 1e-12);
  EXPECT_NEAR(row.level_err_e, row.background_err_e * kPi * 9.0, 1e-12);
  EXPECT_NEAR(row.flux_err_e,
              std::sqrt(9.0 * weight2 + std::pow(row.flat_err_e, 2) + std::pow(row.level_err_e, 2)),
              1e-9);
  EXPECT_NEAR(row.noise_e, std::hypot(row.sky_err_e, row.level_err_e), 1e-12);
  EXPECT_DOUBLE_EQ(row.snr, row.flux_e / row.flux_err_e);
  // √(π/2n) of a scatter of 1, with n the centres between 10 and 17.5 px: π(17.5² − 10²) = 648,
  // within 3 √(perimeter) = 40.
  EXPECT_NEAR(row.background_err_e, std::sqrt(0.5 * kPi / 648.0), 0.04 * 0.0492);
}

TEST(ForcedLimits, AreMultiplesOfTheNoiseWithoutSource) {
  const auto table = measure(disc_frame(), {{30.3, 29.8}}, in_px({3.0}));
  const double noise = table.rows[0].noise_e;
  EXPECT_GT(noise, 0.0);
  EXPECT_DOUBLE_EQ(table.limit_e(0, 0), 3.0 * noise);
  EXPECT_DOUBLE_EQ(table.limit_e(0, 1), 5.0 * noise);
  EXPECT_NEAR(table.limit_mag(0, 1), 25.0 - 2.5 * std::log10(5.0 * noise), 1e-12);
  // No zero point: no magnitude, but a limit in electrons.
  FrameScale none = kScale;
  none.zero_point_mag = kNaN;
  const auto bare = measure(disc_frame(), {{30.3, 29.8}}, in_px({3.0}), none);
  EXPECT_TRUE(std::isnan(bare.limit_mag(0, 1)));
  EXPECT_DOUBLE_EQ(bare.limit_e(0, 1), 5.0 * noise);
}

TEST(ForcedRadii, ComeInThreeUnits) {
  ForcedConfig config;
  config.radii = {2.0, 3.0};
  config.radii_unit = "px";
  EXPECT_EQ(phot::radii_in_px(config, kScale), (std::vector<double>{2.0, 3.0}));
  config.radii_unit = "arcsec";
  EXPECT_EQ(phot::radii_in_px(config, kScale), (std::vector<double>{4.0, 6.0}));
  config.radii_unit = "fwhm";
  EXPECT_EQ(phot::radii_in_px(config, kScale), (std::vector<double>{5.0, 7.5}));
}

TEST(ForcedMask, LeavesPixelsOutAndSaysSo) {
  Frame frame = disc_frame();
  frame.mask(30, 30) = mask::hot;
  frame.signal_e(30, 30) = 1e6F;
  const auto hot = measure(frame, {{30.3, 29.8}}, in_px({3.0})).rows[0];
  const double area = kPi * 9.0 - 1.0;  // the pixel lies wholly inside
  EXPECT_NEAR(hot.flux_e, 5.0 * area, 1e-10);
  EXPECT_NEAR(hot.area_px, area, 1e-11);
  EXPECT_NEAR(hot.coverage, area / (kPi * 9.0), 1e-12);
  EXPECT_EQ(hot.n_masked, 1);
  EXPECT_EQ(hot.quality, quality::bad_pixel);
  EXPECT_EQ(hot.peak_e, 5.0);

  const auto bits = [&](MaskBits bit) {
    frame.mask(30, 30) = bit;
    return measure(frame, {{30.3, 29.8}}, in_px({3.0})).rows[0].quality;
  };
  EXPECT_EQ(bits(mask::cosmic), quality::cosmic);
  EXPECT_EQ(bits(mask::oversaturated), quality::saturated);
  EXPECT_EQ(bits(mask::leaked), quality::bleed);
  EXPECT_EQ(bits(mask::interpolated), quality::interpolated);
  EXPECT_EQ(bits(mask::suspect), 0);
  EXPECT_EQ(bits(mask::cosmic | mask::hot), quality::bad_pixel);
  frame.mask(30, 30) = 0;
  frame.signal_e(30, 30) = kNaNf;  // not flagged by anyone, and yet no number
  const auto broken = measure(frame, {{30.3, 29.8}}, in_px({3.0})).rows[0];
  EXPECT_EQ(broken.quality, quality::bad_pixel);
  EXPECT_NEAR(broken.flux_e, 5.0 * area, 1e-10);
  for (auto& m : frame.mask.pixels()) m = mask::user;
  const auto nothing = measure(frame, {{30.3, 29.8}}, in_px({3.0})).rows[0];
  EXPECT_EQ(nothing.quality,
            quality::bad_pixel | quality::not_measured | quality::background_unreliable);
  EXPECT_TRUE(std::isnan(nothing.flux_e));
  EXPECT_EQ(nothing.coverage, 0.0);
}

TEST(ForcedPlaces, OverTheEdgeGiveCoverageAndNoFlux) {
  const Frame frame = even_frame(80, 70, 100.0F, 4.0F);
  // Half of the circle lies below x = −0.5.
  const auto half = measure(frame, {{-0.5, 30.0}}, in_px({3.0, 200.0}));
  EXPECT_NEAR(half.rows[0].coverage, 0.5, 1e-12);
  EXPECT_TRUE(std::isnan(half.rows[0].flux_e));
  EXPECT_TRUE(std::isnan(half.limit_e(0, 0)));
  EXPECT_EQ(half.rows[0].quality, quality::edge | quality::background_unreliable);
  // The ring about the circle of 200 px is off the frame, the circle holds all of it.
  EXPECT_NEAR(half.rows[1].coverage, 80.0 * 70.0 / (kPi * 4e4), 1e-9);
  EXPECT_TRUE(std::isnan(half.rows[1].flux_e));
  EXPECT_NE(half.rows[1].quality & quality::edge, 0);
  // An ellipse is over the edge by its own box: along y it has room.
  ForcedConfig config;
  config.shape = "ellipse";
  const auto up =
      measure(frame, {{2.5, 30.0, 8.0, 2.9, 90.0}, {2.5, 30.0, 8.0, 2.9, 80.0}}, config);
  EXPECT_EQ(up.rows[0].quality, 0);
  EXPECT_NEAR(up.rows[0].flux_e, 0.0, 1e-10);
  EXPECT_EQ(up.rows[1].quality, quality::edge);
}

TEST(ForcedPlaces, ThatAreNoneAreNotMeasured) {
  const Frame frame = even_frame(60, 60, 100.0F, 4.0F);
  for (const std::string shape : {"circle", "ellipse", "kron"}) {
    ForcedConfig config;
    config.shape = shape;
    const std::vector<ForcedTarget> targets{
        {kNaN, 10.0},  {10.0, kNaN}, {1e300, 10.0}, {-40.0, 10.0}, {10.0, 100.0, 3.0, 2.0, 0.0},
        {.x_px = 10.0}};
    const auto table = measure(frame, targets, config);
    ASSERT_EQ(table.rows.size(), targets.size() * static_cast<std::size_t>(table.n_aperture));
    for (const auto& row : table.rows) {
      EXPECT_NE(row.quality & quality::not_measured, 0) << shape << row.target;
      EXPECT_TRUE(std::isnan(row.flux_e));
      EXPECT_TRUE(std::isnan(row.noise_e));
    }
  }
  // Nor are ellipses that are none.
  ForcedConfig config;
  config.shape = "ellipse";
  for (const ForcedTarget& t : {ForcedTarget{30, 30, 3.0, 0.0, 0.0}, ForcedTarget{30, 30, -3, 2, 0},
                                ForcedTarget{30, 30, kNaN, 2, 0}, ForcedTarget{30, 30, 3, 2, kNaN},
                                ForcedTarget{30, 30, 1e200, 1e200, 0}})
    EXPECT_EQ(measure(frame, {t}, config).rows[0].quality, quality::not_measured);
  EXPECT_TRUE(measure(frame, {}, config).rows.empty());
}

TEST(ForcedBackground, FallsBackToTheMap) {
  Frame frame = even_frame(80, 80, 100.0F, 4.0F);
  const Grid<float> level(80, 80, 90.0F);
  const Grid<float> rms(80, 80, 3.0F);
  const Grid<std::uint8_t> no_sky(80, 80, 0);
  const std::vector<ForcedTarget> at{{40.0, 40.0}};
  const auto config = in_px({3.0});
  const auto mapped = phot::measure_targets(frame, level, rms, no_sky, at, kScale, config).rows[0];
  EXPECT_EQ(mapped.quality, quality::background_unreliable);
  EXPECT_NEAR(mapped.flux_e, 10.0 * kPi * 9.0, 1e-10);
  EXPECT_NEAR(mapped.background_err_e, 3.0 * std::sqrt(0.5 * kPi / 50.0), 1e-12);
  const auto bare = phot::measure_targets(frame, {}, {}, no_sky, at, kScale, config).rows[0];
  EXPECT_EQ(bare.quality, quality::background_unreliable);
  EXPECT_TRUE(std::isnan(bare.flux_e));
  // Asked for, the map is followed pixel by pixel and is no fault.
  ForcedConfig map = config;
  map.background = "map";
  Grid<float> slope(80, 80);
  for (std::int64_t iy = 0; iy < 80; ++iy)
    for (std::int64_t ix = 0; ix < 80; ++ix) {
      slope(ix, iy) = 90.0F + static_cast<float>(ix * ix % 7);
      frame.signal_e(ix, iy) = slope(ix, iy) + 2.0F;
    }
  const auto followed = phot::measure_targets(frame, slope, rms, {}, at, kScale, map).rows[0];
  EXPECT_EQ(followed.quality, 0);
  EXPECT_NEAR(followed.flux_e, 2.0 * kPi * 9.0, 1e-10);
  // A level whose error nobody knows.
  const auto half = phot::measure_targets(frame, slope, {}, {}, at, kScale, map).rows[0];
  EXPECT_EQ(half.quality, quality::background_unreliable);
  EXPECT_NEAR(half.flux_e, followed.flux_e, 1e-12);
  EXPECT_TRUE(std::isnan(half.flux_err_e));
  map.background = "none";
  const auto none =
      phot::measure_targets(even_frame(80, 80, 2.0F, 4.0F), {}, {}, {}, at, kScale, map).rows[0];
  EXPECT_EQ(none.quality, 0);
  EXPECT_NEAR(none.flux_e, 2.0 * kPi * 9.0, 1e-10);
  EXPECT_EQ(none.level_err_e, 0.0);
}

TEST(ForcedConfig, RefusesWhatCannotBeMeasured) {
  const Frame frame = even_frame(60, 60, 100.0F, 4.0F);
  const auto code_of = [&](const ForcedConfig& config, const FrameScale& scale) {
    try {
      measure(frame, {{30.0, 30.0}}, config, scale);
    } catch (const Error& e) {
      return name_of(e.code());
    }
    return std::string_view{"none"};
  };
  FrameScale unknown;
  EXPECT_EQ(code_of(in_px({}), kScale), "bad_config");
  EXPECT_EQ(code_of(in_px({-1.0}), kScale), "bad_config");
  EXPECT_EQ(code_of(in_px({1e6}), kScale), "bad_config");
  EXPECT_EQ(code_of(ForcedConfig{}, unknown), "bad_input");
  ForcedConfig sky = in_px({3.0});
  EXPECT_EQ(code_of(sky, unknown), "bad_input");
  sky.annulus_inner_px = 8.0;
  sky.annulus_outer_px = 15.0;
  EXPECT_EQ(code_of(sky, unknown), "none");
  sky.radii_unit = "arcsec";
  EXPECT_EQ(code_of(sky, unknown), "bad_input");
  sky.annulus_outer_px = 7.0;
  EXPECT_EQ(code_of(sky, kScale), "bad_config");
  ForcedConfig ellipse;
  ellipse.shape = "ellipse";
  ellipse.ellipse_a_px = 3.0;
  EXPECT_EQ(code_of(ellipse, kScale), "bad_config");
  ellipse.ellipse_b_px = 3.0;
  ellipse.ellipse_scales = {};
  EXPECT_EQ(code_of(ellipse, kScale), "bad_config");
  const Grid<float> other(59, 60);
  const std::vector<ForcedTarget> at{{30.0, 30.0}};
  EXPECT_THROW(phot::measure_targets(frame, other, {}, {}, at, kScale, in_px({3.0})), Error);
}

}  // namespace
