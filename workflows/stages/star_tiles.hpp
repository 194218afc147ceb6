// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "io/segments.hpp"
#include "io/shard.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// Some stars of one shard: rows [first_row, first_row + n) of the file, which are the stars from
/// `first_star` on of the star list.
struct Tile {
  std::int64_t first_row = 0;
  std::int64_t first_star = 0;
  std::int64_t n = 0;
};

/// How a shard of `rows` is cut into tiles whose light curves fit `memory_mib`; ranks do not enter.
std::vector<Tile> tiles_of(const ShardRows& rows, std::int64_t n_frame, std::int64_t n_ap,
                           double memory_mib);

/// Header of the shard's files, equal for all stages.
io::ShardHeader shard_header(const RunState& state, const ShardRows& rows);

/// The shards of this run's star list and measured frames.
std::vector<ShardRows> shards_of(const RunState& state);

/// Writes one stage of one shard: `correct` turns a tile into corrected magnitudes. Collective:
/// each rank is asked for its own tiles only; the number of ranks cannot enter the result.
void write_stage_shard(const RunContext& run, const RunState& state, std::string_view stage,
                       std::int64_t i_shard, const ShardRows& rows, const std::string& digest,
                       const std::function<io::ShardReader::StageTile(const Tile&)>& correct);

/// The raw photometry of a tile's stars over all measured frames. Collective: no.
StarBlock read_raw(const RunContext& run, const RunState& state, std::int64_t i_shard,
                   const Tile& tile);

/// The magnitudes of a tile's stars after `stage`. Collective: no.
io::ShardReader::StageTile read_stage(const RunContext& run, std::string_view stage,
                                      std::int64_t i_shard, const Tile& tile);

/// Calls `visit` with the tiles of all shards that belong to this rank. Collective: no.
void each_tile_of_mine(
    const RunContext& run, const RunState& state,
    const std::function<void(std::int64_t i_shard, std::int64_t i_tile, const Tile&)>& visit);

/// The measured frames of segments owned by this rank, in order: visit(position among the measured
/// frames, index in the frame list, segment, row in the segment). Segments hold the stars
/// [first_star, first_star + n_star) alone. Collective: no.
void each_frame_of_mine(const RunContext& run, const RunState& state, std::int64_t first_star,
                        std::int64_t n_star,
                        const std::function<void(std::int64_t position, std::int64_t i_frame,
                                                 const io::Segment&, std::int64_t row)>& visit);

/// The batch that holds a light, and the light's row in its segment.
const FrameBatch& batch_of(const RunState& state, std::int64_t i_light);
std::int64_t row_in_batch(const FrameBatch& batch, std::int64_t i_light);

/// The place of every light among the measured frames; -1 for those set aside.
std::vector<std::int64_t> positions_of(const RunState& state);

/// Exposure times of the measured frames, in the star store's frame order.
std::vector<double> exposures_of(const RunState& state);

}  // namespace skyweft::workflows
