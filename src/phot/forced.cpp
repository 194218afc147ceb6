// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/forced.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "phot/forced_sky.hpp"
#include "phot/forced_sums.hpp"
#include "phot/kron.hpp"
#include "phot/limits.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

constexpr double kSigmaPerFwhm = 0.42466090014400953;
constexpr double kLargestPx = 1e5;
constexpr int kRingRounds = 3;

bool is_ellipse(const Ellipse& e) {
  return e.a_px > 0.0 && e.b_px > 0.0 && std::max(e.a_px, e.b_px) <= kLargestPx &&
         std::isfinite(e.theta_deg);
}

/// Everything that is the same for all targets of the frame.
class ForcedMeter {
 public:
  ForcedMeter(const Frame& frame, const SkySources& sources, const FrameScale& scale,
              const ForcedConfig& config, std::vector<double> radii_px)
      : frame_(frame), sources_(sources), scale_(scale), config_(config), radii_(radii_px) {}

  void measure(const ForcedTarget& target, std::span<ForcedRow> rows) const;

 private:
  LocalSky sky_at(double x, double y, double largest) const;
  double ring_inner(double largest) const;
  std::vector<Ellipse> shapes_of(const ForcedTarget& target) const;
  void fill(double x, double y, const Ellipse& shape, const LocalSky& sky, ForcedRow& row) const;

  const Frame& frame_;
  const SkySources& sources_;
  const FrameScale& scale_;
  const ForcedConfig& config_;
  std::vector<double> radii_;
};

double ForcedMeter::ring_inner(double largest) const {
  return config_.annulus_inner_px > 0.0 ? config_.annulus_inner_px
                                        : std::max(4.0 * scale_.fwhm_px, largest + 1.0);
}

LocalSky ForcedMeter::sky_at(double x, double y, double largest) const {
  if (config_.background == "annulus") {
    const double inner = ring_inner(largest);
    double outer = config_.annulus_outer_px;
    if (!(outer > 0.0)) outer = std::max(7.0 * scale_.fwhm_px, inner + 4.0);
    return ring_sky(frame_, sources_, x, y, inner, outer, config_.background_clip,
                    config_.min_background_pixels);
  }
  LocalSky sky = mapped_sky(sources_, x, y, config_.map_box_px * config_.map_box_px);
  if (config_.background == "map") return sky;
  sky.level_e = 0.0;
  sky.level_err_e = 0.0;
  sky.map = nullptr;
  sky.reliable = true;
  return sky;
}

std::vector<Ellipse> ForcedMeter::shapes_of(const ForcedTarget& target) const {
  std::vector<Ellipse> shapes;
  if (config_.shape == "circle") {
    for (const double r : radii_) shapes.push_back({r, r, 0.0});
    return shapes;
  }
  Ellipse base{target.a_px, target.b_px, target.theta_deg};
  if (base.a_px == 0.0 && base.b_px == 0.0)
    base = {config_.ellipse_a_px, config_.ellipse_b_px, config_.ellipse_theta_deg};
  if (config_.shape == "kron") return {base};
  if (base.a_px == 0.0 && base.b_px == 0.0) base = {radii_.front(), radii_.front(), 0.0};
  for (const double s : config_.ellipse_scales)
    shapes.push_back({s * base.a_px, s * base.b_px, base.theta_deg});
  return shapes;
}

