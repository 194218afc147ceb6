// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/star_groups.hpp"

#include <gtest/gtest.h>

using namespace skyweft;
using phot::Bond;
using phot::IndexLists;
using phot::StarReach;
using shape::PixelWindow;

namespace {

StarReach square(std::int64_t x, std::int64_t y, std::int64_t side) {
  const PixelWindow w{x, y, side, side};
  return {w, w};
}

TEST(StarGroups, JoinStarsWhoseWindowsShareAPixel) {
  // 0–2–1 is a chain, 3 touches nobody, 4 takes no part, 5 lights 3 without being fitted.
  std::vector<StarReach> reach{
      square(0, 0, 5),     square(8, 0, 5), square(4, 0, 5), square(40, 40, 5), {},
      {{}, {44, 44, 5, 5}}};
  const IndexLists links = phot::linked_stars(reach);
  EXPECT_EQ(links.first, (std::vector<std::int64_t>{0, 1, 2, 4, 5, 5, 6}));
  EXPECT_EQ(links.other, (std::vector<std::int64_t>{2, 2, 0, 1, 5, 3}));
  const IndexLists groups = phot::groups_of(links, reach);
  EXPECT_EQ(groups.first, (std::vector<std::int64_t>{0, 3, 5}));
  EXPECT_EQ(groups.other, (std::vector<std::int64_t>{0, 1, 2, 3, 5}));
}

TEST(StarGroups, LeaveOutLightWithoutAFit) {
  // Two that only give light to each other.
  const std::vector<StarReach> reach{{{}, {0, 0, 5, 5}}, {{}, {2, 2, 5, 5}}, square(10, 10, 3)};
  const IndexLists groups = phot::groups_of(phot::linked_stars(reach), reach);
  EXPECT_EQ(groups.other, (std::vector<std::int64_t>{2}));
}

TEST(StarGroups, AreCutAtTheWeakestBonds) {
  const std::vector<Bond> bonds{{0, 1, 0.2}, {1, 2, 0.9}, {2, 3, 0.9}, {3, 4, 0.1}};
  EXPECT_EQ(phot::pieces_of(5, bonds, 3), (std::vector<std::int64_t>{0, 1, 1, 1, 2}));
  EXPECT_EQ(phot::pieces_of(5, bonds, 2), (std::vector<std::int64_t>{0, 1, 1, 2, 2}));
  EXPECT_EQ(phot::pieces_of(5, bonds, 9), (std::vector<std::int64_t>{0, 0, 0, 0, 0}));
}

}  // namespace
