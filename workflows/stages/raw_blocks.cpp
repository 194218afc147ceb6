// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/raw_blocks.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/digest.hpp"
#include "io/journal.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {
namespace {

/// What a block's file says of the batch that a frame came from.
std::string key_of(const FrameBatch& batch) {
  return batch.name + " " + batch.digest;
}

/// The places of a batch's measured frames.
std::vector<std::int64_t> places_in(const FrameBatch& batch,
                                    const std::vector<std::int64_t>& position) {
  std::vector<std::int64_t> out;
  for (const std::int64_t i : batch.lights)
    if (position[static_cast<std::size_t>(i)] >= 0)
      out.push_back(position[static_cast<std::size_t>(i)]);
  return out;
}

/// Fills in what follows from a block's batches.
RawBlock finished(const RunContext& run, const RunState& state, RawBlock block,
                  const std::vector<std::int64_t>& position) {
  std::ranges::sort(block.batches);
  std::vector<std::string> keys;
  for (const std::size_t b : block.batches) {
    keys.push_back(key_of(state.batches[b]));
    for (const std::int64_t p : places_in(state.batches[b], position)) block.positions.push_back(p);
  }
  std::ranges::sort(block.positions);
  block.digest = raw_block_digest(std::move(keys));
  const std::int64_t first = state.measured[static_cast<std::size_t>(block.positions.front())];
  block.name = raw_block_name(state.records[static_cast<std::size_t>(first)].night, block.digest);
  block.file = run.archive.raw_block(block.name);
  return block;
}

/// The blocks of the archive whose batches are all as they are now; of two that hold the same
/// batch the one with more frames counts.
std::vector<RawBlock> standing_blocks(const RunContext& run, const RunState& state,
                                      const std::vector<std::int64_t>& position) {
  std::map<std::string, std::size_t> batch_of_key;
  for (std::size_t b = 0; b < state.batches.size(); ++b) batch_of_key[key_of(state.batches[b])] = b;
  const io::Journal journal{run.archive.journal(Stage::transpose)};
  std::vector<RawBlock> candidates;
  for (const auto& file : run.archive.raw_blocks()) {
    const io::RawBlockFrames frames = io::read_raw_block_frames(file);
    std::set<std::size_t> batches;
    bool stands = !frames.segment.empty();
    for (const std::string& key :
         std::set<std::string>(frames.segment.begin(), frames.segment.end())) {
      const auto at = batch_of_key.find(key);
      stands = stands && at != batch_of_key.end();
      if (stands) batches.insert(at->second);
    }
    if (!stands) continue;
    RawBlock block = finished(run, state,
                              {.name = {},
                               .digest = {},
                               .batches = {batches.begin(), batches.end()},
                               .positions = {},
                               .file = {},
                               .written = true},
                              position);
    if (block.positions.size() == frames.frame_id.size() && block.file == file &&
        io::unit_is_done(journal, run.archive.of(Stage::transpose), raw_unit(block), block.digest))
      candidates.push_back(std::move(block));
  }
  std::ranges::stable_sort(candidates, std::ranges::greater{},
                           [](const RawBlock& b) { return b.positions.size(); });
  std::set<std::size_t> taken;
  std::erase_if(candidates, [&](const RawBlock& block) {
    if (std::ranges::any_of(block.batches, [&](std::size_t b) { return taken.contains(b); }))
      return true;
    taken.insert(block.batches.begin(), block.batches.end());
    return false;
  });
  return candidates;
}

}  // namespace

std::string raw_block_digest(std::vector<std::string> keys) {
  std::ranges::sort(keys);
  return io::digest_of_text(fmt::format("raw\n{}", fmt::join(keys, "\n")));
}

std::string raw_block_name(const std::string& night, const std::string& digest) {
  return fmt::format("{}-{}", night, digest.substr(0, 8));
}

std::string raw_unit(const RawBlock& block) {
  return "raw:" + block.name;
}

std::vector<RawBlock> plan_raw_blocks(const RunContext& run, const RunState& state) {
  const std::vector<std::int64_t> position = positions_of(state);
  std::vector<RawBlock> blocks = standing_blocks(run, state, position);
  std::set<std::size_t> covered;
  for (const RawBlock& block : blocks) covered.insert(block.batches.begin(), block.batches.end());

  std::map<std::string, std::vector<std::size_t>> by_night;  // nights ascend, as their names do
  for (std::size_t b = 0; b < state.batches.size(); ++b) {
    const auto places = places_in(state.batches[b], position);
    if (places.empty() || covered.contains(b)) continue;
    const std::int64_t i = state.measured[static_cast<std::size_t>(places.front())];
    by_night[state.records[static_cast<std::size_t>(i)].night].push_back(b);
  }
  RawBlock open;
  std::int64_t n_frame = 0;
  const auto close = [&] {
    if (open.batches.empty()) return;
    blocks.push_back(finished(run, state, std::move(open), position));
    open = {};
    n_frame = 0;
  };
  for (const auto& [night, batches] : by_night) {
    std::int64_t n_here = 0;
    for (const std::size_t b : batches) n_here += std::ssize(places_in(state.batches[b], position));
    if (n_frame + n_here > io::kBlockFrames) close();
    open.batches.insert(open.batches.end(), batches.begin(), batches.end());
    n_frame += n_here;
  }
  close();
  std::ranges::sort(blocks, {}, [](const RawBlock& b) { return b.positions.front(); });
  return blocks;
}

io::ShardHeader raw_header(const RunState& state, const RawBlock& block) {
  io::ShardHeader header;
  header.shape = {.first_star = 0,
                  .n_star = state.stars.size(),
                  .n_frame = std::ssize(block.positions),
                  .n_ap = std::ssize(state.aperture_radius_px)};
  header.stars = state.stars;
  std::map<std::int64_t, std::string> key_of_light;
  for (const std::size_t b : block.batches)
    for (const std::int64_t i : state.batches[b].lights) key_of_light[i] = key_of(state.batches[b]);
  for (const std::int64_t p : block.positions) {
    const std::int64_t i = state.measured[static_cast<std::size_t>(p)];
    const FrameRecord& record = state.records[static_cast<std::size_t>(i)];
    header.frame_id.push_back(record.id);
    header.time_utc_mid_jd.push_back(record.time_utc_mid_jd);
    header.segment.push_back(key_of_light.at(i));
  }
  header.aperture_radius_px = state.aperture_radius_px;
  header.extra = state.extra;
  return header;
}

std::shared_ptr<const io::RawStore> open_raw(const RunState& state,
                                             const std::vector<RawBlock>& blocks) {
  std::vector<FrameId> order;
  for (const std::int64_t i : state.measured)
    order.push_back(state.records[static_cast<std::size_t>(i)].id);
  std::vector<std::filesystem::path> files;
  for (const RawBlock& block : blocks) files.push_back(block.file);
  return std::make_shared<const io::RawStore>(std::move(files), order);
}

}  // namespace skyweft::workflows