void ForcedMeter::fill(double x, double y, const Ellipse& shape, const LocalSky& sky,
                       ForcedRow& row) const {
  row.shape = shape;
  if (!is_ellipse(shape)) return;
  const EllipseOverlap overlap(shape);
  const double wide = overlap.half_width_px();
  const double tall = overlap.half_height_px();
  const double r = shape.a_px;
  const ForcedSums s =
      shape.a_px == shape.b_px
          ? sum_pixels(frame_, sky, x, y, r, r,
                       [r](double dx, double dy) { return circle_pixel_overlap(dx, dy, r); })
          : sum_pixels(frame_, sky, x, y, wide, tall, overlap);
  if (s.n_touched == 0) return;
  row.quality = (row.quality & ~quality::not_measured) | s.bits;
  if (!sky.reliable) row.quality |= quality::background_unreliable;
  row.area_px = s.area;
  row.coverage = std::min(1.0, s.area / overlap.area_px2());
  row.n_masked = s.n_masked;
  row.background_e = sky.level_e;
  row.background_err_e = sky.level_err_e;
  if (s.n_masked == s.n_touched) {
    row.quality |= quality::not_measured;
    return;
  }
  row.peak_e = s.peak;
  if (x - wide < -0.5 || y - tall < -0.5 || x + wide > static_cast<double>(frame_.nx()) - 0.5 ||
      y + tall > static_cast<double>(frame_.ny()) - 0.5) {
    row.quality |= quality::edge;
    return;
  }
  if (!std::isfinite(s.signal)) return;  // no level: flagged above
  const double of_sky =
      std::isfinite(sky.pixel_variance_e2) ? sky.pixel_variance_e2 * s.weight2 : s.variance;
  const double of_source = std::max(0.0, s.variance - of_sky);
  row.flux_e = s.signal;
  row.source_err_e = std::sqrt(of_source);
  row.sky_err_e = std::sqrt(s.variance - of_source);
  row.level_err_e = s.area * sky.level_err_e;
  row.flat_err_e = config_.flat_error * std::abs(s.signal);
  row.flux_err_e =
      std::sqrt(s.variance + row.level_err_e * row.level_err_e + row.flat_err_e * row.flat_err_e);
  row.noise_e = std::sqrt(of_sky + row.level_err_e * row.level_err_e);
  row.snr = row.flux_e / row.flux_err_e;
}

void ForcedMeter::measure(const ForcedTarget& target, std::span<ForcedRow> rows) const {
  const double x = target.x_px;
  const double y = target.y_px;
  if (!(std::abs(x) < 1e9 && std::abs(y) < 1e9)) return;
  const std::vector<Ellipse> shapes = shapes_of(target);
  double largest = 0.0;
  for (const Ellipse& e : shapes) largest = std::max({largest, e.a_px, e.b_px});
  if (config_.shape != "kron") {
    const LocalSky sky = sky_at(x, y, std::min(largest, kLargestPx));
    for (std::size_t k = 0; k < shapes.size(); ++k) fill(x, y, shapes[k], sky, rows[k]);
    return;
  }
  // The size of a Kron ellipse is known after its sky: a ring that it reaches into is widened.
  const Ellipse rms = shapes.front();
  const bool given = is_ellipse(rms);
  if (!given && !(rms.a_px == 0.0 && rms.b_px == 0.0)) return;
  const double start = kSigmaPerFwhm * scale_.fwhm_px;
  largest = config_.kron_min_radius * (given ? largest : start);
  LocalSky sky;
  KronAperture kron;
  for (int round = 0; round < kRingRounds; ++round) {
    sky = sky_at(x, y, largest);
    if (!std::isfinite(sky.level_e)) break;
    kron =
        kron_aperture(frame_, sky, x, y, rms, start, config_.kron_factor, config_.kron_min_radius);
    const double size = std::max(kron.ellipse.a_px, kron.ellipse.b_px);
    if (config_.background != "annulus" || ring_inner(largest) >= size) break;
    largest = size;
  }
  ForcedRow& row = rows.front();
  row.kron_radius = kron.kron_radius;
  fill(x, y, kron.ellipse, sky, row);
  if (!sky.reliable) row.quality |= quality::background_unreliable;
  if (!kron.measured) row.quality |= quality::psf_unreliable;
}

bool all_positive(const std::vector<double>& v) {
  return !v.empty() && std::ranges::all_of(v, [](double r) { return r > 0.0 && r < kLargestPx; });
}

void need(double value, const char* name, const char* what) {
  if (value > 0.0 && std::isfinite(value)) return;
  throw Error{Errc::bad_input,
              fmt::format("forced photometry: {} of this frame is not known; give radii and "
                          "annulus in px, or solve and detect on the frame first",
                          what)}
      .because({name, value, 0.0});
}

