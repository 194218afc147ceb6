// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/journal.hpp"
#include "io/raw_store.hpp"
#include "io/shard.hpp"
#include "io/tables.hpp"
#include "mpi/comm.hpp"
#include "mpi/on_root.hpp"
#include "mpi/star_store.hpp"
#include "workflows/archive.hpp"
#include "workflows/load_config.hpp"
#include "workflows/stages/raw_blocks.hpp"
#include "workflows/stages/star_tiles.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;

/// An epoch block as its file tells it.
struct OldBlock {
  fs::path file;
  io::RawBlockFrames frames;
  double first_jd = 0.0;
};

using RecordsById = std::map<FrameId, FrameRecord>;

RecordsById records_of(const Archive& archive) {
  RecordsById out;
  for (FrameRecord& record : io::read_frames_table(archive.frames_table())) {
    const FrameId id = record.id;
    out.emplace(id, std::move(record));
  }
  return out;
}

const FrameRecord& record_of(const RecordsById& records, FrameId id, const fs::path& file) {
  const auto at = records.find(id);
  if (at != records.end()) return at->second;
  throw Error{Errc::bad_input,
              fmt::format("{} holds frame {}, which frames.h5 does not have; `skyweft run` brings "
                          "the archive in order",
                          file.string(), id)};
}

std::vector<OldBlock> blocks_in_time(const Archive& archive, const RecordsById& records) {
  std::vector<OldBlock> blocks;
  for (const fs::path& file : archive.raw_blocks()) {
    OldBlock block{.file = file, .frames = io::read_raw_block_frames(file), .first_jd = 0.0};
    block.first_jd = record_of(records, block.frames.frame_id.front(), file).time_utc_mid_jd;
    blocks.push_back(std::move(block));
  }
  std::ranges::sort(blocks, {}, &OldBlock::first_jd);
  return blocks;
}

/// Neighbours in time that together stay below the size of a block.
std::vector<std::vector<OldBlock>> joins_of(std::vector<OldBlock> blocks) {
  std::vector<std::vector<OldBlock>> joins;
  std::int64_t n_frame = 0;
  for (OldBlock& block : blocks) {
    const auto n_here = static_cast<std::int64_t>(block.frames.frame_id.size());
    if (joins.empty() || n_frame + n_here > io::kBlockFrames) {
      joins.emplace_back();
      n_frame = 0;
    }
    joins.back().push_back(std::move(block));
    n_frame += n_here;
  }
  std::erase_if(joins, [](const auto& join) { return join.size() < 2; });
  return joins;
}

/// The header of the joined block: its frames in the order of time.
io::ShardHeader joined_header(const std::vector<OldBlock>& join, const RecordsById& records) {
  io::ShardHeader header = io::ShardReader{join.front().file}.header();
  std::map<FrameId, std::string> segment_of;
  for (const OldBlock& block : join)
    for (std::size_t f = 0; f < block.frames.frame_id.size(); ++f)
      segment_of[block.frames.frame_id[f]] = block.frames.segment[f];
  header.frame_id.clear();
  for (const auto& [id, segment] : segment_of) header.frame_id.push_back(id);
  std::ranges::stable_sort(header.frame_id, {}, [&](FrameId id) {
    return record_of(records, id, join.front().file).time_utc_mid_jd;
  });
  header.time_utc_mid_jd.clear();
  header.segment.clear();
  for (const FrameId id : header.frame_id) {
    header.time_utc_mid_jd.push_back(records.at(id).time_utc_mid_jd);
    header.segment.push_back(segment_of.at(id));
  }
  header.shape.n_frame = std::ssize(header.frame_id);
  return header;
}

