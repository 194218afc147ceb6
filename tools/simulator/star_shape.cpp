// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/star_shape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace skyweft::simulator {
namespace {

constexpr double kStepsPerUnit = 64.0;  // cubic Hermite error below 1e-7 of the centre
constexpr double kLostShare = 1e-4;
constexpr double kFaintest_e = 0.02;
constexpr double kCoreFwhm = 2.5;
constexpr double kMaxRadiusFwhm = 30.0;

constexpr std::array<double, 5> kNode5{-0.4530899229693320, -0.2692346550528415, 0.0,
                                       0.2692346550528415, 0.4530899229693320};
constexpr std::array<double, 5> kWeight5{0.1184634425280945, 0.2393143352496832, 0.2844444444444444,
                                         0.2393143352496832, 0.1184634425280945};
constexpr std::array<double, 2> kNode2{-0.2886751345948129, 0.2886751345948129};
constexpr std::array<double, 2> kWeight2{0.5, 0.5};

}  // namespace

StarProfile::StarProfile(std::string_view kind, double beta)
    : is_moffat_(kind != "gaussian"), beta_(beta) {
  if (is_moffat_) {
    scale_per_fwhm_ = 0.5 / std::sqrt(std::pow(2.0, 1.0 / beta) - 1.0);
    centre_ = (beta - 1.0) / kPi;
    q_max_ = std::pow(kMaxRadiusFwhm / scale_per_fwhm_, 2);
  } else {
    scale_per_fwhm_ = 0.5 / std::sqrt(2.0 * std::log(2.0));
    centre_ = 0.5 / kPi;
    q_max_ = 80.0;  // exp(-40)
  }
  const auto n = static_cast<std::size_t>(q_max_ * kStepsPerUnit) + 3;
  table_.reserve(2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    const double q = static_cast<double>(i) / kStepsPerUnit;
    table_.push_back(profile(q));
    table_.push_back(slope(q) / kStepsPerUnit);
  }
}

double StarProfile::profile(double q) const {
  return is_moffat_ ? std::pow(1.0 + q, -beta_) : std::exp(-0.5 * q);
}

double StarProfile::slope(double q) const {
  return is_moffat_ ? -beta_ * std::pow(1.0 + q, -beta_ - 1.0) : -0.5 * std::exp(-0.5 * q);
}

double StarProfile::at(double q) const {
  if (q >= q_max_) return 0.0;
  const double place = q * kStepsPerUnit;
  const auto i = static_cast<std::size_t>(place);
  const double t = place - static_cast<double>(i);
  const double* p = table_.data() + 2 * i;
  const double jump = p[2] - p[0];
  return p[0] + t * (p[1] + t * (3.0 * jump - 2.0 * p[1] - p[3] + t * (p[1] + p[3] - 2.0 * jump)));
}

double StarProfile::peak_share(double fwhm_px) const {
  const double scale_px = scale_per_fwhm_ * fwhm_px;
  return std::min(1.0, centre_ / (scale_px * scale_px));
}

void StarProfile::add_star(Grid<float>& image_e, PixelPos at_px, double flux_e,
                           const StarShape& shape, const std::array<double, 4>& response) const {
  const double scale_px = scale_per_fwhm_ * shape.fwhm_px;
  const double peak_e = flux_e * centre_ / (scale_px * scale_px);
  if (!(peak_e > 0.0)) return;

  // Radii in units of the scale, where the lost light and the last pixel are small enough.
  const double level = std::min(1.0, kFaintest_e / peak_e);
  const double q_level = is_moffat_ ? std::pow(level, -1.0 / beta_) - 1.0 : -2.0 * std::log(level);
  const double q_light =
      is_moffat_ ? std::pow(kLostShare, -1.0 / (beta_ - 1.0)) - 1.0 : -2.0 * std::log(kLostShare);
  const double q_end = std::min(std::max(q_level, q_light), q_max_);
  const double root = std::sqrt(shape.elongation);
  const double radius_px = scale_px * std::sqrt(q_end) * root + 1.0;

  // q = a dx² + b dx dy + c dy², of unit determinant in units of the scale.
  const double co = std::cos(shape.angle_rad), si = std::sin(shape.angle_rad);
  const double major = 1.0 / (scale_px * scale_px * shape.elongation);
  const double minor = shape.elongation / (scale_px * scale_px);
  const double a = major * co * co + minor * si * si;
  const double b = 2.0 * (major - minor) * co * si;
  const double c = major * si * si + minor * co * co;

  const auto integrate = [&](double dx, double dy, std::span<const double> node,
                             std::span<const double> weight) {
    double sum = 0.0;
    for (std::size_t j = 0; j < node.size(); ++j) {
      const double v = dy + node[j];
      for (std::size_t i = 0; i < node.size(); ++i) {
        const double u = dx + node[i];
        sum += weight[i] * weight[j] * at(std::max(0.0, a * u * u + b * u * v + c * v * v));
      }
    }
    return sum;
  };

  const double core_px2 = std::pow(std::max(kCoreFwhm * shape.fwhm_px * root, 3.0), 2);
  const auto first = [](double v) { return std::max<std::int64_t>(0, std::llround(std::ceil(v))); };
  const auto last = [](double v, std::int64_t n) {
    return std::min<std::int64_t>(n - 1, std::llround(std::floor(v)));
  };
  if (!(std::abs(at_px.x_px) < 1e6) || !(std::abs(at_px.y_px) < 1e6)) return;
  const std::int64_t iy_end = last(at_px.y_px + radius_px, image_e.ny());
  for (std::int64_t iy = first(at_px.y_px - radius_px); iy <= iy_end; ++iy) {
    const double dy = static_cast<double>(iy) - at_px.y_px;
    const double half_px = std::sqrt(std::max(0.0, radius_px * radius_px - dy * dy));
    const std::int64_t ix_end = last(at_px.x_px + half_px, image_e.nx());
    for (std::int64_t ix = first(at_px.x_px - half_px); ix <= ix_end; ++ix) {
      const double dx = static_cast<double>(ix) - at_px.x_px;
      const double share = dx * dx + dy * dy < core_px2 ? integrate(dx, dy, kNode5, kWeight5)
                                                        : integrate(dx, dy, kNode2, kWeight2);
      const double channel = response[static_cast<std::size_t>(2 * (iy & 1) + (ix & 1))];
      image_e(ix, iy) += static_cast<float>(peak_e * share * channel);
    }
  }
}

}  // namespace skyweft::simulator
