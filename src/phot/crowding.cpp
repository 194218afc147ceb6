// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/crowding.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/light_in_circle.hpp"
#include "phot/neighbours.hpp"
#include "phot/star_cells.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::phot {
namespace {

constexpr double kSigmaPerFwhm = 0.42466090014400953;
constexpr double kReachSigma = 5.0;
constexpr double kNeglected = 1e-6;
constexpr double kFarPx = 1e9;

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

void check(const CrowdedField& field, std::span<const double> radii_px) {
  const std::size_t n = field.x_px.size();
  if (field.y_px.size() != n || field.mag.size() != n ||
      (!field.shapes.empty() && at(field.shapes.n_star()) != n))
    throw Error{Errc::internal,
                fmt::format("crowding: {} x, {} y, {} magnitudes and {} shapes; they must be as "
                            "many",
                            n, field.y_px.size(), field.mag.size(), field.shapes.n_star())};
  for (const double r : radii_px)
    if (!(r > 0.0 && r < kFarPx))
      throw Error{Errc::bad_config,
                  fmt::format("an aperture of {} px has no light in it; radii must be positive", r)}
          .because({"radius_px", r, 0.0});
}

/// The light of a field's stars in circles.
class FieldLight {
 public:
  explicit FieldLight(const CrowdedField& field) : field_(field) {}

  bool has_place(std::size_t i) const {
    return std::abs(field_.x_px[i]) < kFarPx && std::abs(field_.y_px[i]) < kFarPx;
  }
  bool has_mag(std::size_t i) const { return std::isfinite(field_.mag[i]); }

  /// The part of star `i`'s light in a circle (dx, dy) from it; NaN without a shape.
  double part(std::int64_t i, double dx, double dy, double radius) {
    if (field_.shapes.empty())
      return gaussian_in_circle(std::hypot(dx, dy), radius, kSigmaPerFwhm * field_.fwhm_px);
    const StarShape& shape = field_.shapes.at(i, scratch_);
    return shape.empty() ? kNaN : light_in_circle(shape, dx, dy, radius);
  }
  /// The same for all radii at once.
  void parts(std::int64_t i, double dx, double dy, std::span<const double> radii,
             std::span<double> out) {
    if (field_.shapes.empty()) {
      for (std::size_t r = 0; r < radii.size(); ++r) out[r] = part(i, dx, dy, radii[r]);
      return;
    }
    const StarShape& shape = field_.shapes.at(i, scratch_);
    for (std::size_t r = 0; r < radii.size(); ++r)
      out[r] = shape.empty() ? kNaN : light_in_circle(shape, dx, dy, radii[r]);
  }
  /// How far from its place star `i` gives light.
  double reach(std::int64_t i) {
    if (field_.shapes.empty()) return kReachSigma * kSigmaPerFwhm * field_.fwhm_px;
    const auto of = [](const std::vector<double>& x, const std::vector<double>& y) {
      return std::hypot(std::max(-x.front(), x.back()), std::max(-y.front(), y.back()));
    };
    const PsfMap& map = field_.shapes.map();
    if (map.kind == PsfKind::bicubic) return of(map.x_node_px, map.y_node_px);
    const StarShape& shape = field_.shapes.at(i, scratch_);
    return shape.empty() ? 0.0 : of(shape.x_node_px, shape.y_node_px);
  }
  void enclosed(std::span<const double> radii, std::vector<double>& out);

 private:
  void enclosed_by_terms(std::span<const double> radii, std::vector<double>& out);

  const CrowdedField& field_;
  StarShape scratch_;
};

/// The light in a circle about the star is linear in the shape, so one integral per term will do.
void FieldLight::enclosed_by_terms(std::span<const double> radii, std::vector<double>& out) {
  const StarShapes& shapes = field_.shapes;
  const auto n_term = at(shapes.map().n_term());
  std::vector<double> of_term(n_term * radii.size());
  for (std::size_t k = 0; k < n_term; ++k) {
    std::vector<double> unit(n_term, 0.0);
    unit[k] = 1.0;
    const StarShape shape = shape::shape_of(shapes.map(), unit);
    for (std::size_t r = 0; r < radii.size(); ++r)
      of_term[k * radii.size() + r] = light_in_circle(shape, 0.0, 0.0, radii[r]);
  }
  for (std::size_t i = 0; i < field_.x_px.size(); ++i) {
    if (!has_place(i)) continue;
    const auto terms = shapes.terms(static_cast<std::int64_t>(i));
    for (std::size_t r = 0; r < radii.size(); ++r) {
      double sum = 0.0;  // not finite where a term is not
      for (std::size_t k = 0; k < n_term; ++k) sum += terms[k] * of_term[k * radii.size() + r];
      out[i * radii.size() + r] = std::isfinite(sum) ? sum : kNaN;
    }
  }
}

void FieldLight::enclosed(std::span<const double> radii, std::vector<double>& out) {
  const std::size_t n = field_.x_px.size();
  out.assign(n * radii.size(), kNaN);
  if (field_.shapes.map().kind == PsfKind::bicubic) return enclosed_by_terms(radii, out);
  std::vector<double> common(radii.size());
  const bool is_common = field_.shapes.empty() || field_.shapes.is_common();
  if (is_common && n > 0) parts(0, 0.0, 0.0, radii, common);
  for (std::size_t i = 0; i < n; ++i) {
    if (!has_place(i)) continue;
    if (!is_common) parts(static_cast<std::int64_t>(i), 0.0, 0.0, radii, common);
    std::ranges::copy(common, out.begin() + static_cast<std::ptrdiff_t>(i * radii.size()));
  }
}

}  // namespace

