// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics_table.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

TEST(ScatterByMagnitude, IsThatOfHandNumbers) {
  const std::vector<float> mag{10.5F, 10.9F, 10.0F, 9.75F, NAN, 11.0F, -0.1F};
  const std::vector<float> scatter{3, 1, 8, 5, 1, NAN, 2};
  const std::vector<float> model{1, 2, 4, NAN, 1, 1, 0};
  const auto bins = scatter_by_magnitude(mag, scatter, model);
  ASSERT_EQ(bins.size(), 4u);
  EXPECT_EQ(bins[0].from_mag, -0.5);
  EXPECT_EQ(bins[0].scatter, 2.0);
  EXPECT_TRUE(std::isnan(bins[0].ratio_to_model));  // a model of 0
  EXPECT_EQ(bins[1].from_mag, 9.5);
  EXPECT_TRUE(std::isnan(bins[1].ratio_to_model));
  EXPECT_EQ(bins[2].from_mag, 10.0);
  EXPECT_EQ(bins[2].n_star, 1);
  EXPECT_EQ(bins[2].ratio_to_model, 2.0);
  EXPECT_EQ(bins[3].from_mag, 10.5);
  EXPECT_EQ(bins[3].n_star, 2);
  EXPECT_EQ(bins[3].scatter, 2.0);
  EXPECT_EQ(bins[3].ratio_to_model, 1.75);
  EXPECT_EQ(scatter_by_magnitude(mag, scatter, {}, 100.0).size(), 2u);
  EXPECT_TRUE(scatter_by_magnitude({}, {}, {}).empty());
}

}  // namespace
}  // namespace skyweft::lc
