// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/bleeding.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

using namespace skyweft;
using calib::BleedConfig;

namespace {

/// For every pixel of an image read out along y: is it reached from any run above or below, or
/// beside? Written from the pixel that receives, not from the run that gives.
Mask slow_twin(const Mask& in, const BleedConfig& config) {
  const auto is = [&](std::int64_t x, std::int64_t y, MaskBits bit) {
    return in.contains(x, y) && (in(x, y) & bit) != 0;
  };
  Mask out = in;
  for (std::int64_t y = 0; y < in.ny(); ++y)
    for (std::int64_t x = 0; x < in.nx(); ++x) {
      if (is(x, y, mask::oversaturated)) continue;
      bool reached = false;
      for (const std::int64_t way : {-1, 1}) {
        std::int64_t d = 1;
        bool suspect = is(x, y, mask::suspect);
        for (; in.contains(x, y + way * d) && !is(x, y + way * d, mask::oversaturated); ++d)
          suspect = suspect && is(x, y + way * d, mask::suspect);
        reached = reached || (in.contains(x, y + way * d) && (d <= config.bleed_px || suspect));
        if (!is(x + way, y, mask::oversaturated)) continue;
        std::int64_t length = 1;
        for (std::int64_t k = 1; is(x + way, y + k, mask::oversaturated); ++k) ++length;
        for (std::int64_t k = 1; is(x + way, y - k, mask::oversaturated); ++k) ++length;
        reached = reached || length > config.bleed_wide_px;
      }
      if (reached) out(x, y) = static_cast<MaskBits>(out(x, y) | mask::leaked);
    }
  return out;
}

Mask transposed(const Mask& in) {
  Mask out(in.ny(), in.nx());
  for (std::int64_t y = 0; y < in.ny(); ++y)
    for (std::int64_t x = 0; x < in.nx(); ++x) out(y, x) = in(x, y);
  return out;
}

TEST(Bleeding, EqualsItsSlowTwinAndChangesNothingTheSecondTime) {
  std::mt19937_64 random(71);
  std::uniform_int_distribution<int> lot(0, 9);
  for (int trial = 0; trial < 200; ++trial) {
    Mask bits(1 + trial % 23, 1 + trial % 19);
    const int crowding = 1 + trial % 4;
    for (MaskBits& b : bits.pixels()) {
      if (lot(random) < crowding) b = mask::suspect;
      if (lot(random) < crowding) b = mask::oversaturated | mask::suspect;
      if (lot(random) == 0) b = static_cast<MaskBits>(b | mask::leaked);
      if (lot(random) == 0) b = static_cast<MaskBits>(b | mask::hot);
    }
    const BleedConfig config{.bleed_px = trial % 4, .bleed_wide_px = trial % 5};
    const Mask twin = slow_twin(bits, config);
    Mask once = bits;
    calib::mark_bleeding(once, "y-", config);
    EXPECT_EQ(once, twin);
    Mask twice = once;
    calib::mark_bleeding(twice, "y+", config);
    EXPECT_EQ(twice, once);
    Mask across = transposed(bits);
    calib::mark_bleeding(across, "x+", config);
    EXPECT_EQ(across, transposed(twin));
  }
}

}  // namespace
