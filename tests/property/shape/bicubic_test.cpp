// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "shape/star_shape.hpp"
#include "support/shape_quadrature.hpp"

namespace skyweft::shape {
namespace {

/// 3 to 8 grid lines about 0, cells from a tenth of a pixel to three pixels.
std::vector<double> random_lines(std::mt19937_64& random) {
  std::uniform_real_distribution<double> log_step(std::log(0.1), std::log(3.0));
  std::uniform_int_distribution<int> count(2, 7);
  std::vector<double> lines{0.0};
  for (int n = count(random); n > 0; --n)
    lines.push_back(lines.back() + std::exp(log_step(random)));
  const double middle = lines.back() * std::uniform_real_distribution<double>(0.3, 0.7)(random);
  for (double& v : lines) v -= middle;
  return lines;
}

StarShape any_shape(std::mt19937_64& random) {
  auto x = random_lines(random);
  auto y = random_lines(random);
  return support::random_shape(std::move(x), std::move(y), random);
}

/// The light that the grid holds when all of it counts positive: what errors are compared with.
double light_of(const StarShape& shape) {
  double most = 0.0;
  for (std::size_t i = 0; i < shape.node.size(); i += 4) most = std::max(most, shape.node[i]);
  return most * (shape.x_node_px.back() - shape.x_node_px.front()) *
         (shape.y_node_px.back() - shape.y_node_px.front());
}

TEST(BicubicValues, AreThoseOfTheCellsCoefficients) {
  std::mt19937_64 random(20260701);
  for (int k = 0; k < 50; ++k) {
    const StarShape shape = any_shape(random);
    std::uniform_real_distribution<double> x(shape.x_node_px.front() - 0.5,
                                             shape.x_node_px.back() + 0.5);
    std::uniform_real_distribution<double> y(shape.y_node_px.front() - 0.5,
                                             shape.y_node_px.back() + 0.5);
    for (int i = 0; i < 200; ++i) {
      const double dx = x(random);
      const double dy = y(random);
      // 16 products of numbers of up to 3 (derivatives per cell reach 30 where a wide cell follows
      // a narrow one, twice), in another order.
      ASSERT_NEAR(value_at(shape, dx, dy), support::surface_by_coefficients(shape, dx, dy), 1e-11)
          << dx << ' ' << dy;
    }
  }
}

TEST(BicubicValues, AreContinuousWithTheirFirstDerivatives) {
  std::mt19937_64 random(20260702);
  for (int k = 0; k < 20; ++k) {
    const StarShape shape = any_shape(random);
    std::uniform_real_distribution<double> place(0.0, 1.0);
    // |X″| <= 6/w² for a value and 4/w for a slope; every cell has four functions of each axis.
    double bend = 0.0;
    double narrow = 10.0;
    for (const auto* lines : {&shape.x_node_px, &shape.y_node_px})
      for (std::size_t i = 0; i + 1 < lines->size(); ++i)
        narrow = std::min(narrow, (*lines)[i + 1] - (*lines)[i]);
    for (const double v : shape.node) bend = std::max(bend, std::abs(v));
    bend *=
        16.0 * 6.0 / (narrow * narrow) * 9.0;  // 9: other axis' slope functions, up to 3 px each
    const double h = 1e-7 * narrow;
    for (std::size_t i = 0; i < shape.x_node_px.size(); ++i)
      for (int j = 0; j < 20; ++j) {
        const double line = shape.x_node_px[i];
        const double y = shape.y_node_px.front() +
                         place(random) * (shape.y_node_px.back() - shape.y_node_px.front());
        const double left = value_at(shape, line - h, y);
        const double at = value_at(shape, line, y);
        const double right = value_at(shape, line + h, y);
        // A difference quotient is off by h/2 · bend on either side, and by rounding of f over h.
        const double tolerance = h * bend + 1e-13 / h;
        ASSERT_NEAR((right - at) / h, (at - left) / h, tolerance) << "x line " << line;
      }
    for (std::size_t i = 0; i < shape.y_node_px.size(); ++i)
      for (int j = 0; j < 20; ++j) {
        const double line = shape.y_node_px[i];
        const double x = shape.x_node_px.front() +
                         place(random) * (shape.x_node_px.back() - shape.x_node_px.front());
        const double tolerance = h * bend + 1e-13 / h;
        const double at = value_at(shape, x, line);
        ASSERT_NEAR((value_at(shape, x, line + h) - at) / h,
                    (at - value_at(shape, x, line - h)) / h, tolerance)
            << "y line " << line;
      }
  }
}

TEST(BicubicIntegrals, EqualAdaptiveQuadrature) {
  std::mt19937_64 random(20260703);
  for (int k = 0; k < 20; ++k) {
    const StarShape shape = any_shape(random);
    const auto f = [&](double x, double y) {
      return support::surface_by_coefficients(shape, x, y);
    };
    const double light = light_of(shape);
    const double tolerance = 1e-10 * light;  // autowisp.md 23.1
    for (int i = 0; i < 4; ++i) {
      std::uniform_real_distribution<double> x(shape.x_node_px.front() - 0.5,
                                               shape.x_node_px.back());
      std::uniform_real_distribution<double> y(shape.y_node_px.front() - 0.5,
                                               shape.y_node_px.back());
      std::uniform_real_distribution<double> size(0.05, 1.5);
      const double x0 = x(random);
      const double y0 = y(random);
      const double x1 = x0 + size(random);
      const double y1 = y0 + size(random);
      ASSERT_NEAR(integral_over(shape, x0, x1, y0, y1),
                  support::adaptive_integral(f, x0, x1, y0, y1, 0.1 * tolerance), tolerance);
    }
    const auto& xs = shape.x_node_px;
    const auto& ys = shape.y_node_px;
    ASSERT_NEAR(total_of(shape), integral_over(shape, xs.front(), xs.back(), ys.front(), ys.back()),
                1e-13 * light);
  }
}

TEST(BicubicIntegrals, OfPiecesAddUpToTheWhole) {
  std::mt19937_64 random(20260704);
  for (int k = 0; k < 200; ++k) {
    const StarShape shape = any_shape(random);
    std::uniform_real_distribution<double> any(-5.0, 5.0);
    std::vector<double> x{-30.0, any(random), any(random), 30.0};
    std::vector<double> y{-30.0, any(random), any(random), any(random), 30.0};
    std::ranges::sort(x);
    std::ranges::sort(y);
    double sum = 0.0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i)
      for (std::size_t j = 0; j + 1 < y.size(); ++j)
        sum += integral_over(shape, x[i], x[i + 1], y[j], y[j + 1]);
    ASSERT_NEAR(sum, total_of(shape), 1e-14 * 100.0 * light_of(shape));
  }
}

/// What pixel_values() promises, by one rectangle after the other.
double pixel_by_parts(const StarShape& shape, const SubPixelMap& map, double left, double lower) {
  const auto nx = map.sensitivity.nx();
  const auto ny = map.sensitivity.ny();
  const double wide = 1.0 / static_cast<double>(nx);
  const double high = 1.0 / static_cast<double>(ny);
  double sum = 0.0;
  for (std::int64_t iy = 0; iy < ny; ++iy)
    for (std::int64_t ix = 0; ix < nx; ++ix) {
      const double x = left + static_cast<double>(ix) * wide;
      const double y = lower + static_cast<double>(iy) * high;
      sum += map.sensitivity(ix, iy) * integral_over(shape, x, x + wide, y, y + high);
    }
  return sum;
}

TEST(PixelValues, EqualSumsOverPartsForNineMaps) {
  std::mt19937_64 random(20260705);
  std::uniform_real_distribution<double> where(-1.0, 21.0);
  const auto maps = support::nine_subpixel_maps();
  for (int k = 0; k < 40; ++k) {
    const StarShape shape = any_shape(random);
    const double light = light_of(shape);
    const double x = where(random);
    const double y = where(random);
    const PixelWindow window = window_of(shape, x, y, 20, 17);
    std::vector<double> out(static_cast<std::size_t>(window.size()));
    for (std::size_t m = 0; m < maps.size(); ++m) {
      pixel_values(shape, PsfView::psf, maps[m], x, y, window, out);
      for (std::int64_t iy = 0; iy < window.ny; ++iy)
        for (std::int64_t ix = 0; ix < window.nx; ++ix) {
          const double expected =
              pixel_by_parts(shape, maps[m], static_cast<double>(window.first_x + ix) - 0.5 - x,
                             static_cast<double>(window.first_y + iy) - 0.5 - y);
          // Edges of parts are rounded differently: 1e-15 of 20 px, times the light per pixel.
          ASSERT_NEAR(out[static_cast<std::size_t>(iy * window.nx + ix)], expected, 1e-13 * light)
              << "map " << m << " pixel " << ix << ' ' << iy;
        }
    }
  }
}

TEST(PixelValues, OfAllPixelsAddUpToTheTotal) {
  std::mt19937_64 random(20260706);
  std::uniform_real_distribution<double> where(40.0, 60.0);
  for (int k = 0; k < 100; ++k) {
    const StarShape shape = any_shape(random);
    const double x = where(random);
    const double y = where(random);
    const PixelWindow window = window_of(shape, x, y, 100, 100);
    std::vector<double> out(static_cast<std::size_t>(window.size()));
    pixel_values(shape, PsfView::psf, {}, x, y, window, out);
    double sum = 0.0;
    for (const double v : out) sum += v;
    ASSERT_NEAR(sum, total_of(shape), 1e-12 * light_of(shape));
  }
}

TEST(PixelValues, OfTheFourQuartersAverageToTheUniformOnes) {
  std::mt19937_64 random(20260707);
  for (int k = 0; k < 30; ++k) {
    const StarShape shape = any_shape(random);
    const PixelWindow window = window_of(shape, 30.3, 29.9, 100, 100);
    std::vector<double> uniform(static_cast<std::size_t>(window.size()));
    pixel_values(shape, PsfView::psf, {}, 30.3, 29.9, window, uniform);
    std::vector<double> mean(uniform.size(), 0.0);
    std::vector<double> one(uniform.size());
    for (int quarter = 0; quarter < 4; ++quarter) {
      SubPixelMap map{Grid<double>{2, 2, 0.0}};
      map.sensitivity(quarter % 2, quarter / 2) = 4.0;
      pixel_values(shape, PsfView::psf, map, 30.3, 29.9, window, one);
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += 0.25 * one[i];
    }
    for (std::size_t i = 0; i < mean.size(); ++i)
      ASSERT_NEAR(mean[i], uniform[i], 1e-13 * light_of(shape));
  }
}

TEST(PixelValues, DoNotExchangeTheAxes) {
  std::mt19937_64 random(20260708);
  for (int k = 0; k < 20; ++k) {
    const StarShape shape = any_shape(random);
    StarShape turned{shape.y_node_px, shape.x_node_px, std::vector<double>(shape.node.size())};
    const std::size_t nx = shape.x_node_px.size();
    const std::size_t ny = shape.y_node_px.size();
    for (std::size_t iy = 0; iy < ny; ++iy)
      for (std::size_t ix = 0; ix < nx; ++ix) {
        const double* from = &shape.node[4 * (iy * nx + ix)];
        double* to = &turned.node[4 * (ix * ny + iy)];
        to[0] = from[0];
        to[1] = from[2];
        to[2] = from[1];
        to[3] = from[3];
      }
    SubPixelMap map{Grid<double>{3, 2}};
    SubPixelMap turned_map{Grid<double>{2, 3}};
    for (std::int64_t iy = 0; iy < 2; ++iy)
      for (std::int64_t ix = 0; ix < 3; ++ix)
        turned_map.sensitivity(iy, ix) = map.sensitivity(ix, iy) =
            0.3 + 0.1 * static_cast<double>(3 * iy + ix * ix);
    const PixelWindow window = window_of(shape, 30.3, 28.9, 100, 100);
    const PixelWindow turned_window = window_of(turned, 28.9, 30.3, 100, 100);
    ASSERT_EQ(window.nx, turned_window.ny);
    ASSERT_EQ(window.first_y, turned_window.first_x);
    std::vector<double> out(static_cast<std::size_t>(window.size()));
    std::vector<double> turned_out(out.size());
    for (const PsfView view : {PsfView::psf, PsfView::prf}) {
      pixel_values(shape, view, map, 30.3, 28.9, window, out);
      pixel_values(turned, view, turned_map, 28.9, 30.3, turned_window, turned_out);
      for (std::int64_t iy = 0; iy < window.ny; ++iy)
        for (std::int64_t ix = 0; ix < window.nx; ++ix)
          ASSERT_NEAR(out[static_cast<std::size_t>(iy * window.nx + ix)],
                      turned_out[static_cast<std::size_t>(ix * window.ny + iy)],
                      1e-13 * (1.0 + light_of(shape)));
    }
  }
}

}  // namespace
}  // namespace skyweft::shape
