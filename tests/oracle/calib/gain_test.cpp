// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "calib/calibrate.hpp"
#include "core/robust.hpp"
#include "support/calib_oracle_frames.hpp"

using namespace skyweft;

namespace {

// Seed 7, 256 × 256: two biases and two flats of 60000 e- at 3 e-/ADU and 7 e- read noise; numbers
// by an independent program.
TEST(CalibratedFlats, HaveTheNoiseTheirVarianceSays) {
  const std::vector<Grid<float>> frames = support::photon_transfer_oracle_frames();
  const double medians[]{1000, 1000, 21000, 21000};
  for (std::size_t k = 0; k < 4; ++k) EXPECT_EQ(median_of_finite(frames[k].pixels()), medians[k]);
  const auto difference_sigma = [](const Grid<float>& a, const Grid<float>& b) {
    double sum = 0.0;
    double squares = 0.0;
    const auto n = static_cast<double>(a.size());
    for (std::size_t i = 0; i < a.pixels().size(); ++i) {
      const double d = static_cast<double>(a.pixels()[i]) - static_cast<double>(b.pixels()[i]);
      sum += d;
      squares += d * d;
    }
    return std::sqrt(squares / n - sum * sum / n / n);
  };
  EXPECT_NEAR(difference_sigma(frames[0], frames[1]), 3.3094863763, 1e-9);
  // Not clipped; photon_transfer_test.cpp has the number after clipping, 115.8716754723.
  EXPECT_NEAR(difference_sigma(frames[2], frames[3]), 115.9044068208542, 1e-9);

  // Calibrated with the true gain and read noise, two flats differ by what their variances add up
  // to; the variance of 65536 differences is known to 0.55 %, so 2 % is 3.6 of these.
  FrameInfo info;
  info.exposure_s = 1;
  info.gain_e_per_adu = 3;
  info.read_noise_e = 7;
  const std::vector<float> bias(65536, 1000.0F);
  const calib::Masters masters{
      .bias = {.nx = 256, .ny = 256, .value = bias, .error = {}, .mask = {}},
      .dark = {},
      .flat = {}};
  const calib::CalibConfig config{.missing_master = "uncorrected"};
  const Frame a = calib::calibrate(frames[2], {}, info, masters, config);
  const Frame b = calib::calibrate(frames[3], {}, info, masters, config);
  const double scatter = difference_sigma(a.signal_e, b.signal_e);
  double quoted = 0.0;
  for (std::size_t i = 0; i < 65536; ++i)
    quoted += (static_cast<double>(a.variance_e2.pixels()[i]) +
               static_cast<double>(b.variance_e2.pixels()[i])) /
              65536.0;
  EXPECT_NEAR(quoted / (scatter * scatter), 1.0, 0.02);
}

}  // namespace
