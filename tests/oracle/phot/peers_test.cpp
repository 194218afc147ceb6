// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Sums, annuli and clipped statistics against SEP and photutils on the same pixels.
#include <cmath>

#include <gtest/gtest.h>

#include "phot/apertures.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

constexpr std::int64_t kNx = 120;
constexpr std::int64_t kNy = 110;

/// Whole numbers, so that Python makes the same floats of the text.
Frame test_frame() {
  Frame frame;
  frame.signal_e = Grid<float>(kNx, kNy);
  frame.variance_e2 = Grid<float>(kNx, kNy, 50.0F);
  frame.mask = Mask(kNx, kNy);
  frame.gain_e_per_adu = 1e-3;  // steps far below the noise
  std::uint64_t state = 12345;
  for (float& v : frame.signal_e.pixels()) {
    double sum = 0.0;
    for (int i = 0; i < 12; ++i) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      sum += static_cast<double>(state >> 40) / 16777216.0;
    }
    v = static_cast<float>(std::round(1000.0 * (200.0 + 7.0 * (sum - 6.0))) / 1024.0);
  }
  for (std::int64_t iy = 40; iy < 70; ++iy)
    for (std::int64_t ix = 40; ix < 70; ++ix) {
      const double r2 =
          std::pow(static_cast<double>(ix) - 55.2, 2) + std::pow(static_cast<double>(iy) - 54.6, 2);
      frame.signal_e(ix, iy) += static_cast<float>(std::round(5000.0 * std::exp(-r2 / 4.0)));
    }
  return frame;
}

const std::vector<double> kX{55.2, 30.0, 80.5, 60.49, 20.77};
const std::vector<double> kY{54.6, 30.0, 70.5, 20.01, 80.33};
// Not below 1/√2: there SEP 1.2.1 takes a pixel centred on the star for a whole one (of an image of
// ones it sums more than the circle's area).
const std::vector<double> kRadii{0.8, 1.5, 2.0, 3.3, 5.0, 7.5};
constexpr double kInner = 9.5;
constexpr double kOuter = 15.3;

/// Rows: image rows, then the stars.
std::vector<std::vector<double>> input(const Frame& frame) {
  std::vector<std::vector<double>> rows;
  for (std::int64_t iy = 0; iy < kNy; ++iy) {
    const auto row = frame.signal_e.row(iy);
    rows.emplace_back(row.begin(), row.end());
  }
  rows.push_back(kX);
  rows.push_back(kY);
  rows.push_back(kRadii);
  return rows;
}

constexpr const char* kReader = R"(
import sys
import numpy as np
lines = [list(map(float, line.split())) for line in open(sys.argv[1])]
image = np.array(lines[:-3])
x, y, radii = (np.array(v) for v in lines[-3:])
)";

bool has(const char* module) {
  return std::system(
             fmt::format("/usr/bin/python3 -c 'import {}' > /dev/null 2>&1", module).c_str()) == 0;
}

FramePhotometry measure(const Frame& frame, const char* background, phot::StarDetails& details,
                        double clip) {
  phot::ApertureConfig config;
  config.radii_px = kRadii;
  config.background = background;
  config.background_clip = clip;
  config.annulus_inner_px = kInner;
  config.annulus_outer_px = kOuter;
  config.flat_error = 0.0;
  const std::vector<float> mag(kX.size(), 10.0F);
  return phot::measure_frame(frame, {}, {}, kX, kY, mag, 2.0, config, {.details = &details});
}

