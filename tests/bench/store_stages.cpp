// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/store_stages.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "io/segments.hpp"
#include "io/shard.hpp"
#include "mpi/star_store.hpp"
#include "mpi/transpose.hpp"

namespace skyweft::bench {
namespace {

constexpr std::int64_t kBatchFrames = 8;
const io::ProductStamp kStamp{"bench", "bench", "bench"};

double bytes_of(const PointColumns& p) {
  return 4.0 *
         static_cast<double>(p.flux_e.size() + p.flux_err_e.size() + p.x_px.size() + p.y_px.size() +
                             p.bg_e.size() + p.bg_err_e.size() + p.quality.size());
}

io::Segment first_batch(const Series& series) {
  const std::int64_t n = std::min<std::int64_t>(kBatchFrames, series.block.n_frame);
  io::Segment segment;
  segment.records.assign(series.records.begin(), series.records.begin() + n);
  segment.photometry = make_frame_block(n, series.block.n_star, series.block.n_ap);
  segment.aperture_radius_px = series.radii_px;
  PointColumns& to = segment.photometry.points;
  const PointColumns& from = series.block.points;
  const auto head = [](auto& out, const auto& in) {
    std::copy_n(in.begin(), out.size(), out.begin());
  };
  head(to.flux_e, from.flux_e);
  head(to.flux_err_e, from.flux_err_e);
  head(to.x_px, from.x_px);
  head(to.y_px, from.y_px);
  head(to.bg_e, from.bg_e);
  head(to.bg_err_e, from.bg_err_e);
  head(to.quality, from.quality);
  return segment;
}

io::ShardHeader header_of(const Night& night, const Series& series) {
  io::ShardHeader header{.shape = {.first_star = 0,
                                   .n_star = series.block.n_star,
                                   .n_frame = series.block.n_frame,
                                   .n_ap = series.block.n_ap},
                         .stars = night.field,
                         .frame_id = {},
                         .time_utc_mid_jd = {},
                         .aperture_radius_px = series.radii_px};
  for (const FrameRecord& record : series.records) {
    header.frame_id.push_back(record.id);
    header.time_utc_mid_jd.push_back(record.time_utc_mid_jd);
  }
  return header;
}

}  // namespace

void time_store_stages(const Options& options, const Floors& floors, const Night& night,
                       const Series& series, const mpi::Comm& world, Table& table) {
  const auto add_file = [&](const char* stage, const std::filesystem::path& path, double n_byte,
                            const std::function<void()>& run, bool is_write) {
    const std::string amount = fmt::format("{:.3g} MB", 1e-6 * n_byte);
    const Cost cost = median_cost(options.n_run, run, [&] {
      if (is_write) std::filesystem::remove(path);
    });
    Row row = make_row("store", stage, amount, cost, Clock::wall, 1e-6 * n_byte, "MB/s");
    const auto n_file_byte = static_cast<std::int64_t>(std::filesystem::file_size(path));
    if (is_write) {
      const double floor_mb_s = write_floor_mb_s(options, n_file_byte);
      compare(row, "write + fsync", floor_mb_s, "MB/s", 1e-6 * n_byte);
    } else {
      compare(row, "cached read", floors.cached_read_mb_s, "MB/s", 1e-6 * n_byte);
    }
    row.note =
        fmt::format("file {:.3f} x the numbers in it", static_cast<double>(n_file_byte) / n_byte);
    table.add(std::move(row));
  };

  const io::Segment segment = first_batch(series);
  const std::filesystem::path segment_path = options.folder / "segment.h5";
  const double segment_bytes = bytes_of(segment.photometry.points);
  add_file(
      "segment write", segment_path, segment_bytes,
      [&] { io::write_segment(segment_path, segment, kStamp); }, true);
  add_file(
      "segment read", segment_path, segment_bytes, [&] { keep(io::read_segment(segment_path)); },
      false);
  const std::int64_t some = std::max<std::int64_t>(1, segment.photometry.n_star / 100);
  add_file(
      "segment read, 1 % of stars", segment_path, 0.01 * segment_bytes,
      [&] { keep(io::read_segment(segment_path, segment.photometry.n_star / 2, some)); }, false);

  std::vector<std::int64_t> frames(static_cast<std::size_t>(series.block.n_frame));
  std::iota(frames.begin(), frames.end(), 0);
  StarBlock stars;
  const double block_bytes = bytes_of(series.block.points);
  // As the stage does it: the first pass in new memory, the others in that of the pass before.
  for (const bool again : {false, true}) {
    const Cost cost = median_cost(options.n_run, [&] {
      stars = mpi::transpose(world, series.block, frames, series.block.n_frame,
                             mpi::Range{0, series.block.n_star}, io::kChunkStars, {},
                             again ? std::move(stars) : StarBlock{});
    });
    Row row =
        make_row("store", again ? "transpose, old memory" : "transpose, new memory",
                 fmt::format("{} frames x {} stars", series.block.n_frame, series.block.n_star),
                 cost, Clock::cpu, 2e-9 * block_bytes, "GB/s");
    compare(row, "copy", floors.copy_gb_s, "GB/s", 2e-9 * block_bytes);
    row.note = "one rank, read + written";
    table.add(row);
  }

  const io::ShardHeader header = header_of(night, series);
  const std::filesystem::path shard_path = options.folder / "raw-0000.h5";
  const auto write_shard = [&] {
    mpi::ShardWriter writer{world, shard_path, header, std::string{io::kRawGroup}, kStamp};
    writer.write_raw(0, stars);
    writer.close();
  };
  add_file("shard write", shard_path, block_bytes, write_shard, true);
  add_file(
      "shard read", shard_path, block_bytes,
      [&] { keep(io::ShardReader{shard_path}.read_raw(0, stars.n_star)); }, false);
  add_file(
      "shard read, one star", shard_path, block_bytes / static_cast<double>(stars.n_star),
      [&] { keep(io::ShardReader{shard_path}.read_raw(stars.n_star / 2, 1)); }, false);
  std::filesystem::remove(shard_path);
}

}  // namespace skyweft::bench
