// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// labels: slow
#include <cmath>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "phot/weighted_sums.hpp"
#include "shape/star_shape.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

constexpr double kSky = 80.0;
constexpr double kReadNoise = 6.0;
constexpr double kSkyError = 0.1;  ///< of the background level

/// How the flux that divides the light comes about.
enum class Guess { catalogue, data };

struct Case {
  double fwhm;
  bool is_bayer;
  bool is_moffat;
  double snr;
};

StarShape shape_for(const Case& c) {
  PsfMap map;
  map.terms = "O0{x}";
  if (c.is_moffat) {
    // 2^(1/β) − 1 = q/2β at half the maximum; S = q / (FWHM/2)².
    const double beta = 3.0;
    const double q = 2.0 * beta * (std::pow(2.0, 1.0 / beta) - 1.0);
    map.kind = PsfKind::moffat;
    map.coefficient = {4.0 * q / (c.fwhm * c.fwhm), 0.0, 0.0, beta};
  } else {
    map.kind = PsfKind::gaussian;
    const double sigma = c.fwhm / 2.3548200450309493;
    map.coefficient = {1.0 / (sigma * sigma), 0.0, 0.0};
  }
  const double one[] = {1.0};
  return shape::shape_of(map, one);
}

SubPixelMap map_for(const Case& c) {
  SubPixelMap map;
  if (c.is_bayer) {
    map.sensitivity = Grid<double>(2, 2, 0.0);
    map.sensitivity(1, 0) = 4.0;
  }
  return map;
}

struct Result {
  double bias = 0.0;        ///< relative to the light in the circle
  double bias_error = 0.0;  ///< of this number
  double scatter = 0.0;     ///< e-
  double quoted = 0.0;      ///< e-
};

/// Measures one star many times, at 8 places. Noise comes in pairs of opposite sign: their mean
/// shows the bias without the noise itself, their difference the scatter.
Result simulate(const Case& c, Guess guess, int n_pair, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> place(-0.5, 0.5);
  const StarShape star = shape_for(c);
  const SubPixelMap map = map_for(c);
  const double radius = std::max(1.2, 1.1 * c.fwhm);
  const double sky_noise2 = kPi * radius * radius * (kSky + kReadNoise * kReadNoise);
  // F² = snr² (F + sky), roughly: the circle holds nearly all.
  const double flux = 0.5 * (c.snr * c.snr + c.snr * std::sqrt(c.snr * c.snr + 4.0 * sky_noise2));

  const auto middle = static_cast<std::int64_t>(radius) + 2;
  const std::int64_t side = 2 * middle + 1;
  Frame frame{.signal_e = Grid<float>(side, side),
              .variance_e2 = Grid<float>(side, side),
              .mask = Mask(side, side, 0)};
  WeightedSums sums(frame, map, {radius});
  std::vector<double> truth(static_cast<std::size_t>(side * side));
  std::vector<double> noise(truth.size());
  double sum = 0.0;
  double sum2 = 0.0;
  double var = 0.0;
  double quoted = 0.0;
  constexpr int kPlaces = 8;
  for (int at = 0; at < kPlaces; ++at) {
    const double x = static_cast<double>(middle) + place(random);
    const double y = static_cast<double>(middle) + place(random);
    shape::pixel_values(star, PsfView::psf, map, x, y, {0, 0, side, side}, truth);
    for (double& v : truth) v = flux * v + kSky;
    // The light in the circle, from a noiseless frame.
    ApertureSum s;
    const auto measure = [&](double sky_error) {
      double f = 0.8 * flux;
      if (guess == Guess::data) {
        sums.measure(x, y, {}, 0.0, kSky, {&s, 1});
        f = s.signal - s.area * (kSky + sky_error);
      }
      sums.measure(x, y, star, f, kSky + sky_error, {&s, 1});
      const double of_sky = sums.sky_weights()[0] * kSkyError;
      quoted += s.variance + of_sky * of_sky;
      return s.signal - s.area * (kSky + sky_error);
    };
    for (std::size_t i = 0; i < truth.size(); ++i) {
      frame.signal_e.pixels()[i] = static_cast<float>(truth[i]);
      frame.variance_e2.pixels()[i] = 1.0F;
    }
    sums.measure(x, y, star, flux, kSky, {&s, 1});
    const double inside = s.signal - s.area * kSky;
    for (int pair = 0; pair < n_pair / kPlaces; ++pair) {
      for (std::size_t i = 0; i < truth.size(); ++i)
        noise[i] = normal(random) * std::sqrt(truth[i] + kReadNoise * kReadNoise);
      const double sky_error = kSkyError * normal(random);
      double flux_of[2];
      for (const int sign : {0, 1}) {
        for (std::size_t i = 0; i < truth.size(); ++i) {
          const double v = truth[i] + (sign == 0 ? noise[i] : -noise[i]);
          frame.signal_e.pixels()[i] = static_cast<float>(v);
          frame.variance_e2.pixels()[i] =
              static_cast<float>(std::max(v, 0.0) + kReadNoise * kReadNoise);
        }
        flux_of[sign] = measure(sign == 0 ? sky_error : -sky_error);
      }
      const double mean = 0.5 * (flux_of[0] + flux_of[1]) / inside - 1.0;
      const double difference = 0.5 * (flux_of[0] - flux_of[1]);
      sum += mean;
      sum2 += mean * mean;
      var += difference * difference;
    }
  }
  const double n = n_pair / kPlaces * kPlaces;
  Result result;
  result.bias = sum / n;
  result.bias_error = std::sqrt(std::max(sum2 / n - result.bias * result.bias, 0.0) / n);
  result.scatter = std::sqrt(var / n);
  result.quoted = std::sqrt(quoted / (2.0 * n));
  return result;
}

