// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/partition.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mpi/progress.hpp"

namespace skyweft::mpi {
namespace {

TEST(BlockRange, PartsCoverAllItemsOnceAndDifferByAtMostOne) {
  for (std::int64_t n = 0; n < 40; ++n)
    for (std::int64_t parts = 1; parts < 12; ++parts) {
      std::int64_t next = 0;
      for (std::int64_t i = 0; i < parts; ++i) {
        const Range r = block_range(n, parts, i);
        EXPECT_EQ(r.first, next);
        EXPECT_GE(r.n, n / parts);
        EXPECT_LE(r.n, n / parts + 1);
        next = r.end();
      }
      EXPECT_EQ(next, n);
    }
}

TEST(ChunkedRange, CutsLieAtChunkBordersAndCoverAllItems) {
  for (std::int64_t n = 0; n < 60; ++n)
    for (std::int64_t parts = 1; parts < 8; ++parts) {
      std::int64_t next = 0;
      for (std::int64_t i = 0; i < parts; ++i) {
        const Range r = chunked_range(n, 16, parts, i);
        EXPECT_EQ(r.first, next);
        EXPECT_GE(r.n, 0);
        EXPECT_TRUE(r.n == 0 || r.first % 16 == 0);
        next = r.end();
      }
      EXPECT_EQ(next, n);
    }
}

TEST(ProgressText, NamesRateAndTimeLeft) {
  EXPECT_EQ(progress_text(37, 142, 3.0), "37/142  12.3/s  eta 0:09");
  EXPECT_EQ(progress_text(0, 142, 3.0), "0/142");
  EXPECT_EQ(progress_text(142, 142, 10.0), "142/142  14.2/s");
  EXPECT_EQ(progress_text(1, 7201, 1.0), "1/7201  1.0/s  eta 2:00:00");
}

TEST(Progress, SpeaksAtMostOncePerIntervalAndAtTheEnd) {
  std::chrono::steady_clock::time_point now{};
  std::vector<std::string> lines;
  Progress progress{[&](LogLevel, std::string_view text) { lines.emplace_back(text); }, "frames",
                    20, 5.0, [&] { return now; }};
  for (int i = 0; i < 20; ++i) {
    now += std::chrono::seconds{1};
    progress.advance();
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "frames 5/20  1.0/s  eta 0:15", "frames 10/20  1.0/s  eta 0:10",
                       "frames 15/20  1.0/s  eta 0:05", "frames 20/20  1.0/s"}));
}

}  // namespace
}  // namespace skyweft::mpi
