// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/sysrem.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "lc/magnitudes.hpp"
#include "lc/statistics.hpp"
#include "lc/sysrem.hpp"
#include "mpi/gather.hpp"
#include "mpi/ordered_fold.hpp"
#include "workflows/stages/detrend.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::int64_t kBlockStars = 64;

/// One star's points in the frames of a group, one aperture: out of a tile.
template <class Value>
void pick(std::span<const Value> points, std::int64_t n_ap, std::int64_t aperture,
          std::span<const std::int64_t> frames, std::vector<Value>& to) {
  to.resize(frames.size());
  for (std::size_t k = 0; k < frames.size(); ++k)
    to[k] = points[static_cast<std::size_t>(frames[k] * n_ap + aperture)];
}

/// All points [frame][ap] of one star of a tile.
template <class Value>
std::span<const Value> points_of(const std::vector<Value>& all, std::int64_t i_star,
                                 std::int64_t n_frame, std::int64_t n_ap) {
  return {all.data() + i_star * n_frame * n_ap, static_cast<std::size_t>(n_frame * n_ap)};
}

/// Magnitudes and formal errors of one star, aperture and group.
struct Series {
  std::vector<float> mag;
  std::vector<float> mag_err;
  std::vector<float> flux_e;
  std::vector<float> flux_err_e;

  void load(const StarBlock& raw, const io::ShardReader::StageTile& stage, std::int64_t i_star,
            std::int64_t aperture, std::span<const std::int64_t> frames) {
    const auto n_frame = stage.n_frame;
    const auto n_ap = stage.n_ap;
    pick(points_of(stage.mag, i_star, n_frame, n_ap), n_ap, aperture, frames, mag);
    pick(points_of(raw.points.flux_e, i_star, n_frame, n_ap), n_ap, aperture, frames, flux_e);
    pick(points_of(raw.points.flux_err_e, i_star, n_frame, n_ap), n_ap, aperture, frames,
         flux_err_e);
    mag_err.resize(frames.size());
    for (std::size_t k = 0; k < frames.size(); ++k)
      mag_err[k] = lc::instrumental_mag_err(static_cast<double>(flux_e[k]),
                                            static_cast<double>(flux_err_e[k]));
  }
};

/// The stars that the effects of each group are found from: rows of the star list, ascending.
std::vector<std::vector<std::int64_t>> choose_stars(const RunContext& run, const RunState& state) {
  constexpr double kMostSaturated = 0.1;
  const auto& groups = state.groups.frames;
  const auto middle = static_cast<std::int64_t>(state.aperture_radius_px.size() / 2);
  const auto length = 3 * std::ssize(groups);
  std::vector<std::int64_t> rows;
  std::vector<double> values;
  lc::SeriesBuffers buffers;
  std::vector<float> mag;
  std::vector<QualityBits> bits;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const StarBlock raw = read_raw(run, state, i_shard, tile);
    const auto epd = read_stage(run, "epd", i_shard, tile);
    for (std::int64_t s = 0; s < tile.n; ++s) {
      rows.push_back(tile.first_star + s);
      for (const auto& frames : groups) {
        pick(points_of(epd.mag, s, epd.n_frame, epd.n_ap), epd.n_ap, middle, frames, mag);
        pick(points_of(raw.points.quality, s, raw.n_frame, 1), 1, 0, frames, bits);
        const lc::SeriesScatter scatter = lc::series_scatter(mag, buffers);
        values.push_back(scatter.scatter);
        values.push_back(static_cast<double>(scatter.n));
        values.push_back(static_cast<double>(std::ranges::count_if(
            bits, [](QualityBits q) { return (q & quality::saturated) != 0; })));
      }
    }
  });
  const auto all = mpi::gather_rows_in_order(run.world, state.stars.size(), length, rows, values);
  const std::vector<std::uint8_t> targets = target_rows(run, state);
  std::vector<std::vector<std::int64_t>> chosen;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<lc::EffectCandidate> stars;
    for (std::size_t row = 0; row < targets.size(); ++row) {
      const double* const of = all.data() + row * static_cast<std::size_t>(length) + 3 * g;
      stars.push_back({.mag = static_cast<double>(state.stars.mag[row]),
                       .scatter_mag = of[0],
                       .n_points = std::llround(of[1]),
                       .is_barred = targets[row] != 0 || of[2] > kMostSaturated * of[1]});
    }
    chosen.push_back(lc::choose_effect_stars(stars, std::ssize(groups[g]), run.config.sysrem));
  }
  return chosen;
}

