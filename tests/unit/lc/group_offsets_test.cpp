// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/group_offsets.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();

/// 30 stars of 8 to 13.8 mag; the groups' references differ from the truth by constant and slope.
struct Sky {
  std::vector<double> mag;
  NamedColumns columns;
  Sky() {
    for (int s = 0; s < 30; ++s) mag.push_back(8.0 + 0.2 * s);
    columns.add("mag", mag);
  }
  Sky(const Sky&) = delete;
  /// A group that sees the stars [first, last).
  Reference group(double constant, double slope, std::size_t first = 0,
                  std::size_t last = 30) const {
    Reference out{std::vector<double>(30, kNotANumber), std::vector<double>(30, kNotANumber),
                  std::vector<std::uint8_t>(30, 0)};
    for (std::size_t s = first; s < last; ++s) {
      out.mag[s] = mag[s] + 2.5 + constant + slope * (mag[s] - 11.0);
      out.err[s] = 0.001;
      out.used[s] = 1;
    }
    return out;
  }
};

TEST(GroupOffsets, AreTheConstantsByWhichReferencesDiffer) {
  const Sky sky;
  const std::vector<Reference> groups{sky.group(0.0, 0.0), sky.group(0.25, 0.0),
                                      sky.group(-1.5, 0.0, 10, 30)};
  const GroupOffsets out =
      solve_group_offsets(groups, sky.columns, sky.mag, Terms::parse("O0{mag}"), {});
  for (std::size_t s = 0; s < 30; ++s) {
    EXPECT_EQ(out.shift_mag[0][s], 0.0);
    EXPECT_NEAR(out.shift_mag[1][s], 0.25, 1e-12);
    EXPECT_NEAR(out.shift_mag[2][s], -1.5, 1e-12);
  }
  EXPECT_EQ(out.n_common, (std::vector<std::int64_t>{30, 30, 20}));
  EXPECT_EQ(out.tied_to, (std::vector<std::int64_t>{0, 0, 0}));
  EXPECT_NEAR(out.coefficients[2][0], -1.5, 1e-12);
  const Reference merged = merged_reference(groups, out, {});
  EXPECT_NEAR(merged.mag[7], sky.mag[7] + 2.5, 1e-12);
  EXPECT_NEAR(catalog_shift(merged, sky.mag), -2.5, 1e-12);
}

TEST(GroupOffsets, FollowTheTermsThatAreAskedFor) {
  const Sky sky;
  const std::vector<Reference> groups{sky.group(0.0, 0.0, 0, 20), sky.group(0.5, 0.1, 10, 30)};
  const GroupOffsets out =
      solve_group_offsets(groups, sky.columns, sky.mag, Terms::parse("O1{mag}"), {});
  // As written: 0.5 + 0.1·(mag − 11), also where the groups do not overlap.
  EXPECT_NEAR(out.coefficients[1][0], 0.5 - 1.1, 1e-10);
  EXPECT_NEAR(out.coefficients[1][1], 0.1, 1e-11);
  EXPECT_NEAR(out.shift_mag[1][29], 0.5 + 0.1 * (sky.mag[29] - 11.0), 1e-10);
  // Five common stars are too few for two terms (six are needed): the constant alone.
  const std::vector<Reference> few{sky.group(0.0, 0.0, 0, 15), sky.group(0.5, 0.0, 10, 30)};
  const GroupOffsets constant =
      solve_group_offsets(few, sky.columns, sky.mag, Terms::parse("O1{mag}"), {});
  EXPECT_NEAR(constant.coefficients[1][0], 0.5, 1e-10);
  EXPECT_NEAR(constant.coefficients[1][1], 0.0, 1e-10);
}

TEST(GroupOffsets, AreNotMovedByVariableStars) {
  const Sky sky;
  std::vector<Reference> groups{sky.group(0.0, 0.0), sky.group(0.25, 0.0), sky.group(0.75, 0.0)};
  groups[1].mag[3] += 2.0;
  groups[1].mag[20] -= 1.0;
  groups[2].mag[8] += 0.7;
  const GroupOffsets out =
      solve_group_offsets(groups, sky.columns, sky.mag, Terms::parse("O0{mag}"), {});
  EXPECT_NEAR(out.shift_mag[1][0], 0.25, 1e-12);
  EXPECT_NEAR(out.shift_mag[2][0], 0.75, 1e-12);
  EXPECT_LT(out.rms_mag, 1e-12);
}

TEST(GroupOffsets, OfGroupsWithoutCommonStarsComeFromTheCatalogue) {
  const Sky sky;
  const std::vector<Reference> groups{sky.group(0.0, 0.0, 0, 10), sky.group(0.3, 0.0, 12, 22),
                                      sky.group(0.4, 0.0, 18, 30), sky.group(0.1, 0.0, 0, 10)};
  const GroupOffsets tied =
      solve_group_offsets(groups, sky.columns, sky.mag, Terms::parse("O0{mag}"), {});
  EXPECT_EQ(tied.tied_to, (std::vector<std::int64_t>{0, 1, 1, 0}));
  for (std::size_t g = 0; g < 4; ++g)
    EXPECT_NEAR(tied.shift_mag[g][0], (std::vector{0.0, 0.3, 0.4, 0.1})[g], 1e-12) << g;
  // Without a catalogue the part of groups 1 and 2 keeps its own level.
  const GroupOffsets loose =
      solve_group_offsets(groups, sky.columns, {}, Terms::parse("O0{mag}"), {});
  EXPECT_NEAR(loose.shift_mag[1][0], 0.0, 1e-12);
  EXPECT_NEAR(loose.shift_mag[2][0], 0.1, 1e-12);
  EXPECT_NEAR(loose.shift_mag[3][0], 0.1, 1e-12);
}

TEST(GroupOffsets, AreDefinedForEmptyGroups) {
  const Sky sky;
  const std::vector<Reference> groups{sky.group(0.0, 0.0, 0, 0), sky.group(0.3, 0.0, 0, 2),
                                      sky.group(0.0, 0.0, 5, 6)};
  const GroupOffsets out =
      solve_group_offsets(groups, sky.columns, sky.mag, Terms::parse("O1{mag}"), {});
  for (const auto& of_group : out.shift_mag)
    for (const double d : of_group) EXPECT_TRUE(std::isfinite(d));
  const Reference none{{}, {}, {}};
  EXPECT_EQ(catalog_shift(none, {}), 0.0);
  EXPECT_TRUE(
      solve_group_offsets({}, sky.columns, {}, Terms::parse("O0{mag}"), {}).shift_mag.empty());
}

}  // namespace
}  // namespace skyweft::lc
