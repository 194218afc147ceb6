// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/weighted_sums.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

constexpr double kLeastLevel = 1e-9;     ///< px⁻², of the flux
constexpr double kLeastFlux = 1e-3;      ///< px², of the level
constexpr double kLargestShare = 100.0;  ///< a pixel never counts more often

/// The weight of a pixel on the circle, what it is the ratio of (φ in it and what it expects).
struct Weight {
  double k;
  double light;
  double seen;
};

/// light / seen while that is at most kLargestShare, then smoothly over to `plain`.
template <class Plain>
double share(double light, double seen, Plain plain) {
  const double limit = kLargestShare * seen;
  if (seen > 0.0 && std::abs(light) <= limit) [[likely]]
    return light / seen;
  if (!(seen > 0.0)) return plain();
  const double r = limit / std::abs(light);
  return r * r * (light / seen) + (1.0 - r * r) * plain();
}

/// First and last + 1 of the pixels of an axis that reach into [low, high], cut to 0 … n.
std::pair<std::int64_t, std::int64_t> pixels_between(double low, double high, std::int64_t n) {
  const double first = std::max(std::floor(low + 0.5), 0.0);
  const double end = std::min(std::ceil(high + 0.5), static_cast<double>(n));
  if (!(first < end)) return {0, 0};
  return {static_cast<std::int64_t>(first), static_cast<std::int64_t>(end)};
}

/// The pixel of a window that a coordinate about its first pixel's left edge falls on, kept within.
std::int32_t within(double v, std::int64_t n) {
  return static_cast<std::int32_t>(std::clamp(v, 0.0, static_cast<double>(n)));
}

}  // namespace

WeightedSums::WeightedSums(const Frame& frame, const SubPixelMap& subpixels,
                           std::vector<double> radii_px, bool parity)
    : frame_(frame),
      subpixels_(subpixels),
      is_uniform_(subpixels.uniform()),
      parity_(parity),
      radii_px_(std::move(radii_px)) {
  const auto usable = [](double r) { return r > 0.0 && std::isfinite(r); };
  if (radii_px_.empty() || !std::ranges::all_of(radii_px_, usable))
    throw Error{Errc::internal,
                fmt::format("weighted sums: {} radii, not all of them positive", radii_px_.size())};
  if (!same_shape(frame.signal_e, frame.variance_e2))
    throw Error{Errc::internal, "weighted sums: signal and variance differ in shape"};
  largest_px_ = *std::ranges::max_element(radii_px_);
}

/// F and B as the weights take them, both positive.
WeightedSums::Light WeightedSums::light_for(double flux_e, double background_e) {
  const bool has_sky = background_e > 0.0 && std::isfinite(background_e);
  const bool has_star = flux_e > 0.0 && std::isfinite(flux_e);
  if (!has_star && !has_sky) return {kLeastFlux, 1.0};
  const double least_flux = has_sky ? kLeastFlux * background_e : 0.0;
  const double flux = has_star ? std::max(flux_e, least_flux) : least_flux;
  return {flux, has_sky ? std::max(background_e, kLeastLevel * flux) : kLeastLevel * flux};
}

void WeightedSums::Sums::add(double k, double value, double value_variance, double n,
                             double d) noexcept {
  signal += k * value;
  variance += k * k * value_variance;
  weight += k;
  light += n;
  seen += k * d;
}

