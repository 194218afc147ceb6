// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/error.hpp"
#include "phot/annulus.hpp"
#include "shape/frame_models.hpp"
#include "shape/grid_lines.hpp"
#include "shape/psf_fit.hpp"
#include "shape/sdk_map.hpp"
#include "shape/star_shape.hpp"
#include "steps/local_sky.hpp"
#include "steps/star_variables.hpp"
#include "steps/step.hpp"
#include "steps/subpixels.hpp"

namespace skyweft::steps {
namespace {

/// The map that section [shape] asks for, from this frame's stars.
PsfMap fit_map(const FrameWork& work, const StarVariables& variables, const FrameGivens& givens,
               const shape::ShapeConfig& options) {
  const shape::ShapeConfig config = shape::with_grid(options, work.record.fwhm_px);
  std::vector<float> level, error;
  for (const phot::LocalBackground& sky : work.sky) {
    level.push_back(static_cast<float>(sky.level_e));
    error.push_back(static_cast<float>(sky.error_e));
  }
  std::vector<std::uint8_t> use;
  for (const float mag : givens.stars->mag)
    use.push_back(!(static_cast<double>(mag) < config.min_mag) &&
                  !(static_cast<double>(mag) > config.max_mag));
  const shape::ShapeFrame stars{.frame = &work.frame,
                                .x_px = work.x_px,
                                .y_px = work.y_px,
                                .background_e = level,
                                .background_err_e = error,
                                .variables = &variables.columns(),
                                .use = use};
  if (config.model == "bicubic")
    return shape::fit_psf_map({&stars, 1}, subpixels_of(givens), config).map;
  if (config.model == "empirical") {
    // Made for undersampled stars: the wider they are, the fewer lines they need.
    const double fwhm = work.record.fwhm_px;
    return shape::fit_empirical_prf(stars, fwhm,
                                    {.oversampling = fwhm < 1.6   ? 4
                                                     : fwhm < 3.2 ? 2
                                                                  : 1,
                                     .reach_px = std::max(4.0, 2.5 * fwhm),
                                     .terms = config.terms,
                                     .max_stars = config.max_stars,
                                     .min_snr = config.min_snr})
        .map;
  }
  return shape::fit_parametric_map(stars, subpixels_of(givens), config, work.record.fwhm_px).map;
}

/// What frames.h5 says of the shape: at the middle of the frame, for a star of middle properties.
void note_shape(FrameWork& work, const NamedColumns& columns, std::size_t n_star) {
  FrameRecord& record = work.record;
  record.psf_model = name_of(work.psf);
  if (work.psf.kind == PsfKind::none) return;
  record.psf_terms = work.psf.terms;
  record.psf_n_star = work.psf.n_star;
  record.psf_rounds = work.psf.rounds;
  record.psf_converged = work.psf.converged;
  record.psf_chi2 = work.psf.chi2_dof;
  // The star nearest to the middle stands for it.
  const double x = 0.5 * static_cast<double>(work.frame.nx() - 1);
  const double y = 0.5 * static_cast<double>(work.frame.ny() - 1);
  const Terms terms = Terms::parse(work.psf.terms);
  const auto index = columns.find(terms);
  std::vector<double> values(index.size()), row(static_cast<std::size_t>(terms.n_term()));
  double nearest = std::numeric_limits<double>::infinity();
  StarShape middle;
  for (std::size_t i = 0; i < n_star; ++i) {
    const double away = std::hypot(work.x_px[i] - x, work.y_px[i] - y);
    if (!(away < nearest)) continue;
    for (std::size_t k = 0; k < index.size(); ++k) values[k] = columns.value(index[k], i);
    terms.evaluate(values, row);
    StarShape shape = shape::shape_of(work.psf, row);
    if (shape.empty()) continue;
    nearest = away;
    middle = std::move(shape);
  }
  if (middle.empty()) return;
  const shape::ShapeSummary summary = shape::summary_of(middle);
  record.psf_fwhm_px = summary.fwhm_px;
  record.psf_elongation = summary.elongation;
}

}  // namespace

void fit_shape(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  if (!work.sources.shape_s.empty())
    work.record.sdk =
        shape::fit_sdk_map(work.sources, work.frame.nx(), work.frame.ny(), {}, options.sdk).map;
  const bool wanted = options.shape.model != "none" || givens.psf_map != nullptr;
  work.psf = {};
  if (wanted) {
    const std::string& text =
        givens.psf_map != nullptr ? givens.psf_map->terms : options.shape.terms;
    const StarVariables variables{work, *givens.stars, text};
    measure_sky(work, apertures_of(work, givens, options));
    if (givens.psf_map != nullptr)
      work.psf = *givens.psf_map;
    else
      work.psf = fit_map(work, variables, givens, options.shape);
    note_shape(work, variables.columns(), work.x_px.size());
  } else {
    work.record.psf_model = name_of(work.psf);
  }
}

}  // namespace skyweft::steps
