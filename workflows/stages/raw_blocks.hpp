// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/shard.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// An epoch block of the raw light curves: whole batches of frames, all stars, one file. Once
/// written it is not touched again, unless `skyweft compact` joins it with others.
struct RawBlock {
  std::string name;                     ///< "20171220-1a2b3c4d"
  std::string digest;                   ///< of the batches
  std::vector<std::size_t> batches;     ///< indices of RunState::batches, in time order
  std::vector<std::int64_t> positions;  ///< ascending places among the measured frames
  std::filesystem::path file;
  bool written = false;
};

/// The blocks that hold the measured frames: those of the archive that still hold, and new ones of
/// whole nights for what is left. How frames are spread over blocks changes no light curve.
/// Collective: no; equal on all ranks that see the same journal.
std::vector<RawBlock> plan_raw_blocks(const RunContext& run, const RunState& state);

/// The digest of a block from "batch digest" of each of its batches, in any order, and the name of
/// a block whose first frame is of `night`.
std::string raw_block_digest(std::vector<std::string> keys);
std::string raw_block_name(const std::string& night, const std::string& digest);

/// What the file of a block says besides fluxes.
io::ShardHeader raw_header(const RunState& state, const RawBlock& block);

std::string raw_unit(const RawBlock& block);

/// Opens the blocks as one table over the measured frames.
std::shared_ptr<const io::RawStore> open_raw(const RunState& state,
                                             const std::vector<RawBlock>& blocks);

}  // namespace skyweft::workflows
