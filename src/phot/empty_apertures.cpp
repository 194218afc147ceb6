// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/empty_apertures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

/// Standard error of 1.4826 MAD of n Gaussian values in units of σ/√n: its efficiency is 0.3675.
constexpr double kMadError = 1.1664;
constexpr std::int64_t kTriesPerAperture = 40;
constexpr std::size_t kSampled = 1'000'003;

std::int64_t index_at_least(double v) {
  return static_cast<std::int64_t>(std::ceil(std::max(v, 0.0)));
}
std::int64_t index_at_most(double v, std::int64_t n) {
  return static_cast<std::int64_t>(std::floor(std::clamp(v, -1.0, static_cast<double>(n - 1))));
}

/// Sets the pixels with centres within r of (x, y) to 0.
void clear_disc(Grid<std::uint8_t>& map, double x, double y, double r) {
  const std::int64_t iy_high = index_at_most(y + r, map.ny());
  for (std::int64_t iy = index_at_least(y - r); iy <= iy_high; ++iy) {
    const double dy = static_cast<double>(iy) - y;
    const double half = std::sqrt(std::max(r * r - dy * dy, 0.0));
    const std::int64_t from = index_at_least(x - half);
    const std::int64_t to = index_at_most(x + half, map.nx());
    const auto row = map.row(iy);
    if (from <= to) std::fill(row.begin() + from, row.begin() + to + 1, std::uint8_t{0});
  }
}

/// Sum over √n of the usable pixels in the 3 × 3 about each: its noise is that of a pixel. NaN at
/// unusable pixels, which `net` has as NaN.
Grid<float> smoothed(const Grid<float>& net) {
  const auto nx = static_cast<std::size_t>(net.nx());
  Grid<float> out(net.nx(), net.ny());
  // Sums of three rows, with a column of nothing on either side.
  std::vector<float> sum(nx + 2);
  std::vector<float> count(nx + 2);
  for (std::int64_t iy = 0; iy < net.ny(); ++iy) {
    std::ranges::fill(sum, 0.0F);
    std::ranges::fill(count, 0.0F);
    for (std::int64_t ky = std::max<std::int64_t>(iy - 1, 0); ky <= std::min(iy + 1, net.ny() - 1);
         ++ky) {
      const auto row = net.row(ky);
      for (std::size_t i = 0; i < nx; ++i) {
        const bool good = row[i] == row[i];
        sum[i + 1] += good ? row[i] : 0.0F;
        count[i + 1] += good ? 1.0F : 0.0F;
      }
    }
    const auto here = net.row(iy);
    const auto to = out.row(iy);
    for (std::size_t i = 0; i < nx; ++i) {
      const float n = count[i] + count[i + 1] + count[i + 2];
      const float value = (sum[i] + sum[i + 1] + sum[i + 2]) / std::sqrt(n);
      to[i] = here[i] == here[i] ? value : kNaNf;
    }
  }
  return out;
}

/// Median and scatter of about a million values: evenly picked when there are more.
RobustSummary summary_of(std::span<const float> values) {
  const std::size_t step = (values.size() / kSampled) | 1;  // odd: no column alone
  std::vector<float> picked;
  picked.reserve(values.size() / step + 1);
  for (std::size_t i = 0; i < values.size(); i += step) picked.push_back(values[i]);
  return robust_summary(std::span<const float>{picked});
}

/// Calls use(pixel) for the pixels that the circle touches until it returns false.
template <class Map, class Use>
bool for_touched(Map& map, PixelPos p, double r, Use use) {
  const std::int64_t iy_high = index_at_most(p.y_px + r + 0.5, map.ny());
  const std::int64_t ix_high = index_at_most(p.x_px + r + 0.5, map.nx());
  for (std::int64_t iy = index_at_least(p.y_px - r - 0.5); iy <= iy_high; ++iy)
    for (std::int64_t ix = index_at_least(p.x_px - r - 0.5); ix <= ix_high; ++ix)
      if (circle_pixel_overlap(static_cast<double>(ix) - p.x_px, static_cast<double>(iy) - p.y_px,
                               r) > 0.0 &&
          !use(map(ix, iy)))
        return false;
  return true;
}

/// Well mixed bits of a seed (splitmix64: Steele, Lea & Flood 2014), as a number in [0, 1).
double mixed(std::uint64_t seed) {
  std::uint64_t z = seed + 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

}  // namespace

