// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 60
#include "mpi/transpose.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::mpi {
namespace {

/// Frame f belongs to this rank; ranks own a scattered, unordered set; one in seven frames has no
/// owner.
std::vector<std::int64_t> frames_of(const Comm& world, std::int64_t n_frame) {
  std::vector<std::int64_t> mine;
  for (std::int64_t f = n_frame - 1; f >= 0; --f)
    if (f % 7 != 5 && (f * 3 + 1) % 5 % world.size() == world.rank()) mine.push_back(f);
  return mine;
}

/// A value that names its place.
float value_at(std::int64_t frame, std::int64_t star, std::int64_t column) {
  return static_cast<float>(frame * 10000 + star * 20 + column);
}

void fill_point(PointColumns& p, std::int64_t at, std::int64_t n_ap, std::int64_t frame,
                std::int64_t star) {
  for (std::int64_t a = 0; a < n_ap; ++a) {
    p.flux_e[static_cast<std::size_t>(at * n_ap + a)] = value_at(frame, star, a);
    p.flux_err_e[static_cast<std::size_t>(at * n_ap + a)] = value_at(frame, star, 5 + a);
  }
  const auto i = static_cast<std::size_t>(at);
  p.x_px[i] = value_at(frame, star, 10);
  p.y_px[i] = value_at(frame, star, 11);
  p.bg_e[i] = value_at(frame, star, 12);
  p.bg_err_e[i] = value_at(frame, star, 13);
  p.quality[i] = static_cast<QualityBits>(frame * 1000 + star);
}

FrameBlock block_of(const std::vector<std::int64_t>& frames, std::int64_t n_star,
                    std::int64_t n_ap) {
  FrameBlock block = make_frame_block(std::ssize(frames), n_star, n_ap);
  for (std::int64_t k = 0; k < block.n_frame; ++k)
    for (std::int64_t s = 0; s < n_star; ++s)
      fill_point(block.points, k * n_star + s, n_ap, frames[static_cast<std::size_t>(k)], s);
  return block;
}

/// What one rank must hold afterwards, by the definition.
StarBlock expected_of(Range stars, std::int64_t first_star, std::int64_t n_frame,
                      std::int64_t n_ap) {
  StarBlock block = make_star_block(stars.n, n_frame, n_ap);
  for (std::int64_t s = 0; s < stars.n; ++s)
    for (std::int64_t f = 0; f < n_frame; ++f)
      if (f % 7 != 5)
        fill_point(block.points, s * n_frame + f, n_ap, f, first_star + stars.first + s);
  return block;
}

struct Case {
  std::int64_t n_frame, n_star, n_ap, chunk;
  Range pass;
  std::int64_t limit;
};

TEST(Transpose, PutsEveryPointIntoItsPlace) {
  const Comm world = Comm::world();
  for (const Case& c :
       {Case{40, 50, 3, 16, {0, 50}, 0}, Case{40, 50, 3, 16, {16, 20}, 0},
        Case{40, 50, 3, 16, {0, 50}, 7}, Case{40, 50, 3, 4, {3, 47}, 30},
        Case{3, 2, 1, 1, {0, 2}, 1}, Case{1, 1, 2, 16, {0, 1}, 0}, Case{0, 5, 1, 2, {0, 5}, 0},
        Case{70, 90, 1, 8, {0, 90}, 0}, Case{9, 4, 2, 2, {1, 0}, 0}}) {
    const auto frames = frames_of(world, c.n_frame);
    const FrameBlock mine = block_of(frames, c.n_star, c.n_ap);
    const StarBlock block = transpose(world, mine, frames, c.n_frame, c.pass, c.chunk,
                                      {.max_rows_per_message = c.limit});
    const Range stars = chunked_range(c.pass.n, c.chunk, world.size(), world.rank());
    EXPECT_EQ(block, expected_of(stars, c.pass.first, c.n_frame, c.n_ap))
        << c.n_frame << " " << c.limit;
  }
}

TEST(Transpose, TwiceIsTheIdentity) {
  const Comm world = Comm::world();
  for (const std::int64_t limit : {0, 11}) {
    const auto frames = frames_of(world, 33);
    const FrameBlock mine = block_of(frames, 37, 4);
    const StarBlock stars =
        transpose(world, mine, frames, 33, {0, 37}, 4, {.max_rows_per_message = limit});
    EXPECT_EQ(transpose_back(world, stars, frames, 37, 4, {.max_rows_per_message = limit}), mine);
  }
}

TEST(Transpose, TakesEmptyBlocksFromRanksWithoutFrames) {
  const Comm world = Comm::world();
  std::vector<std::int64_t> frames;
  if (world.rank() == world.size() - 1) frames = {1, 0};
  const FrameBlock mine = frames.empty() ? FrameBlock{} : block_of(frames, 10, 2);
  const StarBlock block = transpose(world, mine, frames, 2, {0, 10}, 2);
  EXPECT_EQ(block, expected_of(chunked_range(10, 2, world.size(), world.rank()), 0, 2, 2));
}

TEST(Transpose, RefusesFramesOwnedTwiceAndWrongShapesOnAllRanks) {
  const Comm world = Comm::world();
  const std::vector<std::int64_t> twice{1, 1};
  EXPECT_THROW(transpose(world, block_of(twice, 4, 1), twice, 3, {0, 4}, 2), Error);
  const std::vector<std::int64_t> outside{world.rank() + 5};
  EXPECT_THROW(transpose(world, block_of(outside, 4, 1), outside, 5, {0, 4}, 2), Error);
  const std::vector<std::int64_t> one{world.rank()};
  const FrameBlock odd = block_of(one, world.is_root() ? 3 : 4, 1);  // root lacks a star
  EXPECT_THROW(transpose(world, odd, one, world.size(), {0, 4}, 2), Error);
}

}  // namespace
}  // namespace skyweft::mpi
