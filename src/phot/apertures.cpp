// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/apertures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"
#include "phot/neighbours.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

constexpr int kClipRounds = 5;
constexpr double kFar = std::numeric_limits<double>::infinity();
/// Σ of a run from differences of these stays exact to 1e-15 of the row's sum.
struct Sums {
  double signal = 0.0;
  double variance = 0.0;
};

/// Distances from the star's place to the nearest pixel of each kind: an aperture touches it
/// when its radius is larger.
struct Nearest {
  double edge = kFar;
  double unusable = kFar;  ///< unusable and not saturated
  double cosmic = kFar;
  double saturated = kFar;
  double leaked = kFar;
  double interpolated = kFar;
};

double distance_to_pixel(double dx, double dy) {
  return std::hypot(std::max(std::abs(dx) - 0.5, 0.0), std::max(std::abs(dy) - 0.5, 0.0));
}

std::int64_t ceil_index(double v) {
  return static_cast<std::int64_t>(std::ceil(v));
}
std::int64_t floor_index(double v) {
  return static_cast<std::int64_t>(std::floor(v));
}

struct ApertureSum {
  double area = 0.0;      ///< Σ w
  double signal = 0.0;    ///< Σ w I
  double variance = 0.0;  ///< Σ w² V
};

/// Everything that is the same for all stars of the frame.
class Meter {
 public:
  Meter(const Frame& frame, const Grid<float>& background_e, const Grid<float>& background_rms_e,
        double fwhm_px, const ApertureConfig& config)
      : frame_(frame),
        background_e_(background_e),
        background_rms_e_(background_rms_e),
        config_(config),
        annulus_(annulus_for(config, fwhm_px)),
        largest_(*std::ranges::max_element(config.radii_px)),
        core_(std::min(largest_, std::max(fwhm_px, *std::ranges::min_element(config.radii_px)))),
        is_sky_(frame.nx(), frame.ny(), 1) {}

  double largest_px() const { return largest_; }

  /// Takes a star's surroundings out of the background pixels.
  void exclude(double x, double y) {
    const double r = annulus_.exclusion_px;
    for_each_run(x, y, r, [&](std::int64_t iy, std::int64_t from, std::int64_t to) {
      const auto row = is_sky_.row(iy);
      std::fill(row.begin() + from, row.begin() + to + 1, std::uint8_t{0});
    });
  }

  /// Takes unusable pixels out of the background pixels.
  void exclude_masked() {
    const auto sky = is_sky_.pixels();
    const auto bits = frame_.mask.pixels();
    const auto value = frame_.signal_e.pixels();
    for (std::size_t i = 0; i < sky.size(); ++i) {
      const bool good = (bits[i] & mask::unusable) == 0 && std::isfinite(value[i]);
      sky[i] = static_cast<std::uint8_t>(sky[i] & static_cast<std::uint8_t>(good));
    }
  }

  void measure(double x, double y, std::size_t row, PointColumns& out);

 private:
  template <class Use>
  void for_each_run(double x, double y, double r, Use use) const;
  void sum_apertures(double x, double y);
  void note_flagged_pixel(double dx, double dy, MaskBits bits, bool finite);
  QualityBits background(double x, double y, float& level, float& error);

  const Frame& frame_;
  const Grid<float>& background_e_;
  const Grid<float>& background_rms_e_;
  const ApertureConfig& config_;
  Annulus annulus_;
  double largest_;
  double core_;
  Grid<std::uint8_t> is_sky_;

  // Scratch, reused from star to star.
  std::vector<Sums> running_;
  std::vector<ApertureSum> sums_;
  std::vector<float> sky_values_;
  Nearest nearest_;
};

/// Calls use(iy, first ix, last ix) for the pixel centres within r of (x, y) and inside the frame.
template <class Use>
void Meter::for_each_run(double x, double y, double r, Use use) const {
  const std::int64_t iy_low = std::max<std::int64_t>(0, ceil_index(std::max(y - r, -1.0)));
  const std::int64_t iy_high = floor_index(std::min(y + r, static_cast<double>(frame_.ny() - 1)));
  for (std::int64_t iy = iy_low; iy <= iy_high; ++iy) {
    const double dy = static_cast<double>(iy) - y;
    const double half = std::sqrt(std::max(r * r - dy * dy, 0.0));
    const std::int64_t from = ceil_index(std::max(x - half, 0.0));
    const std::int64_t to = floor_index(std::min(x + half, static_cast<double>(frame_.nx() - 1)));
    if (from <= to) use(iy, from, to);
  }
}

