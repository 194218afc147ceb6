// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/star_centre.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <Eigen/Dense>

#include "phot/pixel_noise.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::phot {
namespace {

constexpr double kSigmaPerFwhm = 0.42466090014400953;
constexpr double kGradientStepPx = 0.01;
constexpr int kMostSteps = 20;
constexpr double kSettledPx = 1e-5;
constexpr double kLongestStepPx = 0.5;

bool is_usable(const Frame& frame, std::int64_t ix, std::int64_t iy) {
  return (frame.mask(ix, iy) & mask::unusable) == 0 && std::isfinite(frame.signal_e(ix, iy)) &&
         std::isfinite(frame.variance_e2(ix, iy)) && frame.variance_e2(ix, iy) > 0.0F;
}

/// The pixels that take part, in the order of rows.
struct Pixels {
  shape::PixelWindow window;
  std::vector<std::size_t> at;  ///< in the window
  std::vector<double> data;
  std::vector<double> variance;
};

Pixels pixels_near(const Frame& frame, double background_e, double x, double y, double radius) {
  Pixels out;
  shape::PixelWindow& w = out.window;
  w.first_x = std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(x - radius)), 0);
  w.first_y = std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(y - radius)), 0);
  w.nx =
      std::min(static_cast<std::int64_t>(std::floor(x + radius)), frame.nx() - 1) - w.first_x + 1;
  w.ny =
      std::min(static_cast<std::int64_t>(std::floor(y + radius)), frame.ny() - 1) - w.first_y + 1;
  w.nx = std::max<std::int64_t>(w.nx, 0);
  w.ny = std::max<std::int64_t>(w.ny, 0);
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy)
    for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix) {
      const double dx = static_cast<double>(ix) - x;
      const double dy = static_cast<double>(iy) - y;
      if (dx * dx + dy * dy > radius * radius || !is_usable(frame, ix, iy)) continue;
      out.at.push_back(static_cast<std::size_t>((iy - w.first_y) * w.nx + ix - w.first_x));
      out.data.push_back(static_cast<double>(frame.signal_e(ix, iy)) - background_e);
      out.variance.push_back(static_cast<double>(frame.variance_e2(ix, iy)));
    }
  return out;
}

}  // namespace

StarCentre fitted_centre(const Frame& frame, const StarShape& shape, PsfView view,
                         const SubPixelMap& subpixels, double background_e, double x_px,
                         double y_px, double radius_px, double max_shift_px) {
  StarCentre out;
  if (shape.empty() || !std::isfinite(background_e)) return out;
  const Pixels pixels = pixels_near(frame, background_e, x_px, y_px, radius_px);
  const std::size_t n = pixels.at.size();
  if (n < 6) return out;

  const std::vector<std::int32_t> owner(n, 0);
  const std::vector<double> base(n, background_e);
  std::vector<double> weight(n, 1.0);
  std::vector<double> light(n, 0.0);
  // The star here, and a step to either side in x and in y.
  std::array<std::vector<double>, 5> value;
  for (auto& v : value) v.resize(static_cast<std::size_t>(pixels.window.size()));
  const auto evaluate = [&](double x, double y) {
    const double h = kGradientStepPx;
    const std::array<std::array<double, 2>, 5> place{
        {{x, y}, {x + h, y}, {x - h, y}, {x, y + h}, {x, y - h}}};
    for (std::size_t k = 0; k < place.size(); ++k)
      shape::pixel_values(shape, view, subpixels, place[k][0], place[k][1], pixels.window,
                          value[k]);
  };
  double x = x_px;
  double y = y_px;
  double flux = 0.0;
  Eigen::Matrix3d normal;
  bool is_settled = false;
  for (int step = 0; step < kMostSteps && !is_settled; ++step) {
    evaluate(x, y);
    double pp = 0.0;
    double pd = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
      const double v = value[0][pixels.at[p]];
      pp += weight[p] * v * v;
      pd += weight[p] * v * pixels.data[p];
    }
    flux = pp > 0.0 ? pd / pp : 0.0;
    if (!(flux > 0.0)) return out;
    for (std::size_t p = 0; p < n; ++p) light[p] = flux * value[0][pixels.at[p]];
    model_weights(owner, {}, 1, base, pixels.data, pixels.variance, light, weight);
    normal.setZero();
    Eigen::Vector3d right = Eigen::Vector3d::Zero();
    for (std::size_t p = 0; p < n; ++p) {
      const std::size_t i = pixels.at[p];
      const double per_px = flux / (2.0 * kGradientStepPx);
      const Eigen::Vector3d d{value[0][i], per_px * (value[1][i] - value[2][i]),
                              per_px * (value[3][i] - value[4][i])};
      normal += weight[p] * d * d.transpose();
      right += weight[p] * (pixels.data[p] - light[p]) * d;
    }
    const Eigen::Vector3d change = normal.ldlt().solve(right);
    if (!change.allFinite()) return out;
    const double length = std::hypot(change[1], change[2]);
    const double part = length > kLongestStepPx ? kLongestStepPx / length : 1.0;
    x += part * change[1];
    y += part * change[2];
    flux += part * change[0];
    if (std::hypot(x - x_px, y - y_px) > 2.0 * max_shift_px + 1.0) break;
    is_settled = step > 1 && length < kSettledPx;
  }
  const Eigen::Matrix3d covariance = normal.inverse();
  if (!covariance.allFinite() || !(covariance.diagonal().minCoeff() > 0.0)) return out;
  out.x_px = x;
  out.y_px = y;
  out.flux_e = flux;
  out.flux_err_e = std::sqrt(covariance(0, 0));
  out.x_err_px = std::sqrt(covariance(1, 1));
  out.y_err_px = std::sqrt(covariance(2, 2));
  out.is_found = is_settled && flux > 0.0 && std::hypot(x - x_px, y - y_px) <= max_shift_px;
  return out;
}

