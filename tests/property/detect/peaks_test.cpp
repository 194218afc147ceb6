// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/peaks.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "detect/matched_filter.hpp"
#include "support/detect_peaks_twin.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;
using support::Verdict;

namespace {

struct Scene {
  Frame frame;
  detect::Background background;
};

/// Noise that changes over the frame, stars, a sloping background, faulty columns, single bad
/// pixels, a masked patch, NaNs and pixels without variance.
Scene random_field(std::mt19937& random, std::int64_t nx, std::int64_t ny) {
  std::uniform_real_distribution<double> u{0.0, 1.0};
  std::normal_distribution<double> g;
  Scene out{support::sky_frame(nx, ny, 0.0, 1.0, static_cast<std::uint32_t>(random())), {}};
  Frame& f = out.frame;
  out.background.level_e = Grid<float>(nx, ny);
  out.background.rms_e = Grid<float>(nx, ny, 1.0f);
  const auto n_star = static_cast<int>(nx * ny / 150);
  for (float& v : f.signal_e.pixels()) v = 0.0f;
  for (int i = 0; i < n_star; ++i)
    support::add_star(f, static_cast<double>(nx) * u(random), static_cast<double>(ny) * u(random),
                      100.0 / (u(random) + 0.003), 1.5 + 2.0 * u(random));
  const double slope = u(random);
  for (std::int64_t y = 0; y < ny; ++y)
    for (std::int64_t x = 0; x < nx; ++x) {
      const double level = 50.0 + slope * static_cast<double>(x - y);
      const double variance = (1.0 + 3.0 * u(random)) * (9.0 + 0.1 * static_cast<double>(x));
      out.background.level_e(x, y) = static_cast<float>(level);
      f.signal_e(x, y) += static_cast<float>(level + std::sqrt(variance) * g(random));
      f.variance_e2(x, y) = static_cast<float>(variance);
      const double dice = u(random);
      if (dice < 0.005) f.mask(x, y) = mask::hot;
      if (dice > 0.998) f.signal_e(x, y) = std::numeric_limits<float>::quiet_NaN();
      if (dice > 0.996 && dice < 0.998) f.variance_e2(x, y) = 0.0f;
      if (dice > 0.99 && dice < 0.996) f.mask(x, y) = mask::suspect;  // a warning only
    }
  const auto column = static_cast<std::int64_t>(u(random) * static_cast<double>(nx));
  for (std::int64_t y = 0; y < ny; ++y) {
    f.mask(column, y) = mask::fault;
    f.signal_e(column, y) = 1e6f;
  }
  for (std::int64_t y = ny / 3; y < ny / 2; ++y)
    for (std::int64_t x = nx / 3; x < nx / 2; ++x) f.mask(x, y) = mask::oversaturated;
  return out;
}

}  // namespace

