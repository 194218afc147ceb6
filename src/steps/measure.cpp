// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/robust.hpp"
#include "lc/magnitudes.hpp"
#include "phot/apertures.hpp"
#include "phot/shapes_of_stars.hpp"
#include "phot/weighted_sums.hpp"
#include "phot/zero_point.hpp"
#include "steps/local_sky.hpp"
#include "steps/noise_columns.hpp"
#include "steps/star_variables.hpp"
#include "steps/step.hpp"
#include "steps/subpixels.hpp"

namespace skyweft::steps {
namespace {

/// The photometry with the PSF fit as a further column behind the apertures.
FramePhotometry with_psf_column(const FramePhotometry& apertures, const phot::PsfFluxes& fit) {
  FramePhotometry out{.n_star = apertures.n_star, .n_ap = apertures.n_ap + 1, .points = {}};
  out.points = apertures.points;
  out.points.flux_e.clear();
  out.points.flux_err_e.clear();
  for (std::int64_t s = 0; s < apertures.n_star; ++s) {
    const auto first = apertures.points.flux_e.begin() + s * apertures.n_ap;
    const auto first_err = apertures.points.flux_err_e.begin() + s * apertures.n_ap;
    out.points.flux_e.insert(out.points.flux_e.end(), first, first + apertures.n_ap);
    out.points.flux_err_e.insert(out.points.flux_err_e.end(), first_err,
                                 first_err + apertures.n_ap);
    const auto i = static_cast<std::size_t>(s);
    out.points.flux_e.push_back(static_cast<float>(fit.flux_e[i]));
    out.points.flux_err_e.push_back(static_cast<float>(fit.flux_err_e[i]));
    out.points.quality[i] |= fit.quality[i];
  }
  return out;
}

template <class T>
void keep_extra(FramePhotometry& photometry, std::string_view name, const std::vector<T>& values) {
  if (values.empty()) return;
  for (ExtraColumn& column : photometry.points.extra)
    if (column.name == name) column.value.assign(values.begin(), values.end());
}

/// Sums with the light on a circle divided as the star's shape says (science.md 3.11).
class ShapeSums final : public phot::SumSource {
 public:
  ShapeSums(const FrameWork& work, const SubPixelMap& subpixels, const phot::ApertureConfig& config,
            const phot::StarShapes& shapes, std::vector<double> guess_e)
      : shapes_(shapes),
        guess_e_(std::move(guess_e)),
        meter_(work.frame, subpixels, config.radii_px, config.parity),
        sums_(config.radii_px.size()) {}

  QualityBits refine(std::size_t i_star, double x_px, double y_px, const phot::LocalBackground& sky,
                     std::span<phot::ApertureSum> sums) override {
    // A PRF does not say how light is divided inside a pixel.
    const bool has_shape = !shapes_.empty() && shapes_.view() == PsfView::psf;
    const StarShape& shape =
        has_shape ? shapes_.at(static_cast<std::int64_t>(i_star), scratch_) : none_;
    double flux = guess_e_[i_star];
    if (!std::isfinite(flux)) {
      const phot::ApertureSum& middle = sums[(sums.size() - 1) / 2];
      flux = middle.signal - middle.area * sky.level_e;
    }
    meter_.measure(x_px, y_px, shape, flux, sky.level_e, sums_);
    for (std::size_t a = 0; a < sums.size(); ++a) {
      sums[a].area = sums_[a].area;
      sums[a].signal = sums_[a].signal;
      sums[a].variance = sums_[a].variance;
      sums[a].sky_weight = meter_.sky_weights()[a];
    }
    return has_shape && shape.empty() ? quality::psf_unreliable : 0;
  }

