// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/forced.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "phot/kron.hpp"
#include "phot/limits.hpp"
#include "support/phot_oracle_image.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

constexpr double kBox64Level = 104.0451667720;  // by photutils 1.6 on the same image

Frame oracle_frame() {
  const auto image = support::oracle_image();
  Frame frame;
  frame.signal_e = Grid<float>(128, 128);
  frame.variance_e2 = Grid<float>(128, 128, 25.0F);
  frame.mask = Mask(128, 128);
  for (std::size_t i = 0; i < image.pixels().size(); ++i)
    frame.signal_e.pixels()[i] = static_cast<float>(image.pixels()[i] - kBox64Level);
  return frame;
}

TEST(EllipseSum, EqualsPhotutils) {
  constexpr double kSum = 7613.9883917653;
  const auto image = support::oracle_image();
  const phot::EllipseOverlap overlap({6.0, 3.0, 30.0});
  double sum = 0.0;
  for (std::int64_t iy = 0; iy < 128; ++iy)
    for (std::int64_t ix = 0; ix < 128; ++ix)
      sum += overlap(static_cast<double>(ix) - 90.6, static_cast<double>(iy) - 35.2) *
             (image(ix, iy) - kBox64Level);
  // The level is printed to 5e-11 per pixel, 56.5 of them; the sum to 5e-11.
  EXPECT_NEAR(sum, kSum, 3e-9);

  phot::ForcedConfig config;
  config.shape = "ellipse";
  config.background = "none";
  const std::vector<phot::ForcedTarget> targets{{90.6, 35.2, 6.0, 3.0, 30.0}};
  const auto table = phot::measure_targets(oracle_frame(), {}, {}, {}, targets, {}, config);
  // Pixels below 512 rounded to float: 1.5e-5 each, 56.5 of them.
  EXPECT_NEAR(table.rows[0].flux_e, kSum, 56.5 * 1.5e-5);
  EXPECT_EQ(table.rows[0].quality, 0);
}

// One row of a forced table that another program (SEP and photutils inside) wrote for a real frame.
TEST(ForcedFormulas, ReproduceAPublishedTable) {
  constexpr double kFlux = 33697.23024;
  constexpr double kError = 500.0020380;
  constexpr double kSkyNoise = 344.1948526;
  constexpr double kArea = 76.56674215;
  // Every tolerance is half a unit of the last digit printed, or what those of the inputs make of
  // it.
  EXPECT_NEAR(phot::magnitude(kFlux, 0.0), -11.318985513, 5e-10);
  EXPECT_NEAR(phot::magnitude_error(kFlux, kError), 0.0161102355, 5e-11);
  EXPECT_NEAR(phot::upper_limit_mag(5.0, kSkyNoise, 0.0), -8.089435939, 5e-10);
  EXPECT_NEAR(phot::upper_limit_mag(3.0, kSkyNoise, 0.0), -7.534814064, 1e-9);
  EXPECT_NEAR(phot::noise_of_area_e(kArea, 39.3355), kSkyNoise, 5e-5 * std::sqrt(kArea));
  // The sky noise over the area: 39.3355 per pixel.
  EXPECT_NEAR(kSkyNoise / phot::noise_of_area_e(kArea, 1.0), 39.3355, 5e-5);

  phot::ForcedConfig config;
  config.radii = {2.5, 0.5 * 2.5 * 3.19399596};  // diameters 5″ and 2.5 × seeing
  config.radii_unit = "arcsec";
  const phot::FrameScale scale{.arcsec_per_px = 0.50640136};
  const auto radii = phot::radii_in_px(config, scale);
  // The scale has eight digits: 1e-8.
  EXPECT_NEAR(2.0 * radii[0], 9.873591237, 1e-8 * 9.9);
  EXPECT_NEAR(2.0 * radii[1], 15.76810526, 1e-8 * 16.0);
  EXPECT_NEAR(phot::EllipseOverlap({radii[0], radii[0], 0.0}).area_px2(), kArea, 2e-8 * kArea);
  EXPECT_NEAR(phot::EllipseOverlap({0.5 * 9.873591237, 0.5 * 9.873591237, 0.0}).area_px2(), kArea,
              1.5e-8);
  // NPIX_AUTO of the first row of its detections: axes 3.443 and 2.886 px, 4.1 Kron radii.
  EXPECT_NEAR(phot::EllipseOverlap({4.1 * 3.443, 4.1 * 2.886, 0.0}).area_px2(), 524.7481735, 5e-8);
}

