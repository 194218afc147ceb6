// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 60
#include "mpi/collectives.hpp"

#include <climits>
#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "mpi/node_shared.hpp"
#include "mpi/shared_error.hpp"

namespace skyweft::mpi {
namespace {

TEST(Comm, DecidesTogether) {
  const Comm world = Comm::world();
  const bool last = world.rank() == world.size() - 1;
  EXPECT_TRUE(world.any_of(last));
  EXPECT_EQ(world.all_of(last), world.size() == 1);
  EXPECT_FALSE(world.any_of(false));
  EXPECT_TRUE(world.all_of(true));
  EXPECT_EQ(world.node().size(), world.size());  // tests run on one machine
}

TEST(LonelyWorld, IsSilentWhenTheLauncherAgrees) {
  EXPECT_FALSE(lonely_world_warning(Comm::world()).has_value());
}

TEST(Count, RefusesMoreThanAnIntHolds) {
  EXPECT_EQ(count(INT_MAX), INT_MAX);
  EXPECT_THROW(count(std::int64_t{INT_MAX} + 1), Error);
  EXPECT_THROW(count(-1), Error);
}

TEST(Bcast, CopiesRootsValues) {
  const Comm world = Comm::world();
  std::vector<float> v(7, world.is_root() ? 2.5F : 0.0F);
  bcast(world, std::span{v});
  EXPECT_EQ(v, std::vector<float>(7, 2.5F));
}

TEST(GatherRows, FollowRankOrderWithUnequalCounts) {
  const Comm world = Comm::world();
  const std::vector<std::int32_t> mine(static_cast<std::size_t>(3 * world.rank()),
                                       world.rank());  // root gives none
  const auto all = allgatherv_rows<std::int32_t>(world, mine, 3);
  const auto on_root = gatherv_rows<std::int32_t>(world, mine, 3);
  std::vector<std::int32_t> expected;
  for (int r = 0; r < world.size(); ++r)
    expected.insert(expected.end(), static_cast<std::size_t>(3 * r), r);
  EXPECT_EQ(all, expected);
  EXPECT_EQ(on_root, world.is_root() ? expected : std::vector<std::int32_t>{});
}

TEST(Alltoall, BringsEachRankItsRows) {
  const Comm world = Comm::world();
  const int size = world.size();
  std::vector<std::int64_t> send_rows(static_cast<std::size_t>(size));
  std::iota(send_rows.begin(), send_rows.end(), 0);  // r rows to rank r
  const std::vector<std::int64_t> receive_rows(static_cast<std::size_t>(size), world.rank());
  std::vector<int> send;
  for (int r = 0; r < size; ++r)
    send.insert(send.end(), static_cast<std::size_t>(2 * r), 100 * world.rank() + r);
  std::vector<int> received(static_cast<std::size_t>(2 * size * world.rank()));
  alltoallv_rows<int>(world, send, send_rows, received, receive_rows, 2);
  std::vector<int> expected;
  for (int r = 0; r < size; ++r)
    expected.insert(expected.end(), static_cast<std::size_t>(2 * world.rank()),
                    100 * r + world.rank());
  EXPECT_EQ(received, expected);
}

TEST(Reductions, CountOverAllRanks) {
  const Comm world = Comm::world();
  const std::int64_t n = world.size();
  EXPECT_EQ(sum_over_ranks(world, std::int64_t{world.rank()}), n * (n - 1) / 2);
  EXPECT_EQ(max_over_ranks(world, static_cast<double>(world.rank())), static_cast<double>(n - 1));
  EXPECT_EQ(min_over_ranks(world, std::int64_t{world.rank()}), 0);
}

TEST(SharedError, OfOneRankReachesAll) {
  const Comm world = Comm::world();
  const auto fault = caught([&] {
    if (world.rank() == world.size() - 1)
      throw Error{Errc::io, "disk full"}.because({"free_mib", 1.0, 2.0});
  });
  try {
    throw_together(world, fault);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::io);
    EXPECT_NE(error.text().find("disk full"), std::string::npos);
    ASSERT_TRUE(error.test().has_value());
    EXPECT_EQ(error.test()->name, "free_mib");
    EXPECT_EQ(error.test()->threshold, 2.0);
  }
}

TEST(NodeShared, IsFilledOnceAndSeenByAll) {
  const Comm world = Comm::world();
  const Comm node = world.node();
  std::int64_t n_fill = 0;
  NodeShared<float> first{node, 1000, [&](std::span<float> to) {
                            ++n_fill;
                            std::iota(to.begin(), to.end(), 1.0F);
                          }};
  const NodeShared<float> moved{std::move(first)};
  EXPECT_EQ(sum_over_ranks(world, n_fill), 1);
  ASSERT_EQ(moved.view().size(), 1000U);
  EXPECT_EQ(moved.view()[999], 1000.0F);
}

TEST(NodeShared, MayBeEmpty) {
  const Comm node = Comm::world().node();
  const NodeShared<std::uint16_t> none{node, 0, [](std::span<std::uint16_t>) {}};
  EXPECT_TRUE(none.view().empty());
}

TEST(NodeShared, ErrorOfFillReachesAllRanks) {
  const Comm node = Comm::world().node();
  const auto make = [&] {
    NodeShared<float>{node, 10, [](std::span<float>) { throw Error{Errc::io, "no such master"}; }};
  };
  EXPECT_THROW(make(), Error);
  EXPECT_TRUE(node.all_of(true));  // the ranks are still in step
}

}  // namespace
}  // namespace skyweft::mpi
