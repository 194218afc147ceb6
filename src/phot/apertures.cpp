// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/apertures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/nearest_pixels.hpp"
#include "phot/neighbours.hpp"
#include "phot/star_flux.hpp"
#include "phot/star_order.hpp"

namespace skyweft::phot {
namespace {

constexpr std::size_t kAhead = 3;  // stars whose pixels are on their way

/// Everything that is the same for all stars of the frame.
class Meter {
 public:
  Meter(const Frame& frame, const Grid<float>& background_e, const Grid<float>& background_rms_e,
        std::vector<double> radii_px, double fwhm_px, const ApertureConfig& config,
        const MeasureOptions& options)
      : frame_(frame),
        config_(config),
        options_(options),
        apertures_(aperture_set(std::move(radii_px), fwhm_px)),
        sky_(frame, background_e, background_rms_e,
             annulus_for(config, apertures_.radii_px, fwhm_px), config),
        area_sums_(frame, apertures_.radii_px, config.background == "plane"),
        sums_(apertures_.radii_px.size()) {}

  void exclude(double x, double y) { sky_.exclude(x, y); }
  void fetch(double x, double y) const {
    fetch_pixels(frame_, x, y, std::min(apertures_.largest_px, 32.0));
  }
  void measure(double x, double y, std::size_t i_star, PointColumns& out);

 private:
  bool is_outside(double x, double y) const;
  void describe(double x, double y, std::size_t i_star, const LocalBackground& background,
                QualityBits bits) const;

