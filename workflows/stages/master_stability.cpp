// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "calib/sky_flat_parts.hpp"
#include "core/error.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

template <class T>
Grid<T> copy_of(std::span<const T> plane, const calib::MasterView& view) {
  Grid<T> grid(view.nx, view.ny);
  std::ranges::copy(plane, grid.pixels().begin());
  return grid;
}

bool same_light(const FrameInfo& a, const FrameInfo& b) {
  return a.camera == b.camera && a.channel == b.channel && a.filter == b.filter && a.nx == b.nx &&
         a.ny == b.ny;
}

}  // namespace

void tell_flat_stability(const RunContext& run, const RunState& state) {
  const MasterPlan* before = nullptr;
  for (const MasterPlan& plan : state.plans) {
    if (plan.like.type != FrameType::flat || !state.masters.contains(plan.name)) continue;
    const MasterPlan* previous = std::exchange(before, &plan);
    if (previous == nullptr || !same_light(previous->like, plan.like)) continue;
    mpi::do_on_root(run.world, [&] {
      const calib::MasterView a = state.masters.at(plan.name)->view();
      const calib::MasterView b = state.masters.at(previous->name)->view();
      try {
        const calib::FlatStability s =
            calib::flat_stability(copy_of(a.value, a), copy_of(a.mask, a), copy_of(b.value, b),
                                  copy_of(b.mask, b), run.config.skyflat);
        run.say(fmt::format("{} over {}: small scale {:.3f} % rms, large scale {:.3f} % rms",
                            plan.name, previous->name, 100.0 * s.small_rms, 100.0 * s.large_rms));
      } catch (const Error& error) {
        run.warn(fmt::format("{} and {} cannot be compared: {}", plan.name, previous->name,
                             error.text()));
      }
    });
  }
}

}  // namespace skyweft::workflows
