// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/measure_targets.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/catalog_file.hpp"
#include "io/ephemeris_file.hpp"
#include "sky/catalog.hpp"
#include "workflows/sky_givens.hpp"

namespace skyweft::workflows {
namespace {

struct Pair {
  double first = kNaN;
  double second = kNaN;
};

Pair two_numbers(const std::string& text, const char* option, const char* form) {
  const std::size_t comma = text.find(',');
  const auto first = number_spelled(std::string_view{text}.substr(0, comma));
  const auto second = comma == std::string::npos
                          ? std::nullopt
                          : number_spelled(std::string_view{text}.substr(comma + 1));
  if (!first || !second)
    throw Error{Errc::usage, fmt::format("{} {} is not {}", option, text, form)};
  return {*first, *second};
}

}  // namespace

std::vector<Target> read_targets(const TargetRequest& request) {
  std::vector<Target> out;
  for (const std::string& text : request.positions) {
    const Pair p = two_numbers(text, "--position", "RA,DEC in degrees");
    if (std::abs(p.second) > 90.0)
      throw Error{Errc::usage, fmt::format("--position {}: no declination is beyond 90", text)};
    Target& target = out.emplace_back();
    target.name = text;
    target.sky = SkyPos{Angle::from_deg(p.first), Angle::from_deg(p.second)};
  }
  for (const std::string& text : request.pixels) {
    const Pair p = two_numbers(text, "--xy", "X,Y in pixels from (0,0)");
    Target& target = out.emplace_back();
    target.name = text;
    target.pixel = PixelPos{p.first, p.second};
  }
  if (!request.stars.empty()) {
    const StarCatalog stars = io::read_star_file(request.stars);
    for (std::int64_t i = 0; i < stars.size(); ++i) {
      const auto k = static_cast<std::size_t>(i);
      Target& target = out.emplace_back();
      target.name = fmt::format("{}", stars.id[k]);
      target.sky = SkyPos{Angle::from_deg(stars.ra_deg[k]), Angle::from_deg(stars.dec_deg[k])};
      target.epoch_yr = stars.epoch_yr;
      if (!stars.pm_ra_mas_yr.empty()) target.pm_ra_mas_yr = stars.pm_ra_mas_yr[k];
      if (!stars.pm_dec_mas_yr.empty()) target.pm_dec_mas_yr = stars.pm_dec_mas_yr[k];
    }
  }
  if (!request.ephemeris.empty())
    for (const Ephemeris& one : io::read_ephemerides(request.ephemeris)) {
      Target& target = out.emplace_back();
      target.name = one.name;
      target.path.emplace(one);
    }
  if (out.empty())
    throw Error{Errc::usage,
                "nothing to measure; give --position RA,DEC, --xy X,Y, --stars FILE or "
                "--ephemeris FILE"};
  return out;
}

bool need_sky(const std::vector<Target>& targets) {
  return std::ranges::any_of(targets, [](const Target& t) { return !t.pixel; });
}

std::optional<SkyPos> direction_of(const Target& target, double time_utc_jd) {
  if (target.path) {
    const double jd = sky::ephemeris_jd(target.path->scale(), time_utc_jd);
    return target.path->covers(jd) ? std::optional{target.path->at(jd)} : std::nullopt;
  }
  if (!target.sky) return std::nullopt;
  const double epoch_yr = year_of(time_utc_jd);
  if (!std::isfinite(epoch_yr)) return target.sky;
  StarCatalog one;
  one.epoch_yr = target.epoch_yr;
  one.id = {1};
  one.ra_deg = {target.sky->ra.deg()};
  one.dec_deg = {target.sky->dec.deg()};
  one.pm_ra_mas_yr = {target.pm_ra_mas_yr};
  one.pm_dec_mas_yr = {target.pm_dec_mas_yr};
  one.mag = {kNaNf};
  one.colour = {kNaNf};
  sky::propagate(one, epoch_yr);
  return SkyPos{Angle::from_deg(one.ra_deg.front()), Angle::from_deg(one.dec_deg.front())};
}

}  // namespace skyweft::workflows
