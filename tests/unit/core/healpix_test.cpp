// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/healpix.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace skyweft {
namespace {

SkyPos at(double ra_deg, double dec_deg) {
  return {Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)};
}

double angle(const healpix::Direction& a, const healpix::Direction& b) {
  const double dx = a[0] - b[0], dy = a[1] - b[1], dz = a[2] - b[2];
  return 2.0 * std::asin(0.5 * std::sqrt(dx * dx + dy * dy + dz * dz));
}

SkyPos random_place(std::mt19937_64& engine) {
  std::uniform_real_distribution<double> u{0.0, 1.0};
  return {Angle::from_deg(360.0 * u(engine)), Angle::from_rad(std::asin(2.0 * u(engine) - 1.0))};
}

// Gaia's source_id holds the nested cell of order 12 in its upper bits (source_id / 2^35): stars
// with published positions tell the numbering without another program.
TEST(Healpix, AgreesWithGaiaSourceIds) {
  struct Star {
    std::int64_t source_id;
    double ra_deg, dec_deg;
  };
  // Gaia DR3, epoch 2016: HD 209458, Proxima Centauri, Barnard's star, HAT-P-7, WASP-18.
  for (const Star& s : {Star{1779546757669063552, 330.79502, 18.88423},
                        Star{5853498713190525696, 217.39232, -62.67608},
                        Star{4472832130942575872, 269.44850, 4.73942},
                        Star{4955371367334610048, 24.35435, -45.67789}})
    EXPECT_EQ(healpix::cell_of(at(s.ra_deg, s.dec_deg), 8), s.source_id >> 43) << s.source_id;
}

// Each base cell's middle, from the paper's figure 4: z = ±2/3 at odd eighths of a turn, 0 at even.
TEST(Healpix, BaseCellsLieWhereThePaperDrawsThem) {
  for (int face = 0; face < 12; ++face) {
    const auto middle = healpix::centre_of(face, 0);
    EXPECT_NEAR(middle[2], face < 4 ? 2.0 / 3.0 : face < 8 ? 0.0 : -2.0 / 3.0, 1e-15);
    const double eighth = 2.0 * (face % 4) + (face >= 4 && face < 8 ? 0.0 : 1.0);
    EXPECT_NEAR(std::remainder(std::atan2(middle[1], middle[0]) - eighth * kPi / 4.0, 2.0 * kPi),
                0.0, 1e-14);
  }
}

TEST(Healpix, CentresLieInTheirOwnCellAndCornersAround) {
  for (const int order : {0, 1, 3, 6})
    for (std::int64_t cell = 0; cell < healpix::n_cells(order); ++cell) {
      const auto middle = healpix::centre_of(cell, order);
      ASSERT_EQ(healpix::cell_of(middle, order), cell);
      for (const auto& corner : healpix::corners_of(cell, order)) {
        // A cell has 4π/12/4^order of sky; no corner is further than 1.5 sides, none nearer than
        // a third of one (Górski et al., table 1: axial ratios below 2.2).
        const double side = std::sqrt(4.0 * kPi / static_cast<double>(healpix::n_cells(order)));
        EXPECT_LT(angle(middle, corner), 1.5 * side);
        EXPECT_GT(angle(middle, corner), side / 3.0);
      }
    }
}

TEST(Healpix, FinerCellsNestInCoarserOnes) {
  std::mt19937_64 engine{1};
  for (int i = 0; i < 20000; ++i) {
    const SkyPos p = random_place(engine);
    for (int order = healpix::kMaxOrder; order > 0; order -= 4)
      ASSERT_EQ(healpix::parent_of(healpix::cell_of(p, order)), healpix::cell_of(p, order - 1));
  }
}

// Equal area: 12·4^2 = 192 cells, 192 000 points; a count of mean 1000 has sigma 31.6 and 5.5 sigma
// is passed by one of 192 cells once in 1.4e5 tests (the seed is fixed).
TEST(Healpix, CellsHaveEqualArea) {
  std::mt19937_64 engine{2};
  std::vector<int> count(192, 0);
  for (int i = 0; i < 192000; ++i)
    ++count[static_cast<std::size_t>(healpix::cell_of(random_place(engine), 2))];
  for (const int n : count) EXPECT_NEAR(n, 1000, 5.5 * 31.6);
}

TEST(Healpix, PolesAndZeroRaBelongToACell) {
  for (const int order : {0, 5, 29})
    for (const SkyPos p : {at(0, 90), at(0, -90), at(0, 0), at(360, 0), at(-1e-15, 41.8103148957),
                           at(359.999999999999, -89.9999999)}) {
      const std::int64_t cell = healpix::cell_of(p, order);
      EXPECT_GE(cell, 0);
      EXPECT_LT(cell, healpix::n_cells(order));
    }
}

// Every place of the cone lies in a cell that was named, at poles, across RA 0 and anywhere.
TEST(Healpix, NoCellOfAConeIsMissed) {
  std::mt19937_64 engine{3};
  std::uniform_real_distribution<double> u{0.0, 1.0};
  for (const SkyPos centre :
       {at(0, 90), at(10, -89.5), at(0.1, 5), at(359.9, 41.8), at(45, 41.81), at(200, -30)})
    for (const double radius_deg : {0.2, 3.0, 25.0}) {
      const auto cells = healpix::cells_near(centre, Angle::from_deg(radius_deg), 5);
      EXPECT_TRUE(std::ranges::is_sorted(cells));
      const std::set<std::int64_t> named(cells.begin(), cells.end());
      EXPECT_EQ(named.size(), cells.size());
      const double sd = std::sin(centre.dec.rad()), cd = std::cos(centre.dec.rad());
      for (int i = 0; i < 4000; ++i) {
        const double r = radius_deg * kRadPerDeg * std::sqrt(u(engine));
        const double angle_rad = 2.0 * kPi * u(engine);
        const double e = std::sin(r) * std::sin(angle_rad), n = std::sin(r) * std::cos(angle_rad);
        const double sa = std::sin(centre.ra.rad()), ca = std::cos(centre.ra.rad());
        const double c = std::cos(r);
        const healpix::Direction v{c * cd * ca - n * sd * ca - e * sa,
                                   c * cd * sa - n * sd * sa + e * ca, c * sd + n * cd};
        ASSERT_TRUE(named.contains(healpix::cell_of(v, 5)));
      }
      // Not much more than the cone: its area with a rim of two cells' width (1.83° each).
      const double rim = radius_deg + 2.0 * 1.83;
      EXPECT_LT(static_cast<double>(cells.size()),
                1.3 * (1.0 - std::cos(rim * kRadPerDeg)) / 2.0 * 12288.0 + 4.0);
    }
}

}  // namespace
}  // namespace skyweft