Crowding crowding_of(const CrowdedField& field, std::span<const double> radii_px) {
  check(field, radii_px);
  const std::size_t n = field.x_px.size();
  const std::size_t n_radius = radii_px.size();
  Crowding out;
  out.n_radius = static_cast<std::int64_t>(n_radius);
  FieldLight light(field);
  light.enclosed(radii_px, out.enclosed);
  out.neighbours.assign(n * n_radius, kNaN);
  if (n == 0 || n_radius == 0) return out;

  std::vector<std::int64_t> used;
  std::vector<double> reach(n, 0.0);
  double longest = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!light.has_place(i) || !light.has_mag(i)) continue;
    reach[i] = light.reach(static_cast<std::int64_t>(i));
    longest = std::max(longest, reach[i]);
    used.push_back(static_cast<std::int64_t>(i));
  }
  const double radius_max = std::ranges::max(radii_px);
  const StarCells cells(field.x_px, field.y_px, used, std::max(longest + radius_max, 1.0));
  std::vector<double> part(n_radius);
  for (const std::int64_t star : used) {
    const std::size_t i = at(star);
    double* const sum = out.neighbours.data() + i * n_radius;
    std::fill_n(sum, n_radius, 0.0);
    cells.for_each_near(field.x_px[i], field.y_px[i], [&](std::int64_t other) {
      const std::size_t j = at(other);
      const double dx = field.x_px[i] - field.x_px[j];
      const double dy = field.y_px[i] - field.y_px[j];
      if (other == star || std::hypot(dx, dy) >= reach[j] + radius_max) return;
      const double ratio =
          std::exp((static_cast<double>(field.mag[i]) - static_cast<double>(field.mag[j])) /
                   kMagPerRelativeFlux);
      if (ratio < kNeglected) return;
      light.parts(other, dx, dy, radii_px, part);
      for (std::size_t r = 0; r < n_radius; ++r)
        if (std::isfinite(part[r])) sum[r] += ratio * part[r];
    });
    for (std::size_t r = 0; r < n_radius; ++r) {
      const double own = out.enclosed[i * n_radius + r];
      sum[r] = own > 0.0 ? sum[r] / own : kNaN;
    }
  }
  return out;
}

std::vector<CrowdingStar> crowding_stars(const CrowdedField& field, std::int64_t star,
                                         double radius_px, double min_contribution) {
  check(field, std::span{&radius_px, 1});
  const std::size_t i = at(star);
  FieldLight light(field);
  std::vector<CrowdingStar> out;
  if (!light.has_place(i) || !light.has_mag(i)) return out;
  const double own = light.part(star, 0.0, 0.0, radius_px);
  if (!(own > 0.0)) return out;
  for (std::size_t j = 0; j < field.x_px.size(); ++j) {
    if (j == i || !light.has_place(j) || !light.has_mag(j)) continue;
    const double dx = field.x_px[i] - field.x_px[j];
    const double dy = field.y_px[i] - field.y_px[j];
    const auto other = static_cast<std::int64_t>(j);
    const double distance = std::hypot(dx, dy);
    if (distance >= light.reach(other) + radius_px) continue;
    const double delta = static_cast<double>(field.mag[j]) - static_cast<double>(field.mag[i]);
    const double contribution =
        std::exp(-delta / kMagPerRelativeFlux) * light.part(other, dx, dy, radius_px) / own;
    if (contribution > 0.0 && contribution >= min_contribution)
      out.push_back({other, distance, delta, contribution});
  }
  std::ranges::stable_sort(out, [](const CrowdingStar& p, const CrowdingStar& q) {
    return p.contribution > q.contribution;
  });
  return out;
}

}  // namespace skyweft::phot
