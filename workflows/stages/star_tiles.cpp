// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/star_tiles.hpp"

#include <algorithm>

#include "mpi/on_root.hpp"
#include "mpi/star_store.hpp"

namespace skyweft::workflows {

std::vector<Tile> tiles_of(const ShardRows& rows, std::int64_t n_frame, std::int64_t n_ap,
                           double memory_mib) {
  // Raw photometry, and four copies of the magnitudes while a stage is at work.
  const double bytes_per_star =
      static_cast<double>(std::max<std::int64_t>(1, n_frame) * (8 * n_ap + 20 + 4 * 8 * n_ap));
  const auto chunks =
      static_cast<std::int64_t>(0.5 * memory_mib * 1048576.0 / (bytes_per_star * io::kChunkStars));
  const std::int64_t at_once = std::clamp<std::int64_t>(chunks, 1, 64) * io::kChunkStars;
  std::vector<Tile> tiles;
  for (std::int64_t row = 0; row < rows.n; row += at_once)
    tiles.push_back(
        {.first_row = row, .first_star = rows.first + row, .n = std::min(at_once, rows.n - row)});
  return tiles;
}

io::ShardHeader shard_header(const RunState& state, const ShardRows& rows) {
  std::vector<std::int64_t> index;
  for (std::int64_t i = rows.first; i < rows.first + rows.n; ++i) index.push_back(i);
  io::ShardHeader header;
  header.shape = {.first_star = rows.first,
                  .n_star = rows.n,
                  .n_frame = static_cast<std::int64_t>(state.measured.size()),
                  .n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size())};
  header.stars = rows_of(state.stars, index);
  for (const std::int64_t i : state.measured) {
    const FrameRecord& record = state.records[static_cast<std::size_t>(i)];
    header.frame_id.push_back(record.id);
    header.time_utc_mid_jd.push_back(record.time_utc_mid_jd);
  }
  header.aperture_radius_px = state.aperture_radius_px;
  header.extra = state.extra;
  return header;
}

std::vector<ShardRows> shards_of(const RunState& state) {
  return shards_of(state.stars.size(), static_cast<std::int64_t>(state.measured.size()),
                   static_cast<std::int64_t>(state.aperture_radius_px.size()));
}

void write_stage_shard(const RunContext& run, const RunState& state, std::string_view stage,
                       std::int64_t i_shard, const ShardRows& rows, const std::string& digest,
                       const std::function<io::ShardReader::StageTile(const Tile&)>& correct) {
  const io::ShardHeader header = shard_header(state, rows);
  const auto path = run.archive.shard(stage, i_shard);
  const auto tiles =
      tiles_of(rows, header.shape.n_frame, header.shape.n_ap, run.config.run.memory_mib);
  mpi::ShardWriter writer{run.world, path.string(), header, std::string{stage}, run.stamp(digest)};
  const auto n_tile = static_cast<std::int64_t>(tiles.size());
  const std::int64_t size = run.world.size();
  for (std::int64_t round = 0; round * size < n_tile; ++round) {
    const std::int64_t k = round * size + run.world.rank();
    if (k < n_tile)
      writer.write_stage(tiles[static_cast<std::size_t>(k)].first_row,
                         correct(tiles[static_cast<std::size_t>(k)]));
    else
      writer.write_stage(0, {.n_star = 0,
                             .n_frame = header.shape.n_frame,
                             .n_ap = header.shape.n_ap,
                             .mag = {},
                             .quality = {},
                             .mag_err = {}});
  }
  writer.close();
  mpi::do_on_root(run.world, [&] { run.note(shard_unit(stage, i_shard), path, digest); });
}

void each_tile_of_mine(const RunContext& run, const RunState& state,
                       const std::function<void(std::int64_t, std::int64_t, const Tile&)>& visit) {
  const auto shards = shards_of(state);
  const auto n_frame = static_cast<std::int64_t>(state.measured.size());
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  std::int64_t i_tile = 0;
  for (std::size_t s = 0; s < shards.size(); ++s)
    for (const Tile& tile : tiles_of(shards[s], n_frame, n_ap, run.config.run.memory_mib)) {
      if (i_tile % run.world.size() == run.world.rank())
        visit(static_cast<std::int64_t>(s), i_tile, tile);
      ++i_tile;
    }
}

void each_frame_of_mine(const RunContext& run, const RunState& state, std::int64_t first_star,
                        std::int64_t n_star,
                        const std::function<void(std::int64_t, std::int64_t, const io::Segment&,
                                                 std::int64_t)>& visit) {
  const auto n_frame = static_cast<std::int64_t>(state.records.size());
  const std::int64_t per_batch = run.config.run.batch_frames;
  std::vector<std::int64_t> position(state.records.size(), -1);
  for (std::size_t p = 0; p < state.measured.size(); ++p)
    position[static_cast<std::size_t>(state.measured[p])] = static_cast<std::int64_t>(p);
  for (std::int64_t batch = run.world.rank(); batch * per_batch < n_frame;
       batch += run.world.size()) {
    const io::Segment segment = io::read_segment(run.archive.segment(batch), first_star, n_star);
    for (std::size_t row = 0; row < segment.frame_index.size(); ++row) {
      const std::int64_t i = segment.frame_index[row];
      if (position[static_cast<std::size_t>(i)] >= 0)
        visit(position[static_cast<std::size_t>(i)], i, segment, static_cast<std::int64_t>(row));
    }
  }
}

std::vector<double> exposures_of(const RunState& state) {
  std::vector<double> out;
  for (const std::int64_t i : state.measured)
    out.push_back(state.records[static_cast<std::size_t>(i)].exposure_s);
  return out;
}

}  // namespace skyweft::workflows
