// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/comparison_choice.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/lc_ensemble_field.hpp"

namespace skyweft::lc {
namespace {

class ComparisonChoiceOf : public ::testing::Test {
 protected:
  /// Seven equal stars of magnitude 12 and colour 0.6, 0.1 to 0.7 deg from the target.
  void SetUp() override {
    field_ = support::simulate_ensemble({.sigma = std::vector<double>(7, 0.01), .n_time = 200});
    for (int s = 0; s < 7; ++s)
      candidates_.push_back({.mag = 12.0, .colour = 0.6, .distance_deg = 0.1 * (s + 1)});
  }
  ComparisonChoice choose() const {
    return choose_comparisons(field_.matrix(), candidates_, 12.0, 0.6, config_);
  }
  support::EnsembleField field_;
  std::vector<ComparisonCandidate> candidates_;
  ComparisonConfig config_;
};

TEST_F(ComparisonChoiceOf, EqualStarsKeepsThemAll) {
  const ComparisonChoice choice = choose();
  for (std::size_t s = 0; s < 7; ++s) {
    const ComparisonVerdict& v = choice.verdicts[s];
    EXPECT_TRUE(v.is_kept) << v.reason;
    EXPECT_EQ(v.reason, "kept");
    EXPECT_EQ(v.n_points, 200);
    EXPECT_EQ(v.weight, choice.ensemble.weight[s]);
    // Scatter is known to 1/√400 = 5 %, and so is the median it is compared with; times 4.
    EXPECT_NEAR(v.excess, 1.0, 0.28);
    // A witness has 1 + 1/6 of a star's variance against the six others, 1 + 1/5 without one more:
    // the six others' noise grows by √(1.2/1.1667) − 1 = 1.4 %. Of 200 points the
    // difference is known to 2 · √(1/30) · 0.01/√200/√6 relative, about 0.5 %; times 4.
    EXPECT_NEAR(v.gain, 0.0142, 0.02);
  }
  EXPECT_EQ(choice.alike, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5, 6}));  // by distance
}

TEST_F(ComparisonChoiceOf, ManyTakesLimitsOneByOne) {
  candidates_[0].is_excluded = true;
  candidates_[1].saturated = 0.2;
  candidates_[2].mag = 9.0;
  candidates_[3].colour = 2.1;
  for (std::int64_t t = 0; t < 150; ++t) field_.at(4, t) = kNaN;
  config_ = {.max_colour_difference = 1.0, .max_distance_deg = 0.65, .brightest_mag = 10.0};
  const ComparisonChoice choice = choose();
  const char* kReasons[7] = {
      "excluded by the user", "saturated in 20 % of the frames", "magnitude 9.00 is out of range",
      "redder by 1.50 mag",   "only in 50 of 200 frames",        "kept",
      "0.700 deg away"};
  for (std::size_t s = 0; s < 7; ++s) {
    EXPECT_EQ(choice.verdicts[s].reason, kReasons[s]);
    EXPECT_EQ(choice.verdicts[s].is_kept, s == 5);
  }
  EXPECT_NEAR(choice.verdicts[3].colour_difference, 1.5, 1e-12);
}

TEST_F(ComparisonChoiceOf, ForcedStarsPassesLimitsButNotExclusion) {
  candidates_[1].saturated = 0.2;
  candidates_[1].is_forced = true;
  candidates_[2].is_forced = candidates_[2].is_excluded = true;
  const ComparisonChoice choice = choose();
  EXPECT_TRUE(choice.verdicts[1].is_kept);
  EXPECT_EQ(choice.verdicts[1].reason, "kept: forced");
  EXPECT_FALSE(choice.verdicts[2].is_kept);
}

TEST_F(ComparisonChoiceOf, UnknownColoursIsNoReasonToDrop) {
  candidates_[1].colour = kNaN;
  config_.max_colour_difference = 0.1;
  EXPECT_TRUE(choose().verdicts[1].is_kept);
}

TEST_F(ComparisonChoiceOf, VariablesDropsThem) {
  for (std::int64_t t = 0; t < 200; ++t)
    field_.at(3, t) *=
        1.0 + 0.06 * std::sin(2.0 * std::numbers::pi * static_cast<double>(t) / 50.0);
  const ComparisonChoice choice = choose();
  EXPECT_FALSE(choice.verdicts[3].is_kept);
  EXPECT_EQ(choice.verdicts[3].reason.substr(0, 7), "varies:");
  // √(0.06²/2 + 0.01²)/0.01 = 4.4 times the noise; within the errors above.
  EXPECT_NEAR(choice.verdicts[3].excess, 4.4, 0.28 * 4.4);
  for (const std::int64_t s : choice.alike) EXPECT_NE(s, 3);
}

TEST_F(ComparisonChoiceOf, NothingSaysWhatToRelax) {
  config_.faintest_mag = 11.0;
  candidates_[6].is_excluded = true;
  try {
    choose();
    FAIL() << "nothing thrown";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    EXPECT_NE(e.text().find("6 by magnitude"), std::string::npos) << e.text();
    EXPECT_NE(e.text().find("1 by excluded"), std::string::npos) << e.text();
    ASSERT_TRUE(e.test());
    EXPECT_EQ(e.test()->name, "n_comparison");
  }
  field_.flux.assign(field_.flux.size(), kNaN);
  EXPECT_THROW(choose(), Error);
  EXPECT_THROW(choose_comparisons({{}, {}, 0, 10}, {}, 12.0, 0.6, {}), Error);
}

TEST_F(ComparisonChoiceOf, AllIsValidatedLikeTheTarget) {
  const ComparisonChoice choice = choose();
  const auto stars = validate(field_.matrix(), choice, 3);
  ASSERT_EQ(stars.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stars[i].row, static_cast<std::int64_t>(i));
    EXPECT_EQ(stars[i].n_points, 200);
    // 1 % · √(1 + 1/6); the MAD of 200 points is known to 1.17/√200 = 8 %, times 4.
    EXPECT_NEAR(stars[i].scatter, 0.0108, 0.33 * 0.0108);
    EXPECT_NEAR(stars[i].error_ratio, 1.0, 0.33);
    // 16 runs of 12: 1/√32 = 18 %, times 4.
    EXPECT_NEAR(stars[i].beta, 1.0, 0.71);
  }
}

}  // namespace
}  // namespace skyweft::lc
