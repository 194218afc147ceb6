// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit_rules.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr std::array<FrameVariable, 16> kFrameVariables{{
    {"airmass", [](const FrameRecord& f) { return f.airmass; }},
    {"hour_angle", [](const FrameRecord& f) { return f.hour_angle_deg; }},
    {"zenith_distance", [](const FrameRecord& f) { return f.zenith_distance_deg; }},
    {"azimuth", [](const FrameRecord& f) { return f.azimuth_deg; }},
    {"sun_altitude", [](const FrameRecord& f) { return f.sun_altitude_deg; }},
    {"moon_altitude", [](const FrameRecord& f) { return f.moon_altitude_deg; }},
    {"moon_separation", [](const FrameRecord& f) { return f.moon_separation_deg; }},
    {"moon_lit", [](const FrameRecord& f) { return f.moon_lit; }},
    {"fwhm", [](const FrameRecord& f) { return f.fwhm_px; }},
    {"elongation", [](const FrameRecord& f) { return f.elongation; }},
    {"frame_bg", [](const FrameRecord& f) { return f.bg_e; }},
    {"frame_bg_rms", [](const FrameRecord& f) { return f.bg_rms_e; }},
    {"exposure", [](const FrameRecord& f) { return f.exposure_s; }},
    {"zero_point", [](const FrameRecord& f) { return f.zero_point; }},
    {"transparency", [](const FrameRecord& f) { return f.transparency; }},
    {"n_matched", [](const FrameRecord& f) { return static_cast<double>(f.n_matched); }},
}};

/// Share of finite entries below `value`, ties by half.
double quantile_of(double value, std::span<const double> all) {
  double below = 0.0;
  double n = 0.0;
  for (const double v : all) {
    if (!std::isfinite(v)) continue;
    n += 1.0;
    below += v < value ? 1.0 : (v == value ? 0.5 : 0.0);
  }
  return n > 0.0 && std::isfinite(value) ? below / n : 0.5;
}

/// Blur, background and matched stars of every frame as quantiles over the measured ones.
struct Quantiles {
  std::vector<double> blur;
  std::vector<double> bg;
  std::vector<double> matched;

  explicit Quantiles(std::span<const FrameRecord> frames)
      : blur(frames.size(), kNaN), bg(frames.size(), kNaN), matched(frames.size(), kNaN) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      if (frames[i].state != FrameState::measured) continue;
      blur[i] = frames[i].fwhm_px;
      bg[i] = frames[i].bg_e;
      matched[i] = static_cast<double>(frames[i].n_matched);
    }
    for (auto* all : {&blur, &bg, &matched}) {
      const std::vector<double> values = *all;
      for (double& v : *all) v = quantile_of(v, values);
    }
  }
};

using Numbers = std::map<std::string, double, std::less<>>;

Value value_of(std::string_view name, const FrameRecord& frame, const Numbers& more) {
  if (const auto it = more.find(name); it != more.end())
    return std::isfinite(it->second) ? Value{it->second} : Value{};
  const auto it =
      std::ranges::find(kFrameVariables, name == "bg" ? "frame_bg" : name, &FrameVariable::name);
  const double number = it == kFrameVariables.end() ? kNaN : it->of(frame);
  return std::isfinite(number) ? Value{number} : Value{};
}

void check_names(const Expression& expression, const Numbers& more, const char* key) {
  for (const std::string& name : expression.names()) {
    if (more.contains(name) || name == "bg" ||
        std::ranges::find(kFrameVariables, name, &FrameVariable::name) != kFrameVariables.end())
      continue;
    std::string known;
    for (const auto& [other, number] : more) known += other + ", ";
    for (const FrameVariable& v : kFrameVariables) known.append(v.name).append(", ");
    throw Error{Errc::bad_config,
                fmt::format("unknown variable '{}' in {} = \"{}\"; use one of: {}bg", name, key,
                            expression.text(), known)};
  }
}