void Meter::note_flagged_pixel(double dx, double dy, MaskBits bits, bool finite) {
  const double d = distance_to_pixel(dx, dy);
  if ((bits & mask::oversaturated) != 0) nearest_.saturated = std::min(nearest_.saturated, d);
  if ((bits & mask::leaked) != 0) nearest_.leaked = std::min(nearest_.leaked, d);
  if ((bits & mask::interpolated) != 0) nearest_.interpolated = std::min(nearest_.interpolated, d);
  const auto broken = static_cast<MaskBits>(bits & mask::unusable & ~mask::saturated);
  if (broken == mask::cosmic && finite)
    nearest_.cosmic = std::min(nearest_.cosmic, d);
  else if (broken != 0 || !finite)
    nearest_.unusable = std::min(nearest_.unusable, d);
}

/// Sums of all apertures in one pass over the rows: whole pixels from running sums of the row,
/// pixels on the circle by their exact overlap.
void Meter::sum_apertures(double x, double y) {
  constexpr MaskBits kWatched = mask::unusable | mask::interpolated;
  sums_.assign(config_.radii_px.size(), {});
  const std::int64_t ix_low = std::max<std::int64_t>(0, ceil_index(x - largest_ - 0.5));
  const std::int64_t ix_high = std::min(frame_.nx() - 1, floor_index(x + largest_ + 0.5));
  const std::int64_t iy_low = std::max<std::int64_t>(0, ceil_index(y - largest_ - 0.5));
  const std::int64_t iy_high = std::min(frame_.ny() - 1, floor_index(y + largest_ + 0.5));
  if (ix_low > ix_high) return;
  const auto n = static_cast<std::size_t>(ix_high - ix_low + 1);
  running_.resize(n + 1);
  for (std::int64_t iy = iy_low; iy <= iy_high; ++iy) {
    const auto left = static_cast<std::size_t>(ix_low);
    const auto value = frame_.signal_e.row(iy).subspan(left, n);
    const auto variance = frame_.variance_e2.row(iy).subspan(left, n);
    const auto bits = frame_.mask.row(iy).subspan(left, n);
    const double dy = static_cast<double>(iy) - y;
    Sums sum;
    running_[0] = sum;
    for (std::size_t i = 0; i < n; ++i) {
      const bool finite = std::isfinite(value[i]) && std::isfinite(variance[i]);
      if ((bits[i] & kWatched) != 0 || !finite) [[unlikely]]
        note_flagged_pixel(static_cast<double>(ix_low + static_cast<std::int64_t>(i)) - x, dy,
                           bits[i], finite);
      if (finite) {
        sum.signal += static_cast<double>(value[i]);
        sum.variance += static_cast<double>(variance[i]);
      }
      running_[i + 1] = sum;
    }
    const double dy_near = std::max(std::abs(dy) - 0.5, 0.0);
    const double dy_far = std::abs(dy) + 0.5;
    for (std::size_t a = 0; a < sums_.size(); ++a) {
      const double r = config_.radii_px[a];
      const double touched2 = r * r - dy_near * dy_near;
      if (touched2 <= 0.0) continue;
      const double touched = std::sqrt(touched2);
      const std::int64_t first = std::max(ix_low, ceil_index(x - touched - 0.5));
      const std::int64_t last = std::min(ix_high, floor_index(x + touched + 0.5));
      // Whole pixels [whole_first, whole_end), empty when the circle holds none in this row.
      std::int64_t whole_first = last + 1;
      std::int64_t whole_end = last + 1;
      const double inside2 = r * r - dy_far * dy_far;
      if (inside2 > 0.25) {
        const double inside = std::sqrt(inside2);
        const std::int64_t from = std::max(first, ceil_index(x - inside + 0.5));
        const std::int64_t end = std::min(last, floor_index(x + inside - 0.5)) + 1;
        if (from < end) {
          whole_first = from;
          whole_end = end;
        }
      }
      ApertureSum& s = sums_[a];
      const auto add_cut_pixels = [&](std::int64_t from, std::int64_t end) {
        for (std::int64_t ix = from; ix < end; ++ix) {
          const auto i = static_cast<std::size_t>(ix - ix_low);
          const double w = circle_pixel_overlap(static_cast<double>(ix) - x, dy, r);
          s.area += w;
          if (!std::isfinite(value[i]) || !std::isfinite(variance[i])) continue;
          s.signal += w * static_cast<double>(value[i]);
          s.variance += w * w * static_cast<double>(variance[i]);
        }
      };
      add_cut_pixels(first, whole_first);
      add_cut_pixels(whole_end, last + 1);
      if (whole_first < whole_end) {
        const Sums& low = running_[static_cast<std::size_t>(whole_first - ix_low)];
        const Sums& high = running_[static_cast<std::size_t>(whole_end - ix_low)];
        s.area += static_cast<double>(whole_end - whole_first);
        s.signal += high.signal - low.signal;
        s.variance += high.variance - low.variance;
      }
    }
  }
}

