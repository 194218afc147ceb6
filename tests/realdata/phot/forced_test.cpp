// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/forced.hpp"

#include <cmath>
#include <cstdio>
#include <filesystem>

#include <fitsio.h>
#include <gtest/gtest.h>

#include "detect/background.hpp"
#include "detect/detect.hpp"
#include "phot/apertures.hpp"
#include "phot/empty_apertures.hpp"
#include "phot/growth.hpp"
#include "phot/limits.hpp"
#include "support/real_data.hpp"

using namespace skyweft;

namespace {

/// A raw frame in ADU; variance from the scatter of the sky and the light above it.
Frame read_raw(const std::filesystem::path& path, detect::Background& sky) {
  fitsfile* file = nullptr;
  int status = 0;
  long size[2] = {0, 0};
  fits_open_image(&file, path.c_str(), READONLY, &status);
  fits_get_img_size(file, 2, size, &status);
  Frame f;
  if (status == 0) {
    f.signal_e = Grid<float>(size[0], size[1]);
    f.variance_e2 = Grid<float>(size[0], size[1], 1.0F);
    f.mask = Mask(size[0], size[1]);
    fits_read_img(file, TFLOAT, 1, f.signal_e.size(), nullptr, f.signal_e.pixels().data(), nullptr,
                  &status);
  }
  int ignored = 0;
  if (file != nullptr) fits_close_file(file, &ignored);
  EXPECT_EQ(status, 0) << path;
  if (status != 0) return {};
  for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i)
    if (f.signal_e.pixels()[i] >= 60000.0F) f.mask.pixels()[i] = mask::oversaturated;
  sky = detect::estimate_background(f);
  for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i)
    f.variance_e2.pixels()[i] = sky.rms_e.pixels()[i] * sky.rms_e.pixels()[i] +
                                std::max(0.0F, f.signal_e.pixels()[i] - sky.level_e.pixels()[i]);
  return f;
}

TEST(ForcedPhotometry, OfARealFrameKnowsItsNoiseAndItsStars) {
  const auto path = support::real_data_dir() / "hatp32" / "HATP-32171220013343.FITS";
  SKYWEFT_NEEDS(path);
  detect::Background sky;
  const Frame frame = read_raw(path, sky);
  ASSERT_FALSE(frame.signal_e.empty());
  const auto found = detect::detect_sources(frame, sky);
  std::vector<PixelPos> stars;
  for (std::size_t i = 0; i < found.sources.x_px.size(); ++i)
    stars.push_back({found.sources.x_px[i], found.sources.y_px[i]});

  // Empty circles on a raw frame, not flattened: they are noisier than their pixels are. What is
  // fixed to the detector goes away in the difference to the next frame; what is left is not below
  // the white noise of the pixels.
  const phot::EmptyApertureConfig empty;
  const auto free = phot::sky_pixels(frame, sky.level_e, stars, found.fwhm_px, empty);
  phot::ForcedConfig config;
  config.radii = {1.5, 2.5, 4.0};
  config.radii_unit = "px";
  config.background = "map";
  const phot::FrameScale scale{.fwhm_px = found.fwhm_px, .zero_point_mag = 25.0};
  const auto noise =
      phot::measure_empty_apertures(frame, sky.level_e, sky.rms_e, free, scale, config, empty);
  for (const auto& n : noise) {
    const double error = n.noise_err_e / n.budget_e;
    const auto depth = phot::depth_of(n.radius_px, 5.0, n.budget_e, n.noise_e, 25.0);
    std::printf("[ empty ] r %.1f n %d ratio %.3f ± %.3f, 5 sigma at %.2f and %.2f mag\n",
                n.radius_px, static_cast<int>(n.n), n.ratio, error, depth.budget_mag,
                depth.empty_mag);
    EXPECT_GE(n.n, 200);
    EXPECT_GT(n.ratio, 1.0 + 4.0 * error);
  }
  detect::Background next_sky;
  Frame difference =
      read_raw(support::real_data_dir() / "hatp32" / "HATP-32171220013612.FITS", next_sky);
  ASSERT_TRUE(same_shape(difference.signal_e, frame.signal_e));
  auto both = free;
  const auto next_free =
      phot::sky_pixels(difference, next_sky.level_e, stars, found.fwhm_px, empty);
  for (std::size_t i = 0; i < both.pixels().size(); ++i) {
    both.pixels()[i] = static_cast<std::uint8_t>(both.pixels()[i] & next_free.pixels()[i]);
    difference.signal_e.pixels()[i] -= frame.signal_e.pixels()[i];
  }
  const auto rest = detect::estimate_background(difference);
  std::size_t i_radius = 0;
  for (const auto& n : phot::measure_empty_apertures(difference, rest.level_e, rest.rms_e, both,
                                                     scale, config, empty)) {
    std::printf("[ difference ] r %.1f n %d ratio %.3f ± %.3f\n", n.radius_px,
                static_cast<int>(n.n), n.ratio, n.noise_err_e / n.budget_e);
    EXPECT_GT(n.ratio, 1.0 - 4.0 * n.noise_err_e / n.budget_e);
    EXPECT_LT(n.ratio, noise[i_radius++].ratio);
  }

  // What was detected is above the 3 sigma limit wherever it is not flagged.
  std::vector<phot::ForcedTarget> targets;
  for (const PixelPos& p : stars) targets.push_back({.x_px = p.x_px, .y_px = p.y_px});
  const auto table =
      phot::measure_targets(frame, sky.level_e, sky.rms_e, {}, targets, scale, config);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    if (table.rows[i].quality == 0 && table.rows[i].aperture == 0) {
      EXPECT_GT(table.rows[i].flux_e, table.limit_e(i, 0)) << i;
    }

  // Their light grows with the radius.
  std::vector<double> x;
  std::vector<double> y;
  std::vector<float> mag;
  for (std::size_t i = 0; i < stars.size(); ++i) {
    x.push_back(stars[i].x_px);
    y.push_back(stars[i].y_px);
    mag.push_back(
        static_cast<float>(-2.5 * std::log10(std::max(1.0, table.rows[3 * i + 1].flux_e))));
  }
  phot::ApertureConfig apertures;
  apertures.radii_px = {1.5, 2.0, 3.0, 4.0, 6.0, 8.0};
  const auto out =
      phot::measure_frame(frame, sky.level_e, sky.rms_e, x, y, mag, found.fwhm_px, apertures);
  const auto curve = phot::growth_curve(out, mag, apertures.radii_px, {});
  EXPECT_GE(curve.n_selected, 5);
  for (std::size_t k = 0; k < curve.ratio.size(); ++k) {
    std::printf("[ growth ] r %.1f ratio %.4f ± %.4f scatter %.4f n %d correction %.4f mag\n",
                curve.radii_px[k], curve.ratio[k], curve.ratio_err[k], curve.scatter[k],
                static_cast<int>(curve.n_star[k]), curve.correction_mag(k));
    if (k == 0) continue;
    EXPECT_GT(curve.ratio[k], curve.ratio[k - 1] - 4.0 * curve.ratio_err[k - 1]);
  }
}

}  // namespace
