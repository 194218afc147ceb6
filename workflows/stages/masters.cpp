// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "calib/region_text.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "mpi/on_root.hpp"
#include "workflows/regions.hpp"
#include "workflows/stages/master_choice.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

/// Sets aside the lights that lack a master, and keeps usable lights first.
void assign_masters(const RunContext& run, RunState& state) {
  std::vector<FrameMasters> masters(state.lights.size());
  for (std::size_t i = 0; i < state.lights.size(); ++i)
    if (state.lights[i].reason.empty())
      masters[i] = masters_of(state.lights[i].info, state.plans, run.config);
  apply_missing_policy(state.lights, masters, run.config);
  for (std::size_t i = 0; i < masters.size(); ++i)
    if (!state.lights[i].reason.empty()) masters[i] = {};
  std::vector<ScannedFrame> lights;
  state.light_masters.clear();
  for (const bool usable : {true, false})
    for (std::size_t i = 0; i < masters.size(); ++i)
      if (state.lights[i].reason.empty() == usable) {
        lights.push_back(std::move(state.lights[i]));
        state.light_masters.push_back(std::move(masters[i]));
      }
  state.lights = std::move(lights);
  if (!state.lights.empty() && !state.lights.front().reason.empty())
    throw Error{Errc::bad_input,
                fmt::format("no light frame is left; first: {}", state.lights.front().reason)};
}

/// The plans that lights use, and those that these are made with.
std::set<std::int64_t> needed_plans(const RunState& state) {
  std::set<std::int64_t> needed;
  for (const FrameMasters& m : state.light_masters) needed.insert({m.bias, m.dark, m.flat});
  for (const std::int64_t i : std::set<std::int64_t>{needed})
    if (i >= 0) {
      const FrameMasters& m = state.plan_masters[static_cast<std::size_t>(i)];
      needed.insert({m.bias, m.dark});
      if (m.dark >= 0) needed.insert(state.plan_masters[static_cast<std::size_t>(m.dark)].bias);
    }
  needed.erase(-1);
  return needed;
}

const HeldMaster* held(const RunState& state, std::int64_t i_plan) {
  if (i_plan < 0) return nullptr;
  const auto it = state.masters.find(state.plans[static_cast<std::size_t>(i_plan)].name);
  return it == state.masters.end() ? nullptr : it->second.get();
}

/// The map of bad pixels or of the shutter's delay that a frame's camera names; null: none. Held
/// when it is first asked for. Collective over the node; equal on all ranks.
const HeldMaster* map_of(const RunContext& run, RunState& state, const FrameInfo& info,
                         const std::string& path, const char* kind) {
  if (path.empty()) return nullptr;
  const std::string key = fmt::format("{}\n{}\n{}", kind, path, info.channel);
  auto& slot = state.masters[key];
  if (slot) return slot.get();
  if (std::string_view{kind} == "shutter") {
    slot = hold_shutter_map(run, info);
    return slot.get();
  }
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  for (const ScannedFrame& light : state.lights) {
    const FrameInfo& other = light.info;
    if (!light.reason.empty() || other.camera != info.camera || other.channel != info.channel)
      continue;
    nx = std::max(nx, other.window_x0 + other.nx);
    ny = std::max(ny, other.window_y0 + other.ny);
  }
  slot = hold_bad_pixels(run, info, nx, ny);
  return slot.get();
}

calib::MasterView view_of(const HeldMaster* master) {
  return master == nullptr ? calib::MasterView{} : master->view();
}

calib::MasterView cut_for(const HeldMaster* master, const FrameInfo& like) {
  if (master == nullptr) return {};
  return master->view().window(like.window_x0, like.window_y0, like.nx, like.ny);
}

void make_and_hold(const RunContext& run, RunState& state, std::int64_t i_plan) {
  const MasterPlan& plan = state.plans[static_cast<std::size_t>(i_plan)];
  const FrameMasters& used = state.plan_masters[static_cast<std::size_t>(i_plan)];
  std::string given = plan.name + stage_settings(run.config, Stage::scan) +
                      stage_settings(run.config, Stage::masters);
  for (const std::int64_t i : {used.bias, used.dark})
    if (const HeldMaster* master = held(state, i)) given += master->digest;
  std::vector<const ScannedFrame*> frames;
  for (const std::int64_t i : plan.inputs) {
    frames.push_back(&state.calibration[static_cast<std::size_t>(i)]);
    given += frames.back()->digest;
  }
  const std::string digest = io::digest_of_text(given);
  const std::string unit = fmt::format("master:{}", plan.name);
  if (!run.done(unit, digest)) {
    const bool flat = plan.like.type == FrameType::flat;
    const InputMasters masters{
        .bias = cut_for(held(state, used.bias), plan.like),
        .dark = cut_for(held(state, used.dark), plan.like),
        .shutter =
            flat ? cut_for(map_of(run, state, plan.like, plan.like.traits.shutter_map, "shutter"),
                           plan.like)
                 : calib::MasterView{}};
    StackInputs inputs = look_at_inputs(run, frames, masters);
    MasterPlan low_plan = plan;
    low_plan.name = "low" + plan.name;
    StackInputs low_inputs;
    MadeMaster low;
    if (plan.like.type == FrameType::flat && run.config.match.flat == "sky") {
      SkyFlats flats = prepare_sky_flats(run, masters, std::move(inputs));
      inputs = std::move(flats.high);
      low_inputs = std::move(flats.low);
      if (!low_inputs.frames.empty()) low = stack_master(run, low_plan, low_inputs, masters);
    }
    MadeMaster made = stack_master(run, plan, inputs, masters);
    mpi::do_on_root(run.world, [&] {
      if (!low_inputs.frames.empty()) {
        mark_nonlinear(run, low, made);
        write_master(run, low_plan, low_inputs, low, digest);
      }
      write_master(run, plan, inputs, made, digest);
    });
    for (const std::string& note : inputs.notes) run.warn(plan.name + ": " + note);
    run.say(fmt::format("masters: {} from {} frames{}", plan.name, inputs.frames.size(),
                        used.text.empty() ? "" : ", with " + used.text));
  }
  run.world.barrier();
  state.masters[plan.name] = hold_master(run, plan, digest);
}

