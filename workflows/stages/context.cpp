// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>

#include <fmt/format.h>

#include "mpi/on_root.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {

/// A shard file stays below this many bytes of raw photometry.
constexpr std::int64_t kShardBytes = std::int64_t{8} << 30;

io::ProductStamp RunContext::stamp(const std::string& digest) const {
  return {
      .software_version = SKYWEFT_VERSION, .config_digest = digest, .run_name = config.run.name};
}

std::vector<bool> RunContext::done(
    const std::vector<std::pair<std::string, std::string>>& unit_and_digest) const {
  const auto finished = mpi::on_root(world, [&] {
    const io::Journal journal{archive.journal()};
    std::vector<std::uint8_t> answer;
    for (const auto& [unit, digest] : unit_and_digest)
      answer.push_back(io::unit_is_done(journal, archive.root(), unit, digest) ? 1 : 0);
    return answer;
  });
  return {finished.begin(), finished.end()};
}

bool RunContext::done_here(const std::string& unit, const std::string& digest) const {
  return io::unit_is_done(io::Journal{archive.journal()}, archive.root(), unit, digest);
}

void RunContext::note(const std::string& unit, const std::filesystem::path& file,
                      const std::string& digest) const {
  io::Journal journal{archive.journal()};
  journal.append(io::journal_entry_for(archive.root(), unit, archive.relative(file), digest));
}

std::vector<ShardRows> shards_of(std::int64_t n_star, std::int64_t n_frame, std::int64_t n_ap) {
  const std::int64_t bytes_per_star = std::max<std::int64_t>(1, n_frame) * (8 * n_ap + 20);
  const std::int64_t fit =
      std::max<std::int64_t>(1, kShardBytes / (bytes_per_star * io::kChunkStars)) * io::kChunkStars;
  std::vector<ShardRows> shards;
  for (std::int64_t first = 0; first < n_star; first += fit)
    shards.push_back({first, std::min(fit, n_star - first)});
  return shards;
}

std::string shard_unit(std::string_view stage, std::int64_t i_shard) {
  return fmt::format("{}:{:04}", stage, i_shard);
}

}  // namespace skyweft::workflows