TEST(FindPeaks, AreThoseOfTheSlowTwin) {
  std::mt19937 random{20240210};
  int n_sure = 0, n_doubtful = 0;
  for (int trial = 0; trial < 12; ++trial) {
    // The fifth and later frames are wider than the strips of columns worked on together.
    const std::int64_t nx = trial < 4 ? 30 + 37 * trial : 1000 + 13 * trial;
    const std::int64_t ny = trial < 4 ? 90 - 20 * trial : 60;
    const Scene field = random_field(random, nx, ny);
    const detect::PeakSearch search{.fwhm_px = 1.1 + 0.7 * (trial % 6),
                                    .noise_scale = 1.0 + 0.1 * (trial % 3),
                                    .threshold_sigma = 4.0 + trial % 2,
                                    .min_pixels = 1 + trial % 5,
                                    .edge_px = trial % 4};
    const auto snr =
        support::slow_snr(field.frame, field.background, search.fwhm_px, search.noise_scale);
    Grid<int> is_peak(nx, ny, 0);
    const auto peaks = detect::find_peaks(field.frame, field.background, search);
    std::int64_t last = -1;
    for (const detect::Peak& p : peaks) {
      const std::int64_t x = std::lround(p.x_px), y = std::lround(p.y_px);
      // A top half a pixel off may round to the neighbour: take the pixel with this S/N.
      std::int64_t px = x, py = y;
      for (std::int64_t b = y - 1; b <= y + 1; ++b)
        for (std::int64_t a = x - 1; a <= x + 1; ++a)
          if (snr.value.contains(a, b) &&
              std::abs(snr.value(a, b) - static_cast<double>(p.snr)) <
                  std::abs(snr.value(px, py) - static_cast<double>(p.snr)))
            px = a, py = b;
      EXPECT_NEAR(p.snr, snr.value(px, py), snr.error(px, py));
      EXPECT_LT(last, py * nx + px) << "not in row-major order";
      last = py * nx + px;
      is_peak(px, py) = 1;
      const double e = snr.error(px, py), v = snr.value(px, py);
      const double left = snr.value(px - 1, py), right = snr.value(px + 1, py);
      const double bend = left - 2.0 * v + right;
      // Numerator wrong by 2 e at most, denominator by 4 e, the ratio being at most 1/2.
      EXPECT_NEAR(p.x_px, static_cast<double>(px) + 0.5 * (left - right) / bend,
                  4.0 * e / (std::abs(bend) - 4.0 * e) + 1e-9);
    }
    for (std::int64_t y = 0; y < ny; ++y)
      for (std::int64_t x = 0; x < nx; ++x) {
        const Verdict v = support::slow_verdict(snr, x, y, search);
        n_sure += v == Verdict::yes ? 1 : 0;
        n_doubtful += v == Verdict::doubtful ? 1 : 0;
        if (v == Verdict::doubtful) continue;
        EXPECT_EQ(is_peak(x, y), v == Verdict::yes ? 1 : 0) << trial << ": " << x << ", " << y;
      }
  }
  EXPECT_GT(n_sure, 500);
  EXPECT_LT(n_doubtful, n_sure / 100);  // rounding decides almost nothing
}

TEST(FindPeaks, InWindowsTogetherAreThoseOfTheFrame) {
  std::mt19937 random{7};
  const Scene field = random_field(random, 300, 200);
  const detect::PeakSearch search{.fwhm_px = 2.5, .threshold_sigma = 4.0};
  const auto whole = detect::find_peaks(field.frame, field.background, search);
  ASSERT_GT(whole.size(), 50u);
  std::vector<detect::Peak> parts;
  for (const std::int64_t y : {-40, 60, 61, 130})
    for (const std::int64_t x : {-5, 1, 77, 210}) {
      const std::int64_t y1 = y < 60 ? 60 : y < 61 ? 61 : y < 130 ? 130 : 1000;
      const std::int64_t x1 = x < 1 ? 1 : x < 77 ? 77 : x < 210 ? 210 : 1000;
      const auto found = detect::find_peaks(field.frame, field.background, search, {x, y, x1, y1});
      parts.insert(parts.end(), found.begin(), found.end());
    }
  ASSERT_EQ(parts.size(), whole.size());
  for (const detect::Peak& p : whole)  // to the last bit
    EXPECT_TRUE(std::any_of(parts.begin(), parts.end(), [&](const detect::Peak& q) {
      return p.x_px == q.x_px && p.y_px == q.y_px && p.snr == q.snr;
    }));
}

TEST(MatchedFilterSnr, IsThatOfTheSlowTwin) {
  std::mt19937 random{3};
  for (const double fwhm_px : {0.8, 2.5, 6.3}) {
    const Scene field = random_field(random, 90, 50);
    const auto slow = support::slow_snr(field.frame, field.background, fwhm_px, 1.5);
    const auto fast = detect::matched_filter_snr(field.frame, field.background, fwhm_px, 1.5);
    for (std::size_t i = 0; i < fast.pixels().size(); ++i)
      ASSERT_NEAR(fast.pixels()[i], slow.value.pixels()[i], slow.error.pixels()[i]) << i;
  }
}
