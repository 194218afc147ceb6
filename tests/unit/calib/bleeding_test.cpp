// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/bleeding.hpp"

#include <string_view>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::BleedConfig;
using calib::mark_bleeding;

namespace {

/// One line of pixels: S saturated, s suspect, l leaked, B saturated and leaked, f faulty, . good.
Mask line(std::string_view text, bool along_y) {
  const auto n = static_cast<std::int64_t>(text.size());
  Mask bits(along_y ? 1 : n, along_y ? n : 1);
  for (std::size_t i = 0; i < text.size(); ++i)
    bits.pixels()[i] = text[i] == 'S'   ? mask::oversaturated | mask::suspect
                       : text[i] == 's' ? mask::suspect
                       : text[i] == 'l' ? mask::leaked
                       : text[i] == 'L' ? mask::leaked | mask::suspect
                       : text[i] == 'B' ? mask::oversaturated | mask::suspect | mask::leaked
                       : text[i] == 'f' ? mask::fault
                       : text[i] == 'F' ? mask::fault | mask::leaked
                                        : MaskBits{0};
  return bits;
}

void expect(std::string_view before, std::string_view after, const BleedConfig& config = {}) {
  for (const std::string_view read_out : {"y-", "y+", "x-", "x+"}) {
    const bool along_y = read_out[0] == 'y';
    Mask bits = line(before, along_y);
    mark_bleeding(bits, read_out, config);
    EXPECT_EQ(bits, line(after, along_y)) << before << ' ' << read_out;
    mark_bleeding(bits, read_out, config);
    EXPECT_EQ(bits, line(after, along_y)) << before << ' ' << read_out << " twice";
  }
}

TEST(Bleeding, MarksBothEndsOfARun) {
  expect("....SS....", "..llSSll..");
  expect(".S......S.", "lSll..llSl");
  expect("S", "S");
  expect("..........", "..........");
}

TEST(Bleeding, GoesOnWhilePixelsAreNearSaturation) {
  expect("...sssSs....", "...LLLSLl...");
  expect(".s..sS....", ".s.lLSll..");  // the suspect pixel behind a gap is not reached
  expect("..ssssS", "..LLLLS");
  expect("ss.SSss", "sLlSSLL");
}

TEST(Bleeding, LeaksFromAPixelThatIsSaturatedAndLeaked) {
  expect("...B....", ".llBll..");
}

TEST(Bleeding, KeepsOtherBits) {
  expect("..fS....", ".lFSll..");
}

TEST(Bleeding, OfWidthZeroFollowsTrailsOnly) {
  expect("..sS....", "..LS....", {.bleed_px = 0, .bleed_wide_px = 5});
}

TEST(Bleeding, WidensLongRuns) {
  // Columns 1 and 5 of 9 × 8: runs of 3 and of 2; longer than 2 marks the sides.
  Mask bits(9, 8);
  for (const std::int64_t iy : {3, 4, 5}) bits(1, iy) = mask::oversaturated;
  for (const std::int64_t iy : {3, 4}) bits(5, iy) = mask::oversaturated;
  mark_bleeding(bits, "y-", {.bleed_px = 1, .bleed_wide_px = 2});
  std::int64_t n_leaked = 0;
  for (const MaskBits b : bits.pixels()) n_leaked += (b & mask::leaked) != 0;
  EXPECT_EQ(n_leaked, 2 + 6 + 2);
  for (const std::int64_t iy : {3, 4, 5}) {
    EXPECT_EQ(bits(0, iy), mask::leaked);
    EXPECT_EQ(bits(2, iy), mask::leaked);
  }
  EXPECT_EQ(bits(1, 2), mask::leaked);
  EXPECT_EQ(bits(1, 6), mask::leaked);
  EXPECT_EQ(bits(5, 2), mask::leaked);
  EXPECT_EQ(bits(5, 5), mask::leaked);
}

TEST(Bleeding, RunsAlongTheReadOutOnly) {
  Mask bits(5, 5);
  bits(2, 2) = mask::oversaturated;
  Mask x = bits;
  mark_bleeding(bits, "y+", {.bleed_px = 1, .bleed_wide_px = 5});
  mark_bleeding(x, "x-", {.bleed_px = 1, .bleed_wide_px = 5});
  for (std::int64_t iy = 0; iy < 5; ++iy)
    for (std::int64_t ix = 0; ix < 5; ++ix) EXPECT_EQ(bits(ix, iy), x(iy, ix));
  EXPECT_EQ(bits(2, 1), mask::leaked);
  EXPECT_EQ(bits(1, 2), 0);
}

TEST(Bleeding, RefusesUnknownDirections) {
  Mask bits(3, 3);
  for (const std::string_view bad : {"", "y", "z+", "down"})
    EXPECT_THROW(mark_bleeding(bits, bad, {}), Error) << bad;
}

}  // namespace