constexpr const char* kMeritKey = "magfit.reference_merit";
constexpr const char* kExcludeKey = "magfit.exclude";
const Numbers& merit_names() {
  static const Numbers names{{"q_s", kNaN}, {"q_bg", kNaN}, {"q_n", kNaN}};
  return names;
}
const Numbers& exclude_names() {
  static const Numbers names{{"rms", kNaN},
                             {"rms_ratio", kNaN},
                             {"zero_shift", kNaN},
                             {"zero_drop", kNaN},
                             {"n_used", kNaN}};
  return names;
}

/// The median over the apertures of a number of frame f's fits; NaN without a fit.
template <class Get>
double over_apertures(std::span<const std::vector<FrameFit>> fits, std::size_t f, Get get) {
  std::vector<double> values;
  for (const auto& of_aperture : fits)
    if (of_aperture[f].ok()) values.push_back(get(of_aperture[f]));
  return median_in_place(std::span<double>{values});
}

}  // namespace

std::span<const FrameVariable> frame_variables() {
  return kFrameVariables;
}

std::int64_t choose_reference_frame(std::span<const FrameRecord> frames) {
  const Quantiles q{frames};
  std::int64_t best = -1;
  double best_merit = -1.0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].state != FrameState::measured) continue;
    // 1 − q_S is the quantile of the width: sharp frames have a small one.
    const double merit =
        q.matched[i] * q.matched[i] / (q.blur[i] * q.blur[i] + q.bg[i] * q.bg[i] + 1e-12);
    if (merit > best_merit) {
      best_merit = merit;
      best = static_cast<std::int64_t>(i);
    }
  }
  return best;
}

std::int64_t choose_reference_frame(std::span<const FrameRecord> frames, const Expression& merit) {
  check_names(merit, merit_names(), kMeritKey);
  const Quantiles q{frames};
  std::int64_t best = -1;
  double best_merit = 0.0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].state != FrameState::measured) continue;
    const Numbers more{{"q_s", 1.0 - q.blur[i]}, {"q_bg", q.bg[i]}, {"q_n", q.matched[i]}};
    const Value value =
        merit.evaluate([&](std::string_view name) { return value_of(name, frames[i], more); });
    if (std::holds_alternative<std::string>(value))
      throw Error{Errc::bad_config,
                  fmt::format("{} = \"{}\" is a text; give a number", kMeritKey, merit.text())};
    const double number =
        is_missing(value) ? -std::numeric_limits<double>::infinity() : std::get<double>(value);
    if (best >= 0 && !(number > best_merit)) continue;
    best_merit = number;
    best = static_cast<std::int64_t>(i);
  }
  return best;
}

std::vector<std::uint8_t> excluded_frames(std::span<const FrameRecord> frames,
                                          std::span<const std::vector<FrameFit>> fits,
                                          const Expression& rule) {
  check_names(rule, exclude_names(), kExcludeKey);
  std::vector<double> shift;
  std::vector<double> rms;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    shift.push_back(over_apertures(fits, f, [](const FrameFit& t) { return t.zero_shift_mag; }));
    rms.push_back(over_apertures(fits, f, [](const FrameFit& t) { return t.rms_mag; }));
  }
  const double usual_shift = median_of_finite(shift);
  const double usual_rms = median_of_finite(rms);
  std::vector<std::uint8_t> out(frames.size(), 0);
  std::int64_t n_left = 0;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    if (!std::isfinite(shift[f])) continue;
    const double n_used =
        over_apertures(fits, f, [](const FrameFit& t) { return static_cast<double>(t.n_used); });
    const Numbers more{{"rms", rms[f]},
                       {"rms_ratio", rms[f] / usual_rms},
                       {"zero_shift", shift[f]},
                       {"zero_drop", usual_shift - shift[f]},
                       {"n_used", n_used}};
    out[f] =
        rule.holds([&](std::string_view name) { return value_of(name, frames[f], more); }) ? 1 : 0;
    n_left += out[f] == 0 ? 1 : 0;
  }
  if (n_left == 0) std::ranges::fill(out, std::uint8_t{0});
  return out;
}

void check_rules(const MagfitConfig& config) {
  check_names(Expression::parse(config.reference_merit), merit_names(), kMeritKey);
  if (!config.exclude.empty())
    check_names(Expression::parse(config.exclude), exclude_names(), kExcludeKey);
}

}  // namespace skyweft::lc