const Case kCases[] = {
    {1.0, true, false, 5.0},  {1.0, false, false, 5.0}, {1.0, false, true, 1e4},
    {1.6, true, false, 30.0}, {2.2, true, true, 1e4},   {2.2, false, true, 100.0},
    {3.5, false, true, 1e3},  {6.0, false, false, 5.0}, {6.0, true, false, 1e4},
};

std::string name_of(const Case& c) {
  return (c.is_moffat ? "moffat " : "gaussian ") + std::to_string(c.fwhm) +
         (c.is_bayer ? " px, bayer, S/N " : " px, uniform, S/N ") + std::to_string(c.snr);
}

// A scatter from n pairs has a relative error of 1/√(2n) = 1.0 %; the promise for the quoted error
// is 3 %.
constexpr int kPairs = 4800;

TEST(FluxMonteCarlo, BiasIsBelow3e4AndTheErrorIsTheScatter) {
  // The guess comes from a catalogue and is 20 % wrong. Then the sum is linear in the pixels, and
  // pairs of opposite noise leave of the bias what floats round (and clip: a variance is never
  // below the read noise's, but no weight depends on it).
  double worst_bias = 0.0;
  double worst_error = 0.0;
  std::uint64_t seed = 20260600;
  for (const Case& c : kCases) {
    const Result r = simulate(c, Guess::catalogue, kPairs, ++seed);
    EXPECT_LT(r.bias_error, 1e-4) << name_of(c);
    EXPECT_LT(std::abs(r.bias), 3e-4) << name_of(c);
    EXPECT_NEAR(r.quoted / r.scatter, 1.0, 0.03) << name_of(c);
    worst_bias = std::max(worst_bias, std::abs(r.bias));
    worst_error = std::max(worst_error, std::abs(r.quoted / r.scatter - 1.0));
  }
  RecordProperty("worst_bias", std::to_string(worst_bias));
  RecordProperty("worst_error", std::to_string(worst_error));
}

TEST(FluxMonteCarlo, AGuessFromTheSamePixelsCostsASecondOrderBias) {
  // δF/F = 1/snr moves the weights by its part of less than one, in step with the noise: at most
  // 1/snr² of the flux. The error quoted holds all the same: the sum's mean does not move.
  std::uint64_t seed = 20260700;
  for (const Case& c :
       {Case{1.0, true, false, 5.0}, {2.2, true, true, 5.0}, {1.0, true, false, 100.0}}) {
    const Result r = simulate(c, Guess::data, kPairs, ++seed);
    EXPECT_LT(std::abs(r.bias), 1.0 / (c.snr * c.snr)) << name_of(c);
    EXPECT_NEAR(r.quoted / r.scatter, 1.0, 0.03) << name_of(c);
    if (c.snr >= 100.0) {
      EXPECT_LT(std::abs(r.bias), 3e-4) << name_of(c);
    }
  }
}

}  // namespace