/// Joins the masks of every set of masters that lights share.
void prepare_sets(const RunContext& run, RunState& state) {
  std::map<std::string, std::int64_t> known;
  for (std::size_t i = 0; i < state.light_masters.size(); ++i) {
    const FrameInfo& info = state.lights[i].info;
    if (!state.lights[i].reason.empty()) continue;
    FrameMasters& mine = state.light_masters[i];
    const std::string key = fmt::format("{} {} {}\n{}\n{}", mine.bias, mine.dark, mine.flat,
                                        info.traits.bad_pixels, info.traits.shutter_map);
    const auto [at, is_new] = known.emplace(key, static_cast<std::int64_t>(state.prepared.size()));
    mine.prepared = at->second;
    if (!is_new) continue;
    calib::Masters masters{.bias = view_of(held(state, mine.bias)),
                           .dark = view_of(held(state, mine.dark)),
                           .flat = view_of(held(state, mine.flat))};
    masters.dark.shares_bias =
        mine.bias >= 0 && mine.dark >= 0 &&
        state.plan_masters[static_cast<std::size_t>(mine.dark)].bias == mine.bias;
    masters.shutter = view_of(map_of(run, state, info, info.traits.shutter_map, "shutter"));
    masters.bad_pixels = view_of(map_of(run, state, info, info.traits.bad_pixels, "bad_pixels"));
    const calib::CalibConfig& config = run.config.frame.calibrate;
    const calib::Masters wanted = calib::wanted_masters(masters, config);
    const PixelBox box = calib::common_box(wanted);
    auto joined = mpi::NodeShared<MaskBits>(run.node, box.empty() ? 0 : box.nx() * box.ny(),
                                            [&](std::span<MaskBits> to) {
                                              if (!to.empty())
                                                calib::join_masks(wanted, config, box, to);
                                            });
    auto set = std::unique_ptr<HeldSet>(
        new HeldSet{.prepared = {.use = wanted, .joined = {}}, .joined = std::move(joined)});
    if (!box.empty()) {
      set->prepared.joined.nx = box.nx();
      set->prepared.joined.ny = box.ny();
      set->prepared.joined.x0 = box.x0;
      set->prepared.joined.y0 = box.y0;
      set->prepared.joined.mask = set->joined.view();
    }
    state.prepared.push_back(std::move(set));
    run.say(fmt::format("masters for {}: {}", printable(label_of(info)),
                        mine.text.empty() ? "none wanted" : mine.text));
  }
}

/// Lets go of masters that neither lights nor the plans still to be made use. Collective.
void release_unused(RunState& state, const std::set<std::int64_t>& to_come) {
  std::set<std::string> used;
  const auto use = [&](std::int64_t i_plan) {
    if (i_plan >= 0) used.insert(state.plans[static_cast<std::size_t>(i_plan)].name);
  };
  for (const FrameMasters& m : state.light_masters)
    for (const std::int64_t i : {m.bias, m.dark, m.flat}) use(i);
  for (const std::int64_t i : to_come) {
    use(state.plan_masters[static_cast<std::size_t>(i)].bias);
    use(state.plan_masters[static_cast<std::size_t>(i)].dark);
  }
  std::erase_if(state.masters, [&](const auto& entry) {
    return !used.contains(entry.first) && entry.first.find('\n') == std::string::npos;
  });
}

}  // namespace

void make_masters(RunContext& run, RunState& state) {
  const std::string regions = mpi::on_root(run.world, [&] { return region_text(run.config.mask); });
  state.regions = calib::parse_regions(regions);
  state.regions_text = regions;
  state.plans = plan_all_masters(run.config, state.calibration);
  for (const MasterPlan& plan : state.plans)
    state.plan_masters.push_back(masters_of(plan.like, state.plans, run.config));
  assign_masters(run, state);
  std::set<std::int64_t> to_make = needed_plans(state);
  while (!to_make.empty()) {
    const std::int64_t next = *to_make.begin();
    make_and_hold(run, state, next);
    to_make.erase(next);
    release_unused(state, to_make);
  }
  tell_flat_stability(run, state);
  prepare_sets(run, state);
  test_windows(run, state);

  std::string digests = regions + stage_settings(run.config, Stage::scan) +
                        stage_settings(run.config, Stage::masters);
  for (const auto& [name, master] : state.masters) digests += master->digest;
  state.masters_digest = io::digest_of_text(digests);
}

}  // namespace skyweft::workflows