/// This rank's blocks of the effects' stars of one group, for some apertures.
class StarsOfGroup {
 public:
  StarsOfGroup(const RunContext& run, const RunState& state, std::span<const std::int64_t> frames,
               std::span<const std::int64_t> rows, std::int64_t first_aperture,
               std::int64_t n_aperture)
      : comm_(run.world), n_frame_(std::ssize(frames)) {
    n_block_ = (std::ssize(rows) + kBlockStars - 1) / kBlockStars;
    blocks_.resize(static_cast<std::size_t>(n_aperture));
    for (std::int64_t b = comm_.rank(); b < n_block_; b += comm_.size()) mine_.push_back(b);
    const auto shards = shards_of(state);
    Tile held;
    std::int64_t held_shard = -1;
    StarBlock raw;
    io::ShardReader::StageTile epd;
    Series series;
    for (const std::int64_t b : mine_) {
      for (auto& of_aperture : blocks_) of_aperture.emplace_back();
      const std::int64_t end = std::min(std::ssize(rows), (b + 1) * kBlockStars);
      for (std::int64_t i = b * kBlockStars; i < end; ++i) {
        const std::int64_t star = rows[static_cast<std::size_t>(i)];
        if (held_shard < 0 || star >= held.first_star + held.n) {
          // The whole chunk of the store; rows ascend, so each is read once a block.
          held_shard = std::ranges::find_if(
                           shards, [&](const ShardRows& s) { return star < s.first + s.n; }) -
                       shards.begin();
          const ShardRows& shard = shards[static_cast<std::size_t>(held_shard)];
          const std::int64_t row = (star - shard.first) / io::kChunkStars * io::kChunkStars;
          held = {.first_row = row,
                  .first_star = shard.first + row,
                  .n = std::min(io::kChunkStars, shard.n - row)};
          raw = read_raw(run, state, held_shard, held);
          epd = read_stage(run, "epd", held_shard, held);
        }
        for (std::int64_t a = 0; a < n_aperture; ++a) {
          series.load(raw, epd, star - held.first_star, first_aperture + a, frames);
          lc::add_star(blocks_[static_cast<std::size_t>(a)].back(), series.mag, series.mag_err,
                       run.config.sysrem);
        }
      }
    }
  }

  /// The effects of one of the apertures. Collective.
  lc::EffectSet find(std::int64_t i_aperture, std::int64_t n_effect,
                     const lc::SysremConfig& config) {
    auto& blocks = blocks_[static_cast<std::size_t>(i_aperture)];
    const auto length = 2 * n_frame_;
    std::vector<std::vector<std::vector<double>>> coefficient(static_cast<std::size_t>(n_effect));
    const lc::EffectStars stars{
        .sums =
            [&](std::span<const double> effect) {
              std::vector<double> partials(blocks.size() * static_cast<std::size_t>(length), 0.0);
              for (std::size_t k = 0; k < blocks.size(); ++k) {
                const std::span<double> part{partials.data() + k * static_cast<std::size_t>(length),
                                             static_cast<std::size_t>(length)};
                if (effect.empty())
                  lc::add_start_sums(blocks[k], mine_[k] * kBlockStars, part);
                else
                  lc::add_effect_sums(blocks[k], effect, part);
              }
              return mpi::ordered_fold(comm_, n_block_, length, mine_, partials);
            },
        .subtract =
            [&](std::size_t e, std::span<const double> effect) {
              coefficient[e].clear();
              for (lc::ResidualBlock& block : blocks)
                coefficient[e].push_back(lc::subtract_effect(block, effect));
            },
        .restore =
            [&](std::size_t e, std::span<const double> effect) {
              for (std::size_t k = 0; k < blocks.size(); ++k)
                lc::restore_effect(blocks[k], coefficient[e][k], effect);
            }};
    lc::EffectSet out{.n_effect = 0, .n_frame = n_frame_, .values = {}};
    for (const lc::FoundEffect& found : lc::find_effects(stars, n_effect, config)) {
      ++out.n_effect;
      out.values.insert(out.values.end(), found.effect.begin(), found.effect.end());
    }
    return out;
  }

 private:
  const mpi::Comm& comm_;
  std::int64_t n_frame_;
  std::int64_t n_block_ = 0;
  std::vector<std::int64_t> mine_;
  std::vector<std::vector<lc::ResidualBlock>> blocks_;  ///< [aperture][my block]
};