 private:
  const phot::StarShapes& shapes_;
  std::vector<double> guess_e_;
  phot::WeightedSums meter_;
  std::vector<phot::ApertureSum> sums_;
  StarShape scratch_;
  StarShape none_;
};

/// What each star should give, for the division of light on a circle: from its catalogue magnitude
/// and the frame's bright stars, because a guess that shares the pixels' noise biases faint fluxes;
/// the PSF fit itself where there is no magnitude.
std::vector<double> guessed_fluxes(const phot::PsfFluxes& fit, const StarCatalog& stars) {
  constexpr double kBright = 20.0;  // S/N
  const auto n = static_cast<std::size_t>(stars.size());
  std::vector<double> guess(n, kNaN);
  if (fit.flux_e.size() != n) return guess;
  const auto relative = [&](std::size_t i) {
    return std::pow(10.0, -0.4 * static_cast<double>(stars.mag[i]));
  };
  std::vector<double> scales;
  for (std::size_t i = 0; i < n; ++i)
    if (fit.flux_e[i] > kBright * fit.flux_err_e[i] && std::isfinite(stars.mag[i]))
      scales.push_back(fit.flux_e[i] / relative(i));
  const double scale = median_in_place(std::span<double>{scales});
  for (std::size_t i = 0; i < n; ++i) {
    guess[i] = scale * relative(i);
    if (!std::isfinite(guess[i])) guess[i] = fit.flux_e[i];
  }
  return guess;
}

/// PSF fits of all stars; empty when no shape is asked for.
phot::PsfFluxes fit_fluxes(const FrameWork& work, const SubPixelMap& subpixels,
                           const phot::StarShapes& shapes, const StarCatalog& stars,
                           const FrameOptions& options) {
  std::vector<double> level, error;
  for (const phot::LocalBackground& sky : work.sky) {
    level.push_back(sky.level_e);
    error.push_back(sky.error_e);
  }
  phot::PsfFluxConfig how = options.psf_flux;
  how.flat_error = options.phot.flat_error;
  return phot::fit_psf_fluxes(work.frame, work.x_px, work.y_px, level, error, shapes, subpixels,
                              stars.mag, how);
}

/// Scintillation is part of every error; it is no part of a pixel's variance.
void add_scintillation(PointColumns& points, double relative) {
  if (!(relative > 0.0)) return;
  for (std::size_t k = 0; k < points.flux_e.size(); ++k) {
    const double flux = static_cast<double>(points.flux_e[k]);
    points.flux_err_e[k] =
        static_cast<float>(std::hypot(static_cast<double>(points.flux_err_e[k]), relative * flux));
  }
}

/// Zero point and depth of the frame, from the middle aperture.
void find_zero_point(FrameWork& work, const StarVariables& variables, const StarCatalog& stars,
                     const std::vector<float>& neighbour_light, const FrameOptions& options,
                     std::int64_t n_radius) {
  const PointColumns& points = work.photometry.points;
  const auto n = static_cast<std::size_t>(stars.size());
  const auto n_ap = static_cast<std::size_t>(work.photometry.n_ap);
  const auto middle = static_cast<std::size_t>((n_radius - 1) / 2);
  constexpr QualityBits kUnfit = quality::saturated | quality::edge | quality::bad_pixel |
                                 quality::cosmic | quality::bleed | quality::not_measured;
  std::vector<double> mag(n), err(n), known(stars.mag.begin(), stars.mag.end());
  std::vector<double> colour(stars.colour.begin(), stars.colour.end());
  const std::vector<double> contamination(neighbour_light.begin(), neighbour_light.end());
  std::vector<std::uint8_t> usable(n);
  std::vector<std::pair<double, double>> unlit;  // flux, 5 sigma without it
  for (std::size_t i = 0; i < n; ++i) {
    const double flux = static_cast<double>(points.flux_e[i * n_ap + middle]);
    const double flux_err = static_cast<double>(points.flux_err_e[i * n_ap + middle]);
    mag[i] = static_cast<double>(lc::instrumental_mag(flux, work.info.exposure_s));
    err[i] = static_cast<double>(lc::instrumental_mag_err(flux, flux_err));
    usable[i] = static_cast<std::uint8_t>((points.quality[i] & kUnfit) == 0);
    // The part of the error that is there without the star's own light.
    const double flat = options.phot.flat_error * flux;
    const double empty2 = flux_err * flux_err - std::max(flux, 0.0) - flat * flat;
    if (usable[i] != 0 && empty2 > 0.0) unlit.push_back({flux, 5.0 * std::sqrt(empty2)});
  }
  // Of bright stars it is a small difference of large numbers: the fainter half tells.
  std::ranges::sort(unlit);
  std::vector<double> limits;
  for (std::size_t i = 0; i < (unlit.size() + 1) / 2; ++i)
    limits.push_back(
        static_cast<double>(lc::instrumental_mag(unlit[i].second, work.info.exposure_s)));
  const phot::ZeroPoint found = phot::fit_zero_point({.instrumental_mag = mag,
                                                      .mag_err = err,
                                                      .catalog_mag = known,
                                                      .colour = colour,
                                                      .u = variables.u(),
                                                      .v = variables.v(),
                                                      .contamination = contamination,
                                                      .usable = usable},
                                                     options.zero_point);
  FrameRecord& record = work.record;
  record.zero_point = found.zero_point;
  record.zero_point_err = found.zero_point_err;
  record.zero_point_colour = found.colour.empty() ? 0.0 : found.colour.front();
  record.zero_point_scatter = found.scatter_mag;
  record.n_zero_point = found.n_used;
  if (!limits.empty())
    record.depth_mag = median_in_place(std::span<double>{limits}) + found.zero_point;
}

}  // namespace

void measure(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const StarCatalog& stars = *givens.stars;
  if (work.x_px.size() != static_cast<std::size_t>(stars.size()))
    place_stars(work, givens, options);
  const phot::ApertureConfig config = apertures_of(work, givens, options);
  work.record.px_per_radius =
      config.radii_px.front() / (options.phot.radii_fwhm.empty()
                                     ? options.phot.radii_arcsec.empty()
                                           ? options.phot.radii_px.front()
                                           : options.phot.radii_arcsec.front()
                                     : options.phot.radii_fwhm.front());
  const SubPixelMap& subpixels = subpixels_of(givens);
  const StarVariables variables{work, stars, work.psf.terms};
  const phot::StarShapes shapes{work.psf, variables.columns(), stars.size()};
  const bool has_psf = options.shape.model != "none" || givens.psf_map != nullptr;
  phot::PsfFluxes fit;
  if (has_psf) measure_sky(work, config);
  if (has_psf) fit = fit_fluxes(work, subpixels, shapes, stars, options);

  phot::StarDetails details;
  std::vector<phot::LocalBackground> sky;
  std::optional<ShapeSums> by_shape;
  if (config.weighting == "psf")
    by_shape.emplace(work, subpixels, config, shapes, guessed_fluxes(fit, stars));
  work.photometry =
      phot::measure_frame(work.frame, work.background.level_e, work.background.rms_e, work.x_px,
                          work.y_px, stars.mag, work.record.fwhm_px, config,
                          {.radii_px = config.radii_px,
                           .sums = by_shape ? &*by_shape : nullptr,
                           .details = &details,
                           .sky = has_psf ? std::span<const phot::LocalBackground>{work.sky}
                                          : std::span<const phot::LocalBackground>{},
                           .sky_found = &sky});
  work.sky = std::move(sky);
  if (has_psf) work.photometry = with_psf_column(work.photometry, fit);
  work.photometry.points.keep(options.phot.extra);
  keep_extra(work.photometry, "peak_e", details.peak_e);
  keep_extra(work.photometry, "coverage", details.coverage);
  keep_extra(work.photometry, "neighbour_light", details.neighbour_light);
  keep_extra(work.photometry, "psf_chi2", fit.chi2_dof);
  keep_extra(work.photometry, "psf_qfit", fit.qfit);
  const double twinkle = scintillation_of(work, options);
  add_scintillation(work.photometry.points, twinkle);
  keep_noise_columns(work, givens, options, config, twinkle);
  PointColumns& points = work.photometry.points;
  for (std::size_t i = 0; i < points.quality.size(); ++i) {
    points.quality[i] |= work.place_bits[i];
    if (work.corrections.missing != 0) points.quality[i] |= quality::uncalibrated;
  }
  find_zero_point(work, variables, stars, details.neighbour_light, options,
                  static_cast<std::int64_t>(config.radii_px.size()));
}

}  // namespace skyweft::steps
