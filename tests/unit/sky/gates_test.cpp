// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/gates.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace skyweft;

sky::Solution good() {
  sky::Solution s;
  s.log_odds = 100.0;
  s.n_matched = 50;
  s.converged = true;
  s.move_px = 0.001;
  s.matched_fraction = 0.9;
  s.rms_px = 0.1;
  return s;
}

std::string failed(const sky::Solution& s) {
  const auto test = sky::failed_gate(s, {});
  return test ? test->name : "";
}

TEST(FailedGate, IsNoneForAGoodSolution) {
  EXPECT_EQ(failed(good()), "");
}

TEST(FailedGate, NamesTheTestWithItsNumbersAndCode) {
  sky::Solution s = good();
  s.log_odds = 20.0;  // 1e9 is 20.7
  EXPECT_EQ(failed(s), "log_odds");
  s = good();
  s.n_matched = 5;
  EXPECT_EQ(failed(s), "n_matched");
  s = good();
  s.converged = false;
  s.move_px = 0.3;
  EXPECT_EQ(failed(s), "no_convergence");
  EXPECT_EQ(sky::failed_gate(s, {})->measured, 0.3);
  s = good();
  s.matched_fraction = 0.1;
  EXPECT_EQ(failed(s), "matched_fraction");
  s = good();
  s.rms_px = 0.6;
  EXPECT_EQ(failed(s), "wcs_rms_px");
  EXPECT_EQ(sky::failed_gate(s, {})->threshold, 0.5);
  s.rms_px = kNaN;
  EXPECT_EQ(failed(s), "wcs_rms_px");
}

TEST(SolveFailure, HasTheNumbersOfTheReferencePipeline) {
  const auto code = [](const char* test) { return static_cast<int>(sky::failure_of(test)); };
  EXPECT_EQ(code(""), 0);
  EXPECT_EQ(code("no_convergence"), -2);
  EXPECT_EQ(code("n_matched"), -3);
  EXPECT_EQ(code("matched_fraction"), -3);
  EXPECT_EQ(code("wcs_rms_px"), -4);
  EXPECT_EQ(code("log_odds"), -5);
  EXPECT_EQ(code("has_scale"), -7);
  EXPECT_EQ(sky::name_of(sky::SolveFailure::large_residual), "large_residual");
}

TEST(MatchedFraction, CountsNeitherFaintStarsNorFalseSources) {
  const std::vector<float> matched{8, 9, 10, 11, 12};
  // A catalogue that goes four magnitudes deeper: of the brighter half, up to 10, one is missing.
  std::vector<float> stars{8, 9, 9.5, 10, 11, 12, kNaNf};
  for (int i = 0; i < 1000; ++i) stars.push_back(14.0f);
  EXPECT_DOUBLE_EQ(sky::matched_fraction(stars, matched), 0.75);
  EXPECT_EQ(sky::matched_fraction(matched, matched), 1.0);
  EXPECT_EQ(sky::matched_fraction(stars, {}), 0.0);
}

}  // namespace