/// How many apertures' stars fit half of the memory at once; at least one. Throws as
/// remove_systematics() does.
std::int64_t apertures_at_once(const RunContext& run, std::int64_t n_star, std::int64_t n_frame) {
  const std::int64_t n_block = (n_star + kBlockStars - 1) / kBlockStars;
  const std::int64_t of_rank = (n_block + run.world.size() - 1) / run.world.size() * kBlockStars;
  const double mib = static_cast<double>(of_rank * n_frame * 8) / 1048576.0;
  const double budget_mib = 0.5 * run.config.run.memory_mib;
  if (mib > budget_mib)
    throw Error{Errc::bad_config,
                fmt::format("SysRem holds {} stars over {} frames, {:.0f} MiB per rank, in half of "
                            "run.memory_mib; lower sysrem.max_stars, raise run.memory_mib or use "
                            "more ranks",
                            n_star, n_frame, mib)}
        .because({"sysrem_memory_mib", mib, budget_mib});
  return mib > 0.0 ? static_cast<std::int64_t>(std::min(1e6, budget_mib / mib)) : 1;
}

/// Effects [group][aperture], the same on all ranks. Collective.
std::vector<std::vector<lc::EffectSet>> find_all(const RunContext& run, const RunState& state) {
  const auto n_ap = static_cast<std::int64_t>(state.aperture_radius_px.size());
  const auto chosen = choose_stars(run, state);
  std::vector<std::vector<lc::EffectSet>> all;
  for (std::size_t g = 0; g < chosen.size(); ++g) {
    const auto& frames = state.groups.frames[g];
    const auto& rows = chosen[g];
    const std::int64_t n_effect = lc::countable_effects(std::ssize(rows), run.config.sysrem);
    auto& of_group = all.emplace_back();
    const std::int64_t at_once = apertures_at_once(run, std::ssize(rows), std::ssize(frames));
    for (std::int64_t first = 0; first < n_ap; first += at_once) {
      const std::int64_t n = std::min(at_once, n_ap - first);
      StarsOfGroup stars{run, state, frames, rows, first, n};
      for (std::int64_t a = 0; a < n; ++a)
        of_group.push_back(stars.find(a, n_effect, run.config.sysrem));
    }
    const std::int64_t found = of_group[static_cast<std::size_t>(n_ap / 2)].n_effect;
    const auto text = fmt::format(
        "tfa: SysRem found {} effects in group {} from {} stars over {} frames (middle aperture)",
        found, state.groups.names[g], rows.size(), frames.size());
    if (found < run.config.sysrem.effects)
      run.warn(text +
               fmt::format(", not {}: too few quiet stars there", run.config.sysrem.effects));
    else
      run.say(text);
  }
  return all;
}

/// The values of [frame] that belong to a group's frames.
template <class Value>
std::vector<Value> in_group(std::span<const Value> all, std::span<const std::int64_t> frames) {
  std::vector<Value> out;
  if (all.empty()) return out;
  for (const std::int64_t f : frames) out.push_back(all[static_cast<std::size_t>(f)]);
  return out;
}

}  // namespace

void remove_systematics(RunContext& run, RunState& state, const std::string& digest) {
  if (stage_is_done(run, state, "tfa", digest)) return;
  const KnownEvents events{run, state};
  const auto effects = find_all(run, state);
  Series series;
  const auto correct_one = [&](std::int64_t row, const StarBlock& raw, std::int64_t s,
                               io::ShardReader::StageTile& magnitudes) {
    const auto bits = star_row(magnitudes.quality, s, magnitudes.n_frame);
    for (std::size_t g = 0; g < effects.size(); ++g) {
      const std::vector<std::int64_t>& frames = state.groups.frames[g];
      const auto excluded = in_group(events.of_star(row), frames);
      std::vector<std::vector<double>> signals;
      for (const auto& column : events.signals_of(row))
        signals.push_back(in_group(std::span{column}, frames));
      for (std::int64_t a = 0; a < magnitudes.n_ap; ++a) {
        series.load(raw, magnitudes, s, a, frames);
        lc::ResidualBlock weights;
        lc::add_star(weights, series.mag, series.mag_err, run.config.sysrem);
        auto quality = in_group(std::span<const QualityBits>{bits}, frames);
        lc::remove_effects(series.mag, weights.weight, quality,
                           effects[g][static_cast<std::size_t>(a)], excluded, signals,
                           run.config.sysrem);
        for (std::size_t k = 0; k < frames.size(); ++k) {
          const auto at = static_cast<std::size_t>(s * magnitudes.n_frame + frames[k]);
          magnitudes
              .mag[at * static_cast<std::size_t>(magnitudes.n_ap) + static_cast<std::size_t>(a)] =
              series.mag[k];
          magnitudes.quality[at] |= quality[k];
        }
      }
    }
  };
  correct_all_tiles(run, state, "epd", "tfa", digest,
                    [&](const Tile& tile, const StarBlock& raw, auto& magnitudes) {
                      for (std::int64_t s = 0; s < tile.n; ++s)
                        correct_one(tile.first_star + s, raw, s, magnitudes);
                    });
}

}  // namespace skyweft::workflows
