// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/frame_models.hpp"

#include <cmath>
#include <vector>

namespace skyweft::shape {
namespace {

/// The columns that StarInput borrows.
struct Columns {
  std::vector<double> background_e;
  std::vector<double> flux_e;
  NamedColumns variables;
};

/// Light above the background within `radius` of a place. Saturated pixels count for what they
/// hold, so that bright neighbours are known as such; NaN without any pixel.
double light_near(const Frame& frame, double x, double y, double background, double radius) {
  if (!(std::abs(x) < 1e9 && std::abs(y) < 1e9)) return kNaN;
  double sum = 0.0;
  bool any = false;
  const auto first = [&](double c) { return std::llround(std::ceil(c - radius)); };
  for (std::int64_t iy = first(y); static_cast<double>(iy) <= y + radius; ++iy) {
    for (std::int64_t ix = first(x); static_cast<double>(ix) <= x + radius; ++ix) {
      if (!frame.signal_e.contains(ix, iy)) continue;
      if ((frame.mask(ix, iy) & mask::unusable & ~mask::saturated) != 0) continue;
      if (std::hypot(static_cast<double>(ix) - x, static_cast<double>(iy) - y) > radius) continue;
      if (!std::isfinite(frame.signal_e(ix, iy))) continue;
      sum += static_cast<double>(frame.signal_e(ix, iy)) - background;
      any = true;
    }
  }
  return any ? sum : kNaN;
}

StarInput input_of(const ShapeFrame& stars, double start_fwhm_px, Columns& columns) {
  columns.background_e.assign(stars.background_e.begin(), stars.background_e.end());
  for (std::size_t i = 0; i < stars.x_px.size(); ++i)
    columns.flux_e.push_back(light_near(*stars.frame, stars.x_px[i], stars.y_px[i],
                                        columns.background_e[i], 1.5 * start_fwhm_px + 0.5));
  if (stars.variables != nullptr) columns.variables = *stars.variables;
  if (stars.variables == nullptr) columns.variables.add("x", stars.x_px);
  return {.frame = stars.frame,
          .x_px = stars.x_px,
          .y_px = stars.y_px,
          .background_e = columns.background_e,
          .flux_e = columns.flux_e,
          .may_shape = stars.use,
          .columns = &columns.variables};
}

}  // namespace

ParametricFit fit_parametric_map(const ShapeFrame& stars, const SubPixelMap& subpixels,
                                 const ShapeConfig& config, double start_fwhm_px) {
  Columns columns;
  const StarInput input = input_of(stars, start_fwhm_px, columns);
  ParametricConfig chosen;
  chosen.kind = config.model == "moffat" ? PsfKind::moffat : PsfKind::gaussian;
  chosen.view = config.view == "prf" ? PsfView::prf : PsfView::psf;
  chosen.terms = config.terms;
  chosen.start_fwhm_px = start_fwhm_px;
  chosen.reach_px = config.radius_px;
  chosen.max_stars = config.max_stars;
  chosen.min_snr = config.min_snr;
  chosen.max_rounds = config.max_rounds;
  chosen.tolerance = config.tolerance;
  chosen.pixel_reject = config.pixel_rejection_sigma;
  return fit_parametric_map(input, subpixels, chosen);
}

EmpiricalPrf fit_empirical_prf(const ShapeFrame& stars, double start_fwhm_px,
                               const EmpiricalPrfConfig& config) {
  Columns columns;
  return fit_empirical_prf(input_of(stars, start_fwhm_px, columns), start_fwhm_px, config);
}

}  // namespace skyweft::shape
