// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>

#include <fmt/format.h>

#include "mpi/on_root.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {

io::ProductStamp RunContext::stamp(const std::string& digest) const {
  return {
      .software_version = SKYWEFT_VERSION, .config_digest = digest, .run_name = config.run.name};
}

std::vector<bool> RunContext::done(
    const std::vector<std::pair<std::string, std::string>>& unit_and_digest) const {
  const auto finished = mpi::on_root(world, [&] {
    const io::Journal main{archive.main_root() / "journal"};
    const io::Journal own{archive.journal()};
    std::vector<std::uint8_t> answer;
    for (const auto& [unit, digest] : unit_and_digest) {
      const Stage stage = stage_of_unit(unit);
      const io::Journal& journal = stage < archive.first_stage() ? main : own;
      answer.push_back(io::unit_is_done(journal, archive.of(stage), unit, digest) ? 1 : 0);
    }
    return answer;
  });
  return {finished.begin(), finished.end()};
}

bool RunContext::done_here(const std::string& unit, const std::string& digest) const {
  const Stage stage = stage_of_unit(unit);
  return io::unit_is_done(io::Journal{archive.journal(stage)}, archive.of(stage), unit, digest);
}

void RunContext::note(const std::string& unit, const std::filesystem::path& file,
                      const std::string& digest) const {
  const Stage stage = stage_of_unit(unit);
  io::Journal journal{archive.journal(stage)};
  journal.append(
      io::journal_entry_for(archive.of(stage), unit, archive.relative(file, stage), digest));
}

std::string masters_digest_of(const RunState& state, std::int64_t i_light) {
  const FrameMasters& masters = state.light_masters[static_cast<std::size_t>(i_light)];
  std::string text = masters.text;
  for (const std::int64_t i : {masters.bias, masters.dark, masters.flat})
    if (i >= 0) text += state.masters.at(state.plans[static_cast<std::size_t>(i)].name)->digest;
  const FrameInfo& info = state.lights[static_cast<std::size_t>(i_light)].info;
  for (const auto& [name, master] : state.masters)  // maps of detectors go by file and channel
    if (name.find('\n') != std::string::npos && name.ends_with("\n" + info.channel))
      text += master->digest;
  return text;
}

std::vector<FrameRecord> measured_records(const RunState& state) {
  std::vector<FrameRecord> out;
  for (const std::int64_t i : state.measured)
    out.push_back(state.records[static_cast<std::size_t>(i)]);
  return out;
}

std::vector<ShardRows> shards_of(std::int64_t n_star) {
  std::vector<ShardRows> shards;
  for (std::int64_t first = 0; first < n_star; first += io::kShardStars)
    shards.push_back({first, std::min(io::kShardStars, n_star - first)});
  return shards;
}

std::string shard_unit(std::string_view stage, std::int64_t i_shard) {
  return fmt::format("{}:{:04}", stage, i_shard);
}

}  // namespace skyweft::workflows
