// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/fit_variables.hpp"

#include <array>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/terms.hpp"
#include "lc/magfit_rules.hpp"
#include "sky/projection.hpp"
#include "workflows/stages/shape_variables.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::array<const char*, 6> kStarNames{"mag", "colour", "ra", "dec", "xi", "eta"};
constexpr const char* kTimeName = "time";
constexpr std::array<const char*, 3> kPointNames{"x", "y", "bg"};

void check_terms(const RunConfig& config, const char* key, const std::string& text,
                 const lc::NamedColumns& known) {
  try {
    (void)known.find(Terms::parse(text));
  } catch (Error& error) {
    const auto origin = config.origins.find(key);
    error.during(origin == config.origins.end() ? key
                                                : fmt::format("{} ({})", key, origin->second));
    throw;
  }
}

}  // namespace

FitVariables::FitVariables(const RunState& state)
    : stars_(kStarNames.size()), frames_(lc::frame_variables().size() + 1) {
  const StarCatalog& s = state.stars;
  stars_[0].assign(s.mag.begin(), s.mag.end());
  const std::vector<double> colour(s.colour.begin(), s.colour.end());
  stars_[1] = lc::filled_colours(colour);
  stars_[2] = s.ra_deg;
  stars_[3] = s.dec_deg;
  sky::Vec3 sum{0.0, 0.0, 0.0};
  const auto position_of = [&](std::size_t i) {
    return SkyPos{Angle::from_deg(s.ra_deg[i]), Angle::from_deg(s.dec_deg[i])};
  };
  for (std::size_t i = 0; i < s.id.size(); ++i) {
    const sky::Vec3 v = sky::unit_vector(position_of(i));
    for (std::size_t k = 0; k < 3; ++k) sum[k] += v[k];
  }
  const sky::TangentPlane plane{sky::direction_of(sum)};
  for (std::size_t i = 0; i < s.id.size(); ++i) {
    const auto p = plane.project(position_of(i));
    stars_[4].push_back(p ? p->xi_deg : kNaN);
    stars_[5].push_back(p ? p->eta_deg : kNaN);
  }
  for (const std::int64_t i : state.measured) {
    const FrameRecord& f = state.records[static_cast<std::size_t>(i)];
    const FrameRecord& first = state.records[static_cast<std::size_t>(state.measured.front())];
    std::size_t k = 0;
    for (const lc::FrameVariable& variable : lc::frame_variables())
      frames_[k++].push_back(variable.of(f));
    frames_[k].push_back(f.time_utc_mid_jd - first.time_utc_mid_jd);
  }
}

lc::NamedColumns FitVariables::for_stars() const {
  lc::NamedColumns columns;
  for (std::size_t k = 0; k < kStarNames.size(); ++k) columns.add(kStarNames[k], stars_[k]);
  return columns;
}

lc::NamedColumns FitVariables::for_frame(std::int64_t position) const {
  lc::NamedColumns columns = for_stars();
  const auto at = static_cast<std::size_t>(position);
  std::size_t k = 0;
  for (const lc::FrameVariable& variable : lc::frame_variables())
    columns.add_scalar(std::string{variable.name}, frames_[k++][at]);
  columns.add_scalar(kTimeName, frames_[k][at]);
  return columns;
}

lc::NamedColumns FitVariables::for_star(std::int64_t row) const {
  lc::NamedColumns columns;
  for (std::size_t k = 0; k < kStarNames.size(); ++k)
    columns.add_scalar(kStarNames[k], stars_[k][static_cast<std::size_t>(row)]);
  std::size_t k = 0;
  for (const lc::FrameVariable& variable : lc::frame_variables())
    columns.add(std::string{variable.name}, frames_[k++]);
  columns.add(kTimeName, frames_[k]);
  return columns;
}

void check_fit_terms(const RunConfig& config) {
  lc::NamedColumns known;
  for (const char* name : kStarNames) known.add_scalar(name, 0.0);
  const lc::NamedColumns of_stars = known;
  for (const lc::FrameVariable& variable : lc::frame_variables())
    known.add_scalar(std::string{variable.name}, 0.0);
  known.add_scalar(kTimeName, 0.0);
  for (const char* name : kPointNames) known.add_scalar(name, 0.0);
  for (const char* name : ShapeVariables::kNames) known.add_scalar(name, 0.0);
  for (const std::string& terms : config.magfit.terms)
    check_terms(config, "magfit.terms", terms, known);
  if (!config.magfit.split.empty()) {
    (void)lc::magfit_model(config.magfit);  // one expression, not a list
    check_terms(config, "magfit.split", "{" + config.magfit.split + "}", known);
  }
  check_terms(config, "magfit.group_terms", config.magfit.group_terms, of_stars);
  lc::check_rules(config.magfit);
  check_terms(config, "epd.terms", config.epd.terms, known);
  lc::NamedColumns places;
  for (const char* name : {"x", "y", "u", "v"}) places.add_scalar(name, 0.0);
  check_terms(config, "sdk.terms", config.frame.sdk.terms, places);
  lc::NamedColumns any;  // shapes may vary with any column of the catalogue and any header number
  try {
    const Terms terms = Terms::parse(config.frame.shape.terms);
    for (const std::string& name : terms.names()) any.add_scalar(name, 0.0);
  } catch (const Error&) {
    // Told below, with its origin.
  }
  check_terms(config, "shape.terms", config.frame.shape.terms, any);
  lc::NamedColumns only_mag;
  only_mag.add_scalar("mag", 0.0);
  check_terms(config, "magfit.scatter_terms", config.magfit.scatter_terms, only_mag);
}

}  // namespace skyweft::workflows