TEST(ForcedTable, HasTheMagnitudesAndLimitsOfItsFluxes) {
  // The published row again, as a table.
  phot::ForcedTable table;
  table.n_aperture = 1;
  table.zero_point_mag = 25.0;
  table.limits_sigma = {3.0, 5.0};
  table.rows.resize(1);
  table.rows[0].flux_e = 33697.23024;
  table.rows[0].flux_err_e = 500.0020380;
  table.rows[0].noise_e = 344.1948526;
  EXPECT_NEAR(table.magnitude_of(0), 25.0 - 11.318985513, 5e-10);
  EXPECT_NEAR(table.magnitude_error_of(0), 0.0161102355, 5e-11);
  EXPECT_NEAR(table.limit_mag(0, 0), 25.0 - 7.534814064, 1e-9);
  EXPECT_NEAR(table.limit_mag(0, 1), 25.0 - 8.089435939, 5e-10);
}

// In: x, y, a, b, theta in degrees, and last the pixels. Out: flux of the ellipse, of the circle of
// radius a, the same with a masked column, Kron radius.
constexpr const char* kScript = R"(
import sys
import numpy as np
import sep
lines = open(sys.argv[1]).read().splitlines()
rows = np.array([[float(v) for v in l.split()] for l in lines[:-1]])
data = np.array([float(v) for v in lines[-1].split()]).reshape(128, 128)
mask = np.zeros(data.shape, bool)
mask[:, 64] = True
x, y, a, b, t = rows.T
t = np.radians(t)
e = sep.sum_ellipse(data, x, y, a, b, t, 1.0, subpix=0)[0]
c = sep.sum_circle(data, x, y, a, subpix=0)[0]
m = sep.sum_ellipse(data, x, y, a, b, t, 1.0, mask=mask, subpix=0)[0]
k = sep.kron_radius(data, x, y, a / 4, b / 4, t, 6.0)[0]
for row in zip(e, c, m, k):
    print('row', *('%.17g' % v for v in row))
)";

TEST(EllipseSum, EqualsSep) {
  if (std::system("/usr/bin/python3 -c 'import sep' > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "SEP is absent (/usr/bin/python3)";
  Frame frame = oracle_frame();
  // b <= a and theta within ±90 degrees, as SEP has it.
  const std::vector<phot::ForcedTarget> targets{
      {30.3, 40.7, 6.0, 3.0, 30.0},   {90.6, 35.2, 8.0, 7.0, -70.0}, {64.0, 64.5, 5.5, 2.0, 88.0},
      {100.25, 100.75, 12.0, 4.0, 0}, {20.8, 104.1, 7.3, 3.1, -15},  {61.2, 64.9, 9.0, 5.0, 45.0},
      {64.0, 64.0, 4.0, 4.0, 0.0},    {50.0, 70.0, 20.0, 3.0, -40.0}};
  std::vector<std::vector<double>> input;
  for (const auto& t : targets) input.push_back({t.x_px, t.y_px, t.a_px, t.b_px, t.theta_deg});
  input.emplace_back(frame.signal_e.pixels().begin(), frame.signal_e.pixels().end());
  const auto sep = support::rows_from_python(kScript, input);
  ASSERT_EQ(sep.size(), targets.size());

  phot::ForcedConfig config;
  config.background = "none";
  config.shape = "ellipse";
  const auto ellipses = phot::measure_targets(frame, {}, {}, {}, targets, {}, config);
  Frame masked = frame;
  for (std::int64_t iy = 0; iy < 128; ++iy) masked.mask(64, iy) = mask::hot;
  const auto with_mask = phot::measure_targets(masked, {}, {}, {}, targets, {}, config);
  const phot::LocalSky none{.level_e = 0.0};
  config.shape = "circle";
  config.radii_unit = "px";
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto& t = targets[i];
    // Overlaps to 1e-12 by both, some 100 pixels on the rim, each below 1.4e3; summed in double.
    const double tolerance = 2.0 * 1e-12 * 100.0 * 1.4e3;
    EXPECT_NEAR(ellipses.rows[i].flux_e, sep[i][0], tolerance) << i;
    config.radii = {t.a_px};
    const std::vector<phot::ForcedTarget> one{t};
    const auto circle = phot::measure_targets(frame, {}, {}, {}, one, {}, config);
    EXPECT_NEAR(circle.rows[0].flux_e, sep[i][1], tolerance) << i;
    // SEP scales a sum up for its masked area.
    EXPECT_NEAR(with_mask.rows[i].flux_e / with_mask.rows[i].coverage, sep[i][2], tolerance) << i;
    EXPECT_EQ(with_mask.rows[i].n_masked > 0, sep[i][0] != sep[i][2]) << i;
    // The same sums over the same pixels in another order: 1e-16 each of at most 1e4 pixels, of
    // which noise cancels down to no less than 1 % in the light.
    const double kron =
        phot::kron_radius(frame, none, t.x_px, t.y_px, {0.25 * t.a_px, 0.25 * t.b_px, t.theta_deg});
    if (sep[i][3] > 0.0)
      EXPECT_NEAR(kron, sep[i][3], 1e-10) << i;
    else
      EXPECT_TRUE(std::isnan(kron)) << i;
  }
}

}  // namespace
