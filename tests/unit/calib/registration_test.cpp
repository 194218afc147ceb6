// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/registration.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::Registration;
using calib::registration_shift;

namespace {

constexpr std::int64_t kMaster = 160;
constexpr std::int64_t kWindow = 96;

/// A flat with vignetting and 1 % from pixel to pixel, known to 0.1 %.
struct Detector {
  explicit Detector(std::mt19937_64& random) : truth(kMaster, kMaster), flat(kMaster, kMaster) {
    std::normal_distribution<float> response(1.0F, 0.01F);
    std::normal_distribution<float> error(0.0F, 0.001F);
    for (std::int64_t iy = 0; iy < kMaster; ++iy)
      for (std::int64_t ix = 0; ix < kMaster; ++ix) {
        const auto r2 = static_cast<float>((ix - 80) * (ix - 80) + (iy - 80) * (iy - 80));
        truth(ix, iy) = response(random) * (1.0F - 1e-5F * r2);
        flat(ix, iy) = truth(ix, iy) + error(random);
      }
  }
  calib::MasterView master() const {
    return {.nx = kMaster, .ny = kMaster, .value = flat.pixels(), .error = {}, .mask = {}};
  }
  Grid<float> truth;
  Grid<float> flat;
};

/// A window from (x0, y0) on: sky and 60 stars seen through the flat, photon and read noise.
Grid<float> window(const Detector& detector, std::int64_t x0, std::int64_t y0, double sky_e,
                   std::mt19937_64& random) {
  Grid<double> light(kWindow, kWindow, sky_e);
  std::uniform_real_distribution<double> place(0.0, static_cast<double>(kWindow));
  std::uniform_real_distribution<double> magnitude(0.0, 6.0);
  for (int k = 0; k < 60; ++k) {
    const double x = place(random);
    const double y = place(random);
    const double peak_e = 60000.0 * std::pow(10.0, -0.4 * magnitude(random));
    for (std::int64_t iy = 0; iy < kWindow; ++iy)
      for (std::int64_t ix = 0; ix < kWindow; ++ix) {
        const double r2 =
            std::pow(static_cast<double>(ix) - x, 2) + std::pow(static_cast<double>(iy) - y, 2);
        if (r2 < 100.0) light(ix, iy) += peak_e * std::exp(-r2 / 2.0 / 1.2 / 1.2);
      }
  }
  std::normal_distribution<double> unit(0.0, 1.0);
  Grid<float> out(kWindow, kWindow);
  for (std::int64_t iy = 0; iy < kWindow; ++iy)
    for (std::int64_t ix = 0; ix < kWindow; ++ix) {
      const double e = light(ix, iy) * static_cast<double>(detector.truth(x0 + ix, y0 + iy));
      out(ix, iy) = static_cast<float>(e + std::sqrt(e + 100.0) * unit(random));
    }
  return out;
}

TEST(Registration, FindsEveryWrongOriginAndPassesTheRightOne) {
  // Sky 20 000 e-: pattern 200 e- in 141 e- of photon noise, correlation near 0.7 (stars lower it)
  // over 9216 pixels: dozens of sigmas.
  std::mt19937_64 random(81);
  const Detector detector(random);
  for (std::int64_t dy = -2; dy <= 2; ++dy)
    for (std::int64_t dx = -2; dx <= 2; ++dx) {
      const auto frame = window(detector, 30 + dx, 25 + dy, 20000.0, random);
      const auto shift = registration_shift(frame, {}, detector.master(), 30, 25);
      EXPECT_EQ(shift.dx, dx);
      EXPECT_EQ(shift.dy, dy);
      EXPECT_EQ(shift.verdict, dx == 0 && dy == 0 ? Registration::agrees : Registration::shifted);
      EXPECT_GT(shift.significance, 7.0);
      EXPECT_GT(shift.lead, 5.0);
      EXPECT_EQ(shift.correlation(dx + 2, dy + 2),
                *std::ranges::max_element(shift.correlation.pixels()));
    }
}

TEST(Registration, AtTheMastersEdgeWorksToo) {
  std::mt19937_64 random(82);
  const Detector detector(random);
  const std::int64_t far = kMaster - kWindow;
  for (const std::int64_t at : {std::int64_t{0}, far}) {
    const auto frame = window(detector, at, far - at, 20000.0, random);
    const auto shift = registration_shift(frame, {}, detector.master(), at, far - at);
    EXPECT_EQ(shift.verdict, Registration::agrees);
    const std::int64_t off = at == 0 ? 1 : -1;
    EXPECT_EQ(registration_shift(frame, {}, detector.master(), at + off, far - at).dx, -off);
  }
}

TEST(Registration, OfNoiseAndStarsIsUndecided) {
  // Nothing of the flat in 60 frames: the largest of 25 correlations passes 5 sigma in one of
  // 140 000 frames. A sky of 20 e- hides 0.2 e- of pattern in 11 e- of noise: 1.7 sigma.
  std::mt19937_64 random(83);
  const Detector detector(random);
  Detector even = detector;
  even.truth = Grid<float>(kMaster, kMaster, 1.0F);
  for (int k = 0; k < 30; ++k) {
    EXPECT_EQ(
        registration_shift(window(even, 30, 25, 20000.0, random), {}, detector.master(), 30, 25)
            .verdict,
        Registration::undecided);
    EXPECT_NE(
        registration_shift(window(detector, 30, 25, 20.0, random), {}, detector.master(), 30, 25)
            .verdict,
        Registration::shifted);
  }
}

TEST(Registration, SkipsMaskedPixels) {
  std::mt19937_64 random(84);
  const Detector detector(random);
  auto frame = window(detector, 30, 25, 20000.0, random);
  Mask bits(kWindow, kWindow);
  std::vector<MaskBits> faults(static_cast<std::size_t>(kMaster * kMaster), 0);
  for (std::int64_t iy = 0; iy < kWindow; ++iy)
    for (std::int64_t ix = 40; ix < 60; ++ix) {
      frame(ix, iy) = ix % 2 == 0 ? 1e6F : kNaNf;
      bits(ix, iy) = mask::no_data;
    }
  for (std::size_t i = 0; i < faults.size(); i += 7) faults[i] = mask::fault;
  auto master = detector.master();
  master.mask = faults;
  EXPECT_EQ(registration_shift(frame, bits, master, 30, 25).verdict, Registration::agrees);
  EXPECT_EQ(registration_shift(frame, bits, master, 31, 25).dx, -1);
  for (MaskBits& b : bits.pixels()) b = mask::user;
  const auto nothing = registration_shift(frame, bits, master, 30, 25);
  EXPECT_EQ(nothing.verdict, Registration::undecided);
  EXPECT_EQ(nothing.significance, 0.0);
}

TEST(Registration, RefusesAWindowOutsideTheMaster) {
  std::mt19937_64 random(85);
  const Detector detector(random);
  const Grid<float> frame(kWindow, kWindow, 1.0F);
  for (const auto& [x, y] : {std::pair{-1, 0}, {0, -1}, {65, 0}, {0, 65}}) {
    try {
      registration_shift(frame, {}, detector.master(), x, y);
      ADD_FAILURE() << x << ' ' << y;
    } catch (const Error& e) {
      EXPECT_EQ(e.test()->name, "window");
    }
  }
  EXPECT_EQ(registration_shift(frame, {}, detector.master(), 64, 64).verdict,
            Registration::undecided);
}

}  // namespace
