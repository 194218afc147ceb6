// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/star_shape.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/units.hpp"

namespace skyweft::shape {
namespace {

// Hand-computed numbers of order one: a few roundings of 1e-16 each.
constexpr double kRounding = 2e-15;

/// One inner node, at the star, on cells of 1×1 px: the product of two Hermite functions.
StarShape one_node(double value, double slope_x, double slope_y, double twist) {
  StarShape shape{{-1.0, 0.0, 1.0}, {-1.0, 0.0, 1.0}, std::vector<double>(36, 0.0)};
  shape.node[16] = value;
  shape.node[17] = slope_x;
  shape.node[18] = slope_y;
  shape.node[19] = twist;
  return shape;
}

std::vector<double> pixels(const StarShape& shape, double x, double y, const PixelWindow& window,
                           const SubPixelMap& map = {}, PsfView view = PsfView::psf) {
  std::vector<double> out(static_cast<std::size_t>(window.size()), -1.0);
  pixel_values(shape, view, map, x, y, window, out);
  return out;
}

TEST(ValueAt, FollowsTheHermiteFunctions) {
  // 1 − 3t² + 2t³ is 27/32 at 1/4 and 1/2 at 1/2; t (1 − t)² is 9/64 at 1/4 and 1/8 at 1/2.
  const StarShape value = one_node(1.0, 0.0, 0.0, 0.0);
  EXPECT_DOUBLE_EQ(value_at(value, 0.0, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(value_at(value, 0.25, 0.0), 27.0 / 32.0);
  EXPECT_DOUBLE_EQ(value_at(value, -0.25, 0.5), 27.0 / 64.0);
  const StarShape slope_x = one_node(0.0, 1.0, 0.0, 0.0);
  EXPECT_DOUBLE_EQ(value_at(slope_x, 0.25, 0.0), 9.0 / 64.0);
  EXPECT_DOUBLE_EQ(value_at(slope_x, -0.25, 0.5), -9.0 / 128.0);
  const StarShape slope_y = one_node(0.0, 0.0, 1.0, 0.0);
  EXPECT_DOUBLE_EQ(value_at(slope_y, 0.0, 0.5), 0.125);
  const StarShape twist = one_node(0.0, 0.0, 0.0, 1.0);
  EXPECT_DOUBLE_EQ(value_at(twist, 0.25, -0.5), -9.0 / 512.0);
}

TEST(ValueAt, IsZeroOutsideTheGridAndForNoPlace) {
  StarShape shape = one_node(1.0, 0.3, 0.2, 0.1);
  EXPECT_EQ(value_at(shape, 1.0000001, 0.0), 0.0);
  EXPECT_EQ(value_at(shape, 0.0, -1.0000001), 0.0);
  EXPECT_EQ(value_at(shape, kNaN, 0.0), 0.0);
  EXPECT_EQ(value_at(StarShape{}, 0.0, 0.0), 0.0);
  shape.node[4 * 5 + 0] = 2.0;  // a node on the right edge belongs to the grid
  EXPECT_DOUBLE_EQ(value_at(shape, 1.0, 0.0), 2.0);
}

TEST(ValuesAt, AreTheSamePointByPoint) {
  const StarShape shape = one_node(1.0, 0.3, 0.2, 0.1);
  const std::vector<double> xs{-2.0, -1.0, -0.3, 0.0, 0.7, 1.0};
  const std::vector<double> ys{0.9, -0.1, 5.0};
  const std::vector<double> all = values_at(shape, xs, ys);
  ASSERT_EQ(all.size(), 18u);
  for (std::size_t iy = 0; iy < 3; ++iy)
    for (std::size_t ix = 0; ix < 6; ++ix)
      EXPECT_NEAR(all[iy * 6 + ix], value_at(shape, xs[ix], ys[iy]), kRounding);
  EXPECT_EQ(values_at(StarShape{}, xs, ys), std::vector<double>(18, 0.0));
}

TEST(IntegralOver, IsTheAntiderivative) {
  // ∫₀^½ (1 − 3t² + 2t³) = 13/32, ∫₀¹ = 1/2; ∫₀^½ t (1 − t)² = 11/192, ∫₀¹ = 1/12.
  const StarShape value = one_node(1.0, 0.0, 0.0, 0.0);
  EXPECT_NEAR(total_of(value), 1.0, kRounding);
  EXPECT_NEAR(integral_over(value, -9.0, 9.0, -9.0, 9.0), 1.0, kRounding);
  EXPECT_NEAR(integral_over(value, 0.0, 0.5, 0.0, 1.0), 13.0 / 64.0, kRounding);
  const StarShape slope_x = one_node(0.0, 1.0, 0.0, 0.0);
  EXPECT_NEAR(total_of(slope_x), 0.0, kRounding);
  EXPECT_NEAR(integral_over(slope_x, 0.0, 0.5, -1.0, 0.0), 11.0 / 384.0, kRounding);
  const StarShape twist = one_node(0.0, 0.0, 0.0, 1.0);
  EXPECT_NEAR(integral_over(twist, 0.0, 0.5, -1.0, 0.0), -11.0 / 2304.0, kRounding);
}

TEST(IntegralOver, OfNothingIsZero) {
  const StarShape shape = one_node(1.0, 0.3, 0.2, 0.1);
  EXPECT_EQ(integral_over(shape, 0.3, 0.3, -1.0, 1.0), 0.0);
  EXPECT_EQ(integral_over(shape, 0.3, 0.2, -1.0, 1.0), 0.0);
  EXPECT_EQ(integral_over(shape, 1.0, 2.0, -1.0, 1.0), 0.0);
  EXPECT_EQ(integral_over(shape, kNaN, 2.0, -1.0, 1.0), 0.0);
  EXPECT_EQ(integral_over(StarShape{}, -1.0, 1.0, -1.0, 1.0), 0.0);
  EXPECT_EQ(total_of(StarShape{}), 0.0);
}

TEST(WindowOf, HoldsThePixelsThatTheGridOverlaps) {
  const StarShape shape{{-1.5, 0.0, 1.5}, {-2.0, 0.0, 1.0}, std::vector<double>(36, 0.0)};
  // x: 8.5 … 11.5 are pixels 9, 10, 11 to the edge; y: 18 … 21 are pixels 18 … 21.
  EXPECT_EQ(window_of(shape, 10.0, 20.0, 100, 100), (PixelWindow{9, 18, 3, 4}));
  EXPECT_EQ(window_of(shape, 10.25, 20.0, 100, 100), (PixelWindow{9, 18, 4, 4}));
}

TEST(WindowOf, IsCutToTheFrame) {
  const StarShape shape = one_node(1.0, 0.0, 0.0, 0.0);
  EXPECT_EQ(window_of(shape, 0.0, 9.0, 10, 10), (PixelWindow{0, 8, 2, 2}));
  EXPECT_EQ(window_of(shape, -1.4, 5.0, 10, 10), (PixelWindow{0, 4, 1, 3}));
  EXPECT_EQ(window_of(shape, -1.6, 5.0, 10, 10), PixelWindow{});
  EXPECT_EQ(window_of(shape, 5.0, 10.6, 10, 10), PixelWindow{});
  EXPECT_EQ(window_of(shape, kNaN, 5.0, 10, 10), PixelWindow{});
  EXPECT_EQ(window_of(shape, 1e300, 5.0, 10, 10), PixelWindow{});
  EXPECT_EQ(window_of(shape, 5.0, 5.0, 0, 0), PixelWindow{});
  EXPECT_EQ(window_of(StarShape{}, 5.0, 5.0, 10, 10), PixelWindow{});
}

TEST(PixelValues, AreIntegralsOverPixels) {
  // A star at a pixel's centre: ∫ over ±½ is 13/16 of an axis, each neighbour gets 3/32.
  const StarShape shape = one_node(1.0, 0.0, 0.0, 0.0);
  const auto out = pixels(shape, 4.0, 7.0, {3, 6, 3, 3});
  const double middle = 13.0 / 16.0;
  const double side = 3.0 / 32.0;
  const std::vector<double> axis{side, middle, side};
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_NEAR(out[i], axis[i / 3] * axis[i % 3], kRounding) << i;
}

TEST(PixelValues, OfAQuarterPixelComeFromThatQuarter) {
  // Only the lower right quarter is sensitive, four times: x from 0 to ½, y from −½ to 0.
  SubPixelMap map{Grid<double>{2, 2, 0.0}};
  map.sensitivity(1, 0) = 4.0;
  const StarShape shape = one_node(1.0, 0.5, 0.0, 0.0);
  const auto out = pixels(shape, 4.0, 7.0, {4, 7, 1, 1}, map);
  const double value = 13.0 / 32.0;
  EXPECT_NEAR(out[0], 4.0 * (value + 0.5 * 11.0 / 192.0) * value, kRounding);
}

TEST(PixelValues, RowsOfTheMapLieAlongX) {
  SubPixelMap along_x{Grid<double>{2, 1}};
  along_x.sensitivity(0, 0) = 0.0;
  along_x.sensitivity(1, 0) = 2.0;
  SubPixelMap along_y{Grid<double>{1, 2}};
  along_y.sensitivity(0, 0) = 0.0;
  along_y.sensitivity(0, 1) = 2.0;
  const StarShape shape = one_node(1.0, 1.0, 0.0, 0.0);
  const double value = 13.0 / 32.0;
  const double slope = 11.0 / 192.0;
  EXPECT_NEAR(pixels(shape, 0.0, 0.0, {0, 0, 1, 1}, along_x)[0],
              2.0 * (value + slope) * 2.0 * value, kRounding);
  EXPECT_NEAR(pixels(shape, 0.0, 0.0, {0, 0, 1, 1}, along_y)[0], 2.0 * 2.0 * value * value,
              kRounding);
}

TEST(PixelValues, OfAPrfAreValuesAtCentres) {
  const StarShape shape = one_node(1.0, 0.3, -0.2, 0.1);
  SubPixelMap map{Grid<double>{2, 2, 0.0}};
  map.sensitivity(0, 0) = 4.0;  // part of the PRF already
  const auto out = pixels(shape, 4.25, 7.5, {3, 6, 3, 4}, map, PsfView::prf);
  for (std::int64_t iy = 0; iy < 4; ++iy)
    for (std::int64_t ix = 0; ix < 3; ++ix)
      EXPECT_NEAR(
          out[static_cast<std::size_t>(3 * iy + ix)],
          value_at(shape, static_cast<double>(3 + ix) - 4.25, static_cast<double>(6 + iy) - 7.5),
          kRounding);
}

TEST(PixelValues, AreZeroWhereTheGridIsNot) {
  const StarShape shape = one_node(1.0, 0.3, -0.2, 0.1);
  const std::vector<double> zeros(12, 0.0);
  EXPECT_EQ(pixels(shape, 40.0, 70.0, {3, 6, 3, 4}), zeros);
  EXPECT_EQ(pixels(shape, 4.0, kNaN, {3, 6, 3, 4}), zeros);
  EXPECT_EQ(pixels(StarShape{}, 4.0, 7.0, {3, 6, 3, 4}), zeros);
  EXPECT_EQ(pixels(shape, 40.0, 70.0, {3, 6, 3, 4}, {}, PsfView::prf), zeros);
  SubPixelMap dark{Grid<double>{2, 2, 0.0}};
  EXPECT_EQ(pixels(shape, 4.0, 7.0, {3, 6, 3, 4}, dark), zeros);
  EXPECT_TRUE(pixels(shape, 4.0, 7.0, {}).empty());
}

TEST(PixelValues, OfACutWindowAreThoseOfTheWhole) {
  const StarShape shape{{-2.5, -0.5, 0.4, 3.0}, {-3.0, -1.0, 0.2, 1.1, 2.0}, [] {
                          std::vector<double> node(80, 0.0);
                          for (std::size_t i = 24; i < 32; ++i) node[i] = 0.1 * double(i);
                          return node;
                        }()};
  // A frame of 3×8 that begins in the middle of the shape.
  const PixelWindow whole = window_of(shape, 4.2, 3.9, 1000, 1000);
  const PixelWindow cut = window_of(shape, 1.2, 0.9, 3, 8);
  const auto all =
      pixels(shape, 1.2, 0.9, {whole.first_x - 3, whole.first_y - 3, whole.nx, whole.ny});
  const auto part = pixels(shape, 1.2, 0.9, cut);
  ASSERT_LT(cut.size(), whole.size());
  for (std::int64_t iy = 0; iy < cut.ny; ++iy)
    for (std::int64_t ix = 0; ix < cut.nx; ++ix)
      EXPECT_EQ(part[static_cast<std::size_t>(iy * cut.nx + ix)],
                all[static_cast<std::size_t>((iy + 3 - whole.first_y) * whole.nx + ix + 3 -
                                             whole.first_x)]);
}

}  // namespace
}  // namespace skyweft::shape
