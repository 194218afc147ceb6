// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "core/robust.hpp"
#include "core/units.hpp"
#include "data/frame.hpp"
#include "phot/aperture_config.hpp"
#include "phot/overlap.hpp"

namespace skyweft::support {

/// One star as the slow twin of measure_frame() sees it.
struct TwinStar {
  std::vector<double> flux_e;
  std::vector<double> flux_err_e;
  std::vector<double> area_px;
  double level_e = kNaN;
  double level_error_e = kNaN;
  std::int64_t n_background = 0;
  QualityBits quality = 0;
  double coverage = 0.0;  ///< of the largest aperture
  double peak_e = kNaN;   ///< background included
};

namespace twin {

inline bool is_finite(const Frame& frame, std::int64_t ix, std::int64_t iy) {
  return std::isfinite(frame.signal_e(ix, iy)) && std::isfinite(frame.variance_e2(ix, iy));
}

struct SkyPixel {
  double dx;
  double dy;
  float value;
};

/// Every pixel of the frame is asked whether it is background of this star.
inline std::vector<SkyPixel> sky_pixels(const Frame& frame, std::span<const double> x,
                                        std::span<const double> y, std::size_t star,
                                        const phot::Annulus& ring) {
  std::vector<SkyPixel> out;
  for (std::int64_t iy = 0; iy < frame.ny(); ++iy)
    for (std::int64_t ix = 0; ix < frame.nx(); ++ix) {
      const double dx = static_cast<double>(ix) - x[star];
      const double dy = static_cast<double>(iy) - y[star];
      const double r = std::hypot(dx, dy);
      bool is_sky = r > ring.inner_px && r <= ring.outer_px &&
                    (frame.mask(ix, iy) & mask::unusable) == 0 &&
                    std::isfinite(frame.signal_e(ix, iy));
      for (std::size_t other = 0; other < x.size(); ++other)
        if (std::hypot(static_cast<double>(ix) - x[other], static_cast<double>(iy) - y[other]) <=
            ring.exclusion_px)
          is_sky = false;
      if (is_sky) out.push_back({dx, dy, frame.signal_e(ix, iy)});
    }
  return out;
}

/// Least squares by a QR decomposition of the design matrix, clipped about the plane.
inline void plane(const std::vector<SkyPixel>& sky, double median, double sigma, double clip,
                  TwinStar& out, Eigen::Vector3d& coefficients) {
  coefficients = {median, 0.0, 0.0};
  std::vector<bool> kept(sky.size(), false);
  for (int round = 0; round <= 5; ++round) {
    std::vector<bool> now(sky.size());
    for (std::size_t i = 0; i < sky.size(); ++i)
      now[i] = std::abs(static_cast<double>(sky[i].value) - coefficients[0] -
                        coefficients[1] * sky[i].dx - coefficients[2] * sky[i].dy) <= clip * sigma;
    if (now == kept) break;
    kept = now;
    const auto n = static_cast<Eigen::Index>(std::count(kept.begin(), kept.end(), true));
    Eigen::MatrixXd design(n, 3);
    Eigen::VectorXd values(n);
    Eigen::Index row = 0;
    for (std::size_t i = 0; i < sky.size(); ++i) {
      if (!kept[i]) continue;
      design.row(row) << 1.0, sky[i].dx, sky[i].dy;
      values[row++] = static_cast<double>(sky[i].value);
    }
    coefficients = design.colPivHouseholderQr().solve(values);
    sigma = (values - design * coefficients).norm() / std::sqrt(static_cast<double>(n - 3));
    const Eigen::Matrix3d inverse = (design.transpose() * design).inverse();
    out.level_error_e = sigma * std::sqrt(inverse(0, 0));
    out.n_background = n;
  }
  out.level_e = coefficients[0];
}

}  // namespace twin

/// The slow, obvious twin of measure_frame() for one star inside or partly inside the frame: every
/// sum runs over all pixels of the frame, every background pixel is tested against all stars.
inline TwinStar measure_star(const Frame& frame, const Grid<float>& level_e,
                             const Grid<float>& rms_e, std::span<const double> x,
                             std::span<const double> y, std::size_t star, double fwhm_px,
                             const phot::ApertureConfig& config) {
  TwinStar out;
  const phot::Annulus ring = phot::annulus_for(config, fwhm_px);
  const auto sky = twin::sky_pixels(frame, x, y, star, ring);
  Eigen::Vector3d coefficients = Eigen::Vector3d::Zero();
  std::vector<float> values;
  for (const auto& p : sky) values.push_back(p.value);
  const bool has_annulus = config.background != "map";
  if (has_annulus && static_cast<std::int64_t>(values.size()) >= config.min_background_pixels) {
    const ClippedSummary s = sigma_clipped_in_place(values, config.background_clip, 5);
    const double median = grouped_median_in_place(
        std::span{values}.first(static_cast<std::size_t>(s.n)), frame.gain_e_per_adu);
    const auto n = static_cast<double>(s.n);
    out.n_background = s.n;
    out.level_e = median;
    out.level_error_e = s.sigma * std::sqrt(0.5 * kPi / n);
    if (config.background == "mean") {
      out.level_e = s.mean;
      out.level_error_e = s.sigma / std::sqrt(n);
    } else if (config.background == "mode" && std::abs(s.mean - median) <= 0.3 * s.sigma) {
      out.level_e = 2.5 * median - 1.5 * s.mean;
      out.level_error_e = s.sigma * std::sqrt((3.125 * kPi - 5.25) / n);
    } else if (config.background == "plane") {
      twin::plane(sky, median, s.sigma, config.background_clip, out, coefficients);
    }
  }
  if (out.n_background < config.min_background_pixels) {
    const auto ix = std::clamp<std::int64_t>(std::llround(x[star]), 0, frame.nx() - 1);
    const auto iy = std::clamp<std::int64_t>(std::llround(y[star]), 0, frame.ny() - 1);
    coefficients.setZero();
    out.n_background = 0;
    out.level_e = level_e.empty() ? kNaN : static_cast<double>(level_e(ix, iy));
    out.level_error_e =
        rms_e.empty()
            ? kNaN
            : static_cast<double>(rms_e(ix, iy)) *
                  std::sqrt(0.5 * kPi / static_cast<double>(config.min_background_pixels));
    if (has_annulus || !std::isfinite(out.level_e)) out.quality |= quality::background_unreliable;
  }

  const auto [smallest, largest] = std::ranges::minmax(config.radii_px);
  const double core = std::min(largest, std::max(fwhm_px, smallest));
  for (const double r : config.radii_px) {
    double area = 0.0;
    double flux = 0.0;
    double variance = 0.0;
    double usable = 0.0;
    bool is_broken = false;
    for (std::int64_t iy = 0; iy < frame.ny(); ++iy)
      for (std::int64_t ix = 0; ix < frame.nx(); ++ix) {
        const double dx = static_cast<double>(ix) - x[star];
        const double dy = static_cast<double>(iy) - y[star];
        const double k = phot::circle_pixel_overlap(dx, dy, r);
        const MaskBits bits = frame.mask(ix, iy);
        const bool finite = twin::is_finite(frame, ix, iy);
        const double distance =
            std::hypot(std::max(std::abs(dx) - 0.5, 0.0), std::max(std::abs(dy) - 0.5, 0.0));
        const auto broken = static_cast<MaskBits>(bits & mask::unusable & ~mask::saturated);
        if (distance < r && (broken != 0 || !finite)) {
          is_broken = true;
          if (r == largest)
            out.quality |= broken == mask::cosmic && finite ? quality::cosmic : quality::bad_pixel;
        }
        if (distance < largest && (bits & mask::leaked) != 0) out.quality |= quality::bleed;
        if (distance < largest && (bits & mask::interpolated) != 0)
          out.quality |= quality::interpolated;
        if (distance < core && (bits & mask::oversaturated) != 0) out.quality |= quality::saturated;
        if (r == largest && std::hypot(dx, dy) <= core && broken == 0 &&
            std::isfinite(frame.signal_e(ix, iy)) &&
            !(out.peak_e >= static_cast<double>(frame.signal_e(ix, iy))))
          out.peak_e = static_cast<double>(frame.signal_e(ix, iy));
        if (k <= 0.0) continue;
        area += k;
        if (finite && (bits & mask::unusable) == 0) usable += k;
        if (!finite) continue;
        const double under = static_cast<double>(static_cast<float>(out.level_e)) +
                             coefficients[1] * dx + coefficients[2] * dy;
        flux += k * (static_cast<double>(frame.signal_e(ix, iy)) - under);
        variance += k * k * static_cast<double>(frame.variance_e2(ix, iy));
        const double offset = config.error_offset_e;
        variance += offset * offset;
        if (config.parity) variance += k * k * out.level_error_e * out.level_error_e;
      }
    if (!config.parity) variance += std::pow(area * out.level_error_e, 2);
    variance += std::pow(config.flat_error * flux, 2);
    const bool is_cut = x[star] - r < -0.5 || y[star] - r < -0.5 ||
                        x[star] + r > static_cast<double>(frame.nx()) - 0.5 ||
                        y[star] + r > static_cast<double>(frame.ny()) - 0.5;
    if (is_cut && r == largest) out.quality |= quality::edge;
    out.area_px.push_back(area);
    out.flux_e.push_back(is_cut || is_broken ? kNaN : flux);
    out.flux_err_e.push_back(is_cut || is_broken ? kNaN : std::sqrt(variance));
    if (r == largest) out.coverage = usable / (kPi * r * r);
  }
  return out;
}

}  // namespace skyweft::support