void WeightedSums::measure(double x_px, double y_px, const StarShape& shape, double flux_e,
                           double background_e, std::span<ApertureSum> out) {
  assert(out.size() == radii_px_.size());
  std::ranges::fill(out, ApertureSum{});
  sky_weight_.assign(out.size(), 0.0);
  enclosed_.assign(out.size(), kNaN);
  if (!std::isfinite(x_px) || !std::isfinite(y_px)) return;
  const auto [x_first, x_end] = pixels_between(x_px - largest_px_, x_px + largest_px_, frame_.nx());
  const auto [y_first, y_end] = pixels_between(y_px - largest_px_, y_px + largest_px_, frame_.ny());
  window_ = {x_first, y_first, x_end - x_first, y_end - y_first};
  if (window_.size() <= 0) return;

  const bool is_plain = shape.empty();
  const Light light = light_for(flux_e, background_e);
  if (!is_plain) {
    tiles_.set(shape, light.flux_e, light.level_e, x_px, y_px, window_);
    seen_.resize(tiles_.pixels().size());
    if (is_uniform_) {
      std::ranges::copy(tiles_.pixels(), seen_.begin());
    } else {
      shape::pixel_values(shape, PsfView::psf, subpixels_, x_px, y_px, window_, seen_);
      for (double& seen : seen_) seen = light.flux_e * seen + light.level_e;
    }
  }
  sum_rows_up(is_plain);

  for (std::size_t a = 0; a < radii_px_.size(); ++a) {
    const double r = radii_px_[a];
    const auto overlap = [&](std::int64_t column, std::int64_t row) {
      return circle_pixel_overlap(static_cast<double>(window_.first_x + column) - x_px,
                                  static_cast<double>(window_.first_y + row) - y_px, r);
    };
    if (is_plain) {
      plain_rows(x_px, y_px, r);
      const Sums sums = sum(rows_, [&](std::int64_t column, std::int64_t row, std::size_t) {
        const double k = overlap(column, row);
        return Weight{k, k, 1.0};
      });
      out[a] = {area_in_frame(x_px, y_px, r, rows_), sums.signal, sums.variance};
      sky_weight_[a] = out[a].area;
      continue;
    }
    cut_.set(tiles_, r);
    const std::span<const double> part = cut_.integrals();
    const Sums sums = sum(cut_.rows(), [&](std::int64_t column, std::int64_t row, std::size_t i) {
      return Weight{share(part[i], seen_[i], [&] { return overlap(column, row); }), part[i],
                    seen_[i]};
    });
    out[a].area = area_in_frame(x_px, y_px, r, cut_.rows());
    finish(a, sums, light, background_e, out[a]);
  }
}

/// From sums to what one circle collects; its area is known.
void WeightedSums::finish(std::size_t radius, const Sums& sums, const Light& light,
                          double background_e, ApertureSum& out) {
  const double inside = sums.light - light.level_e * out.area;
  const double expected = sums.seen - light.level_e * sums.weight;
  enclosed_[radius] = inside / light.flux_e;
  double ratio = 1.0;
  // Near 1 but for circles much smaller than a pixel. Where pixels are missing the sum is wrong.
  if (!parity_ && sums.missing == 0.0 && expected > 0.0 && std::isfinite(background_e))
    ratio = std::clamp(inside / expected, 0.1, 10.0);
  out.signal = sums.signal;
  if (!parity_ && std::isfinite(background_e))
    out.signal = ratio * (sums.signal - background_e * sums.weight) + background_e * out.area;
  out.variance = ratio * ratio * sums.variance;
  sky_weight_[radius] = ratio * sums.weight;
}

/// Sums the whole pixels of every row of the window from its left end.
void WeightedSums::sum_rows_up(bool is_plain) {
  const auto n = static_cast<std::size_t>(window_.nx);
  running_.resize((n + 1) * static_cast<std::size_t>(window_.ny));
  for (std::int64_t row = 0; row < window_.ny; ++row) {
    const std::int64_t iy = window_.first_y + row;
    const auto left = static_cast<std::size_t>(window_.first_x);
    const auto value = frame_.signal_e.row(iy).subspan(left, n);
    const auto variance = frame_.variance_e2.row(iy).subspan(left, n);
    Sums* const running = running_.data() + static_cast<std::size_t>(row) * (n + 1);
    const std::size_t first = static_cast<std::size_t>(row) * n;
    Sums sum;
    running[0] = sum;
    for (std::size_t i = 0; i < n; ++i) {
      const double light = is_plain ? 1.0 : tiles_.pixels()[first + i];
      const double seen = is_plain ? 1.0 : seen_[first + i];
      const double k = is_plain || is_uniform_ ? 1.0 : share(light, seen, [] { return 1.0; });
      if (std::isfinite(value[i]) && std::isfinite(variance[i]))
        sum.add(k, static_cast<double>(value[i]), static_cast<double>(variance[i]), light, seen);
      else
        sum.missing += 1.0;
      running[i + 1] = sum;
    }
  }
}

