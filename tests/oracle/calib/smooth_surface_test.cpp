// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/smooth_surface.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

constexpr const char* kScript = R"(
import sys, numpy as np
from scipy.interpolate import LSQBivariateSpline
rows = [list(map(float, l.split())) for l in open(sys.argv[1])]
nx, ny, mx, my = rows[0]
p = np.array([r for r in rows[1:] if len(r) == 3])
q = np.array([r for r in rows[1:] if len(r) == 2])
tx = -0.5 + nx * np.arange(1, mx + 1) / (mx + 1)
ty = -0.5 + ny * np.arange(1, my + 1) / (my + 1)
s = LSQBivariateSpline(p[:, 0], p[:, 1], p[:, 2], tx, ty, bbox=[-0.5, nx - 0.5, -0.5, ny - 0.5],
                       kx=3, ky=3)
for v in s.ev(q[:, 0], q[:, 1]):
    print("row %.17g" % v)
)";

TEST(SurfaceFit, EqualsFitpackForTheSameKnots) {
  if (std::system("/usr/bin/python3 -c 'import scipy' > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "scipy is absent (/usr/bin/python3)";
  // Noisy data with a masked block, so that the fit is one of least squares and not an
  // interpolation.
  const calib::SurfaceShape shape{.nx = 220, .ny = 160, .n_node_x = 4, .n_node_y = 3};
  std::mt19937_64 random(31);
  std::normal_distribution<double> noise(0.0, 0.01);
  std::vector<double> x;
  std::vector<double> y;
  for (double at = 1.5; at < 220.0; at += 6.0) x.push_back(at);
  for (double at = 1.5; at < 160.0; at += 6.0) y.push_back(at);
  Grid<float> z(static_cast<std::int64_t>(x.size()), static_cast<std::int64_t>(y.size()));
  std::vector<std::vector<double>> input{{220, 160, 4, 3}};
  for (std::int64_t j = 0; j < z.ny(); ++j)
    for (std::int64_t i = 0; i < z.nx(); ++i) {
      const double u = x[static_cast<std::size_t>(i)];
      const double v = y[static_cast<std::size_t>(j)];
      z(i, j) =
          static_cast<float>(1.0 + 0.1 * std::sin(u / 40.0) * std::cos(v / 50.0) + noise(random));
      if (i > 12 && i < 16 && j > 8 && j < 13) z(i, j) = std::nanf("");
      if (std::isfinite(z(i, j))) input.push_back({u, v, static_cast<double>(z(i, j))});
    }
  std::vector<PixelPos> at;
  for (double v = 0.0; v < 160.0; v += 13.25)
    for (double u = 0.0; u < 220.0; u += 17.5) at.push_back({.x_px = u, .y_px = v});
  for (const PixelPos& p : at) input.push_back({p.x_px, p.y_px});
  const auto theirs = support::rows_from_python(kScript, input);
  ASSERT_EQ(theirs.size(), at.size());
  const auto fit = calib::fit_surface(shape, x, y, z, {.max_rounds = 0});
  // Both are the least-squares solution in double; what differs is our penalty. It weighs 1e-10 of
  // the mean diagonal, the worst determined combination of corner splines 1e-5 of it (their tails
  // alone reach the data): 1e-5 of second differences of 0.1.
  for (std::size_t i = 0; i < at.size(); ++i)
    EXPECT_NEAR(fit.surface.at(at[i]), theirs[i][0], 1e-6) << at[i].x_px << ' ' << at[i].y_px;
}

}  // namespace
