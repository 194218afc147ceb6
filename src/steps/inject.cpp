// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

// Artificial signals in pixels: light of the star's own shape, added or taken away.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "lc/injection.hpp"
#include "phot/overlap.hpp"
#include "phot/shapes_of_stars.hpp"
#include "shape/star_shape.hpp"
#include "sky/time.hpp"
#include "steps/local_sky.hpp"
#include "steps/star_variables.hpp"
#include "steps/step.hpp"
#include "steps/subpixels.hpp"

namespace skyweft::steps {
namespace {

constexpr double kLeastShare = 0.05;     // of the light inside the aperture
constexpr double kLeastVariance = 0.05;  // of what the pixel had

/// What light is added with: the fitted map, else the Gaussian of the sources' S, D, K, else a
/// round one of the frame's FWHM.
PsfMap map_for(const FrameWork& work) {
  if (work.psf.kind != PsfKind::none) return work.psf;
  if (work.record.sdk.kind != PsfKind::none) return work.record.sdk;
  PsfMap round;
  if (!(work.record.fwhm_px > 0.0)) return round;
  round.kind = PsfKind::gaussian;
  round.view = PsfView::prf;
  const double inverse_sigma = 2.0 * std::sqrt(2.0 * std::numbers::ln2) / work.record.fwhm_px;
  round.coefficient = {inverse_sigma * inverse_sigma, 0.0, 0.0};
  return round;
}

/// A star's light on the pixels its shape reaches, inside the frame or not.
struct Patch {
  shape::PixelWindow window;
  std::vector<double> share;  ///< [ny][nx] of the star's light
};

Patch patch_of(const StarShape& star, PsfView view, bool is_fitted, const SubPixelMap& subpixels,
               double x_px, double y_px) {
  const auto pixel = [](double at) { return static_cast<std::int64_t>(std::floor(at + 0.5)); };
  Patch patch;
  shape::PixelWindow& w = patch.window;
  w.first_x = pixel(x_px + star.x_node_px.front());
  w.first_y = pixel(y_px + star.y_node_px.front());
  w.nx = pixel(x_px + star.x_node_px.back()) - w.first_x + 1;
  w.ny = pixel(y_px + star.y_node_px.back()) - w.first_y + 1;
  patch.share.resize(static_cast<std::size_t>(w.size()));
  shape::pixel_values(star, view, subpixels, x_px, y_px, w, patch.share);
  if (is_fitted) return patch;
  // Samples of a narrow Gaussian do not add up to 1.
  double sum = 0.0;
  for (const double v : patch.share) sum += v;
  if (sum > 0.0)
    for (double& v : patch.share) v /= sum;
  return patch;
}

/// Calls visit(pixel of the frame, pixel of the patch) for the usable ones.
template <class Visit>
void each_pixel(const Patch& patch, const Frame& frame, Visit visit) {
  const shape::PixelWindow& w = patch.window;
  for (std::int64_t iy = std::max<std::int64_t>(0, w.first_y);
       iy < std::min(frame.ny(), w.first_y + w.ny); ++iy)
    for (std::int64_t ix = std::max<std::int64_t>(0, w.first_x);
         ix < std::min(frame.nx(), w.first_x + w.nx); ++ix)
      if ((frame.mask(ix, iy) & mask::unusable) == 0)
        visit(ix, iy,
              patch.share[static_cast<std::size_t>((iy - w.first_y) * w.nx + ix - w.first_x)]);
}

/// The star's light from what an aperture holds: what its pixels have above the sky, divided by the
/// share of the shape that falls on them. NaN where that cannot be told.
double flux_of(const Patch& patch, const Frame& frame, double x_px, double y_px, double sky_e,
               double radius_px) {
  double light = 0.0, share = 0.0;
  each_pixel(patch, frame, [&](std::int64_t ix, std::int64_t iy, double v) {
    const double area = phot::circle_pixel_overlap(static_cast<double>(ix) - x_px,
                                                   static_cast<double>(iy) - y_px, radius_px);
    if (!(area > 0.0)) return;
    light += area * (static_cast<double>(frame.signal_e(ix, iy)) - sky_e);
    share += area * v;
  });
  return share > kLeastShare ? light / share : kNaN;
}

void add_light(const Patch& patch, double light_e, Frame& frame) {
  each_pixel(patch, frame, [&](std::int64_t ix, std::int64_t iy, double v) {
    const double added = light_e * v;
    const auto variance = static_cast<double>(frame.variance_e2(ix, iy));
    frame.signal_e(ix, iy) =
        static_cast<float>(static_cast<double>(frame.signal_e(ix, iy)) + added);
    frame.variance_e2(ix, iy) =
        static_cast<float>(std::max(variance + added, kLeastVariance * variance));
  });
}

double bjd_of(const FrameRecord& record, const StarCatalog& stars, std::size_t row) {
  sky::FrameTime time;
  time.tdb_jd = record.time_tdb_mid_jd;
  std::ranges::copy(record.observer_bary_ls, time.observer_bary_ls.begin());
  return sky::bjd_tdb(time,
                      {Angle::from_deg(stars.ra_deg[row]), Angle::from_deg(stars.dec_deg[row])});
}

}  // namespace

void inject(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  if (givens.injections.empty()) return;
  const StarCatalog& stars = *givens.stars;
  const phot::ApertureConfig config = apertures_of(work, givens, options);
  measure_sky(work, config);
  const bool is_fitted = work.psf.kind != PsfKind::none;
  const PsfMap map = map_for(work);
  const StarVariables variables{work, stars, map.terms};
  const phot::StarShapes shapes{map, variables.columns(), stars.size()};
  const double radius_px = config.radii_px[(config.radii_px.size() - 1) / 2];

  // All stars are measured before any light moves: neighbours do not see each other's signals.
  struct Change {
    Patch patch;
    double light_e;
  };
  std::vector<Change> changes;
  StarShape scratch;
  for (const lc::Injection& injection : givens.injections) {
    const auto row = static_cast<std::size_t>(injection.row);
    const double x_px = work.x_px[row], y_px = work.y_px[row];
    const auto nx = static_cast<double>(work.frame.nx()), ny = static_cast<double>(work.frame.ny());
    if (!(x_px >= -0.5 && y_px >= -0.5 && x_px < nx - 0.5 && y_px < ny - 0.5)) continue;
    const double bjd = bjd_of(work.record, stars, row);
    const double factor = lc::injection_factors(injection, {&bjd, 1}).front();
    const StarShape& star = shapes.at(injection.row, scratch);
    if (factor == 1.0 || star.empty()) continue;
    Patch patch = patch_of(star, shapes.view(), is_fitted, subpixels_of(givens), x_px, y_px);
    const double flux_e = flux_of(patch, work.frame, x_px, y_px, work.sky[row].level_e, radius_px);
    if (!std::isfinite(flux_e)) continue;
    changes.push_back({std::move(patch), (factor - 1.0) * flux_e});
  }
  for (const Change& change : changes) add_light(change.patch, change.light_e, work.frame);
}

}  // namespace skyweft::steps
