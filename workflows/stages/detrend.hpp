// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lc/signals.hpp"
#include "workflows/stages/series.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {

/// The star of a target: the nearest one within three pixels; nothing when there is none.
std::optional<std::int64_t> row_of_target(const RunState& state, const TargetOptions& target);
/// The same within a radius, for before frames are measured.
std::optional<std::int64_t> row_of_target(const RunState& state, const TargetOptions& target,
                                          double radius_arcsec);

/// 1 for the stars that are targets [star]: they are no reference and no template of others.
std::vector<std::uint8_t> target_rows(const RunContext& run, const RunState& state);

/// Mid-exposure times of the measured frames at the star, BJD_TDB [frame].
std::vector<double> bjd_of_star(const RunState& state, std::int64_t row);

/// What reconstructive detrending fits together with its own terms; Kind none when the target does
/// not ask for it.
lc::Signal signal_of(const TargetOptions& target);

/// The points that fits must leave out because a known event of a target lies there: per star row
/// [frame], all set for a target that always varies. Stars without one have no entry.
class KnownEvents {
 public:
  KnownEvents(const RunContext& run, const RunState& state);
  /// [frame], or empty.
  std::span<const std::uint8_t> of_star(std::int64_t row) const;
  /// The columns [column][frame] of a signal to be fitted together with EPD terms and TFA
  /// templates, and not subtracted; empty for most stars.
  const std::vector<std::vector<double>>& signals_of(std::int64_t row) const;

 private:
  void know_injections(const RunState& state);

  std::map<std::int64_t, std::vector<std::vector<double>>> signals_;
  std::map<std::int64_t, std::vector<std::uint8_t>> masks_;
};

/// Corrects a tile in place: `magnitudes` come in as stage `before` left them, with empty quality
/// bits, and go out as `stage` shall have them. `raw` are the same stars. Collective: no.
using CorrectTile = std::function<void(const Tile& tile, const StarBlock& raw,
                                       io::ShardReader::StageTile& magnitudes)>;

/// Runs one detrending stage over all shards that are not done: reads the magnitudes of stage
/// `before` and writes those of `stage`. Each rank corrects its own tiles. Collective.
void correct_all_tiles(const RunContext& run, const RunState& state, std::string_view before,
                       std::string_view stage, const std::string& digest,
                       const CorrectTile& correct);

/// How many TFA templates each aperture has. Collective.
std::vector<std::int64_t> count_templates(const RunContext& run, const RunState& state);

/// True when every shard of `stage` is done with this digest. Collective.
bool stage_is_done(const RunContext& run, const RunState& state, std::string_view stage,
                   const std::string& digest);

}  // namespace skyweft::workflows