TEST(ApertureSums, EqualThoseOfSep) {
  if (!has("sep")) GTEST_SKIP() << "SEP is absent (/usr/bin/python3)";
  const Frame frame = test_frame();
  const auto rows = support::rows_from_python(std::string{kReader} + R"(
import sep
for i in range(len(x)):
    out = []
    for r in radii:
        flux, error, flag = sep.sum_circle(image, x[i:i+1], y[i:i+1], r, var=50.0, subpix=0)
        out += [flux[0], error[0]]
    print('row', *(repr(float(v)) for v in out))
)",
                                              input(frame));
  ASSERT_EQ(rows.size(), kX.size());
  phot::StarDetails details;
  const auto out = measure(frame, "mean", details, 3.0);
  for (std::size_t s = 0; s < kX.size(); ++s)
    for (std::size_t a = 0; a < kRadii.size(); ++a) {
      const std::size_t at = s * kRadii.size() + a;
      const double level = out.points.bg_e[s];
      const double area = std::acos(-1.0) * kRadii[a] * kRadii[a];
      // Both are exact in double; ours is stored as a float after the level is taken off.
      const double sum = out.points.flux_e[at] + area * level;
      EXPECT_NEAR(sum, rows[s][2 * a], 1e-7 * rows[s][2 * a]) << s << ' ' << a;
      // SEP takes Σ w V for the variance, ours is Σ w² V: the same but for pixels on the circle,
      // and ours has the error of the level as well.
      const double of_level = area * static_cast<double>(out.points.bg_err_e[s]);
      const double ours = std::sqrt(std::pow(out.points.flux_err_e[at], 2) - of_level * of_level);
      EXPECT_LE(ours, rows[s][2 * a + 1] * (1.0 + 1e-6));
      const double cut_area = 2.0 * std::acos(-1.0) * kRadii[a] * std::sqrt(2.0);
      EXPECT_GE(ours * ours, std::pow(rows[s][2 * a + 1], 2) - 0.25 * 50.0 * cut_area);
    }
}

TEST(Annuli, EqualThoseOfPhotutils) {
  if (!has("photutils") || !support::has_astropy())
    GTEST_SKIP() << "photutils is absent (/usr/bin/python3)";
  const Frame frame = test_frame();
  const auto rows = support::rows_from_python(std::string{kReader} + R"(
import warnings
warnings.simplefilter('ignore')
from photutils.aperture import CircularAnnulus, CircularAperture, aperture_photometry
from astropy.stats import SigmaClip
stars = np.column_stack([x, y])
ring = CircularAnnulus(stars, 9.5, 15.3)
centres = [m.get_values(image) for m in ring.to_mask(method='center')]
others = [np.ones(len(c), bool) for c in centres]
yy, xx = np.mgrid[:image.shape[0], :image.shape[1]]
far = np.ones(image.shape)
for px, py in stars:
    far[np.hypot(xx - px, yy - py) <= 4.0] = 0.0
kept = [m.get_values(far) > 0.5 for m in ring.to_mask(method='center')]
clip = SigmaClip(sigma=2.5, maxiters=5)
sums = [aperture_photometry(image, CircularAperture(stars, r))['aperture_sum'] for r in radii]
for i in range(len(x)):
    v = clip(centres[i][kept[i]], masked=False)
    print('row', len(v), *(repr(float(q)) for q in (v.mean(), np.median(v), v.std())),
          *(repr(float(s[i])) for s in sums))
)",
                                              input(frame));
  ASSERT_EQ(rows.size(), kX.size());
  phot::StarDetails details;
  const auto mean = measure(frame, "mean", details, 2.5);
  phot::StarDetails unused;
  const auto median = measure(frame, "median", unused, 2.5);
  for (std::size_t s = 0; s < kX.size(); ++s) {
    EXPECT_EQ(details.n_background[s], rows[s][0]) << s;
    // Floats of 200 round at 1.5e-5. The values are multiples of 1/1024: the grouped median of
    // equal ones moves by less than a step of the gain.
    EXPECT_NEAR(mean.points.bg_e[s], rows[s][1], 2e-5);
    EXPECT_NEAR(median.points.bg_e[s], rows[s][2], 2e-5 + 1e-3);
    EXPECT_NEAR(mean.points.bg_err_e[s], rows[s][3] / std::sqrt(rows[s][0]), 1e-6);
    for (std::size_t a = 0; a < kRadii.size(); ++a) {
      const double area = std::acos(-1.0) * kRadii[a] * kRadii[a];
      const double sum = mean.points.flux_e[s * kRadii.size() + a] +
                         area * static_cast<double>(mean.points.bg_e[s]);
      EXPECT_NEAR(sum, rows[s][4 + a], 1e-7 * rows[s][4 + a]) << s << ' ' << a;
    }
  }
}

}  // namespace
