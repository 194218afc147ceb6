// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/star_tiles.hpp"

#include <algorithm>

#include "mpi/on_root.hpp"
#include "mpi/star_store.hpp"
#include "workflows/stages/injections.hpp"

namespace skyweft::workflows {

std::vector<Tile> tiles_of(const ShardRows& rows, std::int64_t n_frame, std::int64_t n_ap,
                           double memory_mib) {
  // Raw photometry twice, while blocks are joined, and four copies of the magnitudes while a stage
  // is at work.
  const double bytes_per_star = static_cast<double>(std::max<std::int64_t>(1, n_frame) *
                                                    (2 * (8 * n_ap + 20) + 4 * 8 * n_ap));
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
  return shards_of(state.stars.size());
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

StarBlock read_raw(const RunContext&, const RunState& state, std::int64_t, const Tile& tile) {
  StarBlock raw = state.raw->read(tile.first_star, tile.n);
  inject_in_tile(state.injections, state, tile, raw);
  return raw;
}

io::ShardReader::StageTile read_stage(const RunContext& run, std::string_view stage,
                                      std::int64_t i_shard, const Tile& tile) {
  return io::ShardReader{run.archive.shard(stage, i_shard)}.read_stage(stage, tile.first_row,
                                                                       tile.n);
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
  const std::vector<std::int64_t> position = positions_of(state);
  const auto n_batch = static_cast<std::int64_t>(state.batches.size());
  for (std::int64_t b = run.world.rank(); b < n_batch; b += run.world.size()) {
    const FrameBatch& batch = state.batches[static_cast<std::size_t>(b)];
    io::Segment segment = io::read_segment(run.archive.segment(batch.name), first_star, n_star);
    for (std::size_t row = 0; row < batch.lights.size(); ++row) {
      const std::int64_t i = batch.lights[row];
      if (position[static_cast<std::size_t>(i)] < 0) continue;
      const auto i_row = static_cast<std::int64_t>(row);
      inject_in_frame(state.injections, state, i, first_star, i_row, segment.photometry);
      visit(position[static_cast<std::size_t>(i)], i, segment, i_row);
    }
  }
}

const FrameBatch& batch_of(const RunState& state, std::int64_t i_light) {
  return *std::ranges::find_if(state.batches, [&](const FrameBatch& batch) {
    return std::ranges::binary_search(batch.lights, i_light);
  });
}

std::int64_t row_in_batch(const FrameBatch& batch, std::int64_t i_light) {
  return std::ranges::lower_bound(batch.lights, i_light) - batch.lights.begin();
}

std::vector<std::int64_t> positions_of(const RunState& state) {
  std::vector<std::int64_t> position(state.records.size(), -1);
  for (std::size_t p = 0; p < state.measured.size(); ++p)
    position[static_cast<std::size_t>(state.measured[p])] = static_cast<std::int64_t>(p);
  return position;
}

std::vector<double> exposures_of(const RunState& state) {
  std::vector<double> out;
  for (const std::int64_t i : state.measured)
    out.push_back(state.records[static_cast<std::size_t>(i)].exposure_s);
  return out;
}

}  // namespace skyweft::workflows
