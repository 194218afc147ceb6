// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/master_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/iso_utc.hpp"

namespace skyweft::workflows {
namespace {

/// The number of the cluster each value falls into, where sorted neighbours are further apart than
/// `apart` says; NaN is a cluster of its own.
template <class Apart>
std::vector<std::int64_t> clusters(const std::vector<double>& values, Apart apart) {
  std::vector<double> sorted;
  for (const double v : values)
    if (std::isfinite(v)) sorted.push_back(v);
  std::ranges::sort(sorted);
  std::map<double, std::int64_t> number;
  std::int64_t n = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0 && apart(sorted[i - 1], sorted[i])) ++n;
    number[sorted[i]] = n;
  }
  std::vector<std::int64_t> out;
  for (const double v : values) out.push_back(std::isfinite(v) ? number[v] : -1);
  return out;
}

bool exposures_differ(double a, double b, const MatchOptions& options) {
  return std::abs(a - b) > options.exposure_tolerance * std::max(std::abs(a), std::abs(b));
}

/// Everything that must be equal, as text that sorts.
std::string key_of(const FrameInfo& f, std::int64_t exposure, std::int64_t temperature) {
  const bool by_filter = f.type == FrameType::flat;
  return fmt::format("{}\n{}\n{}\n{} {}\n{} {} {} {}\n{}\n{}", f.camera, f.channel,
                     by_filter ? f.filter : "", f.x_binning, f.y_binning, f.nx, f.ny, f.window_x0,
                     f.window_y0, f.type == FrameType::dark ? exposure : 0,
                     by_filter ? 0 : temperature);
}

using Session = std::vector<std::int64_t>;

double gap_between(const Session& a, const Session& b, std::span<const FrameInfo> frames) {
  return frames[static_cast<std::size_t>(b.front())].time_utc_mid_jd -
         frames[static_cast<std::size_t>(a.back())].time_utc_mid_jd;
}

/// Cuts frames sorted by time where the gap is long, then joins what is too small to stand alone.
std::vector<Session> sessions_of(const Session& sorted, std::span<const FrameInfo> frames,
                                 std::int64_t min_frames, const MatchOptions& options) {
  std::vector<Session> sessions;
  for (const std::int64_t i : sorted) {
    if (sessions.empty() ||
        gap_between(sessions.back(), {i}, frames) * 24.0 > options.session_gap_h)
      sessions.emplace_back();
    sessions.back().push_back(i);
  }
  const auto too_small = [&](const Session& s) {
    return static_cast<std::int64_t>(s.size()) < min_frames;
  };
  while (sessions.size() > 1) {
    const auto small = std::ranges::find_if(sessions, too_small);
    if (small == sessions.end()) break;
    const auto at = static_cast<std::size_t>(small - sessions.begin());
    const bool has_next = at + 1 < sessions.size();
    const bool to_next =
        at == 0 || (has_next && gap_between(sessions[at], sessions[at + 1], frames) <
                                    gap_between(sessions[at - 1], sessions[at], frames));
    const std::size_t first = to_next ? at : at - 1;
    sessions[first].insert(sessions[first].end(), sessions[first + 1].begin(),
                           sessions[first + 1].end());
    sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(first) + 1);
  }
  return sessions;
}

std::string name_part(const std::string& text) {
  return text.empty() ? "" : "_" + safe_file_part(text);
}

/// "dark_main_60s_20171220": what tells this master from others, in words fit for a file name.
std::string base_name(const FrameInfo& f, double time_jd) {
  std::string name{name_of(f.type)};
  name += name_part(f.camera) + name_part(f.channel);
  if (f.type == FrameType::flat) name += name_part(f.filter);
  if (f.x_binning != 1 || f.y_binning != 1) name += fmt::format("_{}x{}", f.x_binning, f.y_binning);
  if (f.type == FrameType::dark) name += name_part(fmt::format("{:g}s", f.exposure_s));
  return name + "_" + io::night_of(time_jd);
}

/// Why a plan does not suit a frame; the later in this list, the nearer it came.
enum class Misfit { camera, channel, filter, binning, window, temperature, age, exposure, none };