/// Writes one joined block and takes its parts out of the archive. Collective.
void write_join(const mpi::Comm& world, const Archive& archive, const RunConfig& config,
                const std::vector<OldBlock>& join, const RecordsById& records) {
  const io::ShardHeader header = joined_header(join, records);
  const std::set<std::string> keys(header.segment.begin(), header.segment.end());
  const std::string digest = raw_block_digest({keys.begin(), keys.end()});
  const std::string name = raw_block_name(records.at(header.frame_id.front()).night, digest);
  const fs::path file = archive.raw_block(name);
  std::vector<fs::path> parts;
  for (const OldBlock& block : join) parts.push_back(block.file);
  const io::RawStore raw{parts, header.frame_id};
  mpi::ShardWriter writer{
      world,
      file,
      header,
      "raw",
      {.software_version = SKYWEFT_VERSION, .config_digest = digest, .run_name = config.run.name}};
  const auto tiles = tiles_of({.first = 0, .n = header.shape.n_star}, header.shape.n_frame,
                              header.shape.n_ap, config.run.memory_mib);
  const std::int64_t size = world.size();
  for (std::int64_t round = 0; round * size < std::ssize(tiles); ++round) {
    const std::int64_t k = round * size + world.rank();
    if (k < std::ssize(tiles)) {
      const Tile& tile = tiles[static_cast<std::size_t>(k)];
      writer.write_raw(tile.first_row, raw.read(tile.first_star, tile.n));
    } else {
      writer.write_raw(0, make_star_block(0, header.shape.n_frame, header.shape.n_ap, raw.extra()));
    }
  }
  writer.close();
  mpi::do_on_root(world, [&] {
    const fs::path& home = archive.of(Stage::transpose);
    io::Journal journal{archive.journal(Stage::transpose)};
    journal.append(io::journal_entry_for(home, "raw:" + name,
                                         archive.relative(file, Stage::transpose), digest));
    for (const fs::path& part : parts) {
      journal.withdraw("raw:" + part.stem().string().substr(4));
      fs::remove(part);
    }
  });
}

/// The archive and its branches: their files all.h5 point at the blocks.
void point_anew(const Archive& archive) {
  std::vector<Archive> all{archive};
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{archive.root() / "branches", ignored})
    if (Archive{entry.path()}.is_branch()) all.emplace_back(entry.path());
  for (const Archive& one : all) {
    if (!fs::exists(one.light_curve_index())) continue;
    io::Journal journal{one.journal(Stage::statistics)};
    const auto entry = journal.find("lightcurves");
    if (!entry) continue;
    std::vector<fs::path> shards;
    for (const std::string_view stage : {"magfit", "epd", "tfa"})
      for (std::int64_t s = 0; fs::exists(one.shard(stage, s)); ++s)
        shards.push_back(one.shard(stage, s));
    io::write_light_curve_index(one.light_curve_index(), one.raw_blocks(), shards,
                                {.software_version = SKYWEFT_VERSION,
                                 .config_digest = entry->config_digest,
                                 .run_name = config_of_archive(one.root()).run.name});
    journal.append(io::journal_entry_for(one.of(Stage::statistics), "lightcurves", entry->file,
                                         entry->config_digest));
  }
}

int compact(const mpi::Comm& world, const std::string& root) {
  const Archive archive{root};
  require_archive(archive);
  if (archive.is_branch() && archive.first_stage() > Stage::transpose)
    throw Error{Errc::usage, fmt::format("the raw light curves of this branch are those of {}; "
                                         "compact that",
                                         archive.main_root().string())};
  const RunConfig config = config_of_archive(archive.root());
  const RecordsById records = records_of(archive);
  const std::vector<OldBlock> blocks = blocks_in_time(archive, records);
  const auto joins = joins_of(blocks);
  world.barrier();  // all have read the journal
  std::size_t n_before = 0;
  for (const auto& join : joins) {
    write_join(world, archive, config, join, records);
    n_before += join.size();
  }
  mpi::do_on_root(world, [&] {
    if (!joins.empty()) point_anew(archive);
    fmt::print("{}: {} epoch block(s), {} of them joined to {}\n", root,
               blocks.size() - n_before + joins.size(), n_before, joins.size());
  });
  return 0;
}

}  // namespace

void declare_compact(CLI::App& app, Invocation& call) {
  auto root = std::make_shared<std::string>();  // shared: lives as long as the parsed command
  app.add_option("archive", *root, "archive folder")->required();
  app.callback([root, &call] {
    call.action = [root, &call] {
      return mpi::guarded_main(call.argc, call.argv,
                               [&](mpi::Comm& world) { return compact(world, *root); });
    };
  });
}

}  // namespace skyweft::workflows