/// The background level at a star and its error; returns the quality bits this earns.
QualityBits Meter::background(double x, double y, float& level, float& error) {
  const auto side = static_cast<std::size_t>(2.0 * std::min(annulus_.outer_px, 1e4)) + 2;
  sky_values_.resize(std::min(side * side, static_cast<std::size_t>(frame_.signal_e.size())) + 1);
  std::size_t n_sky = 0;
  const double inner2 = annulus_.inner_px * annulus_.inner_px;
  for_each_run(x, y, annulus_.outer_px, [&](std::int64_t iy, std::int64_t from, std::int64_t to) {
    const auto value = frame_.signal_e.row(iy);
    const auto sky = is_sky_.row(iy);
    const auto take = [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t ix = first; ix <= last; ++ix) {
        // Always written, kept when it is sky: no branch to mispredict.
        const auto i = static_cast<std::size_t>(ix);
        sky_values_[n_sky] = value[i];
        n_sky += sky[i];
      }
    };
    const double dy = static_cast<double>(iy) - y;
    const double hole2 = inner2 - dy * dy;
    if (hole2 <= 0.0) {
      take(from, to);
      return;
    }
    const double hole = std::sqrt(hole2);
    take(from, std::min(to, ceil_index(x - hole) - 1));
    take(std::max(from, floor_index(x + hole) + 1), to);
  });
  if (static_cast<std::int64_t>(n_sky) >= config_.min_background_pixels) {
    const ClippedSummary sky = sigma_clipped_in_place(std::span{sky_values_}.first(n_sky),
                                                      config_.background_clip, kClipRounds);
    if (sky.n >= config_.min_background_pixels) {
      // Quiet detectors count the sky in few steps: a plain median would be bound to whole ADU.
      level = static_cast<float>(grouped_median_in_place(
          std::span{sky_values_}.first(static_cast<std::size_t>(sky.n)), frame_.gain_e_per_adu));
      error = static_cast<float>(sky.sigma * std::sqrt(0.5 * kPi / static_cast<double>(sky.n)));
      return 0;
    }
  }
  const auto at = [&](const Grid<float>& map) {
    if (map.empty()) return kNaN;
    const std::int64_t ix = std::clamp<std::int64_t>(std::llround(x), 0, map.nx() - 1);
    const std::int64_t iy = std::clamp<std::int64_t>(std::llround(y), 0, map.ny() - 1);
    return static_cast<double>(map(ix, iy));
  };
  level = static_cast<float>(at(background_e_));
  error =
      static_cast<float>(at(background_rms_e_) *
                         std::sqrt(0.5 * kPi / static_cast<double>(config_.min_background_pixels)));
  return quality::background_unreliable;
}

void Meter::measure(double x, double y, std::size_t row, PointColumns& out) {
  const double right = static_cast<double>(frame_.nx()) - 0.5;
  const double top = static_cast<double>(frame_.ny()) - 0.5;
  out.x_px[row] = static_cast<float>(x);
  out.y_px[row] = static_cast<float>(y);
  const double outside_x = std::max({-0.5 - x, x - right, 0.0});
  const double outside_y = std::max({-0.5 - y, y - top, 0.0});
  if (std::hypot(outside_x, outside_y) >= largest_) return;

  nearest_ = Nearest{};
  nearest_.edge = std::max(0.0, std::min({x + 0.5, right - x, y + 0.5, top - y}));
  sum_apertures(x, y);
  QualityBits bits = background(x, y, out.bg_e[row], out.bg_err_e[row]);
  const double level = static_cast<double>(out.bg_e[row]);
  const double level_error = static_cast<double>(out.bg_err_e[row]);

  if (largest_ > nearest_.edge) bits |= quality::edge;
  if (largest_ > nearest_.unusable) bits |= quality::bad_pixel;
  if (largest_ > nearest_.cosmic) bits |= quality::cosmic;
  if (largest_ > nearest_.leaked) bits |= quality::bleed;
  if (largest_ > nearest_.interpolated) bits |= quality::interpolated;
  if (core_ > nearest_.saturated) bits |= quality::saturated;
  out.quality[row] = bits;

  const double clean = std::min({nearest_.edge, nearest_.unusable, nearest_.cosmic});
  const std::size_t n_ap = sums_.size();
  for (std::size_t a = 0; a < n_ap; ++a) {
    if (config_.radii_px[a] > clean) continue;
    const ApertureSum& s = sums_[a];
    const double flux = s.signal - s.area * level;
    const double from_background = s.area * level_error;
    const double from_flat = config_.flat_error * flux;
    out.flux_e[row * n_ap + a] = static_cast<float>(flux);
    out.flux_err_e[row * n_ap + a] = static_cast<float>(
        std::sqrt(s.variance + from_background * from_background + from_flat * from_flat));
  }
}

