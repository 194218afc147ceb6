// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "calib/registration.hpp"
#include "core/error.hpp"
#include "core/log.hpp"
#include "mpi/on_root.hpp"
#include "workflows/stages/master_making.hpp"

namespace skyweft::workflows {
namespace {

struct Outcome {
  std::string text;  ///< what to say; empty when there was nothing to test
  bool shifted = false;

  template <class A>
  void serialize(A& archive, unsigned /*version*/) {
    archive& text& shifted;
  }
};

bool is_cut(const FrameInfo& frame, const calib::MasterView& master) {
  return !master.value.empty() && (master.nx != frame.nx || master.ny != frame.ny);
}

/// Throws Error{bad_input} when the frame cannot be read.
Outcome test_one(const RunContext& run, const FrameInfo& info, const calib::Masters& masters) {
  const calib::MasterView& pattern = is_cut(info, masters.flat) ? masters.flat : masters.dark;
  FrameInfo above_bias = info;
  above_bias.type = FrameType::dark;  // bias subtracted and nothing else
  InputMasters input;
  if (!masters.bias.empty())
    input.bias = masters.bias.window(info.window_x0, info.window_y0, info.nx, info.ny);
  const WholeInput frame = read_input(above_bias, input, run.config);
  const calib::RegistrationShift found =
      calib::registration_shift(frame.adu, frame.mask, pattern, info.window_x0, info.window_y0);
  const std::string what = fmt::format("window from ({}, {}) of camera {}", info.window_x0,
                                       info.window_y0, printable(info.camera));
  switch (found.verdict) {
    case calib::Registration::agrees:
      return {fmt::format("{}: its pixels fit the master there ({:.1f} sigma)", what,
                          found.significance)};
    case calib::Registration::undecided:
      return {fmt::format("{}: too few details to tell whether the origin is right", what)};
    case calib::Registration::shifted:
      break;
  }
  return {fmt::format("{}: its pixels fit the master at ({:+}, {:+}) from there ({:.1f} sigma "
                      "better; seen in {}); correct camera.{}.window_base or window_x_keys and "
                      "window_y_keys",
                      what, found.dx, found.dy, found.lead, printable(info.path),
                      printable(info.camera)),
          true};
}

}  // namespace

void test_windows(const RunContext& run, const RunState& state) {
  std::set<std::tuple<std::string, std::string, std::int64_t, std::int64_t>> seen;
  for (std::size_t i = 0; i < state.lights.size(); ++i) {
    const FrameInfo& info = state.lights[i].info;
    const std::int64_t i_set = state.light_masters[i].prepared;
    if (!state.lights[i].reason.empty() || i_set < 0) continue;
    const calib::Masters& masters = state.prepared[static_cast<std::size_t>(i_set)]->prepared.use;
    if (!is_cut(info, masters.flat) && !is_cut(info, masters.dark)) continue;
    const auto window = std::tuple{info.camera, info.channel, info.window_x0, info.window_y0};
    if (seen.contains(window)) continue;
    const Outcome outcome = mpi::on_root(run.world, [&] {
      try {
        return test_one(run, info, masters);
      } catch (const Error& error) {
        if (error.code() != Errc::bad_input) throw;
        return Outcome{};  // the frame will be set aside; the next one may be better
      }
    });
    if (outcome.text.empty()) continue;
    seen.insert(window);
    if (outcome.shifted) throw Error{Errc::bad_config, outcome.text};
    run.say(outcome.text);
  }
}

}  // namespace skyweft::workflows
