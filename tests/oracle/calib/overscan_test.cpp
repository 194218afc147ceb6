// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// labels: slow
#include "calib/overscan.hpp"

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "calib/assemble.hpp"
#include "core/units.hpp"
#include "support/calib_overscan.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

bool has_ccdproc() {
  return std::system("/usr/bin/python3 -c 'import ccdproc' > /dev/null 2>&1") == 0;
}

// The image is 4 columns of data and 20 of overscan. subtract_overscan takes the median along each
// row; without a model it subtracts that, with one the polynomial through it. Medians of all pixels
// come last, once for every data row.
constexpr const char* kScript = R"(
import sys, warnings
warnings.simplefilter('ignore')
import numpy as np, ccdproc
from astropy.nddata import CCDData
from astropy.modeling.models import Polynomial1D
raw = CCDData(np.loadtxt(sys.argv[1]), unit='adu')
def show(image):
    for row in np.asarray(image)[:, :4]:
        print('row', ' '.join(repr(float(v)) for v in row))
show(ccdproc.subtract_overscan(raw, overscan=raw[:, 4:], overscan_axis=1, median=True).data)
show(ccdproc.subtract_overscan(raw, overscan=raw[:, 4:], overscan_axis=1, median=True,
                               model=Polynomial1D(3)).data)
print('row', repr(float(np.median(raw.data[:, 4:]))))
)";

TEST(Overscan, AgreesWithCcdproc) {
  if (!has_ccdproc()) GTEST_SKIP() << "ccdproc is absent (/usr/bin/python3)";
  constexpr std::int64_t kRows = 400;
  std::mt19937_64 random(91);
  const auto raw = support::overscan_image(
      kRows, 20, 5.0, [](double y) { return 1000.0 + 1e-6 * y * (y - 150.0) * (y - 390.0); },
      random);
  std::vector<std::vector<double>> rows;
  for (std::int64_t iy = 0; iy < kRows; ++iy)
    rows.emplace_back(raw.row(iy).begin(), raw.row(iy).end());
  const auto theirs = support::rows_from_python(kScript, rows);
  ASSERT_EQ(theirs.size(), static_cast<std::size_t>(2 * kRows + 1));

  FrameInfo info;
  info.nx = 4;
  info.ny = kRows;
  info.amplifiers = {support::overscan_right(kRows, 20)};
  // Two floats near 1000 (6e-5 each) are subtracted from each other; ties move a median by half a
  // float's step at most. None of the 8000 pixels and 400 rows is beyond the clip of 7 sigma.
  constexpr double kRounding = 1.3e-4;
  const auto compare = [&](const char* model, std::size_t first) {
    auto config = support::overscan_model(model);
    config.overscan_smooth_rows = 1;
    config.overscan_clip_sigma = 7.0;
    const auto ours = calib::assemble(Grid{raw}, {}, info, 0.8, config);
    EXPECT_EQ(ours.overscan[0].model, model);
    for (std::int64_t iy = 0; iy < kRows; ++iy)
      for (std::int64_t ix = 0; ix < 4; ++ix)
        EXPECT_NEAR(ours.adu(ix, iy),
                    theirs[first + static_cast<std::size_t>(iy)][static_cast<std::size_t>(ix)],
                    kRounding)
            << model << ' ' << ix << ' ' << iy;
    return ours.overscan[0].median_adu;
  };
  compare("row", 0);
  compare("polynomial", kRows);
  EXPECT_NEAR(compare("row", 0), theirs.back()[0], kRounding);
}

}  // namespace
