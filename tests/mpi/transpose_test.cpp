// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// timeout: 300
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

/// A value that names its place; a float holds it for up to 1200 frames of 400 stars.
float value_at(std::int64_t frame, std::int64_t star, std::int64_t column) {
  return static_cast<float>((frame * 400 + star) * 34 + column);
}

void fill_point(PointColumns& p, std::int64_t at, std::int64_t n_ap, std::int64_t frame,
                std::int64_t star) {
  for (std::int64_t a = 0; a < n_ap; ++a) {
    p.flux_e[static_cast<std::size_t>(at * n_ap + a)] = value_at(frame, star, a);
    p.flux_err_e[static_cast<std::size_t>(at * n_ap + a)] = value_at(frame, star, 9 + a);
  }
  const auto i = static_cast<std::size_t>(at);
  p.x_px[i] = value_at(frame, star, 18);
  p.y_px[i] = value_at(frame, star, 19);
  p.bg_e[i] = value_at(frame, star, 20);
  p.bg_err_e[i] = value_at(frame, star, 21);
  p.quality[i] = static_cast<QualityBits>(frame * 1000 + star);
  for (std::size_t k = 0; k < p.extra.size(); ++k)
    p.extra[k].value[i] = value_at(frame, star, 22 + static_cast<std::int64_t>(k));
}

FrameBlock block_of(const std::vector<std::int64_t>& frames, std::int64_t n_star, std::int64_t n_ap,
                    const std::vector<std::string>& extra = {}) {
  FrameBlock block = make_frame_block(std::ssize(frames), n_star, n_ap, extra);
  for (std::int64_t k = 0; k < block.n_frame; ++k)
    for (std::int64_t s = 0; s < n_star; ++s)
      fill_point(block.points, k * n_star + s, n_ap, frames[static_cast<std::size_t>(k)], s);
  return block;
}

/// What one rank must hold afterwards, by the definition.
StarBlock expected_of(Range stars, std::int64_t first_star, std::int64_t n_frame, std::int64_t n_ap,
                      const std::vector<std::string>& extra = {}) {
  StarBlock block = make_star_block(stars.n, n_frame, n_ap, extra);
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

const std::vector<std::string> kExtra{"peak_e", "psf_chi2"};

/// There and back again, through shared memory and through messages alone.
void expect_places(const Comm& world, const Case& c, const std::vector<std::string>& extra = {}) {
  const auto frames = frames_of(world, c.n_frame);
  const FrameBlock mine = block_of(frames, c.n_star, c.n_ap, extra);
  const Range stars = chunked_range(c.pass.n, c.chunk, world.size(), world.rank());
  const StarBlock expected = expected_of(stars, c.pass.first, c.n_frame, c.n_ap, extra);
  for (const bool shares : {true, false}) {
    const TransposeLimits limits{.max_rows_per_message = c.limit, .share_memory = shares};
    const StarBlock block = transpose(world, mine, frames, c.n_frame, c.pass, c.chunk, limits);
    EXPECT_EQ(block, expected) << c.n_frame << " x " << c.n_star << " x " << c.n_ap << ", limit "
                               << c.limit << ", shared " << shares;
    if (c.pass == Range{0, c.n_star}) {
      EXPECT_EQ(transpose_back(world, block, frames, c.n_star, c.chunk, limits), mine)
          << c.n_frame << " x " << c.n_star << " x " << c.n_ap << ", limit " << c.limit
          << ", shared " << shares;
    }
  }
}

TEST(Transpose, PutsEveryPointIntoItsPlaceAndBack) {
  const Comm world = Comm::world();
  for (const Case& c :
       {Case{40, 50, 3, 16, {0, 50}, 0}, Case{40, 50, 3, 16, {16, 20}, 0},
        Case{40, 50, 3, 16, {0, 50}, 7}, Case{40, 50, 3, 4, {3, 47}, 30},
        Case{3, 2, 1, 1, {0, 2}, 1}, Case{1, 1, 2, 16, {0, 1}, 0}, Case{0, 5, 1, 2, {0, 5}, 0},
        Case{70, 90, 1, 8, {0, 90}, 0}, Case{9, 4, 2, 2, {1, 0}, 0}})
    expect_places(world, c);
}

// Strips, tiles and squares of the transposition end inside these sizes: 16 rows, 768 bytes along a
// row, 4096 bytes along a result; the last is longer than any of them and has uneven remainders.
TEST(Transpose, HandlesAnyNumberOfAperturesAndExtraColumns) {
  const Comm world = Comm::world();
  for (std::int64_t n_ap = 1; n_ap <= 9; ++n_ap) {
    expect_places(world, {37, 53, n_ap, 16, {0, 53}, 0}, kExtra);
    expect_places(world, {33, 210, n_ap, 16, {5, 199}, 0});
  }
  expect_places(world, {1200, 397, 2, 16, {0, 397}, 0}, kExtra);
}

// An exchange of more than 2^31 points differs from this one in the limit alone: every message is
// cut into rounds of single points, of parts of frames, of a few frames.
TEST(Transpose, DoesNotDependOnTheLimitOfMessages) {
  const Comm world = Comm::world();
  for (const std::int64_t limit : {1, 2, 3, 17, 64, 1000})
    expect_places(world, {23, 45, 3, 4, {0, 45}, limit}, kExtra);
}

TEST(Transpose, UsesTheMemoryOfAnEarlierBlock) {
  const Comm world = Comm::world();
  const auto frames = frames_of(world, 40);
  StarBlock block = transpose(world, block_of(frames, 50, 3), frames, 40, {0, 50}, 4);
  const float* memory = block.points.flux_e.data();
  const auto fewer = frames_of(world, 30);
  block = transpose(world, block_of(fewer, 50, 3), fewer, 30, {0, 50}, 4, {}, std::move(block));
  EXPECT_EQ(block, expected_of(chunked_range(50, 4, world.size(), world.rank()), 0, 30, 3));
  EXPECT_EQ(block.points.flux_e.data(), memory);
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