void check(const Frame& frame, const SkySources& sources, const FrameScale& scale,
           const ForcedConfig& config, bool ellipses_given) {
  const auto fits = [&](const auto& map) { return map.empty() || same_shape(frame.signal_e, map); };
  if (!same_shape(frame.signal_e, frame.variance_e2) || !same_shape(frame.signal_e, frame.mask) ||
      !fits(sources.background_e) || !fits(sources.background_rms_e) || !fits(sources.is_sky))
    throw Error{Errc::internal,
                "forced photometry: signal, variance, mask and maps differ in shape"};
  if (config.shape == "ellipse" && !all_positive(config.ellipse_scales))
    throw Error{Errc::bad_config, "forced.ellipse_scales needs at least one, above 0; try [1.0]"};
  const bool ring = config.background == "annulus";
  const double inner = config.annulus_inner_px;
  const double outer = config.annulus_outer_px;
  if (ring && outer > 0.0 && (!(outer > inner) || outer > kLargestPx))
    throw Error{Errc::bad_config, fmt::format("forced: annulus_outer ({} px) must be larger than "
                                              "annulus_inner ({} px), and at most 100000",
                                              outer, inner)};
  if ((config.ellipse_a_px > 0.0) != (config.ellipse_b_px > 0.0))
    throw Error{Errc::bad_config,
                fmt::format("forced: an ellipse has two axes; ellipse_a is {} px, ellipse_b {} px",
                            config.ellipse_a_px, config.ellipse_b_px)};
  if ((config.shape == "kron" && !ellipses_given) || (ring && !(inner > 0.0 && outer > 0.0)))
    need(scale.fwhm_px, "fwhm_px", "the width of the stars");
}

}  // namespace

std::vector<double> radii_in_px(const ForcedConfig& config, const FrameScale& scale) {
  std::vector<double> radii = config.radii;
  if (config.radii_unit == "arcsec") {
    need(scale.arcsec_per_px, "arcsec_per_px", "the pixel scale");
    for (double& r : radii) r /= scale.arcsec_per_px;
  } else if (config.radii_unit == "fwhm") {
    need(scale.fwhm_px, "fwhm_px", "the width of the stars");
    for (double& r : radii) r *= scale.fwhm_px;
  }
  if (!all_positive(radii))
    throw Error{Errc::bad_config,
                "forced.radii needs at least one radius, each above 0 and below 100000 px; try "
                "[1.0, 1.5, 2.0] with radii_unit = \"fwhm\""};
  return radii;
}

double ForcedTable::magnitude_of(std::size_t row) const {
  return magnitude(rows[row].flux_e, zero_point_mag);
}
double ForcedTable::magnitude_error_of(std::size_t row) const {
  return magnitude_error(rows[row].flux_e, rows[row].flux_err_e);
}
double ForcedTable::limit_e(std::size_t row, std::size_t k) const {
  return upper_limit_e(limits_sigma[k], rows[row].noise_e);
}
double ForcedTable::limit_mag(std::size_t row, std::size_t k) const {
  return upper_limit_mag(limits_sigma[k], rows[row].noise_e, zero_point_mag);
}

ForcedTable measure_targets(const Frame& frame, const Grid<float>& background_e,
                            const Grid<float>& background_rms_e, const Grid<std::uint8_t>& is_sky,
                            std::span<const ForcedTarget> targets, const FrameScale& scale,
                            const ForcedConfig& config) {
  const SkySources sources{background_e, background_rms_e, is_sky};
  const bool ellipses_given = (config.ellipse_a_px > 0.0 && config.ellipse_b_px > 0.0) ||
                              std::ranges::none_of(targets, [](const ForcedTarget& t) {
                                return t.a_px == 0.0 && t.b_px == 0.0;
                              });
  check(frame, sources, scale, config, ellipses_given);
  ForcedTable out;
  if (config.shape == "circle" || (config.shape == "ellipse" && !ellipses_given))
    out.radii_px = radii_in_px(config, scale);
  out.n_aperture = 1;
  if (config.shape == "circle") out.n_aperture = static_cast<std::int64_t>(out.radii_px.size());
  if (config.shape == "ellipse")
    out.n_aperture = static_cast<std::int64_t>(config.ellipse_scales.size());
  out.zero_point_mag = scale.zero_point_mag;
  out.limits_sigma = config.limits_sigma;
  const auto n_ap = static_cast<std::size_t>(out.n_aperture);
  out.rows.resize(targets.size() * n_ap);
  const ForcedMeter meter(frame, sources, scale, config, out.radii_px);
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const auto rows = std::span{out.rows}.subspan(t * n_ap, n_ap);
    for (std::size_t a = 0; a < n_ap; ++a) {
      rows[a].target = static_cast<std::int64_t>(t);
      rows[a].aperture = static_cast<std::int64_t>(a);
    }
    meter.measure(targets[t], rows);
  }
  return out;
}

}  // namespace skyweft::phot