Misfit misfit_of(const FrameInfo& frame, const MasterPlan& plan, const MatchOptions& options) {
  const FrameInfo& m = plan.like;
  if (m.camera != frame.camera) return Misfit::camera;
  if (m.channel != frame.channel) return Misfit::channel;
  if (m.type == FrameType::flat && m.filter != frame.filter) return Misfit::filter;
  if (m.x_binning != frame.x_binning || m.y_binning != frame.y_binning) return Misfit::binning;
  const PixelBox have{m.window_x0, m.window_y0, m.window_x0 + m.nx, m.window_y0 + m.ny};
  const PixelBox want{frame.window_x0, frame.window_y0, frame.window_x0 + frame.nx,
                      frame.window_y0 + frame.ny};
  const bool cut = m.nx != frame.nx || m.ny != frame.ny;
  if (!have.contains(want) || (cut && !frame.window_known)) return Misfit::window;
  if (m.type != FrameType::flat && std::isfinite(plan.temperature_c) &&
      std::isfinite(frame.temperature_c) &&
      std::abs(plan.temperature_c - frame.temperature_c) > options.temperature_tolerance_c)
    return Misfit::temperature;
  if (options.max_age_d > 0.0 && std::abs(plan.time_jd - frame.time_utc_mid_jd) > options.max_age_d)
    return Misfit::age;
  if (m.type == FrameType::dark && !options.scale_darks &&
      exposures_differ(m.exposure_s, frame.exposure_s, options))
    return Misfit::exposure;
  return Misfit::none;
}

std::string misfit_text(Misfit misfit, const FrameInfo& frame, const MasterPlan& nearest) {
  const FrameInfo& m = nearest.like;
  switch (misfit) {
    case Misfit::camera:
      return fmt::format("none is of camera {}", frame.camera);
    case Misfit::channel:
      return fmt::format("none is of channel {}", frame.channel);
    case Misfit::filter:
      return fmt::format("none has filter '{}', there is '{}'", printable(frame.filter),
                         printable(m.filter));
    case Misfit::binning:
      return fmt::format("none is binned {}x{}", frame.x_binning, frame.y_binning);
    case Misfit::window:
      return fmt::format("none covers {}x{} pixels from ({}, {}); {} has {}x{} from ({}, {})",
                         frame.nx, frame.ny, frame.window_x0, frame.window_y0, nearest.name, m.nx,
                         m.ny, m.window_x0, m.window_y0) +
             (frame.window_known ? ""
                                 : " (where the frame lies is not known: "
                                   "camera.NAME.window_x_keys, window_y_keys)");
    case Misfit::temperature:
      return fmt::format("none is of {:.1f} C, {} is of {:.1f} C (match.temperature_tolerance_c)",
                         frame.temperature_c, nearest.name, nearest.temperature_c);
    case Misfit::age:
      return fmt::format("the nearest, {}, is {:.2f} d away (match.max_age_d)", nearest.name,
                         std::abs(nearest.time_jd - frame.time_utc_mid_jd));
    case Misfit::exposure:
      return fmt::format("none is of {:g} s, {} is of {:g} s (calibrate.dark_scale_exposure)",
                         frame.exposure_s, nearest.name, m.exposure_s);
    case Misfit::none:
      break;
  }
  return {};
}

/// What is compared to find the best of the masters that fit, the most important first.
std::array<double, 3> cost_of(const FrameInfo& frame, const MasterPlan& plan,
                              const MatchOptions& options) {
  const double away_d = std::abs(plan.time_jd - frame.time_utc_mid_jd);
  if (plan.like.type != FrameType::dark) return {0.0, away_d, 0.0};
  const bool scaled = exposures_differ(plan.like.exposure_s, frame.exposure_s, options);
  const double sessions = scaled ? std::floor(away_d * 24.0 / options.session_gap_h) : away_d;
  return {scaled ? 1.0 : 0.0, sessions, std::abs(plan.like.exposure_s - frame.exposure_s)};
}

}  // namespace

