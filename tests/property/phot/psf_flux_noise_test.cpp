// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <initializer_list>
#include <random>

#include <gtest/gtest.h>

#include "phot/psf_flux.hpp"
#include "support/phot_psf_sky.hpp"

using namespace skyweft;
using phot::PsfFluxConfig;
using phot::PsfFluxes;
using support::PsfSky;

namespace {

constexpr double kSky = 200.0;
constexpr double kRead = 5.0;

/// How a frame states its variances: from the value read or from the true level.
enum class Stated { read, truth };

/// Isolated stars of one flux, lit once and measured under many noises. Every noise is used with
/// both signs: what is linear in it cancels in the mean of the two and leaves the bias alone.
class NoisyStars {
 public:
  NoisyStars(const PsfMap& map, const SubPixelMap& subpixels, std::int64_t n_side, double step,
             std::uint64_t seed)
      : subpixels_(subpixels), random_(seed) {
    std::vector<double> x;
    std::vector<double> y;
    support::lattice(n_side, step, random_, x, y);
    const auto side = static_cast<std::int64_t>(step) * n_side;
    const std::vector<double> ones(x.size(), 1.0);
    sky_ = support::painted_sky(map, subpixels, side, side, x, y, ones);
    light_ = sky_.frame.signal_e;
    sky_.background.assign(x.size(), kSky);
  }

  struct Result {
    double bias = 0.0;      ///< relative
    double bias_err = 0.0;  ///< its standard error
    double z = 0.0;         ///< scatter over quoted error
    double snr = 0.0;
    std::size_t n = 0;
  };

  Result measure(double flux, Stated stated, const PsfFluxConfig& config) {
    std::normal_distribution<double> gauss;
    std::vector<double> unit(light_.pixels().size());
    for (double& u : unit) u = gauss(random_);
    PsfFluxes both[2];
    for (int s = 0; s < 2; ++s) {
      for (std::size_t p = 0; p < unit.size(); ++p) {
        const double level = kSky + flux * static_cast<double>(light_.pixels()[p]);
        const double variance = level + kRead * kRead;
        const double value = level + (s == 0 ? 1.0 : -1.0) * std::sqrt(variance) * unit[p];
        sky_.frame.signal_e.pixels()[p] = static_cast<float>(value);
        sky_.frame.variance_e2.pixels()[p] = static_cast<float>(
            stated == Stated::read ? std::max(value, 0.0) + kRead * kRead : variance);
      }
      both[s] =
          phot::fit_psf_fluxes(sky_.frame, sky_.x, sky_.y, sky_.background, sky_.background_err,
                               sky_.shapes, subpixels_, sky_.mag, config);
    }
    Result out;
    out.n = sky_.x.size();
    const auto n = static_cast<double>(out.n);
    double bias2 = 0.0;
    double z2 = 0.0;
    for (std::size_t i = 0; i < out.n; ++i) {
      EXPECT_EQ(both[0].quality[i], 0);
      const double bias = 0.5 * (both[0].flux_e[i] + both[1].flux_e[i]) / flux - 1.0;
      out.bias += bias / n;
      bias2 += bias * bias / n;
      for (const PsfFluxes& one : both) {
        z2 += std::pow((one.flux_e[i] - flux) / one.flux_err_e[i], 2) / (2.0 * n);
        out.snr += flux / one.flux_err_e[i] / (2.0 * n);
      }
    }
    out.bias_err = std::sqrt((bias2 - out.bias * out.bias) / n);
    out.z = std::sqrt(z2);
    return out;
  }

 private:
  PsfSky sky_;
  Grid<float> light_;
  SubPixelMap subpixels_;
  std::mt19937_64 random_;
};

void expect_honest(double fwhm_px, const SubPixelMap& subpixels, std::int64_t n_side, double step,
                   std::uint64_t seed, std::initializer_list<Stated> ways = {Stated::read}) {
  NoisyStars stars(support::gaussian_map(fwhm_px), subpixels, n_side, step, seed);
  PsfFluxConfig config;
  config.flat_error = 0.0;
  // Noise area 4πσ² + a pixel or so, each with the variance of sky and read-out.
  const double sigma = fwhm_px / 2.3548;
  const double floor2 = (4.0 * kPi * sigma * sigma + 1.0) * (kSky + kRead * kRead);
  for (const Stated stated : ways) {
    double z2 = 0.0;
    double n = 0.0;
    for (const double snr : {5.0, 20.0, 100.0, 1000.0, 1e4}) {
      const double flux = 0.5 * snr * (snr + std::sqrt(snr * snr + 4.0 * floor2));
      const auto out = stars.measure(flux, stated, config);
      EXPECT_LT(std::abs(out.bias), 3e-4) << fwhm_px << ' ' << snr;
      EXPECT_LT(out.bias_err, 7.5e-5) << "too few trials to say so " << fwhm_px << ' ' << snr;
      // Pairs of opposite noise count once.
      z2 += out.z * out.z * static_cast<double>(out.n);
      n += static_cast<double>(out.n);
    }
    // The scatter of n stars is known to 1/√2n: 3 % are at least 3.7 of its sigmas.
    ASSERT_GT(n, 7500.0);
    EXPECT_NEAR(std::sqrt(z2 / n), 1.0, 0.03) << fwhm_px;
  }
}

TEST(PsfFluxErrors, EqualTheScatterOfSharpStars) {
  expect_honest(1.0, {}, 40, 8.0, 1);
}
TEST(PsfFluxErrors, EqualTheScatterOfSharpStarsBehindAFilter) {
  expect_honest(1.0, support::bayer_quarter(), 40, 8.0, 2);
}
TEST(PsfFluxErrors, EqualTheScatter) {
  expect_honest(2.5, {}, 40, 13.0, 3, {Stated::read, Stated::truth});
}
TEST(PsfFluxErrors, EqualTheScatterBehindAFilter) {
  expect_honest(2.5, support::bayer_quarter(), 40, 13.0, 4);
}
TEST(PsfFluxErrors, EqualTheScatterOfWideStars) {
  expect_honest(6.0, {}, 40, 25.0, 5);
}

TEST(PsfFluxErrors, AreNotAllThatDataWeightsGetWrong) {
  // Why weights come from the model: 1/V of the value read takes 1 e off every pixel, and so the
  // noise area, 4πσ² and the pixel's share (15 to 16 px), off every flux; 300 e are S/N 5.
  NoisyStars stars(support::gaussian_map(2.5), {}, 40, 13.0, 6);
  PsfFluxConfig config;
  config.weights = "data";
  const auto out = stars.measure(300.0, Stated::read, config);
  EXPECT_NEAR(300.0 * out.bias, -15.5, 1.5);
}

}  // namespace
