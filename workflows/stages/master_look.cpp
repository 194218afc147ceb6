// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <filesystem>

#include <fmt/format.h>

#include "calib/stack_frames.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "mpi/gather.hpp"
#include "mpi/partition.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

/// Bias and dark frames whose level or scatter departs from the others'.
std::vector<std::string> odd_ones(const StackInputs& inputs) {
  std::vector<double> level;
  std::vector<double> sigma;
  for (const InputModel& model : inputs.models) {
    level.push_back(model.level_adu);
    sigma.push_back(model.sigma_adu);
  }
  std::vector<std::string> drop(inputs.frames.size());
  for (const calib::FrameVerdict& v : calib::odd_frames(level, sigma))
    drop[static_cast<std::size_t>(v.i_frame)] = fmt::format(
        "{} departs from the others by {:.1f} sigma, limit {:g}", v.test, v.measured, v.threshold);
  return drop;
}

/// Each rank works on every size()-th input; the results are gathered in order.
template <class T, class Work>
std::vector<T> share_inputs(const RunContext& run, const StackInputs& inputs, Work work) {
  const auto n = static_cast<std::int64_t>(inputs.frames.size());
  std::vector<std::pair<std::int64_t, T>> mine;
  for (std::int64_t i = run.world.rank(); i < n; i += run.world.size())
    mine.emplace_back(i, work(static_cast<std::size_t>(i)));
  return mpi::gather_in_order(run.world, n, mine);
}

}  // namespace

/// Removes the inputs for which `drop` says why.
void leave_out(StackInputs& inputs, const std::vector<std::string>& drop) {
  StackInputs kept{.frames = {},
                   .models = {},
                   .surfaces = {},
                   .stack = inputs.stack,
                   .notes = std::move(inputs.notes)};
  for (std::size_t i = 0; i < drop.size(); ++i) {
    if (!drop[i].empty()) {
      kept.notes.push_back(fmt::format(
          "{} left out: {}",
          printable(std::filesystem::path{inputs.frames[i]->info.path}.filename().string()),
          drop[i]));
      continue;
    }
    kept.frames.push_back(inputs.frames[i]);
    kept.models.push_back(std::move(inputs.models[i]));
    if (!inputs.surfaces.empty()) kept.surfaces.push_back(std::move(inputs.surfaces[i]));
  }
  inputs = std::move(kept);
}

void require_inputs(const StackInputs& inputs, std::string_view kind, std::int64_t n_min,
                    const char* option) {
  if (static_cast<std::int64_t>(inputs.frames.size()) >= n_min) return;
  std::string text = fmt::format(
      "only {} {} frames can be used for a master, fewer than {} = {}; give more, lower {}, or set "
      "calibrate.{} = false",
      inputs.frames.size(), kind, option, n_min, option, kind);
  for (const std::string& note : inputs.notes) text += "\n  " + note;
  throw Error{Errc::bad_input, text}.because(
      {"n_inputs", static_cast<double>(inputs.frames.size()), static_cast<double>(n_min)});
}

StackInputs look_at_inputs(const RunContext& run, const std::vector<const ScannedFrame*>& frames,
                           const InputMasters& masters) {
  StackInputs inputs{
      .frames = frames, .models = {}, .surfaces = {}, .stack = run.config.masters, .notes = {}};
  const bool sky = frames.front()->info.type == FrameType::flat && run.config.match.flat == "sky";
  inputs.models = share_inputs<InputModel>(run, inputs, [&](std::size_t i) {
    try {
      WholeInput input = read_input(frames[i]->info, masters, run.config);
      if (sky)
        input.model.stamp = calib::stamp_statistics(input.adu, input.mask, run.config.skyflat);
      return std::move(input.model);
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      InputModel model;
      model.fault = printable(error.text());
      return model;
    }
  });
  std::vector<std::string> faults;
  for (const InputModel& model : inputs.models) faults.push_back(model.fault);
  leave_out(inputs, faults);
  if (frames.front()->info.type != FrameType::flat) leave_out(inputs, odd_ones(inputs));
  require_inputs(inputs, name_of(frames.front()->info.type), run.config.masters.min_frames,
                 "masters.min_frames");
  return inputs;
}

}  // namespace skyweft::workflows
