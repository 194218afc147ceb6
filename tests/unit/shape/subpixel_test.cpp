// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/subpixel.hpp"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

namespace skyweft::shape {
namespace {

TEST(NamedSubpixelMap, KnowsUniformAndTheQuarters) {
  EXPECT_TRUE(named_subpixel_map("uniform")->uniform());
  EXPECT_EQ(named_subpixel_map("bayer"), named_subpixel_map("bayer-00"));
  for (std::int64_t y = 0; y < 2; ++y)
    for (std::int64_t x = 0; x < 2; ++x) {
      const auto map = named_subpixel_map("bayer-" + std::to_string(x) + std::to_string(y));
      ASSERT_TRUE(map.has_value());
      ASSERT_EQ(map->sensitivity.nx(), 2);
      ASSERT_EQ(map->sensitivity.ny(), 2);
      for (std::int64_t iy = 0; iy < 2; ++iy)
        for (std::int64_t ix = 0; ix < 2; ++ix)
          EXPECT_EQ(map->sensitivity(ix, iy), ix == x && iy == y ? 4.0 : 0.0);
    }
}

TEST(NamedSubpixelMap, LeavesOtherNamesToFiles) {
  for (const char* name : {"", "bayer-", "bayer-0", "bayer-02", "bayer-20", "bayer-000", "Bayer",
                           "uniform.fits", "bayerx00"})
    EXPECT_FALSE(named_subpixel_map(name).has_value()) << name;
}

TEST(SubpixelMap, IsDividedByItsMean) {
  Grid<double> values{3, 1};
  values(0, 0) = 1.0;
  values(1, 0) = 2.0;
  values(2, 0) = 6.0;
  const SubPixelMap map = subpixel_map(values);
  EXPECT_DOUBLE_EQ(map.sensitivity(0, 0), 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(map.sensitivity(1, 0), 2.0 / 3.0);
  EXPECT_DOUBLE_EQ(map.sensitivity(2, 0), 2.0);
  EXPECT_TRUE(subpixel_map(Grid<double>{4, 2, 0.1}).uniform());
}

std::string test_of(const Grid<double>& values) {
  try {
    subpixel_map(values);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_config);
    return error.test() ? error.test()->name : "none";
  }
  return "";
}

TEST(SubpixelMap, RefusesWhatIsNoSensitivity) {
  EXPECT_EQ(test_of(Grid<double>{2, 2, 1.0}), "");
  EXPECT_EQ(test_of(Grid<double>{2, 2, -1.0}), "subpixel_sensitivity");
  EXPECT_EQ(test_of(Grid<double>{2, 2, kNaN}), "subpixel_sensitivity");
  EXPECT_EQ(test_of(Grid<double>{2, 2, HUGE_VAL}), "subpixel_sensitivity");
  EXPECT_EQ(test_of(Grid<double>{2, 2, 0.0}), "subpixel_mean");
  EXPECT_EQ(test_of(Grid<double>{2, 2, 1.7e308}), "subpixel_mean");
  EXPECT_EQ(test_of(Grid<double>{}), "subpixel_mean");
}

}  // namespace
}  // namespace skyweft::shape