StarCentre windowed_centre(const Frame& frame, double background_e, double x_px, double y_px,
                           double fwhm_px, double max_shift_px) {
  StarCentre out;
  const double sigma = kSigmaPerFwhm * fwhm_px;
  const double reach = std::max(4.0 * sigma, 2.0);
  if (!std::isfinite(background_e) || !(sigma > 0.0)) return out;
  double x = x_px;
  double y = y_px;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto low_x = static_cast<std::int64_t>(std::ceil(x - reach));
    const auto low_y = static_cast<std::int64_t>(std::ceil(y - reach));
    const auto high_x = static_cast<std::int64_t>(std::floor(x + reach));
    const auto high_y = static_cast<std::int64_t>(std::floor(y + reach));
    if (low_x < 0 || low_y < 0 || high_x >= frame.nx() || high_y >= frame.ny()) return out;
    double sum = 0.0;
    double flux = 0.0;
    double variance = 0.0;
    double mx = 0.0, my = 0.0, vx = 0.0, vy = 0.0;
    for (std::int64_t iy = low_y; iy <= high_y; ++iy)
      for (std::int64_t ix = low_x; ix <= high_x; ++ix) {
        if (!is_usable(frame, ix, iy)) return out;
        const double dx = static_cast<double>(ix) - x;
        const double dy = static_cast<double>(iy) - y;
        const double w = std::exp(-0.5 * (dx * dx + dy * dy) / (sigma * sigma));
        const double light = static_cast<double>(frame.signal_e(ix, iy)) - background_e;
        const double v = static_cast<double>(frame.variance_e2(ix, iy));
        sum += w * light;
        flux += w;
        variance += w * w * v;
        mx += w * light * dx;
        my += w * light * dy;
        vx += w * w * dx * dx * v;
        vy += w * w * dy * dy * v;
      }
    if (!(sum > 0.0)) return out;
    const double step_x = 2.0 * mx / sum;
    const double step_y = 2.0 * my / sum;
    x += step_x;
    y += step_y;
    if (!(std::hypot(x - x_px, y - y_px) <= 2.0 * max_shift_px + 1.0)) return out;
    // A star as wide as its window: Σ w I is half of the flux.
    out = {x,
           y,
           2.0 * std::sqrt(vx) / sum,
           2.0 * std::sqrt(vy) / sum,
           2.0 * sum,
           2.0 * std::sqrt(variance),
           false};
    if (std::hypot(step_x, step_y) < 1e-4) {
      out.is_found = std::hypot(x - x_px, y - y_px) <= max_shift_px;
      return out;
    }
  }
  return out;
}

}  // namespace skyweft::phot
