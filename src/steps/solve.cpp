// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "sky/solve.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "sky/blind.hpp"
#include "sky/sun_moon.hpp"
#include "sky/time.hpp"
#include "sky/wcs.hpp"
#include "steps/solve_start.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {
namespace {

struct Found {
  sky::Solution solution;
  std::string_view by;
};

PixelPos middle_of(const Frame& frame) {
  return {0.5 * static_cast<double>(frame.nx() - 1), 0.5 * static_cast<double>(frame.ny() - 1)};
}

Found lay_on_reference(const FrameWork& work, const FrameGivens& givens,
                       const FrameOptions& options) {
  return {sky::align_field(work.sources, work.frame.nx(), work.frame.ny(), *givens.field,
                           *givens.reference_wcs, options.solve, options.align,
                           work.previous_wcs.valid() ? &work.previous_wcs : nullptr),
          "reference"};
}

/// Near the place that previous frames, header or configuration state.
Found solve_near(const FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const Start start = start_of(work, givens);
  const auto hint = hint_of(work, givens, start);
  if (!hint)
    throw Error{Errc::bad_input,
                "the frame's place or pixel scale is unknown; set field.ra_deg, field.dec_deg and "
                "camera.NAME.scale_arcsec_px, or give an index of the sky (run.index)"}
        .because({"has_hint", 0.0, 1.0});
  if (givens.field == nullptr || givens.field->size() == 0)
    throw Error{Errc::bad_input, "no catalogue stars were read around the frame's stated place"}
        .because({"catalog_stars", 0.0, static_cast<double>(options.solve.min_matches)});
  sky::Solution solution = sky::solve_field(work.sources, work.frame.nx(), work.frame.ny(),
                                            *givens.field, *hint, options.solve, start.get());
  const std::string_view by = solution.from_previous ? start.from : "hint";
  return {std::move(solution), by};
}

/// Anywhere on the sky, by the index; the catalogue there gives the final solution.
Found solve_anywhere(const FrameWork& work, const FrameGivens& givens,
                     const FrameOptions& options) {
  const std::int64_t nx = work.frame.nx(), ny = work.frame.ny();
  sky::BlindAttempts attempts;
  const auto match = sky::solve_blind(
      work.sources, nx, ny, *givens.index,
      {.low_arcsec_px = 0.0, .high_arcsec_px = 0.0, .parity = options.solve.parity}, options.blind,
      &attempts);
  if (!match)
    throw Error{Errc::bad_input,
                fmt::format("nothing on the sky fits: {} quads of {} sources looked up, {} "
                            "alignments checked, best log odds {:.1f}, {:.1f} needed; cloud, or a "
                            "field smaller or larger than the index is for",
                            attempts.n_quad, work.sources.size(), attempts.n_checked,
                            attempts.best_log_odds, options.blind.min_log_odds)}
        .because({"log_odds", attempts.best_log_odds, options.blind.min_log_odds});
  const PixelPos middle = middle_of(work.frame);
  const double half_arcsec = 0.5 * std::hypot(static_cast<double>(nx), static_cast<double>(ny)) *
                             sky::scale_arcsec_px(match->rough, middle);
  const StarCatalog stars =
      givens.stars_around(sky::to_sky(match->rough, middle), Angle::from_arcsec(1.2 * half_arcsec));
  return {sky::solve_rough(work.sources, nx, ny, stars, options.solve, match->rough), "blind"};
}

Found solve_by_catalog(const FrameWork& work, const FrameGivens& givens,
                       const FrameOptions& options) {
  if (givens.index == nullptr) return solve_near(work, givens, options);
  std::string nearby;
  try {
    return solve_near(work, givens, options);
  } catch (const Error& error) {
    if (error.code() != Errc::bad_input) throw;
    nearby = error.text();
  }
  try {
    return solve_anywhere(work, givens, options);
  } catch (const Error& error) {
    if (error.code() != Errc::bad_input) throw;
    Error both{Errc::bad_input, fmt::format("{}; {}", nearby, error.text())};
    throw error.test() ? std::move(both).because(*error.test()) : both;
  }
}

void record_solution(FrameWork& work, const Found& found) {
  FrameRecord& record = work.record;
  record.wcs = found.solution.wcs;
  record.n_matched = found.solution.n_matched;
  record.wcs_rms_px = found.solution.rms_px;
  record.log_odds = found.solution.log_odds;
  record.solved_by = found.by;

  const PixelPos middle = middle_of(work.frame);
  const SkyPos centre = sky::to_sky(record.wcs, middle);
  record.ra_deg = centre.ra.deg();
  record.dec_deg = centre.dec.deg();
  record.scale_arcsec_px = sky::scale_arcsec_px(record.wcs, middle);
  record.rotation_deg = sky::rotation_deg(record.wcs, middle);
}

/// Time at the barycentre, and how high stars, Sun and Moon stood.
void record_conditions(FrameWork& work, const FrameOptions& options) {
  FrameRecord& record = work.record;
  const double utc_jd = work.info.time_utc_mid_jd;
  const sky::FrameTime time = sky::frame_time(utc_jd, options.site, options.leap_seconds);
  record.time_tdb_mid_jd = time.tdb_jd;
  std::ranges::copy(time.observer_bary_ls, record.observer_bary_ls);
  std::ranges::copy(time.zenith, record.zenith);
  const sky::SkyConditions sky = sky::sky_conditions(
      utc_jd, options.site, {Angle::from_deg(record.ra_deg), Angle::from_deg(record.dec_deg)},
      options.leap_seconds);
  record.airmass = sky.airmass;
  record.hour_angle_deg = sky.hour_angle_deg;
  record.zenith_distance_deg = sky.zenith_distance_deg;
  record.azimuth_deg = sky.azimuth_deg;
  record.sun_altitude_deg = sky.sun_altitude_deg;
  record.moon_altitude_deg = sky.moon_altitude_deg;
  record.moon_separation_deg = sky.moon_separation_deg;
  record.moon_lit = sky.moon_lit;
}

}  // namespace

void solve(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  try {
    record_solution(work, givens.reference_wcs != nullptr
                              ? lay_on_reference(work, givens, options)
                              : solve_by_catalog(work, givens, options));
  } catch (const Error& error) {
    if (error.test() && error.test()->name == "log_odds")
      work.record.log_odds = error.test()->measured;
    throw;
  }
  // A picture without a date is solved all the same.
  if (std::isfinite(work.info.time_utc_mid_jd)) record_conditions(work, options);
}

}  // namespace skyweft::steps
