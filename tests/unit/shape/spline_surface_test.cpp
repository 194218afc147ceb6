// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/spline_surface.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "shape/star_misfit.hpp"

using namespace skyweft::shape;

namespace {

std::vector<double> random_coefficients(const SplineGrid& grid, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> flat(-1.0, 1.0);
  std::vector<double> out(static_cast<std::size_t>(grid.n_padded() * grid.n_padded()), 0.0);
  for (std::int64_t iy = 3; iy < 3 + grid.n_spline(); ++iy)
    for (std::int64_t ix = 3; ix < 3 + grid.n_spline(); ++ix)
      out[static_cast<std::size_t>(iy * grid.n_padded() + ix)] = flat(random);
  return out;
}

TEST(SplineGrid, SplinesAreAPartitionOfOne) {
  const SplineGrid grid(2.0, 4);
  EXPECT_EQ(grid.n_line(), 17);
  EXPECT_EQ(grid.n_spline(), 13);
  EXPECT_EQ(grid.line_px(16), 2.0);
  for (double x = -2.0; x <= 2.0; x += 0.07) {
    const auto four = grid.at(x);
    double value = 0.0;
    double slope = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
      value += four.value[i];
      slope += four.slope[i];
    }
    EXPECT_NEAR(value, 1.0, 1e-15);
    EXPECT_NEAR(slope, 0.0, 1e-14);
  }
}

TEST(SplineGrid, OneSplineHasItsKnownValues) {
  const SplineGrid grid(2.0, 2);
  std::vector<double> c(static_cast<std::size_t>(grid.n_padded() * grid.n_padded()), 0.0);
  const std::int64_t middle = 3 + 2;  // centred on line 4, the star's place
  c[static_cast<std::size_t>(middle * grid.n_padded() + middle)] = 1.0;
  EXPECT_NEAR(surface_at(grid, c, 0.0, 0.0).value, 4.0 / 9.0, 1e-15);
  EXPECT_NEAR(surface_at(grid, c, 0.5, 0.0).value, 1.0 / 9.0, 1e-15);
  EXPECT_NEAR(surface_at(grid, c, 0.5, -0.5).value, 1.0 / 36.0, 1e-15);
  EXPECT_NEAR(surface_at(grid, c, 0.5, 0.0).by_x, -2.0 / 3.0, 1e-15);  // −1/(2·½) · 4/6
  EXPECT_EQ(surface_at(grid, c, 1.0, 0.0).value, 0.0);
  EXPECT_EQ(surface_at(grid, c, 2.1, 0.0).value, 0.0);
}

TEST(NodeParameters, AreValueAndSlopesAtTheLines) {
  const SplineGrid grid(2.0, 3);
  const auto c = random_coefficients(grid, 2);
  const auto node = node_parameters(grid, c);
  const std::int64_t inner = grid.n_line() - 2;
  ASSERT_EQ(node.size(), static_cast<std::size_t>(4 * inner * inner));
  for (std::int64_t iy = 0; iy < inner; ++iy) {
    for (std::int64_t ix = 0; ix < inner; ++ix) {
      const double x = grid.line_px(ix + 1);
      const double y = grid.line_px(iy + 1);
      const double* four = &node[static_cast<std::size_t>(4 * (iy * inner + ix))];
      const auto at = surface_at(grid, c, x, y);
      EXPECT_NEAR(four[0], at.value, 1e-14);  // 16 products below 1
      EXPECT_NEAR(four[1], at.by_x, 1e-13);
      EXPECT_NEAR(four[2], at.by_y, 1e-13);
      // ∂²/∂x∂y by a difference: e²/6 of a derivative of order (3 a px)⁴, and 1e-15 / e.
      const double e = 1e-5;
      EXPECT_NEAR(
          four[3],
          (surface_at(grid, c, x, y + e).by_x - surface_at(grid, c, x, y - e).by_x) / (2.0 * e),
          1e-2 * e * 1e3);
    }
  }
}

TEST(SplineNormal, RecoversSurfacesThatAreSplines) {
  const SplineGrid grid(2.0, 3);
  const auto a = random_coefficients(grid, 3);
  const auto b = random_coefficients(grid, 4);
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> flat(-1.0, 1.0);
  SplineNormal normal(grid, 2);
  for (int i = 0; i < 20000; ++i) {
    const double x = 2.0 * flat(random);
    const double y = 2.0 * flat(random);
    const std::vector<double> kappa{1.0, flat(random)};
    const double datum =
        surface_at(grid, a, x, y).value + kappa[1] * surface_at(grid, b, x, y).value;
    normal.add(x, y, kappa, datum, 1.0 + flat(random) * 0.5);
  }
  const auto c = normal.solve(1e-14);
  ASSERT_EQ(c.size(), 2 * a.size());
  // The penalty moves coefficients by 1e-14 · 20, the solution's rounding by 1e-16 · condition of
  // two spline axes, (3·35)² or so: 1e-12; ridge 1e-12 of the mean diagonal, of the least 1e-2:
  // 1e-10.
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(c[i], a[i], 1e-9);
    EXPECT_NEAR(c[a.size() + i], b[i], 1e-9);
  }
}

TEST(SplineNormal, BridgesAGapAndKnowsWhenThereIsNothing) {
  const SplineGrid grid(2.0, 3);
  EXPECT_TRUE(SplineNormal(grid, 1).solve(1e-4).empty());
  SplineNormal normal(grid, 1);
  const std::vector<double> kappa{1.0};
  for (double y = -1.95; y < 2.0; y += 0.05)
    for (double x = -1.95; x < 2.0; x += 0.05)
      if (std::abs(x) > 0.2) normal.add(x, y, kappa, std::exp(-x * x - y * y), 1.0);
  const auto c = normal.solve(1e-6);
  // The spline at the centre is tied by data from 0.2 px on, in cells to 2/3 px: like a quintic
  // through both sides, which errs by (2/3)⁶/720 of the sixth derivative, 120: 1.5e-2; twice.
  EXPECT_NEAR(surface_at(grid, c, 0.0, 0.0).value, 1.0, 3e-2);
}

TEST(StarMisfit, MeasuresWhatNoiseDoesNotExplain) {
  const std::vector<double> data{10.0, 4.0, 2.0, 50.0};
  const std::vector<double> weight{0.5, 0.5, 0.5, 0.0};  // σ = 2; the last is not used
  const std::vector<double> residual{3.0, -1.0, 0.5, 50.0};
  const StarMisfit m = misfit_of(data, weight, residual, 100.0);
  EXPECT_DOUBLE_EQ(m.peak_e, 14.0);
  EXPECT_DOUBLE_EQ(m.sigma, 1.482602218505602);
  EXPECT_DOUBLE_EQ(m.excess, std::sqrt((8.0 + 0.0 - 0.75) * 4.0) / 100.0);
  EXPECT_DOUBLE_EQ(m.allowance, 5.0 * std::sqrt(3.0 * 2.0 * 16.0) / 1e4);
  EXPECT_FALSE(m.beyond(0.0));  // 2.9e-3 against an allowance of 4.9e-3
  EXPECT_TRUE((StarMisfit{.excess = 0.3, .allowance = 0.01}.beyond(0.2)));
}

}  // namespace
