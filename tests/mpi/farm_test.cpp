// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 60
#include "mpi/farm.hpp"

#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "mpi/collectives.hpp"

namespace skyweft::mpi {
namespace {

using namespace std::chrono_literals;

TEST(Farm, WorksOnEachItemOnce) {
  const Comm world = Comm::world();
  for (const std::int64_t n : {0, 1, 2, 50}) {
    std::vector<std::int64_t> mine;
    EXPECT_EQ(farm(world, n, [&](std::int64_t item) { mine.push_back(item); }), n);
    const auto all = allgatherv_rows<std::int64_t>(world, mine);
    std::vector<int> times(static_cast<std::size_t>(n), 0);
    for (const auto item : all) ++times.at(static_cast<std::size_t>(item));
    EXPECT_EQ(times, std::vector<int>(static_cast<std::size_t>(n), 1));
  }
}

TEST(Farm, WorkersGoOnWhileRootIsBusy) {
  const Comm world = Comm::world();
  if (world.size() == 1) GTEST_SKIP() << "needs a worker";
  std::int64_t n_mine = 0;
  // Root needs 1 s for an item without entering MPI, workers 1 ms: they can do the other 39
  // meanwhile.
  farm(world, 40, [&](std::int64_t) {
    ++n_mine;
    std::this_thread::sleep_for(world.is_root() ? 1000ms : 1ms);
  });
  EXPECT_LE(world.is_root() ? n_mine : 0, 2);
}

TEST(Farm, ErrorOnOneRankReachesAllAndStopsTheHandingOut) {
  const Comm world = Comm::world();
  std::int64_t n_mine = 0;
  try {
    farm(world, 1000, [&](std::int64_t item) {
      ++n_mine;
      std::this_thread::sleep_for(1ms);
      if (item == 3) throw Error{Errc::io, "the disk is full at item 3"};
    });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::io);
    EXPECT_NE(error.text().find("the disk is full at item 3"), std::string::npos);
  }
  EXPECT_LT(sum_over_ranks(world, n_mine), 900);
}

TEST(Farm, ForeignExceptionBecomesAnError) {
  const Comm world = Comm::world();
  EXPECT_THROW(farm(world, 3, [](std::int64_t) { throw std::runtime_error{"odd"}; }),
               std::exception);
  EXPECT_TRUE(world.all_of(true));
}

TEST(Farm, StopsWhenTold) {
  const Comm world = Comm::world();
  std::int64_t n_mine = 0;
  const auto n = farm(
      world, 1000, [&](std::int64_t) { ++n_mine; }, [&] { return n_mine >= 2; });
  EXPECT_EQ(n, 2 * world.size());
}

TEST(Farm, GoesOnWithTheOthersWhenOneRankStops) {
  const Comm world = Comm::world();
  const bool only_one = world.size() == 1;
  const auto n = farm(
      world, 20, [](std::int64_t) {}, [&] { return world.is_root() && !only_one; });
  EXPECT_EQ(n, 20);
}

}  // namespace
}  // namespace skyweft::mpi
