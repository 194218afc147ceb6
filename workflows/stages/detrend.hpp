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

/// The points that fits must leave out because a known event of a target lies there: per star row
/// [frame], all set for a target that always varies. Stars without one have no entry.
class KnownEvents {
 public:
  KnownEvents(const RunContext& run, const RunState& state);
  /// [frame], or empty.
  std::span<const std::uint8_t> of_star(std::int64_t row) const;

 private:
  std::map<std::int64_t, std::vector<std::uint8_t>> masks_;
};

/// Corrects one aperture of one star in place; quality [frame] takes flags.
using CorrectSeries =
    std::function<void(std::int64_t row, std::int64_t aperture, std::span<float> mag,
                       std::span<QualityBits> quality, const StarBlock& raw, std::int64_t i_star)>;

/// Runs one detrending stage over all shards that are not done: reads the magnitudes of stage
/// `before` and writes those of `stage`. Collective.
void correct_all_shards(const RunContext& run, const RunState& state, std::string_view before,
                        std::string_view stage, const std::string& digest,
                        const CorrectSeries& correct);

/// How many TFA templates each aperture has. Collective.
std::vector<std::int64_t> count_templates(const RunContext& run, const RunState& state);

/// True when every shard of `stage` is done with this digest. Collective.
bool stage_is_done(const RunContext& run, const RunState& state, std::string_view stage,
                   const std::string& digest);

}  // namespace skyweft::workflows
