// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/assemble.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "core/units.hpp"

using namespace skyweft;
using calib::Assembled;

namespace {

/// Four amplifiers of 13 × 11 with overscan beside, above or none, flipped in all four ways and
/// laid out in the frame of 28 × 22, whose middle columns no amplifier fills.
FrameInfo four_amplifiers() {
  FrameInfo info;
  info.nx = 28;
  info.ny = 22;
  info.raw_nx = 60;
  info.raw_ny = 40;
  info.saturation_adu = 1180.7;
  info.traits.nonlinear_adu = 1150.1;
  info.gain_e_per_adu = 1.5;
  info.read_noise_e = 30.0;
  info.amplifiers = {
      {"SW", {2, 3, 15, 14}, {15, 3, 27, 14}, {0, 0, 13, 11}, false, false, kNaN, kNaN, kNaN},
      {"SE", {45, 3, 58, 14}, {33, 3, 45, 14}, {15, 0, 28, 11}, true, false, kNaN, kNaN, 1100.0},
      {"NW", {2, 26, 15, 37}, {2, 16, 15, 26}, {0, 11, 13, 22}, false, true, 2.0, kNaN, kNaN},
      {"NE", {45, 26, 58, 37}, {}, {15, 11, 28, 22}, true, true, kNaN, 5.0, kNaN}};
  return info;
}

struct Raw {
  Grid<float> adu;
  Mask mask;
};

/// Levels that climb with the rows, noise, and some pixels without value.
Raw random_raw(std::mt19937_64& random) {
  std::normal_distribution<float> noise(1000.0F, 100.0F);
  std::uniform_int_distribution<int> lot(0, 29);
  Raw raw{Grid<float>(60, 40), Mask(60, 40)};
  for (std::int64_t iy = 0; iy < 40; ++iy)
    for (std::int64_t ix = 0; ix < 60; ++ix) {
      raw.adu(ix, iy) = std::nearbyint(noise(random)) + static_cast<float>(iy);
      if (lot(random) != 0) continue;
      raw.adu(ix, iy) = 0.0F;  // as the reader of files leaves them
      raw.mask(ix, iy) = mask::no_data;
    }
  return raw;
}

bool same_bytes(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// One pixel after the other, straight from the definition of an amplifier.
Assembled slow_twin(const Raw& raw, const FrameInfo& info, double suspect_fraction,
                    const std::vector<calib::OverscanLevel>& levels) {
  Assembled out{.adu = Grid<float>(info.nx, info.ny),
                .mask = Mask(info.nx, info.ny, mask::no_data),
                .overscan = levels};
  for (std::size_t k = 0; k < info.amplifiers.size(); ++k) {
    const Amplifier& a = info.amplifiers[k];
    const double saturation = std::isnan(a.saturation_adu) ? info.saturation_adu : a.saturation_adu;
    for (std::int64_t y = a.data.y0; y < a.data.y1; ++y)
      for (std::int64_t x = a.data.x0; x < a.data.x1; ++x) {
        const std::int64_t fx =
            a.flip_x ? a.frame.x1 - 1 - (x - a.data.x0) : a.frame.x0 + (x - a.data.x0);
        const std::int64_t fy =
            a.flip_y ? a.frame.y1 - 1 - (y - a.data.y0) : a.frame.y0 + (y - a.data.y0);
        MaskBits bits = raw.mask(x, y);
        const auto v = static_cast<double>(raw.adu(x, y));
        if ((bits & mask::no_data) == 0) {
          out.adu(fx, fy) =
              raw.adu(x, y) - levels[k].level_adu[static_cast<std::size_t>(y - a.data.y0)];
          if (v >= saturation) bits = static_cast<MaskBits>(bits | mask::oversaturated);
          if (v >= suspect_fraction * saturation)
            bits = static_cast<MaskBits>(bits | mask::suspect);
          if (v > info.traits.nonlinear_adu) bits = static_cast<MaskBits>(bits | mask::nonlinear);
        }
        out.mask(fx, fy) = bits;
      }
  }
  return out;
}

TEST(Assemble, EqualsItsSlowTwin) {
  std::mt19937_64 random(21);
  const FrameInfo info = four_amplifiers();
  for (const char* model : {"auto", "row", "polynomial", "constant", "none"}) {
    calib::OverscanConfig config;
    config.overscan = model;
    config.overscan_min_pixels = 50;
    const Raw raw = random_raw(random);
    const Assembled fast = calib::assemble(Grid{raw.adu}, Mask{raw.mask}, info, 0.9, config);
    const Assembled slow = slow_twin(raw, info, 0.9, fast.overscan);
    EXPECT_TRUE(same_bytes(fast.adu.pixels(), slow.adu.pixels())) << model;
    EXPECT_EQ(fast.mask, slow.mask) << model;
  }
}

TEST(PlaceRows, AssembleStripsOfAnyHeightToTheLastBit) {
  std::mt19937_64 random(22);
  const FrameInfo info = four_amplifiers();
  calib::OverscanConfig config;
  config.overscan = "row";  // every row has its own level
  config.overscan_smooth_rows = 3;
  config.overscan_min_pixels = 50;
  const Raw raw = random_raw(random);
  const Assembled whole = calib::assemble(Grid{raw.adu}, Mask{raw.mask}, info, 0.9, config);
  Grid<float> as_read = raw.adu;  // readers by rows mark unmeasured pixels by NaN
  for (std::size_t i = 0; i < as_read.pixels().size(); ++i)
    if (raw.mask.pixels()[i] != 0) as_read.pixels()[i] = kNaNf;
  for (std::int64_t height = 1; height <= info.ny; ++height) {
    for (std::int64_t first = 0; first < info.ny; first += height) {
      const std::int64_t n_row = std::min(height, info.ny - first);
      Grid<float> adu(info.nx, n_row, 0.0F);
      Mask bits(info.nx, n_row, mask::no_data);
      for (std::size_t k = 0; k < info.amplifiers.size(); ++k) {
        const Amplifier& amp = info.amplifiers[k];
        const auto rows = calib::raw_rows_of(amp, first, n_row);
        const auto part = as_read.pixels().subspan(static_cast<std::size_t>(rows.first * 60),
                                                   static_cast<std::size_t>(rows.n * 60));
        calib::place_rows(part, rows, 60, amp, whole.overscan[k], calib::raw_limits(amp, info, 0.9),
                          first, adu, bits);
      }
      for (std::int64_t iy = 0; iy < n_row; ++iy) {
        EXPECT_TRUE(same_bytes(adu.row(iy), whole.adu.row(first + iy))) << height << ' ' << first;
        EXPECT_TRUE(std::ranges::equal(bits.row(iy), whole.mask.row(first + iy)));
      }
    }
  }
}

}  // namespace
