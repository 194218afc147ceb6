// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/trials.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/iso_utc.hpp"
#include "mpi/gather.hpp"
#include "steps/step.hpp"
#include "workflows/stages/frame_givens.hpp"

namespace skyweft::workflows {
namespace {

std::vector<std::int64_t> trial_indices(const RunContext& run, const RunState& state) {
  const int n_trial = run.config.stars.trial_frames;
  std::map<std::string, std::vector<std::int64_t>> usable;
  std::int64_t n_all = 0;
  for (const std::int64_t i : founding_lights(run, state)) {
    usable[detector_key(state.lights[static_cast<std::size_t>(i)].info)].push_back(i);
    ++n_all;
  }
  std::vector<std::int64_t> out;
  for (const auto& [key, lights] : usable) {
    const auto n = static_cast<std::int64_t>(lights.size());
    const std::int64_t take = std::clamp<std::int64_t>((n_trial * n + n_all / 2) / n_all, 1, n);
    for (std::int64_t k = 0; k < take; ++k)
      out.push_back(lights[static_cast<std::size_t>((2 * k + 1) * n / (2 * take))]);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

std::vector<std::int64_t> founding_lights(const RunContext& run, const RunState& state) {
  const double longitude_deg = run.config.frame.site.longitude.deg();
  std::map<std::string, std::string> first_night;
  std::vector<std::int64_t> out;
  for (std::size_t i = 0; i < state.lights.size(); ++i) {
    const FrameInfo& info = state.lights[i].info;
    if (!state.lights[i].reason.empty()) continue;
    const std::string night = io::night_of(info.time_utc_mid_jd, longitude_deg);
    const auto [at, is_new] = first_night.emplace(detector_key(info), night);
    if (is_new || at->second == night) out.push_back(static_cast<std::int64_t>(i));
  }
  return out;
}

std::vector<ScannedFrame> founders_of(const RunContext& run, const RunState& state) {
  std::vector<ScannedFrame> out;
  for (const std::int64_t i : founding_lights(run, state))
    out.push_back(state.lights[static_cast<std::size_t>(i)]);
  return out;
}

steps::FrameWork look_at_light(const RunContext& run, const RunState& state, std::int64_t i_light,
                               const std::vector<std::string>& names) {
  steps::FrameWork work;
  work.info = state.lights[static_cast<std::size_t>(i_light)].info;
  steps::process(work, steps::chain(names), givens_for(run, state, i_light), run.config.frame);
  return work;
}

std::vector<Trial> try_frames(const RunContext& run, const RunState& state,
                              const std::vector<std::string>& names) {
  const std::vector<std::int64_t> indices = trial_indices(run, state);
  std::vector<std::pair<std::int64_t, Trial>> mine;
  for (std::size_t k = 0; k < indices.size(); ++k) {
    if (static_cast<std::int64_t>(k) % run.world.size() != run.world.rank()) continue;
    const steps::FrameWork work = look_at_light(run, state, indices[k], names);
    Trial trial{.i_light = indices[k],
                .record = work.record,
                .n_bright = 0,
                .nx = work.frame.nx(),
                .ny = work.frame.ny()};
    trial.record.id = work.info.id;
    trial.n_bright = std::ranges::count_if(work.sources.snr, [&](float s) {
      return static_cast<double>(s) >= run.config.stars.min_snr;
    });
    mine.emplace_back(static_cast<std::int64_t>(k), std::move(trial));
  }
  return mpi::gather_in_order(run.world, static_cast<std::int64_t>(indices.size()), mine);
}

std::map<std::string, double> widths_of(const std::vector<Trial>& trials, const RunState& state) {
  std::map<std::string, std::vector<double>> all;
  for (const Trial& t : trials)
    if (t.record.state != FrameState::rejected && t.record.fwhm_px > 0.0)
      all[detector_key(state.lights[static_cast<std::size_t>(t.i_light)].info)].push_back(
          t.record.fwhm_px);
  std::map<std::string, double> out;
  for (auto& [key, widths] : all) out[key] = median_in_place(std::span<double>{widths});
  return out;
}

std::string reasons_of(const std::vector<Trial>& trials) {
  std::string out;
  std::set<std::string> told;
  for (const Trial& t : trials)
    if (t.record.state == FrameState::rejected && told.insert(t.record.reason).second)
      out += fmt::format("\n  {}: {}", t.record.stage, t.record.reason);
  return out;
}

}  // namespace skyweft::workflows
