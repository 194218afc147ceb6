// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/units.hpp"

namespace skyweft::phot {
namespace {

constexpr double kSigmaPerFwhm = 0.42466090014400953;
constexpr double kReachSigma = 5.0;

/// gaussian_in_circle() as a table over distance, linear between 512 entries.
class LightTable {
 public:
  LightTable(double radius_px, double sigma_px, double reach_px)
      : step_(reach_px / (kEntries - 1)) {
    part_.reserve(kEntries + 1);
    for (int i = 0; i <= kEntries; ++i)
      part_.push_back(gaussian_in_circle(i * step_, radius_px, sigma_px));
  }
  double operator()(double distance_px) const {
    const double at = distance_px / step_;
    const auto i = static_cast<std::size_t>(at);
    if (i >= kEntries) return 0.0;
    return part_[i] + (at - static_cast<double>(i)) * (part_[i + 1] - part_[i]);
  }

 private:
  static constexpr int kEntries = 512;
  double step_;
  std::vector<double> part_;
};

/// Stars sorted into square cells; the members of a cell keep their order.
class Cells {
 public:
  Cells(std::span<const double> x, std::span<const double> y, const std::vector<std::int64_t>& used,
        double side)
      : x_(x), y_(y), side_(side) {
    double x_max = 0.0;
    double y_max = 0.0;
    x_min_ = y_min_ = 0.0;
    for (std::size_t k = 0; k < used.size(); ++k) {
      const auto i = static_cast<std::size_t>(used[k]);
      x_min_ = k == 0 ? x[i] : std::min(x_min_, x[i]);
      y_min_ = k == 0 ? y[i] : std::min(y_min_, y[i]);
      x_max = k == 0 ? x[i] : std::max(x_max, x[i]);
      y_max = k == 0 ? y[i] : std::max(y_max, y[i]);
    }
    // Far-flung positions must not make a huge table: at most 2048 cells a side.
    side_ = std::max({side_, (x_max - x_min_) / 2048.0, (y_max - y_min_) / 2048.0});
    nx_ = cell_of(x_max - x_min_) + 1;
    ny_ = cell_of(y_max - y_min_) + 1;
    first_.assign(static_cast<std::size_t>(nx_ * ny_ + 1), 0);
    for (const std::int64_t i : used) ++first_[static_cast<std::size_t>(index_of(i) + 1)];
    for (std::size_t c = 1; c < first_.size(); ++c) first_[c] += first_[c - 1];
    member_.resize(used.size());
    auto next = first_;
    for (const std::int64_t i : used)
      member_[static_cast<std::size_t>(next[static_cast<std::size_t>(index_of(i))]++)] = i;
  }

  template <class Visit>
  void for_each_near(std::int64_t star, Visit visit) const {
    const std::int64_t cx = cell_of(x_[static_cast<std::size_t>(star)] - x_min_);
    const std::int64_t cy = cell_of(y_[static_cast<std::size_t>(star)] - y_min_);
    for (std::int64_t iy = std::max<std::int64_t>(cy - 1, 0); iy <= std::min(cy + 1, ny_ - 1); ++iy)
      for (std::int64_t ix = std::max<std::int64_t>(cx - 1, 0); ix <= std::min(cx + 1, nx_ - 1);
           ++ix) {
        const auto c = static_cast<std::size_t>(iy * nx_ + ix);
        for (std::int64_t k = first_[c]; k < first_[c + 1]; ++k)
          visit(member_[static_cast<std::size_t>(k)]);
      }
  }

 private:
  std::int64_t cell_of(double offset) const { return static_cast<std::int64_t>(offset / side_); }
  std::int64_t index_of(std::int64_t star) const {
    const auto i = static_cast<std::size_t>(star);
    return cell_of(y_[i] - y_min_) * nx_ + cell_of(x_[i] - x_min_);
  }

  std::span<const double> x_;
  std::span<const double> y_;
  double side_;
  double x_min_ = 0.0;
  double y_min_ = 0.0;
  std::int64_t nx_ = 0;
  std::int64_t ny_ = 0;
  std::vector<std::int64_t> first_;
  std::vector<std::int64_t> member_;
};

}  // namespace

double gaussian_in_circle(double distance_px, double radius_px, double sigma_px) {
  // Strips across the line of centres: ∫ φ(x − d) erf(√(R²−x²)/σ√2) dx with x = R sin t, Simpson's
  // rule.
  if (!(radius_px > 0.0) || !(sigma_px > 0.0)) return 0.0;
  const int n = 2 * static_cast<int>(std::clamp(16.0 + 16.0 * radius_px / sigma_px, 32.0, 2048.0));
  const double step = kPi / n;
  double sum = 0.0;
  for (int i = 1; i < n; ++i) {
    const double t = -0.5 * kPi + i * step;
    const double from_star = (radius_px * std::sin(t) - distance_px) / sigma_px;
    const double half = radius_px * std::cos(t);
    const double value = std::exp(-0.5 * from_star * from_star) *
                         std::erf(half / (sigma_px * std::numbers::sqrt2)) * half;
    sum += (i % 2 == 1 ? 4.0 : 2.0) * value;
  }
  return sum * step / 3.0 / (sigma_px * std::sqrt(2.0 * kPi));
}

std::vector<double> neighbour_light(std::span<const double> x_px, std::span<const double> y_px,
                                    std::span<const float> catalog_mag, double fwhm_px,
                                    double radius_px) {
  const std::size_t n = x_px.size();
  const double sigma = kSigmaPerFwhm * fwhm_px;
  const double reach = radius_px + kReachSigma * sigma;
  std::vector<double> light(n, kNaN);
  std::vector<std::int64_t> used;
  std::vector<double> brightness(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(x_px[i]) || !std::isfinite(y_px[i]) || !std::isfinite(catalog_mag[i]))
      continue;
    brightness[i] = std::exp(-static_cast<double>(catalog_mag[i]) / kMagPerRelativeFlux);
    used.push_back(static_cast<std::int64_t>(i));
  }
  if (used.empty()) return light;
  const LightTable part(radius_px, sigma, reach);
  const Cells cells(x_px, y_px, used, reach);
  for (const std::int64_t star : used) {
    const auto i = static_cast<std::size_t>(star);
    double others = 0.0;
    cells.for_each_near(star, [&](std::int64_t other) {
      const auto j = static_cast<std::size_t>(other);
      const double dx = x_px[j] - x_px[i];
      const double dy = y_px[j] - y_px[i];
      const double d2 = dx * dx + dy * dy;
      if (other == star || d2 >= reach * reach) return;
      others += brightness[j] * part(std::sqrt(d2));
    });
    light[i] = others / (brightness[i] * part(0.0));
  }
  return light;
}

}  // namespace skyweft::phot
