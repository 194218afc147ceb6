// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate.hpp"

#include <cmath>
#include <random>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "support/calib_calibrate_twin.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

constexpr const char* kScript = R"(
import sys
import numpy as np
from astropy import units as u
from astropy.nddata import CCDData, StdDevUncertainty
import ccdproc

a, b, eb, d, ed, f, ef = np.loadtxt(sys.argv[1]).T.reshape(7, 50, 40)
gain, noise = 1.7, 8.0

def image(value, error, unit):
    return CCDData(value, uncertainty=StdDevUncertainty(error), unit=unit)

own = np.sqrt(np.maximum(a - b, 0) / gain + (noise / gain) ** 2 + 1 / 12)
frame = image(a, own, u.adu)
frame = ccdproc.subtract_bias(frame, image(b, eb, u.adu))
frame = ccdproc.subtract_dark(frame, image(d, ed, u.adu), dark_exposure=7 * u.s, data_exposure=3 * u.s,
                              scale=True)
frame = ccdproc.gain_correct(frame, gain * u.electron / u.adu)
frame = ccdproc.flat_correct(frame, image(f, ef, u.dimensionless_unscaled), norm_value=1.0)
for value, error in zip(frame.data.ravel(), frame.uncertainty.array.ravel()):
    print(f"row {value:.17g} {error * error:.17g}")
)";

TEST(Calibration, AgreesWithCcdproc) {
  if (std::system("/usr/bin/python3 -c 'import ccdproc' > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "ccdproc is absent (/usr/bin/python3)";
  std::mt19937_64 random(31);
  Grid<float> adu(40, 50, 4000.0F);
  auto bias = support::master_like(40, 50, 1000.0F, 1.5F);
  auto dark = support::master_like(40, 50, 12.0F, 0.5F);
  auto flat = support::master_like(40, 50, 0.8F, 0.01F);
  support::add_noise(adu, 1500.0, random);
  support::add_noise(bias.value, 10.0, random);
  support::add_noise(dark.value, 3.0, random);
  support::add_noise(flat.value, 0.1, random);
  std::vector<std::vector<double>> rows;
  for (std::size_t i = 0; i < adu.pixels().size(); ++i) {
    rows.emplace_back();
    for (const Grid<float>* plane :
         {&adu, &bias.value, &bias.error, &dark.value, &dark.error, &flat.value, &flat.error})
      rows.back().push_back(static_cast<double>(plane->pixels()[i]));
  }
  const auto theirs = support::rows_from_python(kScript, rows);
  ASSERT_EQ(theirs.size(), rows.size());

  FrameInfo info;
  info.exposure_s = 3.0;
  info.gain_e_per_adu = 1.7;
  info.read_noise_e = 8.0;
  const Frame frame = calib::calibrate(
      adu, {}, info, {.bias = bias.view(), .dark = dark.view(7.0), .flat = flat.view()}, {});
  // Levels up to 10 000 ADU rounded to 2^-24 in differences, then some ten roundings: 2e-6 of the
  // levels' electrons and of the variance.
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double level_e = 1.7 * (std::abs(rows[i][0]) + rows[i][1]) / rows[i][5];
    ASSERT_NEAR(static_cast<double>(frame.signal_e.pixels()[i]), theirs[i][0], 2e-6 * level_e);
    ASSERT_NEAR(static_cast<double>(frame.variance_e2.pixels()[i]), theirs[i][1],
                2e-6 * (theirs[i][1] + level_e / rows[i][5]));
  }
}

}  // namespace
