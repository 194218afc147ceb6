// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "lc/groups.hpp"
#include "sky/projection.hpp"
#include "workflows/verbs/ensemble.hpp"

namespace skyweft::workflows {
namespace {

/// A point of a comparison star with one of these does not count.
constexpr QualityBits kFaults = quality::saturated | quality::bleed | quality::bad_pixel |
                                quality::cosmic | quality::edge | quality::manual_veto |
                                quality::duplicate_frame | quality::not_measured;
/// Differences that count as one when candidates are picked: comparison stars may be much brighter
/// than the target, but hardly fainter.
constexpr double kBrighterMag = 2.5;
constexpr double kFainterMag = 1.0;
constexpr double kColourMag = 1.0;

SkyPos place_of(const StarTable& stars, std::size_t row) {
  return {Angle::from_deg(stars.stars.ra_deg[row]), Angle::from_deg(stars.stars.dec_deg[row])};
}

SkyPos place_of(const std::vector<double>& ra_dec) {
  if (!(ra_dec[0] >= 0.0 && ra_dec[0] < 360.0) || !(std::abs(ra_dec[1]) <= 90.0))
    throw Error{Errc::usage, "--position is RA,DEC in degrees, for example 31.0427,46.6879"};
  return {Angle::from_deg(ra_dec[0]), Angle::from_deg(ra_dec[1])};
}

const TargetOptions& target_named(const RunConfig& config, const std::string& name) {
  const auto it = config.targets.find(name);
  if (it != config.targets.end() && std::isfinite(it->second.ra_deg)) return it->second;
  std::vector<std::string> known;
  for (const auto& [key, target] : config.targets) known.push_back(key);
  throw Error{
      Errc::bad_input,
      known.empty()
          ? fmt::format("the archive's configuration has no [target.{}]; name the star by "
                        "--star ID or --position RA,DEC",
                        printable(name))
          : fmt::format("the archive's configuration has no place for target {}; it knows {}",
                        printable(name), fmt::join(known, ", "))};
}

lc::Signal event_of(const EnsembleRequest& request, const RunConfig& config) {
  lc::Signal event;
  event.ingress = 0.0;
  if (!request.event.empty()) {
    const auto v = numbers_of(request.event, "--event", 2, 3);
    if (!(v[1] > 0.0)) throw Error{Errc::usage, "--event: the duration in hours is not positive"};
    event.kind = lc::Signal::Kind::transit;
    event.mid_bjd = v[0];
    event.duration_d = v[1] / 24.0;
    event.period_d = v.size() > 2 ? v[2] : 0.0;
  } else if (!request.target.empty()) {
    const TargetOptions& target = target_named(config, request.target);
    if (!(target.event_duration_h > 0.0) || !std::isfinite(target.event_mid_bjd)) return event;
    event.kind = lc::Signal::Kind::transit;
    event.mid_bjd = target.event_mid_bjd;
    event.duration_d = target.event_duration_h / 24.0;
    event.period_d = target.event_period_d;
  }
  return event;
}

std::int64_t row_of_request(const LightCurveReader& reader, const RunConfig& config,
                            const EnsembleRequest& request) {
  const Angle radius = Angle::from_arcsec(request.radius_arcsec);
  if (request.star) return reader.row_of(*request.star);
  if (!request.target.empty()) {
    const TargetOptions& target = target_named(config, request.target);
    return reader.row_near(place_of({target.ra_deg, target.dec_deg}), radius);
  }
  if (request.position.empty())
    throw Error{Errc::usage, "name the star: --star ID, --position RA,DEC or --target NAME"};
  return reader.row_near(place_of(numbers_of(request.position, "--position", 2, 2)), radius);
}

/// Stars that are known to vary or whose light mixes with the target's.
std::set<std::int64_t> barred_rows(const LightCurveReader& reader, const RunConfig& config,
                                   const EnsembleRequest& request, std::int64_t target_row) {
  std::set<std::int64_t> out{target_row};
  for (const auto& [name, target] : config.targets) {
    if (!std::isfinite(target.ra_deg) || !std::isfinite(target.dec_deg)) continue;
    try {
      out.insert(reader.row_near(place_of({target.ra_deg, target.dec_deg}),
                                 Angle::from_arcsec(request.radius_arcsec)));
    } catch (const Error&) {
      // A target that is not among the archive's stars bars none.
    }
  }
  std::vector<double> scales;
  for (const FrameRecord& f : reader.frames()) scales.push_back(f.scale_arcsec_px);
  const double scale = median_of_finite(std::span<const double>{scales});
  const StarTable& stars = reader.stars();
  if (stars.aperture_radius_px.empty() || !(scale > 0.0)) return out;
  const double reach_arcsec = 2.0 * scale * *std::ranges::max_element(stars.aperture_radius_px);
  const SkyPos centre = place_of(stars, static_cast<std::size_t>(target_row));
  for (std::int64_t row = 0; row < stars.stars.size(); ++row)
    if (sky::separation(centre, place_of(stars, static_cast<std::size_t>(row))).arcsec() <
        reach_arcsec)
      out.insert(row);
  return out;
}

bool lists(const std::vector<StarId>& ids, StarId id) {
  return std::ranges::find(ids, id) != ids.end();
}

}  // namespace

std::vector<double> numbers_of(const std::string& text, const char* option, std::size_t least,
                               std::size_t most) {
  std::vector<double> out;
  std::size_t from = 0;
  bool is_bad = text.empty();
  while (!is_bad && from <= text.size()) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string part = text.substr(from, comma - from);
    char* end = nullptr;
    out.push_back(std::strtod(part.c_str(), &end));
    is_bad = part.empty() || end != part.c_str() + part.size() || !std::isfinite(out.back());
    from = comma + 1;
  }
  if (is_bad || out.size() < least || out.size() > most)
    throw Error{Errc::usage, fmt::format("{} {}: {} numbers with commas in between are needed",
                                         option, printable(text),
                                         least == most ? fmt::format("{}", least)
                                                       : fmt::format("{} to {}", least, most))};
  return out;
}