void check(const Frame& frame, const Grid<float>& background_e, const Grid<float>& background_rms_e,
           std::size_t n_x, std::size_t n_y, std::size_t n_mag, double fwhm_px,
           const ApertureConfig& config) {
  if (n_x != n_y || n_x != n_mag)
    throw Error{Errc::internal,
                fmt::format("photometry: {} x, {} y and {} magnitudes; they must be as many", n_x,
                            n_y, n_mag)};
  if (!same_shape(frame.signal_e, frame.variance_e2) || !same_shape(frame.signal_e, frame.mask) ||
      (!background_e.empty() && !same_shape(frame.signal_e, background_e)) ||
      (!background_rms_e.empty() && !same_shape(frame.signal_e, background_rms_e)))
    throw Error{Errc::internal,
                "photometry: signal, variance, mask and background maps differ in shape"};
  if (config.radii_px.empty() ||
      !std::ranges::all_of(config.radii_px, [](double r) { return r > 0.0 && r < 1e4; }))
    throw Error{Errc::bad_config,
                "apertures.radii needs at least one radius, each above 0 px; try [2, 3, 4, 5]"};
  if (!(fwhm_px > 0.0) || !std::isfinite(fwhm_px))
    throw Error{Errc::bad_input,
                "the width of the stars is unknown, so no aperture fits; is anything detected on "
                "the frame?"}
        .because({"fwhm_px", fwhm_px, 0.0});
}

}  // namespace

Annulus annulus_for(const ApertureConfig& config, double fwhm_px) {
  const double largest = config.radii_px.empty() ? 0.0 : *std::ranges::max_element(config.radii_px);
  Annulus out;
  out.inner_px = config.annulus_inner_px > 0.0 ? config.annulus_inner_px
                                               : std::max(4.0 * fwhm_px, largest + 1.0);
  out.outer_px = config.annulus_outer_px > 0.0 ? config.annulus_outer_px
                                               : std::max(7.0 * fwhm_px, out.inner_px + 4.0);
  const double exclusion =
      config.neighbour_exclusion_px > 0.0 ? config.neighbour_exclusion_px : 2.0 * fwhm_px;
  out.exclusion_px = std::min(exclusion, out.inner_px);
  if (!(out.outer_px > out.inner_px) || out.outer_px > 1e4)
    throw Error{Errc::bad_config, fmt::format("apertures: annulus_outer ({} px) must be larger "
                                              "than annulus_inner ({} px), and at most 10000",
                                              out.outer_px, out.inner_px)};
  return out;
}

FramePhotometry measure_frame(const Frame& frame, const Grid<float>& background_e,
                              const Grid<float>& background_rms_e, std::span<const double> x_px,
                              std::span<const double> y_px, std::span<const float> catalog_mag,
                              double fwhm_px, const ApertureConfig& config) {
  check(frame, background_e, background_rms_e, x_px.size(), y_px.size(), catalog_mag.size(),
        fwhm_px, config);
  FramePhotometry out;
  out.n_star = static_cast<std::int64_t>(x_px.size());
  out.n_ap = static_cast<std::int64_t>(config.radii_px.size());
  out.points.resize(out.n_star, out.n_ap);

  Meter meter(frame, background_e, background_rms_e, fwhm_px, config);
  // Further than this no pixel index would fit; such a star is outside any frame anyway.
  const auto has_place = [&](std::size_t i) {
    return std::abs(x_px[i]) < 1e9 && std::abs(y_px[i]) < 1e9;
  };
  meter.exclude_masked();
  for (std::size_t i = 0; i < x_px.size(); ++i)
    if (has_place(i)) meter.exclude(x_px[i], y_px[i]);
  for (std::size_t i = 0; i < x_px.size(); ++i)
    if (has_place(i)) meter.measure(x_px[i], y_px[i], i, out.points);

  auto radii = config.radii_px;
  std::ranges::sort(radii);
  const double middle = radii[(radii.size() - 1) / 2];
  const auto light = neighbour_light(x_px, y_px, catalog_mag, fwhm_px, middle);
  for (std::size_t i = 0; i < light.size(); ++i) {
    if ((out.points.quality[i] & quality::not_measured) != 0) continue;
    if (light[i] > 0.01) out.points.quality[i] |= quality::neighbour_1pc;
    if (light[i] > 0.10) out.points.quality[i] |= quality::neighbour_10pc;
  }
  return out;
}

}  // namespace skyweft::phot
