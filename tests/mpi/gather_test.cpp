// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 60
#include "mpi/gather.hpp"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "mpi/ordered_fold.hpp"

namespace skyweft::mpi {
namespace {

/// An owner for each item that no simple rule describes.
int owner_of(std::int64_t item, int n_rank) {
  return static_cast<int>((item * item * 7 + 3 * item + 1) % 11 % n_rank);
}

double awkward(std::int64_t i, std::int64_t j) {
  return std::sin(static_cast<double>(1 + 31 * i + 7 * j)) *
         std::pow(10.0, static_cast<double>((i * 5 + j) % 17 - 8));
}

FrameRecord record_of(std::int64_t i) {
  FrameRecord r;
  r.id = 100 + i;
  r.file = std::string(static_cast<std::size_t>(i * 50),
                       'f');  // some longer than a message row together
  r.state = i % 2 == 0 ? FrameState::measured : FrameState::rejected;
  r.zenith[1] = awkward(i, 2);
  r.wcs = {.centre = {Angle::from_deg(awkward(i, 0)), Angle::from_deg(1.0)},
           .unit_deg = 2.0,
           .order = 1,
           .cx = {1.0, awkward(i, 1), 3.0},
           .cy = {4.0, 5.0, 6.0}};
  return r;
}

TEST(Serialize, KeepsEveryFieldBitForBit) {
  FrameInfo info;
  info.id = -5;
  info.path = "a/b.fits";
  info.type = FrameType::flat;
  info.pointing = SkyPos{Angle::from_deg(0.1), Angle::from_deg(-89.9)};
  info.temperature_c = -20.25;
  FrameInfo back;
  back.scale_arcsec_px = 3.0;
  from_bytes(to_bytes(info), back);
  EXPECT_EQ(back.pointing, info.pointing);
  EXPECT_EQ(back.scale_arcsec_px, std::nullopt);
  EXPECT_EQ(back.type, FrameType::flat);
  EXPECT_EQ(to_bytes(back), to_bytes(info));  // NaN members compare as bytes
}

TEST(BcastObject, CarriesACatalog) {
  const Comm world = Comm::world();
  StarCatalog expected;
  for (std::int64_t i = 0; i < 5000; ++i) {
    expected.id.push_back(i);
    expected.ra_deg.push_back(awkward(i, 0));
    expected.mag.push_back(static_cast<float>(i));
  }
  StarCatalog stars = world.is_root() ? expected : StarCatalog{};
  bcast_object(world, stars);
  EXPECT_EQ(stars, expected);
}

TEST(GatherInOrder, GivesTheSerialVectorOnEveryRank) {
  const Comm world = Comm::world();
  std::vector<FrameRecord> serial;
  std::vector<std::pair<std::int64_t, FrameRecord>> mine;
  for (std::int64_t i = 29; i >= 0; --i)
    if (owner_of(i, world.size()) == world.rank()) mine.emplace_back(i, record_of(i));
  for (std::int64_t i = 0; i < 30; ++i) serial.push_back(record_of(i));
  EXPECT_EQ(to_bytes(gather_in_order(world, 30, mine)), to_bytes(serial));
}

TEST(GatherInOrder, OfNothingIsEmpty) {
  EXPECT_TRUE(gather_in_order<double>(Comm::world(), 0, {}).empty());
}

TEST(GatherInOrder, RefusesHolesAndDoublesOnAllRanks) {
  const Comm world = Comm::world();
  std::vector<std::pair<std::int64_t, double>> mine;
  if (world.is_root()) mine = {{0, 1.0}, {2, 3.0}};
  EXPECT_THROW(gather_in_order(world, 3, mine), Error);
  if (world.is_root()) mine = {{0, 1.0}, {1, 1.0}, {1, 3.0}};
  EXPECT_THROW(gather_in_order(world, 2, mine), Error);
  if (world.is_root()) mine = {{5, 1.0}};
  EXPECT_THROW(gather_in_order(world, 1, mine), Error);
}

TEST(GatherRowsInOrder, GivesTheSerialMatrixOnEveryRank) {
  const Comm world = Comm::world();
  std::vector<std::int64_t> indices;
  std::vector<double> rows;
  std::vector<double> serial;
  for (std::int64_t i = 0; i < 23; ++i)
    for (std::int64_t j = 0; j < 4; ++j) serial.push_back(awkward(i, j));
  for (std::int64_t i = 22; i >= 0; --i) {
    if (owner_of(i, world.size()) != world.rank()) continue;
    indices.push_back(i);
    for (std::int64_t j = 0; j < 4; ++j) rows.push_back(awkward(i, j));
  }
  EXPECT_EQ(gather_rows_in_order(world, 23, 4, indices, rows), serial);
}

/// The tree by recursion: the left part holds the largest power of two below n tiles.
double fold_twin(std::int64_t first, std::int64_t n, std::int64_t column) {
  if (n == 1) return awkward(first, column);
  std::int64_t left = 1;
  while (2 * left < n) left *= 2;
  return fold_twin(first, left, column) + fold_twin(first + left, n - left, column);
}

TEST(OrderedFold, HasTheBitsOfTheSerialTreeForAnyDistribution) {
  const Comm world = Comm::world();
  constexpr std::int64_t kLength = 6;
  for (const std::int64_t n_tiles : {1, 2, 3, 5, 8, 13, 64, 97}) {
    for (const bool reversed : {false, true}) {
      std::vector<std::int64_t> tiles;
      std::vector<double> partials;
      for (std::int64_t k = 0; k < n_tiles; ++k) {
        const std::int64_t tile = reversed ? n_tiles - 1 - k : k;
        if (owner_of(tile + (reversed ? 1 : 0), world.size()) != world.rank()) continue;
        tiles.push_back(tile);
        for (std::int64_t c = 0; c < kLength; ++c) partials.push_back(awkward(tile, c));
      }
      const auto total = ordered_fold(world, n_tiles, kLength, tiles, partials);
      ASSERT_EQ(total.size(), static_cast<std::size_t>(kLength));
      for (std::int64_t c = 0; c < kLength; ++c) {
        const double twin = fold_twin(0, n_tiles, c);
        EXPECT_EQ(std::memcmp(&total[static_cast<std::size_t>(c)], &twin, sizeof twin), 0)
            << n_tiles << " " << c;
      }
    }
  }
}

TEST(OrderedFold, OfNoTilesIsZero) {
  EXPECT_EQ(ordered_fold(Comm::world(), 0, 3, {}, {}), (std::vector<double>{0.0, 0.0, 0.0}));
}

TEST(OrderedFold, RefusesMissingTilesOnAllRanks) {
  EXPECT_THROW(ordered_fold(Comm::world(), 2, 1, {}, {}), Error);
}

}  // namespace
}  // namespace skyweft::mpi
