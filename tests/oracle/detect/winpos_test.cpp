// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "detect/windowed.hpp"
#include "support/detect_stars.hpp"
#include "support/phot_oracle_image.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

// SEP's winpos iterates the same equation over a circle of 4 sigma where ours is a square: pixels
// beyond weigh less than exp(−8), 14 sigma² of them with noise 5 e at 9 px move a star of 1200·0.64
// e by 2·3e-4·5·√56·9/768 = 3e-4 px at most in sigma; both stop below 1e-4 px.
TEST(WindowedStar, LiesWhereSepPutsIt) {
  if (std::system("/usr/bin/python3 -c 'import sep' > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "sep is absent (/usr/bin/python3)";
  const Grid<double> image = support::oracle_image();
  constexpr double kStars[5][2] = {
      {30.3, 40.7}, {90.6, 35.2}, {64.0, 64.5}, {100.25, 100.75}, {20.8, 104.1}};
  Frame f;
  f.signal_e = Grid<float>(128, 128);
  f.variance_e2 = Grid<float>(128, 128, 25.0f);
  f.mask = Mask(128, 128, 0);
  std::vector<std::vector<double>> rows;
  for (std::int64_t y = 0; y < 128; ++y) {
    std::vector<double> row;
    for (std::int64_t x = 0; x < 128; ++x) {
      f.signal_e(x, y) = static_cast<float>(image(x, y) - 104.0451667720);
      row.push_back(static_cast<double>(f.signal_e(x, y)));
    }
    rows.push_back(row);
  }
  const auto sep = support::rows_from_python(R"(
import sys, numpy, sep
d = numpy.ascontiguousarray(numpy.loadtxt(sys.argv[1]))
x = numpy.array([30.3, 90.6, 64.0, 100.25, 20.8]); y = numpy.array([40.7, 35.2, 64.5, 100.75, 104.1])
a, b, flag = sep.winpos(d, numpy.round(x), numpy.round(y), 2.0)
for i in range(5): print("row", repr(float(a[i])), repr(float(b[i])))
)",
                                             rows);
  ASSERT_EQ(sep.size(), 5u);
  detect::Stamp scratch;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto s = detect::windowed_star(
        f, support::flat_background(f, 0.0, 5.0), std::round(kStars[i][0]),
        std::round(kStars[i][1]), detect::StarWindow{2.0 * detect::kFwhmPerSigma}, 2.0, scratch);
    ASSERT_TRUE(s.converged);
    EXPECT_NEAR(s.x_px, sep[i][0], 1e-3) << i;
    EXPECT_NEAR(s.y_px, sep[i][1], 1e-3) << i;
  }
}
