// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/flags.hpp"

#include <bit>
#include <set>

#include <gtest/gtest.h>

#include "data/frame_catalog.hpp"

using namespace skyweft;

namespace {

template <class Table>
void expect_unique(const Table& table) {
  std::uint32_t seen = 0;
  std::set<std::string_view> names;
  for (const FlagBit& f : table) {
    EXPECT_EQ(std::popcount(f.bit), 1) << f.name;
    EXPECT_EQ(seen & f.bit, 0U) << f.name;
    EXPECT_TRUE(names.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.meaning.empty()) << f.name;
    EXPECT_EQ(f.name.find('|'), std::string_view::npos) << f.name;
    seen |= f.bit;
  }
}

TEST(MaskTable, HasOneBitOneNameAndAMeaningForEach) {
  expect_unique(mask::kTable);
}
TEST(QualityTable, HasOneBitOneNameAndAMeaningForEach) {
  expect_unique(quality::kTable);
}

TEST(MaskTable, CoversEveryUnusableBitAndKeepsHatsValues) {
  std::uint32_t all = 0;
  for (const FlagBit& f : mask::kTable) all |= f.bit;
  EXPECT_EQ(mask::unusable & ~all, 0U);
  EXPECT_EQ(mask::unusable & (mask::suspect | mask::nonlinear), 0);
  EXPECT_EQ(mask::fault, 0x01);
  EXPECT_EQ(mask::saturated, 0x30);
  EXPECT_EQ(mask::interpolated, 0x40);
}

TEST(FlagNames, AreJoinedInTheOrderOfTheTable) {
  EXPECT_EQ(mask_names(0), "");
  EXPECT_EQ(mask_names(mask::user), "USER");
  EXPECT_EQ(mask_names(mask::trail | mask::hot), "HOT|TRAIL");
  EXPECT_EQ(quality_names(0), "");
  EXPECT_EQ(quality_names(quality::edge | quality::saturated), "SATURATED|EDGE");
  EXPECT_EQ(quality_names(quality::not_measured), "NOT_MEASURED");
}

TEST(FrameNames, AreTheWordsOfTheStore) {
  EXPECT_EQ(name_of(FrameType::light), "light");
  EXPECT_EQ(name_of(FrameType::bias), "bias");
  EXPECT_EQ(name_of(FrameType::dark), "dark");
  EXPECT_EQ(name_of(FrameType::flat), "flat");
  EXPECT_EQ(name_of(FrameType::unknown), "unknown");
  EXPECT_EQ(name_of(FrameState::pending), "pending");
  EXPECT_EQ(name_of(FrameState::measured), "measured");
  EXPECT_EQ(name_of(FrameState::rejected), "rejected");
}

}  // namespace
