// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/star_store.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "support/io_store.hpp"

namespace skyweft::mpi {
namespace {

namespace fs = std::filesystem;
using io::kChunkStars;
using support::test_shard_header;
using support::test_stamp;

constexpr std::int64_t kStars = 7 * kChunkStars + 5, kFrames = 11, kAps = 3;

/// Collective. One folder for all ranks, removed by root at the end.
class SharedFolder {
 public:
  SharedFolder(const Comm& comm, const std::string& name)
      : comm_(comm), path_(fs::current_path() / (name + "." + std::to_string(comm.size()))) {
    if (comm.is_root()) {
      fs::remove_all(path_);
      fs::create_directories(path_);
    }
    comm.barrier();
  }
  ~SharedFolder() {
    comm_.barrier();
    std::error_code ignored;
    if (comm_.is_root()) fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  const Comm& comm_;
  fs::path path_;
};

/// What stars [first, first + n) hold, whoever asks.
StarBlock raw_tile(std::int64_t first, std::int64_t n) {
  StarBlock tile = make_star_block(n, kFrames, kAps);
  for (std::int64_t s = 0; s < n; ++s) {
    StarBlock one = make_star_block(1, kFrames, kAps);
    support::fill_points(one.points, 100 * (first + s));
    const auto put = [&](auto& to, const auto& from) {
      std::copy(from.begin(), from.end(), to.begin() + s * static_cast<std::int64_t>(from.size()));
    };
    put(tile.points.flux_e, one.points.flux_e);
    put(tile.points.flux_err_e, one.points.flux_err_e);
    put(tile.points.x_px, one.points.x_px);
    put(tile.points.y_px, one.points.y_px);
    put(tile.points.bg_e, one.points.bg_e);
    put(tile.points.bg_err_e, one.points.bg_err_e);
    put(tile.points.quality, one.points.quality);
  }
  return tile;
}

io::ShardReader::StageTile stage_tile(std::int64_t first, std::int64_t n, bool with_errors) {
  const StarBlock raw = raw_tile(first, n);
  io::ShardReader::StageTile tile{.n_star = n,
                                  .n_frame = kFrames,
                                  .n_ap = kAps,
                                  .mag = raw.points.flux_e,
                                  .quality = raw.points.quality};
  if (with_errors) tile.mag_err = raw.points.flux_err_e;
  return tile;
}

/// Calls write(first, n) for the chunks dealt to this rank in turn; n = 0 when it has none left.
template <class Write>
void write_in_turn(const Comm& comm, Write write) {
  for (std::int64_t round = 0; round * comm.size() * kChunkStars < kStars; ++round) {
    const std::int64_t first = (round * comm.size() + comm.rank()) * kChunkStars;
    write(first, std::clamp<std::int64_t>(kStars - first, 0, kChunkStars));
  }
}

TEST(ShardWriter, RawIsWhatOneProcessWouldHold) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "star_store_raw"};
  {
    ShardWriter writer{comm, folder / "raw-0000.h5", test_shard_header(kStars, kFrames, kAps, 40),
                       "raw", test_stamp()};
    write_in_turn(comm, [&](std::int64_t first, std::int64_t n) {
      writer.write_raw(first, raw_tile(first, n));
    });
    EXPECT_FALSE(fs::exists(folder / "raw-0000.h5"));
    comm.barrier();
    writer.close();
  }
  const io::ShardReader reader{folder / "raw-0000.h5"};
  EXPECT_EQ(reader.header().shape, (io::ShardShape{40, kStars, kFrames, kAps}));
  EXPECT_EQ(reader.header().stars, support::test_stars(kStars, 40));
  EXPECT_EQ(reader.header().frame_id, test_shard_header(kStars, kFrames, kAps).frame_id);
  EXPECT_EQ(reader.read_raw(0, kStars), raw_tile(0, kStars));
  EXPECT_EQ(reader.read_raw(30, 9), raw_tile(30, 9));
  EXPECT_TRUE(reader.has("raw"));
  EXPECT_FALSE(reader.has("magfit"));
}

TEST(ShardWriter, StagesReadBackAndTheIndexFindsThem) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "star_store_stage"};
  std::vector<fs::path> files;
  for (const std::string stage : {"magfit", "epd"}) {
    files.push_back(folder / (stage + "-0000.h5"));
    ShardWriter writer{comm, files.back(), test_shard_header(kStars, kFrames, kAps), stage,
                       test_stamp()};
    write_in_turn(comm, [&](std::int64_t first, std::int64_t n) {
      writer.write_stage(first, stage_tile(first, n, stage == "magfit"));
    });
    writer.close();
    const auto read = io::ShardReader{files.back()}.read_stage(stage, 16, 20);
    const auto expected = stage_tile(16, 20, stage == "magfit");
    EXPECT_EQ(read.quality, expected.quality);
    EXPECT_EQ(read.mag_err, expected.mag_err);
    for (std::size_t i = 0; i < read.mag.size(); ++i)
      EXPECT_TRUE(read.mag[i] == expected.mag[i] ||
                  (std::isnan(read.mag[i]) && std::isnan(expected.mag[i])));
  }
  if (comm.is_root()) {
    io::write_light_curve_index(folder / "all.h5", {}, files, test_stamp());
    const io::H5File index = io::H5File::open(folder / "all.h5");
    EXPECT_TRUE(index.has("shard0000/epd"));
    EXPECT_EQ(index.read(io::star_column::kId, "shard0000"), support::test_stars(kStars).id);
    EXPECT_EQ(index.shape_of(io::stage_column::kMag, "shard0000/magfit"),
              (io::Shape{kStars, kFrames, kAps}));
  }
}

TEST(ShardWriter, ThrowsOnAllRanksWhenOneTileDoesNotFit) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "star_store_misfit"};
  {
    ShardWriter writer{comm, folder / "raw-0000.h5", test_shard_header(kStars, kFrames, kAps),
                       "raw", test_stamp()};
    const bool bad = comm.rank() == comm.size() - 1;
    try {
      writer.write_raw(bad ? 3 : 0, bad ? raw_tile(3, 5) : StarBlock{});
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::internal);
      EXPECT_NE(std::string{error.what()}.find("does not fit"), std::string::npos);
    }
  }
  comm.barrier();
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(ShardWriter, RefusesToPublishStarsNobodyWrote) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "star_store_gap"};
  ShardWriter writer{comm, folder / "raw-0000.h5", test_shard_header(kStars, kFrames, kAps), "raw",
                     test_stamp()};
  writer.write_raw(0, comm.is_root() ? raw_tile(0, kChunkStars) : StarBlock{});
  EXPECT_THROW(writer.close(), Error);
  comm.barrier();
  EXPECT_FALSE(fs::exists(folder / "raw-0000.h5"));
}

TEST(ShardWriter, InAMissingFolderThrowsOnAllRanks) {
  const Comm comm = Comm::world();
  const SharedFolder folder{comm, "star_store_nofolder"};
  EXPECT_THROW((ShardWriter{comm, folder / "no" / "raw-0000.h5",
                            test_shard_header(kStars, kFrames, kAps), "raw", test_stamp()}),
               Error);
}

}  // namespace
}  // namespace skyweft::mpi
