// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/master_choice.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"

namespace skyweft::workflows {
namespace {

/// One kind of master: whether it is wanted, and where a frame's choice is kept.
struct Kind {
  FrameType type;
  bool calib::CalibConfig::*wanted;
  std::int64_t FrameMasters::*index;
};
constexpr std::array<Kind, 3> kKinds{
    {{FrameType::bias, &calib::CalibConfig::bias, &FrameMasters::bias},
     {FrameType::dark, &calib::CalibConfig::dark, &FrameMasters::dark},
     {FrameType::flat, &calib::CalibConfig::flat, &FrameMasters::flat}}};

/// Whether what a dark holds grows with time alone: not when the level without light is still in
/// it.
bool can_scale_darks(const FrameInfo& frame, const RunConfig& config) {
  const calib::CalibConfig& c = config.frame.calibrate;
  const bool has_overscan =
      config.frame.overscan.overscan != "none" &&
      std::ranges::any_of(frame.amplifiers, [](const auto& a) { return !a.overscan.empty(); });
  return c.dark_scale_exposure && (c.bias || c.pedestal_adu != 0.0 || has_overscan);
}

}  // namespace

std::vector<MasterPlan> plan_all_masters(const RunConfig& config,
                                         std::span<const ScannedFrame> calibration) {
  std::vector<FrameInfo> infos;
  for (const ScannedFrame& f : calibration) infos.push_back(f.info);
  std::vector<MasterPlan> plans;
  for (const Kind& kind : kKinds)
    if (config.frame.calibrate.*kind.wanted)
      for (MasterPlan& plan :
           plan_masters(infos, kind.type, config.masters.min_frames, config.match))
        plans.push_back(std::move(plan));
  return plans;
}

FrameMasters masters_of(const FrameInfo& frame, std::span<const MasterPlan> plans,
                        const RunConfig& config) {
  FrameMasters masters;
  for (const Kind& kind : kKinds) {
    if (kind.type == frame.type) break;
    if (!(config.frame.calibrate.*kind.wanted)) continue;
    MatchOptions options = config.match;
    options.scale_darks = can_scale_darks(frame, config);
    const MasterChoice choice = choose_master(frame, kind.type, plans, options);
    masters.*kind.index = choice.index;
    if (!masters.text.empty()) masters.text += "; ";
    masters.text +=
        choice.index >= 0 ? choice.text : fmt::format("no {}: {}", name_of(kind.type), choice.text);
  }
  return masters;
}

std::vector<std::string_view> missing_masters(const FrameMasters& masters,
                                              const RunConfig& config) {
  std::vector<std::string_view> out;
  for (const Kind& kind : kKinds)
    if (config.frame.calibrate.*kind.wanted && masters.*kind.index < 0)
      out.push_back(name_of(kind.type));
  return out;
}

void apply_missing_policy(std::vector<ScannedFrame>& lights,
                          const std::vector<FrameMasters>& masters, const RunConfig& config) {
  const std::string& policy = config.frame.calibrate.missing_master;
  if (policy == "uncorrected") return;
  for (std::size_t i = 0; i < lights.size(); ++i) {
    if (!lights[i].reason.empty()) continue;
    const std::vector<std::string_view> missing = missing_masters(masters[i], config);
    if (missing.empty()) continue;
    const std::string_view name = missing.front();
    const std::string why =
        fmt::format("there is no master {} for this frame ({})", name, masters[i].text);
    if (policy == "fail")
      throw Error{Errc::bad_config,
                  fmt::format("frame {}: {}; give {} frames in run.calibration, set calibrate.{} "
                              "= false, or calibrate.missing_master = \"skip\" or "
                              "\"uncorrected\"",
                              printable(lights[i].info.path), why, name, name)}
          .because({fmt::format("has_master_{}", name), 0.0, 1.0});
    lights[i].stage = "masters";
    lights[i].test = fmt::format("has_master_{}", name);
    lights[i].measured = 0.0;
    lights[i].threshold = 1.0;
    lights[i].reason = why;
  }
}

}  // namespace skyweft::workflows
