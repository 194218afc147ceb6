// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/raw_store.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "mpi/partition.hpp"
#include "mpi/star_store.hpp"
#include "support/io_store.hpp"
#include "support/shared_folder.hpp"

namespace skyweft::mpi {
namespace {
namespace fs = std::filesystem;
using support::SharedFolder;

constexpr std::int64_t kStars = 40;
constexpr std::int64_t kFrames = 7;
constexpr std::int64_t kAps = 2;

StarBlock whole() {
  StarBlock block = make_star_block(kStars, kFrames, kAps);
  support::fill_points(block.points, 1000);
  return block;
}

/// The stars [first, first + n) of `from` in the given frames.
StarBlock part_of(const StarBlock& from, std::int64_t first, std::int64_t n,
                  const std::vector<std::int64_t>& frames) {
  StarBlock out = make_star_block(n, std::ssize(frames), from.n_ap);
  for (std::int64_t s = 0; s < n; ++s)
    for (std::size_t f = 0; f < frames.size(); ++f) {
      const auto to = static_cast<std::size_t>(s) * frames.size() + f;
      const auto at = static_cast<std::size_t>((first + s) * from.n_frame + frames[f]);
      for (std::size_t a = 0; a < kAps; ++a) {
        out.points.flux_e[to * kAps + a] = from.points.flux_e[at * kAps + a];
        out.points.flux_err_e[to * kAps + a] = from.points.flux_err_e[at * kAps + a];
      }
      out.points.x_px[to] = from.points.x_px[at];
      out.points.y_px[to] = from.points.y_px[at];
      out.points.bg_e[to] = from.points.bg_e[at];
      out.points.bg_err_e[to] = from.points.bg_err_e[at];
      out.points.quality[to] = from.points.quality[at];
    }
  return out;
}

fs::path write_block(const Comm& comm, const fs::path& path,
                     const std::vector<std::int64_t>& frames) {
  io::ShardHeader header = support::test_shard_header(kStars, std::ssize(frames), kAps);
  header.frame_id.clear();
  for (const std::int64_t f : frames) {
    header.frame_id.push_back(100 + f);
    header.segment.push_back("main-20200101-000 " + std::to_string(f));
  }
  ShardWriter writer{comm, path, header, "raw", support::test_stamp()};
  const Range mine = chunked_range(kStars, io::kChunkStars, comm.size(), comm.rank());
  writer.write_raw(mine.first, part_of(whole(), mine.first, mine.n, frames));
  writer.close();
  return path;
}

std::vector<FrameId> ids(const std::vector<std::int64_t>& frames) {
  std::vector<FrameId> out;
  for (const std::int64_t f : frames) out.push_back(100 + f);
  return out;
}

TEST(RawStore, BlocksAreOneTableInTheOrderAskedFor) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "raw_store"};
  const std::vector<fs::path> files{write_block(comm, folder / "raw-a.h5", {0, 2, 5}),
                                    write_block(comm, folder / "raw-b.h5", {1, 3, 4, 6})};
  const std::vector<std::int64_t> all{0, 1, 2, 3, 4, 5, 6};
  const io::RawStore store{files, ids(all)};
  EXPECT_EQ(store.n_star(), kStars);
  EXPECT_EQ(store.n_ap(), kAps);
  EXPECT_EQ(store.read(0, kStars), part_of(whole(), 0, kStars, all));
  EXPECT_EQ(store.read(17, 5), part_of(whole(), 17, 5, all));
  const std::vector<std::int64_t> some{6, 0, 3};
  EXPECT_EQ((io::RawStore{files, ids(some)}.read(8, 3)), part_of(whole(), 8, 3, some));
  EXPECT_EQ(io::read_raw_block_frames(files[0]).frame_id, ids({0, 2, 5}));
  EXPECT_EQ(io::read_raw_block_frames(files[0]).segment[1], "main-20200101-000 2");
}

TEST(RawStore, TheIndexFindsTheBlocks) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "raw_store_index"};
  const std::vector<fs::path> files{write_block(comm, folder / "raw-a.h5", {0, 2}),
                                    write_block(comm, folder / "raw-b.h5", {1})};
  if (!comm.is_root()) return;
  io::write_light_curve_index(folder / "all.h5", files, {}, support::test_stamp());
  const io::H5File index = io::H5File::open(folder / "all.h5");
  EXPECT_EQ(index.read(io::shard_column::kFrameId, "raw/a"), ids({0, 2}));
  EXPECT_EQ(index.shape_of(io::raw_column::kFlux, "raw/b/raw"), (io::Shape{kStars, 1, kAps}));
}

TEST(RawStore, AFrameWithoutABlockIsMissing) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "raw_store_missing"};
  const std::vector<fs::path> files{write_block(comm, folder / "raw-a.h5", {0, 2})};
  const StarBlock block = io::RawStore{files, ids({0, 1, 2})}.read(0, 2);
  EXPECT_TRUE(std::isnan(block.points.x_px[1]));
  EXPECT_EQ(block.points.quality[1], quality::not_measured);
  EXPECT_FALSE(std::isnan(block.points.x_px[2]));
}

TEST(RawStore, ABlockWithinALargerOneIsLeftOut) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "raw_store_twice"};
  const std::vector<std::int64_t> joined{0, 1, 2};
  const std::vector<fs::path> files{write_block(comm, folder / "raw-a.h5", {1, 2}),
                                    write_block(comm, folder / "raw-b.h5", joined)};
  EXPECT_EQ((io::RawStore{files, ids(joined)}.read(0, 16)), part_of(whole(), 0, 16, joined));
  const std::vector<fs::path> overlap{files[1], write_block(comm, folder / "raw-c.h5", {2, 3})};
  EXPECT_THROW((io::RawStore{overlap, ids({0, 1, 2, 3})}), Error);
}

}  // namespace
}  // namespace skyweft::mpi