std::vector<MasterPlan> plan_masters(std::span<const FrameInfo> calibration, FrameType type,
                                     std::int64_t min_frames, const MatchOptions& options) {
  std::vector<std::int64_t> wanted;
  std::vector<double> exposure;
  std::vector<double> temperature;
  for (std::size_t i = 0; i < calibration.size(); ++i) {
    if (calibration[i].type != type) continue;
    wanted.push_back(static_cast<std::int64_t>(i));
    exposure.push_back(calibration[i].exposure_s);
    temperature.push_back(calibration[i].temperature_c);
  }
  const auto exposure_group =
      clusters(exposure, [&](double a, double b) { return exposures_differ(a, b, options); });
  const auto temperature_group = clusters(
      temperature, [&](double a, double b) { return b - a > options.temperature_tolerance_c; });
  std::map<std::string, Session> groups;
  for (std::size_t k = 0; k < wanted.size(); ++k)
    groups[key_of(calibration[static_cast<std::size_t>(wanted[k])], exposure_group[k],
                  temperature_group[k])]
        .push_back(wanted[k]);

  std::vector<MasterPlan> plans;
  for (auto& [key, members] : groups) {
    std::ranges::stable_sort(members, {}, [&](std::int64_t i) {
      const FrameInfo& f = calibration[static_cast<std::size_t>(i)];
      return std::pair{f.time_utc_mid_jd, f.path};
    });
    for (Session& session : sessions_of(members, calibration, min_frames, options)) {
      std::vector<double> times;
      std::vector<double> degrees;
      for (const std::int64_t i : session) {
        times.push_back(calibration[static_cast<std::size_t>(i)].time_utc_mid_jd);
        degrees.push_back(calibration[static_cast<std::size_t>(i)].temperature_c);
      }
      MasterPlan plan{.name = {},
                      .like = calibration[static_cast<std::size_t>(session.front())],
                      .time_jd = median_of_finite(times),
                      .temperature_c = median_of_finite(degrees),
                      .inputs = std::move(session)};
      plan.name = base_name(plan.like, plan.time_jd);
      plans.push_back(std::move(plan));
    }
  }
  std::ranges::stable_sort(plans, {}, [](const MasterPlan& p) { return p.name; });
  std::set<std::string> taken;
  for (MasterPlan& plan : plans) {
    const std::string base = plan.name;
    for (int n = 2; !taken.insert(plan.name).second; ++n) plan.name = fmt::format("{}_{}", base, n);
  }
  return plans;
}

MasterChoice choose_master(const FrameInfo& frame, FrameType type,
                           std::span<const MasterPlan> plans, const MatchOptions& options) {
  MasterChoice choice;
  Misfit nearest = Misfit::camera;
  std::size_t i_nearest = 0;
  std::array<double, 3> best{};
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (plans[i].like.type != type) continue;
    const Misfit misfit = misfit_of(frame, plans[i], options);
    if (misfit != Misfit::none) {
      if (misfit >= nearest) {
        nearest = misfit;
        i_nearest = i;
      }
      continue;
    }
    const auto cost = cost_of(frame, plans[i], options);
    if (choice.index >= 0 && !(cost < best)) continue;
    best = cost;
    choice.index = static_cast<std::int64_t>(i);
  }
  if (choice.index >= 0) {
    const MasterPlan& plan = plans[static_cast<std::size_t>(choice.index)];
    choice.text = fmt::format("{} ({:+.2f} d", plan.name, plan.time_jd - frame.time_utc_mid_jd);
    if (type == FrameType::dark &&
        exposures_differ(plan.like.exposure_s, frame.exposure_s, options))
      choice.text += fmt::format(", scaled by {:.3g}", frame.exposure_s / plan.like.exposure_s);
    choice.text += ")";
    return choice;
  }
  const bool any = std::ranges::any_of(plans, [&](const auto& p) { return p.like.type == type; });
  choice.text = any ? misfit_text(nearest, frame, plans[i_nearest])
                    : fmt::format("there are no {} frames", name_of(type));
  return choice;
}

}  // namespace skyweft::workflows
