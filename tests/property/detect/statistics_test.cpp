// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "detect/detect.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;

namespace {
constexpr double kFwhm_px = 2.5, kSigma_px = kFwhm_px / 2.3548, kNoise_e = 10.0;
constexpr int kFrames = 6, kStars = 256, kAll = kFrames * kStars;

double true_x(int i) {
  return 20 + 40 * (i % 16) + 0.37 * (i % 7);
}
double true_y(int i) {
  return 20 + 40 * (i / 16) + 0.23 * (i % 11);
}

struct Score {
  int found = 0;
  double x2 = 0.0, quoted2 = 0.0;  ///< summed squares of errors (per axis), true and quoted
};

Score score(double snr, const detect::DetectConfig& config) {
  Score out;
  for (int run = 0; run < kFrames; ++run) {
    Frame f = support::sky_frame(640, 640, 200.0, kNoise_e, static_cast<std::uint32_t>(100 + run));
    for (int i = 0; i < kStars; ++i)
      support::add_star(f, true_x(i), true_y(i), support::flux_of_snr(snr, kFwhm_px, kNoise_e),
                        kFwhm_px);
    const auto d = detect::detect_sources(f, support::flat_background(f, 200.0, kNoise_e), config);
    for (int i = 0; i < kStars; ++i)
      for (std::size_t k = 0; k < d.sources.x_px.size(); ++k) {
        const double d2 =
            std::pow(d.sources.x_px[k] - true_x(i), 2) + std::pow(d.sources.y_px[k] - true_y(i), 2);
        if (d2 > 4.0) continue;
        ++out.found;
        out.x2 += 0.5 * d2;
        out.quoted2 += std::pow(static_cast<double>(d.sources.pos_err_px[k]), 2);
        break;
      }
  }
  return out;
}

double normal_cdf(double z) {
  return 0.5 * std::erfc(-z / std::sqrt(2.0));
}
}  // namespace

// The filter at the pixel nearest to the star sees S/N·exp(−d²/4σ²) plus unit noise (d² from the
// pixel's centre, averaged over it); the highest pixel sees at least that and, with both
// coordinates free, S/N + 1/(S/N) at most. The ring's median (16 points at 2 FWHM, correlated) has
// noise between 0 and 0.5, so that the sum has 1 … 1.12. A true star is dropped for its width with
// probability below 1 % (0.3 instead of 0.5 ± 0.1 windows), for a drift of 1 FWHM below 1 %.
// Binomial 4 sigma.
TEST(DetectSources, AreAsCompleteAsGaussianNoiseAllows) {
  for (const double snr : {5.0, 7.0, 10.0}) {
    double low = 0.0;
    for (int a = 0; a < 20; ++a)
      for (int b = 0; b < 20; ++b) {
        const double d2 = std::pow((a + 0.5) / 20 - 0.5, 2) + std::pow((b + 0.5) / 20 - 0.5, 2);
        const double z = snr * std::exp(-d2 / (4.0 * kSigma_px * kSigma_px)) - 5.0;
        low += std::min(normal_cdf(z), normal_cdf(z / 1.12)) / 400.0;
      }
    const double z = snr + 1.0 / snr - 5.0;
    const double high = std::max(normal_cdf(z), normal_cdf(z / 1.12));
    const auto spread = [](double p) { return 4.0 * std::sqrt(p * (1.0 - p) / kAll); };
    const Score s = score(snr, {.min_pixels = 1, .fwhm_guess_px = kFwhm_px});
    const double share = static_cast<double>(s.found) / kAll;
    RecordProperty("completeness_at_" + std::to_string(snr), std::to_string(share));
    EXPECT_GT(share, low - spread(low) - 0.02) << snr;
    EXPECT_LE(share, high + spread(high)) << snr;
  }
}

// Expected maxima above u of a Gaussian field of unit variance: λ u exp(−u²/2)/(2π)^1.5 a pixel
// with λ = 1/(2σ²), the curvature of the filter's autocorrelation exp(−r²/4σ²) (Adler 1981);
// pixels, ring and width can only lower it. At 4 sigma 151 in 4 million pixels, 4 standard
// deviations more.
TEST(DetectSources, AreRarelyFalse) {
  const double lambda = 0.5 / (kSigma_px * kSigma_px), pixels = 4.0e6;
  const Frame f = support::sky_frame(2000, 2000, 200.0, kNoise_e, 7);
  for (const double u : {4.0, 5.0}) {
    const double expected = pixels * lambda * u * std::exp(-0.5 * u * u) / std::pow(2.0 * kPi, 1.5);
    const auto d =
        detect::detect_sources(f, support::flat_background(f, 200.0, kNoise_e),
                               {.threshold_sigma = u, .min_pixels = 1, .fwhm_guess_px = kFwhm_px});
    RecordProperty("false_at_" + std::to_string(u), static_cast<int>(d.sources.size()));
    EXPECT_LE(static_cast<double>(d.sources.size()), expected + 4.0 * std::sqrt(expected) + 1.0);
  }
}

// Sky-limited Cramér–Rao bound of one axis: √2 σ/(S/N), reached by the window of the star's width.
// The rms of 2·1536 values is known to 1/√6144 = 1.3 %; 1/(S/N)² corrections are 0.04 % at 50. The
// quoted error scatters by 1/(S/N) and must be the true one.
TEST(DetectSources, CentroidsReachTheCramerRaoBound) {
  const double snr = 50.0, bound_px = std::sqrt(2.0) * kSigma_px / snr;
  for (const char* method : {"windowed", "gaussian"}) {
    const Score s = score(snr, {.centroid = method});
    ASSERT_EQ(s.found, kAll);
    const double rms_px = std::sqrt(s.x2 / kAll), quoted_px = std::sqrt(s.quoted2 / kAll);
    RecordProperty(std::string{"rms_over_bound_"} + method, std::to_string(rms_px / bound_px));
    EXPECT_LT(rms_px, 1.06 * bound_px) << method;
    EXPECT_GT(rms_px, 0.94 * bound_px) << method;
    EXPECT_NEAR(quoted_px, rms_px, 0.06 * rms_px) << method;
  }
}
