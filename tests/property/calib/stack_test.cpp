// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calib/stack_block.hpp"
#include "core/units.hpp"
#include "support/calib_stack_twin.hpp"

using namespace skyweft;

namespace {

enum class Kind { noise, ties, gaps, wild };

std::vector<float> random_samples(std::mt19937_64& random, std::size_t n, Kind kind) {
  std::normal_distribution<float> gauss{100.0F, 5.0F};
  std::uniform_int_distribution<int> dice{0, 19};
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> v(n);
  for (float& x : v) {
    x = gauss(random);
    const int d = dice(random);
    if (d == 0) x += 500.0F;
    if (kind == Kind::ties) x = std::round(x / 5.0F) - 20.0F;  // many zeros, of both signs
    if (kind == Kind::gaps && d < 6) x = d < 4 ? kNaNf : (d == 4 ? kInfinity : -kInfinity);
    if (kind == Kind::wild) x = std::ldexp(x - 100.0F, 12 * (d - 10));  // 70 decades
  }
  return v;
}

template <class T>
void expect_same_bits(const std::vector<T>& a, const std::vector<T>& b, const char* what,
                      std::int64_t n_frame) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(a[i], b[i]) << what << " of pixel " << i << ", " << n_frame << " frames";
}

TEST(Stack, EqualsTheSlowTwinToTheLastBit) {
  std::mt19937_64 random(20);
  const Kind kinds[]{Kind::noise, Kind::ties, Kind::gaps, Kind::wild};
  const char* combines[]{"clip", "median", "minmax", "mean"};
  for (std::int64_t n_frame = 1; n_frame <= 300; n_frame += n_frame < 70 ? 1 : 23) {
    const std::int64_t n_px = 1 + n_frame * 7 % 75;  // ragged: 1 to 75, blocks hold 32
    for (const Kind kind : kinds) {
      const auto samples = random_samples(random, static_cast<std::size_t>(n_frame * n_px), kind);
      for (const char* combine : combines) {
        const calib::StackConfig config{
            .combine = combine, .minmax_low = n_frame % 3, .minmax_high = n_frame % 4};
        const double gain = n_frame % 2 == 0 ? 1.5 : 0.0;
        const auto fast = calib::stack_strip(samples, n_frame, n_px, gain, 4.0, config, 3.0);
        const auto slow = support::stack_twin(samples, n_frame, n_px, config,
                                              calib::stack_rule(config, gain, 4.0, 3.0));
        expect_same_bits(fast.value, slow.value, "value", n_frame);
        expect_same_bits(fast.error, slow.error, "error", n_frame);
        expect_same_bits(fast.count, slow.count, "count", n_frame);
        expect_same_bits(fast.mask, slow.mask, "mask", n_frame);
        expect_same_bits(fast.scale, slow.scale, "scale", n_frame);
      }
    }
  }
}

TEST(StackBlock, SortsEveryColumnWhateverTheNumberOfRows) {
  std::mt19937_64 random(21);
  std::vector<calib::BlockRow> rows;
  calib::BlockStats stats;
  for (std::int64_t n = 1; n <= 600; n += n < 140 ? 1 : 37) {
    const auto samples = random_samples(random, static_cast<std::size_t>(n * 32), Kind::noise);
    calib::sort_block(samples.data(), n, 32, 32, 0, 0, calib::widest_unit(), rows, stats);
    for (std::size_t lane = 0; lane < 32; ++lane) {
      std::vector<float> expected;
      for (std::size_t k = 0; k < static_cast<std::size_t>(n); ++k)
        expected.push_back(samples[k * 32 + lane]);
      std::ranges::sort(expected);
      for (std::size_t k = 0; k < expected.size(); ++k)
        ASSERT_EQ(rows[k][lane], expected[k]) << n << " rows, column " << lane;
    }
  }
}

TEST(StackBlock, GivesTheSameBitsOnEveryVectorUnit) {
  std::mt19937_64 random(22);
  int n_compared = 0;
  for (const auto unit : {calib::VectorUnit::avx2, calib::VectorUnit::avx512}) {
    if (!calib::runs_here(unit)) continue;
    for (std::int64_t n = 1; n <= 130; ++n)
      for (const Kind kind : {Kind::noise, Kind::ties, Kind::gaps, Kind::wild}) {
        const auto samples = random_samples(random, static_cast<std::size_t>(n * 32), kind);
        std::vector<calib::BlockRow> plain_rows;
        std::vector<calib::BlockRow> rows;
        calib::BlockStats plain;
        calib::BlockStats stats;
        const std::int64_t width = kind == Kind::ties ? 19 : 32;
        calib::sort_block(samples.data(), n, 32, width, 0, 0, calib::VectorUnit::any, plain_rows,
                          plain);
        calib::sort_block(samples.data(), n, 32, width, 0, 0, unit, rows, stats);
        ASSERT_EQ(plain.n, stats.n);
        for (std::size_t k = 0; k < rows.size(); ++k)
          for (std::size_t lane = 0; lane < 32; ++lane)
            ASSERT_EQ(std::bit_cast<std::uint32_t>(plain_rows[k][lane]),
                      std::bit_cast<std::uint32_t>(rows[k][lane]));
        for (std::size_t lane = 0; lane < 32; ++lane) {
          if (stats.n[lane] != stats.n_full || stats.n_full == 0) continue;
          ++n_compared;
          ASSERT_EQ(plain.median[lane], stats.median[lane]);
          ASSERT_EQ(plain.mad[lane], stats.mad[lane]);
          ASSERT_EQ(plain.mean[lane], stats.mean[lane]);
          ASSERT_EQ(plain.squares[lane], stats.squares[lane]);
        }
      }
  }
  if (n_compared == 0) GTEST_SKIP() << "this processor has one vector unit only";
}

}  // namespace