Grid<std::uint8_t> sky_pixels(const Frame& frame, const Grid<float>& background_e,
                              std::span<const PixelPos> stars, double fwhm_px,
                              const EmptyApertureConfig& config) {
  if (!same_shape(frame.signal_e, frame.mask) ||
      (!background_e.empty() && !same_shape(frame.signal_e, background_e)))
    throw Error{Errc::internal, "empty apertures: signal, mask and background differ in shape"};
  const std::size_t n = frame.signal_e.pixels().size();
  Grid<float> net = frame.signal_e;
  const auto value = net.pixels();
  for (std::size_t i = 0; i < n; ++i) {
    if (!background_e.empty()) value[i] -= background_e.pixels()[i];
    if ((frame.mask.pixels()[i] & mask::unusable) != 0 || !std::isfinite(value[i]))
      value[i] = kNaNf;
  }
  if (background_e.empty()) {
    const auto level = static_cast<float>(median_of_finite(std::span<const float>{value}));
    for (float& v : value) v -= level;
  }
  const Grid<float> light = smoothed(net);
  const RobustSummary sky = summary_of(light.pixels());
  const double threshold = sky.median + config.source_sigma * sky.sigma;
  const double width = std::isfinite(fwhm_px) ? fwhm_px : 0.0;
  const double grow = config.grow_px > 0.0 ? config.grow_px : std::max(width, 2.0);
  const double exclusion =
      config.star_exclusion_px > 0.0 ? config.star_exclusion_px : std::max(2.0 * width, 4.0);
  Grid<std::uint8_t> out(frame.nx(), frame.ny(), 1);
  for (std::int64_t iy = 0; iy < out.ny(); ++iy)
    for (std::int64_t ix = 0; ix < out.nx(); ++ix) {
      if (!std::isfinite(light(ix, iy))) out(ix, iy) = 0;
      if (static_cast<double>(light(ix, iy)) > threshold)
        clear_disc(out, static_cast<double>(ix), static_cast<double>(iy), grow);
    }
  for (const PixelPos& p : stars)
    if (std::abs(p.x_px) < 1e9 && std::abs(p.y_px) < 1e9)
      clear_disc(out, p.x_px, p.y_px, exclusion);
  return out;
}

std::vector<PixelPos> empty_places(const Grid<std::uint8_t>& is_sky, double radius_px,
                                   const EmptyApertureConfig& config) {
  std::vector<PixelPos> places;
  const double wide = static_cast<double>(is_sky.nx()) - 2.0 * radius_px;
  const double tall = static_cast<double>(is_sky.ny()) - 2.0 * radius_px;
  if (!(radius_px > 0.0 && wide > 0.0 && tall > 0.0)) return places;
  // The plastic number p solves p³ = p + 1; steps of 1/p and 1/p² fill the square evenly.
  constexpr double kStepX = 0.7548776662466927;
  constexpr double kStepY = 0.5698402909980532;
  const auto seed = static_cast<std::uint64_t>(config.seed);
  const double from_x = mixed(2 * seed);
  const double from_y = mixed(2 * seed + 1);
  Grid<std::uint8_t> free = is_sky;
  const auto wanted = static_cast<std::size_t>(config.n_apertures);
  for (std::int64_t k = 0; k < kTriesPerAperture * config.n_apertures; ++k) {
    if (places.size() == wanted) break;
    const double i = static_cast<double>(k);
    const double u = from_x + i * kStepX;
    const double v = from_y + i * kStepY;
    const PixelPos p{radius_px - 0.5 + (u - std::floor(u)) * wide,
                     radius_px - 0.5 + (v - std::floor(v)) * tall};
    if (!for_touched(std::as_const(free), p, radius_px, [](std::uint8_t f) { return f != 0; }))
      continue;
    for_touched(free, p, radius_px, [](std::uint8_t& f) {
      f = 0;
      return true;
    });
    places.push_back(p);
  }
  return places;
}

std::vector<EmptyNoise> measure_empty_apertures(const Frame& frame, const Grid<float>& background_e,
                                                const Grid<float>& background_rms_e,
                                                const Grid<std::uint8_t>& is_sky,
                                                const FrameScale& scale, const ForcedConfig& config,
                                                const EmptyApertureConfig& empty) {
  std::vector<EmptyNoise> out;
  const std::vector<double> radii = radii_in_px(config, scale);
  ForcedConfig one = config;
  one.shape = "circle";
  one.radii_unit = "px";
  // The annulus of the targets: outside the largest circle of all.
  if (!(one.annulus_inner_px > 0.0) && std::isfinite(scale.fwhm_px))
    one.annulus_inner_px = std::max(4.0 * scale.fwhm_px, std::ranges::max(radii) + 1.0);
  for (const double radius : radii) {
    one.radii = {radius};
    std::vector<ForcedTarget> targets;
    for (const PixelPos& p : empty_places(is_sky, radius, empty))
      targets.push_back({.x_px = p.x_px, .y_px = p.y_px});
    const ForcedTable table =
        measure_targets(frame, background_e, background_rms_e, is_sky, targets, scale, one);
    std::vector<double> flux;
    std::vector<double> budget;
    for (const ForcedRow& row : table.rows) {
      if (!std::isfinite(row.flux_e) || !std::isfinite(row.noise_e)) continue;
      flux.push_back(row.flux_e);
      budget.push_back(row.noise_e);
    }
    EmptyNoise noise;
    noise.radius_px = radius;
    noise.n = static_cast<std::int64_t>(flux.size());
    if (noise.n >= empty.min_apertures) {
      const RobustSummary scatter = robust_summary(std::span<const double>{flux});
      noise.median_e = scatter.median;
      noise.noise_e = scatter.sigma;
      noise.noise_err_e = kMadError * scatter.sigma / std::sqrt(static_cast<double>(noise.n));
      noise.budget_e = median_in_place(budget);
      noise.ratio = noise.noise_e / noise.budget_e;
    }
    out.push_back(noise);
  }
  return out;
}

}  // namespace skyweft::phot
