// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/detrend.hpp"

#include <algorithm>
#include <cmath>

#include "lc/epd.hpp"
#include "sky/projection.hpp"
#include "sky/time.hpp"
#include "workflows/stages/injections.hpp"

namespace skyweft::workflows {

std::optional<std::int64_t> row_of_target(const RunState& state, const TargetOptions& target) {
  const FrameRecord& frame = state.records[static_cast<std::size_t>(state.measured.front())];
  return row_of_target(state, target, 3.0 * frame.scale_arcsec_px);
}

std::optional<std::int64_t> row_of_target(const RunState& state, const TargetOptions& target,
                                          double radius_arcsec) {
  const SkyPos there{Angle::from_deg(target.ra_deg), Angle::from_deg(target.dec_deg)};
  double least = radius_arcsec;
  std::optional<std::int64_t> found;
  for (std::int64_t row = 0; row < state.stars.size(); ++row) {
    const auto k = static_cast<std::size_t>(row);
    const SkyPos star{Angle::from_deg(state.stars.ra_deg[k]),
                      Angle::from_deg(state.stars.dec_deg[k])};
    const double away = sky::separation(star, there).arcsec();
    if (away >= least) continue;
    least = away;
    found = row;
  }
  return found;
}

std::vector<std::uint8_t> target_rows(const RunContext& run, const RunState& state) {
  std::vector<std::uint8_t> rows(static_cast<std::size_t>(state.stars.size()), 0);
  for (const auto& [name, target] : run.config.targets)
    if (const auto row = row_of_target(state, target)) rows[static_cast<std::size_t>(*row)] = 1;
  return rows;
}

std::vector<double> bjd_of_star(const RunState& state, std::int64_t row) {
  const auto k = static_cast<std::size_t>(row);
  const SkyPos star{Angle::from_deg(state.stars.ra_deg[k]),
                    Angle::from_deg(state.stars.dec_deg[k])};
  std::vector<double> bjd;
  for (const std::int64_t i : state.measured) {
    const FrameRecord& record = state.records[static_cast<std::size_t>(i)];
    sky::FrameTime time;
    time.tdb_jd = record.time_tdb_mid_jd;
    std::ranges::copy(record.observer_bary_ls, time.observer_bary_ls.begin());
    bjd.push_back(sky::bjd_tdb(time, star));
  }
  return bjd;
}

lc::Signal signal_of(const TargetOptions& target) {
  lc::Signal signal;
  if (target.reconstruct == "no" || !std::isfinite(target.event_mid_bjd)) return signal;
  signal.mid_bjd = target.event_mid_bjd;
  signal.period_d = target.event_period_d;
  signal.duration_d = target.event_duration_h / 24.0;
  signal.n_harmonic = target.harmonics;
  signal.kind =
      target.reconstruct == "transit" ? lc::Signal::Kind::transit : lc::Signal::Kind::fourier;
  return signal;
}

KnownEvents::KnownEvents(const RunContext& run, const RunState& state) {
  know_injections(state);
  for (const auto& [name, target] : run.config.targets) {
    const bool has_event = target.event_duration_h > 0.0 && std::isfinite(target.event_mid_bjd);
    const lc::Signal signal = signal_of(target);
    if (!has_event && !target.variable && signal.kind == lc::Signal::Kind::none) continue;
    const auto row = row_of_target(state, target);
    if (!row) continue;
    if (signal.kind != lc::Signal::Kind::none) {
      signals_[*row] = lc::signal_columns(signal, bjd_of_star(state, *row));
      continue;
    }
    if (target.variable) {
      masks_[*row].assign(state.measured.size(), 1);
      continue;
    }
    masks_[*row] =
        lc::event_mask(bjd_of_star(state, *row), {.mid_bjd = target.event_mid_bjd,
                                                  .period_d = target.event_period_d,
                                                  .duration_d = target.event_duration_h / 24.0});
  }
}

const std::vector<std::vector<double>>& KnownEvents::signals_of(std::int64_t row) const {
  static const std::vector<std::vector<double>> kNone;
  const auto it = signals_.find(row);
  return it == signals_.end() ? kNone : it->second;
}

void KnownEvents::know_injections(const RunState& state) {
  for (const lc::Injection& injection : state.injections.stars) {
    auto columns = injected_columns(state.injections, state, injection.row);
    if (!columns.empty()) signals_[injection.row] = std::move(columns);
  }
}

std::span<const std::uint8_t> KnownEvents::of_star(std::int64_t row) const {
  const auto it = masks_.find(row);
  return it == masks_.end() ? std::span<const std::uint8_t>{} : it->second;
}

bool stage_is_done(const RunContext& run, const RunState& state, std::string_view stage,
                   const std::string& digest) {
  std::vector<std::pair<std::string, std::string>> units;
  const auto n_shard = static_cast<std::int64_t>(shards_of(state).size());
  for (std::int64_t s = 0; s < n_shard; ++s) units.emplace_back(shard_unit(stage, s), digest);
  return std::ranges::all_of(run.done(units), [](bool f) { return f; });
}

void correct_all_tiles(const RunContext& run, const RunState& state, std::string_view before,
                       std::string_view stage, const std::string& digest,
                       const CorrectTile& correct) {
  const auto shards = shards_of(state);
  for (std::size_t k = 0; k < shards.size(); ++k) {
    const auto i_shard = static_cast<std::int64_t>(k);
    if (run.done(shard_unit(stage, i_shard), digest)) continue;
    write_stage_shard(run, state, stage, i_shard, shards[k], digest, [&](const Tile& tile) {
      const StarBlock raw = read_raw(run, state, i_shard, tile);
      auto magnitudes = read_stage(run, before, i_shard, tile);
      magnitudes.mag_err.clear();
      std::ranges::fill(magnitudes.quality, 0);
      correct(tile, raw, magnitudes);
      return magnitudes;
    });
  }
}

}  // namespace skyweft::workflows
