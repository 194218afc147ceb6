// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calib/master_rows_bad.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

/// The rule of mark_flat_pixels() read aloud.
void mark_slowly(std::int64_t nx, std::int64_t ny, std::span<const float> flat,
                 std::span<MaskBits> bits, const calib::FlatLimits& limits) {
  const std::vector<MaskBits> before(bits.begin(), bits.end());
  for (std::int64_t y = 0; y < ny; ++y)
    for (std::int64_t x = 0; x < nx; ++x) {
      std::vector<float> around;
      for (std::int64_t v = std::max<std::int64_t>(0, y - 7); v < std::min(ny, y + 8); ++v)
        for (std::int64_t u = std::max<std::int64_t>(0, x - 7); u < std::min(nx, x + 8); ++u) {
          const auto j = static_cast<std::size_t>(v * nx + u);
          if (std::isfinite(flat[j]) && (before[j] & mask::unusable) == 0)
            around.push_back(flat[j]);
        }
      const auto i = static_cast<std::size_t>(y * nx + x);
      const double local = median_of_finite(around);
      const auto value = static_cast<double>(flat[i]);
      if (!(value >= limits.low_flat)) bits[i] = static_cast<MaskBits>(bits[i] | mask::low_flat);
      if (value < limits.response_low * local || value > limits.response_high * local)
        bits[i] = static_cast<MaskBits>(bits[i] | mask::fault);
    }
}

TEST(BadPixels, OfFlatsEqualTheSlowTwin) {
  // Spread over 0.2 to 2, negative, without value and masked in parts: every way through.
  std::mt19937_64 random(30);
  std::uniform_real_distribution<float> uniform;
  std::int64_t n_fault = 0;
  std::int64_t n_good = 0;
  for (int trial = 0; trial < 24; ++trial) {
    const std::int64_t nx = 1 + 9 * (trial % 5);
    const std::int64_t ny = trial % 7 == 6 ? 150 : 1 + 5 * (trial % 7);  // 150: several bands
    const float rough = trial % 3 == 0 ? 0.05F : 0.6F;
    std::vector<float> flat(static_cast<std::size_t>(nx * ny));
    std::vector<MaskBits> bits(flat.size(), 0);
    for (std::size_t i = 0; i < flat.size(); ++i) {
      flat[i] = 1.0F + rough * (uniform(random) - 0.5F) * 2.0F;
      const float dice = uniform(random);
      if (dice < 0.01F) flat[i] = -1.0F;
      if (dice > 0.99F) flat[i] = kNaNf;
      if (dice > 0.9F && dice < 0.93F) bits[i] = mask::hot;
      if (trial == 23) bits[i] = mask::hot;  // nothing to compare with
    }
    auto slow = bits;
    calib::mark_flat_pixels(nx, ny, flat, {}, bits);
    mark_slowly(nx, ny, flat, slow, {});
    EXPECT_EQ(bits, slow) << nx << " x " << ny;
    n_fault += std::ranges::count_if(bits, [](MaskBits b) { return (b & mask::fault) != 0; });
    n_good += std::ranges::count(bits, MaskBits{0});
  }
  EXPECT_GT(n_fault, 100);
  EXPECT_GT(n_good, 1000);
}

}  // namespace
