// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/align.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "sky/points.hpp"
#include "sky/verify.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

constexpr double kVoteBin_px = 4.0;
constexpr int kShiftRounds = 5;

std::vector<PixelPos> brightest(const SourceList& sources, std::int64_t most) {
  std::vector<PixelPos> out;
  const auto n = std::min(sources.x_px.size(), static_cast<std::size_t>(most));
  for (std::size_t i = 0; i < n; ++i) out.push_back({sources.x_px[i], sources.y_px[i]});
  return out;
}

/// Places of the reference's stars under `wcs`, brightest first, as many as `most`.
std::vector<PixelPos> places_of(const StarCatalog& stars, const Wcs& wcs, std::int64_t most) {
  std::vector<std::size_t> order(stars.id.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto brightness = [&](std::size_t i) {
    return std::isfinite(stars.mag[i]) ? stars.mag[i] : std::numeric_limits<float>::infinity();
  };
  std::ranges::stable_sort(order, {}, brightness);
  order.resize(std::min(order.size(), static_cast<std::size_t>(most)));
  std::vector<PixelPos> out;
  for (const std::size_t i : order)
    out.push_back(
        to_pixel(wcs, {Angle::from_deg(stars.ra_deg[i]), Angle::from_deg(stars.dec_deg[i])}));
  return out;
}

Wcs shifted(Wcs wcs, const PixelPos& by) {
  wcs.cx[0] += by.x_px;
  wcs.cy[0] += by.y_px;
  return wcs;
}

/// `base`, shifted to where most pairs agree; n_matched is 0 when there is no pair.
Solution by_shift(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                  const StarCatalog& reference, const Wcs& base, const SolveConfig& config,
                  const AlignConfig& align) {
  const auto width = static_cast<double>(nx), height = static_cast<double>(ny);
  const std::vector<PixelPos> bright = brightest(sources, config.n_bright_sources);
  std::vector<PixelPos> stars = places_of(reference, base, 2 * config.n_bright_sources);
  PixelPos shift =
      voted_shift(stars, bright, align.max_shift * std::max(width, height), kVoteBin_px);
  Solution out;
  std::vector<double> dx, dy;
  for (int round = 0; round < kShiftRounds; ++round) {
    std::vector<PixelPos> there = stars;
    for (PixelPos& p : there) p = {p.x_px + shift.x_px, p.y_px + shift.y_px};
    dx.clear();
    dy.clear();
    for (const auto& [source, star] : mutual_nearest(bright, there, config.match_radius_px)) {
      const auto s = static_cast<std::size_t>(source), k = static_cast<std::size_t>(star);
      dx.push_back(bright[s].x_px - there[k].x_px);
      dy.push_back(bright[s].y_px - there[k].y_px);
    }
    if (dx.empty()) return out;
    const PixelPos step{median_of_finite(dx), median_of_finite(dy)};
    shift = {shift.x_px + step.x_px, shift.y_px + step.y_px};
    if (std::hypot(step.x_px, step.y_px) < 1e-6) break;
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < dx.size(); ++i) sum += dx[i] * dx[i] + dy[i] * dy[i];
  out.wcs = shifted(base, shift);
  out.n_matched = static_cast<std::int64_t>(dx.size());
  out.rms_px = std::sqrt(sum / static_cast<double>(dx.size()));
  std::vector<PixelPos> inside;
  for (const PixelPos& p : stars) {
    const PixelPos at{p.x_px + shift.x_px, p.y_px + shift.y_px};
    if (at.x_px >= -0.5 && at.y_px >= -0.5 && at.x_px < width - 0.5 && at.y_px < height - 0.5)
      inside.push_back(at);
  }
  out.log_odds =
      log_odds(bright, inside, {.area_px2 = width * height, .sigma_px = 1.0, .free_pairs = 1});
  return out;
}

}  // namespace

Solution align_field(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& reference, const Wcs& reference_wcs,
                     const SolveConfig& config, const AlignConfig& align, const Wcs* previous) {
  const bool full = align.model == "full";
  if (full) {
    const PixelPos middle{0.5 * static_cast<double>(nx - 1), 0.5 * static_cast<double>(ny - 1)};
    const SolveHint hint{.pointing = to_sky(reference_wcs, middle),
                         .scale_arcsec_px = scale_arcsec_px(reference_wcs, middle)};
    SolveConfig near = config;
    near.pointing_tolerance_deg =
        align.max_shift * static_cast<double>(std::max(nx, ny)) * hint.scale_arcsec_px / 3600.0;
    try {
      return solve_field(sources, nx, ny, reference, hint, near,
                         previous != nullptr ? previous : &reference_wcs);
    } catch (const Error&) {
      if (!align.fall_back_to_shift) throw;
    }
  }
  Solution best;
  for (const Wcs* base : {previous, &reference_wcs}) {
    if (base == nullptr || !base->valid()) continue;
    const Solution s = by_shift(sources, nx, ny, reference, *base, config, align);
    if (s.n_matched > 0 && (best.n_matched == 0 || s.log_odds > best.log_odds)) best = s;
  }
  const double odds = best.n_matched > 0 ? best.log_odds : 0.0;
  if (best.n_matched < 2 || !(odds >= align.min_log_odds))
    throw Error{Errc::bad_input,
                fmt::format("the frame cannot be laid on the reference frame: {}the best shift "
                            "brings {} of {} sources together, log odds {:.1f}, {:.1f} needed; "
                            "cloud, another field, or see align.max_shift",
                            full ? "no rotation and scale fit, and " : "", best.n_matched,
                            sources.size(), odds, align.min_log_odds)}
        .because({"log_odds", odds, align.min_log_odds});
  if (best.rms_px > config.max_rms_px)
    throw Error{Errc::bad_input,
                fmt::format("the frame's best shift leaves {:.2f} px rms, {:.2f} allowed; it may "
                            "be turned: set align.model = \"full\"",
                            best.rms_px, config.max_rms_px)}
        .because({"wcs_rms_px", best.rms_px, config.max_rms_px});
  return best;
}

}  // namespace skyweft::sky