/// Sums the pixels of a circle: those within it from the running sums, those on it by
/// weight(column, row, index in the window).
template <class WeightOf>
WeightedSums::Sums WeightedSums::sum(std::span<const CutRow> rows, WeightOf weight_of) const {
  const auto n = static_cast<std::size_t>(window_.nx);
  Sums out;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const CutRow& cut = rows[row];
    const std::int64_t iy = window_.first_y + static_cast<std::int64_t>(row);
    const float* const value = frame_.signal_e.row(iy).data() + window_.first_x;
    const float* const variance = frame_.variance_e2.row(iy).data() + window_.first_x;
    const auto add = [&](std::int32_t from, std::int32_t end) {
      for (std::int32_t column = from; column < end; ++column) {
        if (!std::isfinite(value[column]) || !std::isfinite(variance[column])) {
          out.missing += 1.0;
          continue;
        }
        const Weight w = weight_of(column, static_cast<std::int64_t>(row),
                                   row * n + static_cast<std::size_t>(column));
        out.add(w.k, static_cast<double>(value[column]), static_cast<double>(variance[column]),
                w.light, w.seen);
      }
    };
    add(cut.touched_first, cut.inside_first);
    add(cut.inside_end, cut.touched_end);
    const Sums& high = running_[row * (n + 1) + static_cast<std::size_t>(cut.inside_end)];
    const Sums& low = running_[row * (n + 1) + static_cast<std::size_t>(cut.inside_first)];
    out.signal += high.signal - low.signal;
    out.variance += high.variance - low.variance;
    out.weight += high.weight - low.weight;
    out.light += high.light - low.light;
    out.seen += high.seen - low.seen;
    out.missing += high.missing - low.missing;
  }
  return out;
}

/// The pixels that a circle touches and holds, from the circle alone.
void WeightedSums::plain_rows(double x_px, double y_px, double radius_px) {
  rows_.resize(static_cast<std::size_t>(window_.ny));
  const double left = x_px + 0.5 - static_cast<double>(window_.first_x);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const double dy =
        std::abs(static_cast<double>(window_.first_y + static_cast<std::int64_t>(row)) - y_px);
    const auto half_chord = [radius_px](double y) {
      return std::sqrt(std::max((radius_px - y) * (radius_px + y), 0.0));
    };
    const double touched = half_chord(std::max(dy - 0.5, 0.0));
    const double inside = half_chord(dy + 0.5);
    CutRow& cut = rows_[row];
    cut = {};
    if (!(touched > 0.0)) continue;
    cut.touched_first = within(std::floor(left - touched), window_.nx);
    cut.touched_end = std::max(within(std::ceil(left + touched), window_.nx), cut.touched_first);
    cut.inside_first = within(std::ceil(left - inside), window_.nx);
    cut.inside_end = within(std::floor(left + inside), window_.nx);
    if (!(inside > 0.0) || cut.inside_first >= cut.inside_end)
      cut.inside_first = cut.inside_end = cut.touched_end;
  }
}

/// The area of the circle inside the frame.
double WeightedSums::area_in_frame(double x_px, double y_px, double radius_px,
                                   std::span<const CutRow> rows) const {
  if (x_px - radius_px >= -0.5 && x_px + radius_px <= static_cast<double>(frame_.nx()) - 0.5 &&
      y_px - radius_px >= -0.5 && y_px + radius_px <= static_cast<double>(frame_.ny()) - 0.5)
    return kPi * radius_px * radius_px;
  double area = 0.0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const double dy = static_cast<double>(window_.first_y + static_cast<std::int64_t>(row)) - y_px;
    const auto add = [&](std::int32_t from, std::int32_t end) {
      for (std::int32_t column = from; column < end; ++column)
        area += circle_pixel_overlap(static_cast<double>(window_.first_x + column) - x_px, dy,
                                     radius_px);
    };
    const CutRow& cut = rows[row];
    add(cut.touched_first, cut.inside_first);
    add(cut.inside_end, cut.touched_end);
    area += static_cast<double>(cut.inside_end - cut.inside_first);
  }
  return area;
}

}  // namespace skyweft::phot
