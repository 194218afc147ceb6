// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/injections.hpp"

#include <algorithm>
#include <span>

#include "core/error.hpp"
#include "sky/time.hpp"
#include "workflows/stages/detrend.hpp"

namespace skyweft::workflows {
namespace {

constexpr double kTargetRadius_arcsec = 60.0;  // never of the frames' scale: these may come later

/// Mid-exposure at a star, the sums of bjd_of_star().
double bjd_at(const FrameRecord& record, const StarCatalog& stars, std::int64_t row) {
  const auto k = static_cast<std::size_t>(row);
  sky::FrameTime time;
  time.tdb_jd = record.time_tdb_mid_jd;
  std::ranges::copy(record.observer_bary_ls, time.observer_bary_ls.begin());
  return sky::bjd_tdb(time, {Angle::from_deg(stars.ra_deg[k]), Angle::from_deg(stars.dec_deg[k])});
}

/// The apertures of one point.
void inject_in_point(PointColumns& points, std::int64_t i_point, std::int64_t n_ap, double factor) {
  const auto first = static_cast<std::size_t>(i_point * n_ap);
  const auto n = static_cast<std::size_t>(n_ap);
  lc::inject_in_magnitudes(std::span{points.flux_e}.subspan(first, n),
                           std::span{points.flux_err_e}.subspan(first, n), factor);
}

/// The injections of stars [first, first + n).
std::span<const lc::Injection> among(const lc::InjectionPlan& plan, std::int64_t first,
                                     std::int64_t n) {
  const auto begin = std::ranges::lower_bound(plan.stars, first, {}, &lc::Injection::row);
  const auto end = std::ranges::lower_bound(plan.stars, first + n, {}, &lc::Injection::row);
  return {begin, end};
}

}  // namespace

lc::InjectionPlan plan_injections(const RunConfig& config, const RunState& state) {
  if (config.inject.kind == "none") return {};
  if (config.inject.where == "pixels" &&
      std::ranges::find(config.run.steps, "inject") == config.run.steps.end())
    throw Error{Errc::bad_config,
                "inject.where = \"pixels\" needs the step \"inject\" in run.steps, before "
                "\"measure\""};
  std::vector<std::uint8_t> left_out(static_cast<std::size_t>(state.stars.size()), 0);
  for (const auto& [name, target] : config.targets)
    if (const auto row = row_of_target(state, target, kTargetRadius_arcsec))
      left_out[static_cast<std::size_t>(*row)] = 1;
  return lc::plan_injections(state.stars, left_out, config.inject);
}

void inject_in_tile(const lc::InjectionPlan& plan, const RunState& state, const Tile& tile,
                    StarBlock& raw) {
  if (plan.in_pixels || plan.stars.empty()) return;
  for (const lc::Injection& injection : among(plan, tile.first_star, tile.n)) {
    const std::vector<double> factor =
        lc::injection_factors(injection, bjd_of_star(state, injection.row));
    const std::int64_t first = (injection.row - tile.first_star) * raw.n_frame;
    for (std::int64_t f = 0; f < raw.n_frame; ++f)
      inject_in_point(raw.points, first + f, raw.n_ap, factor[static_cast<std::size_t>(f)]);
  }
}

void inject_in_frame(const lc::InjectionPlan& plan, const RunState& state, std::int64_t i_light,
                     std::int64_t first_star, std::int64_t i_row, FrameBlock& photometry) {
  if (plan.in_pixels || plan.stars.empty()) return;
  const FrameRecord& record = state.records[static_cast<std::size_t>(i_light)];
  for (const lc::Injection& injection : among(plan, first_star, photometry.n_star)) {
    const double bjd = bjd_at(record, state.stars, injection.row);
    const double factor = lc::injection_factors(injection, {&bjd, 1}).front();
    inject_in_point(photometry.points, i_row * photometry.n_star + injection.row - first_star,
                    photometry.n_ap, factor);
  }
}

std::vector<std::vector<double>> injected_columns(const lc::InjectionPlan& plan,
                                                  const RunState& state, std::int64_t row) {
  const lc::Injection* injection = plan.reconstruct ? plan.of_star(row) : nullptr;
  if (injection == nullptr) return {};
  return lc::signal_columns(injection->signal, bjd_of_star(state, row));
}

}  // namespace skyweft::workflows
