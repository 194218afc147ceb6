// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/units.hpp"

namespace skyweft::phot {
namespace {

constexpr double kSigmaPerFwhm = 0.42466090014400953;
constexpr double kReachSigma = 5.0;

/// gaussian_in_circle() as a table over distance, ten entries to a sigma and cubic between them:
/// within 1e-5.
class LightTable {
 public:
  LightTable(double radius_px, double sigma_px, double reach_px)
      : n_step_(static_cast<std::size_t>(std::clamp(10.0 * reach_px / sigma_px, 1.0, 4096.0))),
        step_(reach_px / static_cast<double>(n_step_)) {
    part_.reserve(n_step_ + 4);
    // One entry before the first, where the light is the same as behind it.
    for (std::size_t i = 0; i < n_step_ + 4; ++i)
      part_.push_back(
          gaussian_in_circle(std::abs(static_cast<double>(i) - 1.0) * step_, radius_px, sigma_px));
  }
  double operator()(double distance_px) const {
    const double at = distance_px / step_;
    const auto i = static_cast<std::size_t>(at);
    if (i > n_step_) return 0.0;
    const double t = at - static_cast<double>(i);
    const double* const p = part_.data() + i;  // at −1, 0, 1 and 2 (Lagrange)
    return ((1.0 - t * t) * (2.0 - t) * p[1] + t * (1.0 + t) * (2.0 - t) * p[2]) / 2.0 -
           (t * (1.0 - t) * (2.0 - t) * p[0] + t * (1.0 - t * t) * p[3]) / 6.0;
  }

 private:
  std::size_t n_step_;
  double step_;
  std::vector<double> part_;
};

struct Star {
  double band;  ///< of rows
  double x;
  double y;
  double brightness;
  std::size_t index;
};

/// Stars by bands of rows, and by column within a band.
class Bands {
 public:
  Bands(std::vector<Star> stars, double height) : stars_(std::move(stars)) {
    for (Star& s : stars_) s.band = std::floor(s.y / height);
    std::ranges::sort(stars_, [](const Star& a, const Star& b) {
      if (a.band != b.band) return a.band < b.band;
      return a.x != b.x ? a.x < b.x : a.index < b.index;
    });
  }

  /// Calls visit(star, other) for all pairs of different stars less than `reach` columns apart in
  /// the same band or in bands next to each other; both ways round.
  template <class Visit>
  void for_each_pair(double reach, Visit visit) const {
    for (const double step : {-1.0, 0.0, 1.0}) {
      std::size_t first = 0;
      for (const Star& star : stars_) {
        const double band = star.band + step;
        while (first < stars_.size() &&
               (stars_[first].band < band ||
                (stars_[first].band == band && stars_[first].x <= star.x - reach)))
          ++first;
        for (std::size_t k = first; k < stars_.size(); ++k) {
          const Star& other = stars_[k];
          if (other.band != band || other.x >= star.x + reach) break;
          if (other.index != star.index) visit(star, other);
        }
      }
    }
  }

  const std::vector<Star>& stars() const { return stars_; }

 private:
  std::vector<Star> stars_;
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
  std::vector<Star> stars;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(x_px[i]) || !std::isfinite(y_px[i]) || !std::isfinite(catalog_mag[i]))
      continue;
    light[i] = 0.0;
    const double brightness = std::exp(-static_cast<double>(catalog_mag[i]) / kMagPerRelativeFlux);
    stars.push_back({0.0, x_px[i], y_px[i], brightness, i});
  }
  if (stars.empty()) return light;
  const LightTable part(radius_px, sigma, reach);
  const Bands bands(std::move(stars), reach);
  bands.for_each_pair(reach, [&](const Star& star, const Star& other) {
    const double dx = other.x - star.x;
    const double dy = other.y - star.y;
    const double d2 = dx * dx + dy * dy;
    if (d2 < reach * reach) light[star.index] += other.brightness * part(std::sqrt(d2));
  });
  for (const Star& star : bands.stars()) light[star.index] /= star.brightness * part(0.0);
  return light;
}

}  // namespace skyweft::phot
