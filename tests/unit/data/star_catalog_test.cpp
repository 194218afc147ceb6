// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/star_catalog.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;

namespace {

StarCatalog stars_of(std::vector<StarId> ids) {
  StarCatalog stars;
  stars.id = std::move(ids);
  for (const StarId id : stars.id) {
    const auto v = static_cast<double>(id);
    stars.ra_deg.push_back(v + 0.1);
    stars.dec_deg.push_back(v + 0.2);
    stars.pm_ra_mas_yr.push_back(v + 0.3);
    stars.pm_dec_mas_yr.push_back(v + 0.4);
    stars.mag.push_back(static_cast<float>(v) + 0.5F);
    stars.colour.push_back(static_cast<float>(v) + 0.75F);
  }
  return stars;
}

Errc code_of(StarCatalog stars) {
  try {
    sort_by_id(stars);
  } catch (const Error& e) {
    return e.code();
  }
  return Errc::usage;
}

TEST(SortById, MovesWholeRowsAndKeepsTheEpoch) {
  StarCatalog stars = stars_of({5, -2, 3});
  stars.epoch_yr = 2016.0;
  sort_by_id(stars);
  StarCatalog expected = stars_of({-2, 3, 5});
  expected.epoch_yr = 2016.0;
  EXPECT_EQ(stars, expected);
  sort_by_id(stars);
  EXPECT_EQ(stars, expected);
}

TEST(SortById, OfNoStarsIsNoStars) {
  StarCatalog stars;
  sort_by_id(stars);
  EXPECT_EQ(stars.size(), 0);
}

TEST(SortById, RefusesADuplicateAndColumnsOfDifferentLength) {
  EXPECT_EQ(code_of(stars_of({1, 2, 1})), Errc::bad_input);
  StarCatalog stars = stars_of({1, 2});
  stars.colour.pop_back();
  EXPECT_EQ(code_of(stars), Errc::bad_input);
}

TEST(RowsOf, AreTheRowsAskedForInThatOrder) {
  EXPECT_EQ(rows_of(stars_of({7, 8, 9}), {2, 0}), stars_of({9, 7}));
  EXPECT_EQ(rows_of(stars_of({7}), {}), stars_of({}));
}

StarId id_of(double ra_deg, double dec_deg) {
  return id_from_position({Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)});
}

TEST(IdFromPosition, IsMadeOfTheDocumentedDigits) {
  EXPECT_EQ(id_of(10.12345, 20.5), 101234511050000);
  EXPECT_EQ(id_of(10.12345, -20.5), 101234506950000);
  EXPECT_EQ(id_of(0.0, -90.0), 0);
  EXPECT_EQ(id_of(0.0, 90.0), 18000000);
  EXPECT_EQ(id_of(0.00001, 0.0), 109000000);
}

TEST(IdFromPosition, WrapsRightAscensionAtTheFullCircle) {
  EXPECT_EQ(id_of(359.999999, 0.0), 9000000);
  EXPECT_EQ(id_of(359.99999, 0.0), 3599999909000000);
  EXPECT_EQ(id_of(360.0, 0.0), id_of(0.0, 0.0));
  EXPECT_EQ(id_of(-0.00001, 0.0), id_of(359.99999, 0.0));
}

}  // namespace
