// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/shift_vote.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace skyweft;

/// The generator that the numbers below were made with.
class Congruential {
 public:
  explicit Congruential(std::uint64_t seed) : x_(seed) {}
  double operator()() {
    x_ = (1103515245u * x_ + 12345u) % 2147483648u;
    return static_cast<double>(x_) / 2147483648.0;
  }

 private:
  std::uint64_t x_;
};

struct Lists {
  std::vector<PixelPos> first;
  std::vector<PixelPos> second;
};

Lists forty_stars(bool shifted) {
  Congruential u{11};
  Lists out;
  for (int i = 0; i < 40; ++i) {
    const double x = 512.0 * u();
    out.first.push_back({x, 512.0 * u()});
  }
  for (std::size_t i = 5; shifted && i < 40; ++i)
    out.second.push_back({out.first[i].x_px + 23.37, out.first[i].y_px - 11.62});
  for (int i = 0; i < (shifted ? 6 : 41); ++i) {
    const double x = 512.0 * u();
    out.second.push_back({x, 512.0 * u()});
  }
  return out;
}

// other_systems.md 10.3: 35 of 40 stars shifted, 6 false ones.
TEST(VoteShift, FindsTheShiftOfThirtyFivePairs) {
  const Lists at = forty_stars(true);
  const auto vote = sky::vote_shift(at.second, at.first, 100.0, 4.0);
  EXPECT_NEAR(vote.shift.x_px, -23.37, 1e-9);
  EXPECT_NEAR(vote.shift.y_px, 11.62, 1e-9);
  // The 35 and what chance adds: 41 · 40 · 8² / 512² = 0.40 pairs.
  EXPECT_GE(vote.votes, 35);
  EXPECT_LE(vote.votes, 37);
  // The lists' boxes are a little smaller, or shifted, than 512 squared: a few per cent each way.
  EXPECT_NEAR(vote.expected, 0.40, 0.06);
  // 51² windows; P(N >= 35 | 0.4) = 0.4^35 e^-0.4 / 35!: ln = -32.1 - 0.4 - 92.1.
  EXPECT_LT(vote.log_chance, -100.0);
}

TEST(VoteShift, KnowsThatAChancePeakIsOne) {
  const Lists at = forty_stars(false);
  const auto vote = sky::vote_shift(at.second, at.first, 100.0, 4.0);
  EXPECT_LE(vote.votes, 6);
  EXPECT_GT(vote.log_chance, -7.0);  // once in a thousand fields
}

TEST(VoteShift, HasNoSignificanceWithoutPairs) {
  const auto vote = sky::vote_shift({}, {}, 100.0, 4.0);
  EXPECT_EQ(vote.votes, 0);
  EXPECT_EQ(vote.log_chance, 0.0);
  EXPECT_EQ(vote.shift, PixelPos{});
}

TEST(VoteShift, CountsTheTailOfPoisson) {
  // One point against two, 10 apart; the boxes have no area, so the expectation is
  // 2 · 1 · 4 bin² / (4 bin²) = 2 pairs where one is seen: no significance at all.
  const std::vector<PixelPos> one{{0.0, 0.0}};
  const std::vector<PixelPos> two{{0.0, 0.0}, {10.0, 0.0}};
  const auto vote = sky::vote_shift(one, two, 20.0, 1.0);
  EXPECT_EQ(vote.expected, 2.0);
  EXPECT_EQ(vote.log_chance, 0.0);
}

}  // namespace