  const Frame& frame_;
  const ApertureConfig& config_;
  const MeasureOptions& options_;
  ApertureSet apertures_;
  SkyMeter sky_;
  AreaSums area_sums_;
  std::vector<ApertureSum> sums_;  // scratch
};

bool Meter::is_outside(double x, double y) const {
  const double outside_x = std::max({-0.5 - x, x - (static_cast<double>(frame_.nx()) - 0.5), 0.0});
  const double outside_y = std::max({-0.5 - y, y - (static_cast<double>(frame_.ny()) - 0.5), 0.0});
  return std::hypot(outside_x, outside_y) >= apertures_.largest_px;
}

void Meter::measure(double x, double y, std::size_t i_star, PointColumns& out) {
  out.x_px[i_star] = static_cast<float>(x);
  out.y_px[i_star] = static_cast<float>(y);
  if (is_outside(x, y)) return;
  const Nearest nearest = nearest_pixels(frame_, x, y, apertures_.largest_px);
  const LocalBackground background = options_.sky.empty() ? sky_.at(x, y) : options_.sky[i_star];
  if (options_.sky_found != nullptr) (*options_.sky_found)[i_star] = background;
  area_sums_.at(x, y, nearest.all_finite, sums_);
  QualityBits bits = 0;
  if (options_.sums != nullptr) bits = options_.sums->refine(i_star, x, y, background, sums_);
  out.bg_e[i_star] = static_cast<float>(background.level_e);
  out.bg_err_e[i_star] = static_cast<float>(background.error_e);
  const std::size_t n = sums_.size();
  bits |= finish_star(apertures_, sums_, background, nearest, config_,
                      std::span{out.flux_e}.subspan(i_star * n, n),
                      std::span{out.flux_err_e}.subspan(i_star * n, n));
  out.quality[i_star] = bits;
  if (options_.details != nullptr) describe(x, y, i_star, background, bits);
}

void Meter::describe(double x, double y, std::size_t i_star, const LocalBackground& background,
                     QualityBits bits) const {
  constexpr QualityBits kIncomplete =
      quality::edge | quality::bad_pixel | quality::cosmic | quality::bleed | quality::saturated;
  StarDetails& details = *options_.details;
  // A saturated pixel outside the core has no bit but takes area as well.
  const Nearest nearest = nearest_pixels(frame_, x, y, apertures_.largest_px);
  const bool is_complete = (bits & kIncomplete) == 0 && nearest.saturated >= apertures_.largest_px;
  details.coverage[i_star] =
      is_complete ? 1.0F : static_cast<float>(usable_part(frame_, x, y, apertures_.largest_px));
  details.peak_e[i_star] =
      static_cast<float>(brightest_pixel(frame_, x, y, apertures_.core_px) - background.level_e);
  details.n_background[i_star] = static_cast<std::int32_t>(background.n_pixel);
}

void check(const Frame& frame, const Grid<float>& background_e, const Grid<float>& background_rms_e,
           std::size_t n_x, std::size_t n_y, std::size_t n_mag, double fwhm_px) {
  if (n_x != n_y || n_x != n_mag)
    throw Error{Errc::internal,
                fmt::format("photometry: {} x, {} y and {} magnitudes; they must be as many", n_x,
                            n_y, n_mag)};
  if (!same_shape(frame.signal_e, frame.variance_e2) || !same_shape(frame.signal_e, frame.mask) ||
      (!background_e.empty() && !same_shape(frame.signal_e, background_e)) ||
      (!background_rms_e.empty() && !same_shape(frame.signal_e, background_rms_e)))
    throw Error{Errc::internal,
                "photometry: signal, variance, mask and background maps differ in shape"};
  if (!(fwhm_px > 0.0) || !std::isfinite(fwhm_px))
    throw Error{Errc::bad_input,
                "the width of the stars is unknown, so no aperture fits; is anything detected on "
                "the frame?"}
        .because({"fwhm_px", fwhm_px, 0.0});
}

}  // namespace

FramePhotometry measure_frame(const Frame& frame, const Grid<float>& background_e,
                              const Grid<float>& background_rms_e, std::span<const double> x_px,
                              std::span<const double> y_px, std::span<const float> catalog_mag,
                              double fwhm_px, const ApertureConfig& config,
                              const MeasureOptions& options) {
  check(frame, background_e, background_rms_e, x_px.size(), y_px.size(), catalog_mag.size(),
        fwhm_px);
  auto radii = checked_radii(options.radii_px.empty() ? config.radii_px : options.radii_px);
  FramePhotometry out;
  out.n_star = static_cast<std::int64_t>(x_px.size());
  out.n_ap = static_cast<std::int64_t>(radii.size());
  out.points.resize(out.n_star, out.n_ap);
  if (options.details != nullptr) options.details->assign(x_px.size());
  if (!options.sky.empty() && options.sky.size() != x_px.size())
    throw Error{Errc::internal, fmt::format("photometry: {} backgrounds for {} stars",
                                            options.sky.size(), x_px.size())};
  if (options.sky_found != nullptr)
    options.sky_found->assign(x_px.size(), {.level_e = kNaN, .error_e = kNaN});

  Meter meter(frame, background_e, background_rms_e, radii, fwhm_px, config, options);
  const auto order = order_by_place(x_px, y_px);
  if (options.sky.empty())
    for (const std::size_t i : order) meter.exclude(x_px[i], y_px[i]);
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (const std::size_t next = k + kAhead; next < order.size())
      meter.fetch(x_px[order[next]], y_px[order[next]]);
    meter.measure(x_px[order[k]], y_px[order[k]], order[k], out.points);
  }

  std::ranges::sort(radii);
  const double middle = radii[(radii.size() - 1) / 2];
  const auto light = neighbour_light(x_px, y_px, catalog_mag, fwhm_px, middle);
  for (std::size_t i = 0; i < light.size(); ++i) {
    if ((out.points.quality[i] & quality::not_measured) != 0) continue;
    if (light[i] > 0.01) out.points.quality[i] |= quality::neighbour_1pc;
    if (light[i] > 0.10) out.points.quality[i] |= quality::neighbour_10pc;
    if (options.details != nullptr)
      options.details->neighbour_light[i] = static_cast<float>(light[i]);
  }
  return out;
}

}  // namespace skyweft::phot