EnsembleField ensemble_field(const LightCurveReader& reader, const RunConfig& config,
                             const EnsembleRequest& request) {
  EnsembleField out;
  out.event = event_of(request, config);
  out.target_row = row_of_request(reader, config, request);
  for (const auto* ids : {&request.exclude, &request.force})
    for (const StarId id : *ids) (void)reader.row_of(id);  // throws for ids nobody knows
  const lc::FrameGroups groups = lc::group_frames(reader.frames(), config.groups);
  out.group_names = groups.names;
  out.group_of_frame = groups.of_frame;

  const StarCatalog& stars = reader.stars().stars;
  const auto target = static_cast<std::size_t>(out.target_row);
  const SkyPos centre = place_of(reader.stars(), target);
  std::vector<double> distance_deg;
  for (std::size_t row = 0; row < stars.id.size(); ++row)
    distance_deg.push_back(sky::separation(centre, place_of(reader.stars(), row)).deg());
  const double usual_deg = std::max(1e-9, median_of_finite(std::span<const double>{distance_deg}));
  const auto barred = barred_rows(reader, config, request, out.target_row);

  struct Ranked {
    double difference;
    std::int64_t row;
  };
  std::vector<Ranked> ranked;
  for (std::int64_t row = 0; row < stars.size(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    const bool is_forced = lists(request.force, stars.id[i]);
    if (row == out.target_row || (barred.contains(row) && !is_forced)) continue;
    const auto square = [](double v) { return std::isfinite(v) ? v * v : 4.0; };
    const double fainter =
        static_cast<double>(stars.mag[i]) - static_cast<double>(stars.mag[target]);
    const double redder =
        static_cast<double>(stars.colour[i]) - static_cast<double>(stars.colour[target]);
    double difference = square(fainter / (fainter < 0.0 ? kBrighterMag : kFainterMag)) +
                        square(redder / kColourMag) + square(distance_deg[i] / usual_deg);
    if (is_forced || lists(request.exclude, stars.id[i])) difference = -1.0;  // always listed
    ranked.push_back({difference, row});
  }
  std::ranges::stable_sort(ranked, {}, &Ranked::difference);
  const auto n_listed = static_cast<std::size_t>(request.max_candidates) + request.force.size() +
                        request.exclude.size();
  ranked.resize(std::min(ranked.size(), n_listed));
  std::ranges::sort(ranked, {}, &Ranked::row);
  for (const Ranked& r : ranked) {
    const auto i = static_cast<std::size_t>(r.row);
    lc::ComparisonCandidate c;
    c.mag = static_cast<double>(stars.mag[i]);
    c.colour = static_cast<double>(stars.colour[i]);
    c.distance_deg = distance_deg[i];
    c.is_excluded = lists(request.exclude, stars.id[i]);
    c.is_forced = lists(request.force, stars.id[i]);
    out.rows.push_back(r.row);
    out.candidates.push_back(c);
  }
  return out;
}

EnsembleFluxes read_fluxes(const LightCurveReader& reader, EnsembleField& field,
                           std::int64_t aperture) {
  EnsembleFluxes out;
  out.target = reader.read(field.target_row, aperture);
  const auto n = static_cast<std::size_t>(out.target.size());
  std::map<std::int64_t, std::size_t> at_frame;
  for (std::size_t f = 0; f < n; ++f) at_frame[out.target.frame_id[f]] = f;
  out.flux.assign((1 + field.rows.size()) * n, kNaN);
  out.err.assign(out.flux.size(), kNaN);
  const auto take = [&](const LightCurve& c, std::size_t row, QualityBits faults) {
    double n_saturated = 0.0, n_there = 0.0;
    for (std::size_t f = 0; f < c.frame_id.size(); ++f) {
      const auto it = at_frame.find(c.frame_id[f]);
      if (it == at_frame.end() || !(c.exposure_s[f] > 0.0)) continue;
      if (!(c.quality[f] & quality::not_measured)) n_there += 1.0;
      if (c.quality[f] & quality::saturated) n_saturated += 1.0;
      const double flux = static_cast<double>(c.flux_e[f]) / c.exposure_s[f];
      const double err = static_cast<double>(c.flux_err_e[f]) / c.exposure_s[f];
      if ((c.quality[f] & faults) || !std::isfinite(flux) || !(err > 0.0)) continue;
      out.flux[row * n + it->second] = flux;
      out.err[row * n + it->second] = err;
    }
    return n_there > 0.0 ? n_saturated / n_there : 0.0;
  };
  take(out.target, 0, quality::not_measured);
  for (std::size_t f = 0; f < n; ++f)
    out.is_usable.push_back(!(out.target.quality[f] & kFaults) && std::isfinite(out.flux[f]));
  std::size_t k = 0;
  reader.each(field.rows, out.target.aperture, [&](std::int64_t, const LightCurve& curve) {
    field.candidates[k].saturated = take(curve, 1 + k, kFaults);
    ++k;
  });
  if (!std::ranges::any_of(std::span{out.flux}.first(n), [](double v) { return std::isfinite(v); }))
    throw Error{Errc::bad_input,
                fmt::format("star {} has no flux in aperture {}; try another --aperture, or see "
                            "`skyweft why`",
                            out.target.star_id, out.target.aperture)};
  return out;
}

}  // namespace skyweft::workflows
