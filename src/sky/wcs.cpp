// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/wcs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/lsq.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {
namespace {

/// Value and slopes of both axes at (u, v).
struct Local {
  double x = 0.0, y = 0.0;
  double x_u = 0.0, x_v = 0.0, y_u = 0.0, y_v = 0.0;
  double determinant() const { return x_u * y_v - x_v * y_u; }
};

constexpr int kMaxOrder = 15;

Local local_at(const Wcs& wcs, double u, double v) {
  std::array<double, kMaxOrder + 1> pu{1.0};
  std::array<double, kMaxOrder + 1> pv{1.0};
  for (std::size_t i = 1; i <= static_cast<std::size_t>(wcs.order); ++i) {
    pu[i] = pu[i - 1] * u;
    pv[i] = pv[i - 1] * v;
  }
  Local out;
  std::size_t k = 0;
  for (int degree = 0; degree <= wcs.order; ++degree)
    for (int q = 0; q <= degree; ++q, ++k) {
      const auto p = static_cast<std::size_t>(degree - q);
      const auto r = static_cast<std::size_t>(q);
      const double value = pu[p] * pv[r];
      out.x += wcs.cx[k] * value;
      out.y += wcs.cy[k] * value;
      const double by_u = p > 0 ? static_cast<double>(p) * pu[p - 1] * pv[r] : 0.0;
      const double by_v = r > 0 ? static_cast<double>(r) * pu[p] * pv[r - 1] : 0.0;
      out.x_u += wcs.cx[k] * by_u;
      out.x_v += wcs.cx[k] * by_v;
      out.y_u += wcs.cy[k] * by_u;
      out.y_v += wcs.cy[k] * by_v;
    }
  return out;
}

bool usable(const Wcs& wcs) {
  const auto n = static_cast<std::size_t>(n_wcs_terms(wcs.order));
  return wcs.valid() && wcs.order <= kMaxOrder && wcs.cx.size() == n && wcs.cy.size() == n;
}

PixelPos project_to_pixel(const Wcs& wcs, const TangentPlane& plane, const SkyPos& position) {
  const auto place = plane.project(position);
  if (!place) return {kNaN, kNaN};
  const Local at = local_at(wcs, place->xi_deg / wcs.unit_deg, place->eta_deg / wcs.unit_deg);
  return {at.x, at.y};
}

}  // namespace

void wcs_terms(double u, double v, int order, std::span<double> out) {
  std::size_t k = 0;
  out[k++] = 1.0;
  std::size_t last = 0;  // first term of the degree below
  for (int degree = 1; degree <= order; ++degree) {
    const std::size_t first = k;
    for (int q = 0; q < degree; ++q) out[k++] = out[last + static_cast<std::size_t>(q)] * u;
    out[k++] = out[first - 1] * v;
    last = first;
  }
}

PixelPos to_pixel(const Wcs& wcs, const SkyPos& position) {
  if (!usable(wcs)) return {kNaN, kNaN};
  return project_to_pixel(wcs, TangentPlane{wcs.centre}, position);
}

PixelPos to_pixel(const Wcs& wcs, const SkyPos& position, double colour) {
  PixelPos at = to_pixel(wcs, position);
  if (std::isfinite(colour)) {
    at.x_px += wcs.colour_x_px * (colour - wcs.colour_zero);
    at.y_px += wcs.colour_y_px * (colour - wcs.colour_zero);
  }
  return at;
}

SkyPos to_sky(const Wcs& wcs, const PixelPos& place) {
  const SkyPos nowhere{Angle::from_rad(kNaN), Angle::from_rad(kNaN)};
  if (!usable(wcs)) return nowhere;
  double u = 0.0;
  double v = 0.0;
  for (int round = 0; round < 50; ++round) {
    const Local at = local_at(wcs, u, v);
    const double determinant = at.determinant();
    const double dx = place.x_px - at.x;
    const double dy = place.y_px - at.y;
    const double du = (dx * at.y_v - dy * at.x_v) / determinant;
    const double dv = (dy * at.x_u - dx * at.y_u) / determinant;
    if (!std::isfinite(du) || !std::isfinite(dv)) return nowhere;
    u += du;
    v += dv;
    // Quadratic convergence: a step this small leaves an error at the level of rounding.
    if (std::abs(du) + std::abs(dv) < 1e-12 * (1.0 + std::abs(u) + std::abs(v)))
      return TangentPlane{wcs.centre}.deproject({u * wcs.unit_deg, v * wcs.unit_deg});
  }
  return nowhere;
}

void to_pixels(const Wcs& wcs, std::span<const double> ra_deg, std::span<const double> dec_deg,
               std::span<double> x_px, std::span<double> y_px) {
  const bool good = usable(wcs);
  const TangentPlane plane{wcs.centre};
  for (std::size_t i = 0; i < ra_deg.size(); ++i) {
    const PixelPos at =
        good ? project_to_pixel(wcs, plane,
                                {Angle::from_deg(ra_deg[i]), Angle::from_deg(dec_deg[i])})
             : PixelPos{kNaN, kNaN};
    x_px[i] = at.x_px;
    y_px[i] = at.y_px;
  }
}

void to_pixels(const Wcs& wcs, std::span<const double> ra_deg, std::span<const double> dec_deg,
               std::span<const float> colour, std::span<double> x_px, std::span<double> y_px) {
  to_pixels(wcs, ra_deg, dec_deg, x_px, y_px);
  for (std::size_t i = 0; i < colour.size(); ++i) {
    const double redder = static_cast<double>(colour[i]) - wcs.colour_zero;
    if (!std::isfinite(redder)) continue;
    x_px[i] += wcs.colour_x_px * redder;
    y_px[i] += wcs.colour_y_px * redder;
  }
}

void evaluate(const Wcs& wcs, std::span<const double> u, std::span<const double> v,
              std::span<double> x_px, std::span<double> y_px) {
  if (!usable(wcs)) {
    std::ranges::fill(x_px, kNaN);
    std::ranges::fill(y_px, kNaN);
    return;
  }
  constexpr std::size_t kBlock = 64;
  const int order = wcs.order;
  const auto term = [](int p, int q) {
    return static_cast<std::size_t>((p + q) * (p + q + 1) / 2 + q);
  };
  for (std::size_t first = 0; first < u.size(); first += kBlock) {
    const std::size_t n = std::min(kBlock, u.size() - first);
    std::array<double, kBlock> x{};
    std::array<double, kBlock> y{};
    // Horner's scheme in v over polynomials in u, each by Horner's scheme too.
    for (int q = order; q >= 0; --q) {
      std::array<double, kBlock> row_x{};
      std::array<double, kBlock> row_y{};
      for (int p = order - q; p >= 0; --p) {
        const double cx = wcs.cx[term(p, q)];
        const double cy = wcs.cy[term(p, q)];
        for (std::size_t i = 0; i < n; ++i) {
          row_x[i] = row_x[i] * u[first + i] + cx;
          row_y[i] = row_y[i] * u[first + i] + cy;
        }
      }
      for (std::size_t i = 0; i < n; ++i) {
        x[i] = x[i] * v[first + i] + row_x[i];
        y[i] = y[i] * v[first + i] + row_y[i];
      }
    }
    std::copy_n(x.begin(), n, x_px.begin() + static_cast<std::ptrdiff_t>(first));
    std::copy_n(y.begin(), n, y_px.begin() + static_cast<std::ptrdiff_t>(first));
  }
}

double scale_arcsec_px(const Wcs& wcs, const PixelPos& at) {
  // In the tangent plane of the place itself, where a pole is a place like any other.
  const TangentPlane plane{to_sky(wcs, at)};
  const auto left = plane.project(to_sky(wcs, {at.x_px - 0.5, at.y_px}));
  const auto right = plane.project(to_sky(wcs, {at.x_px + 0.5, at.y_px}));
  const auto below = plane.project(to_sky(wcs, {at.x_px, at.y_px - 0.5}));
  const auto above = plane.project(to_sky(wcs, {at.x_px, at.y_px + 0.5}));
  if (!left || !right || !below || !above) return kNaN;
  const double area_deg2 = (right->xi_deg - left->xi_deg) * (above->eta_deg - below->eta_deg) -
                           (right->eta_deg - left->eta_deg) * (above->xi_deg - below->xi_deg);
  return 3600.0 * std::sqrt(std::abs(area_deg2));
}

double rotation_deg(const Wcs& wcs, const PixelPos& at) {
  return position_angle(to_sky(wcs, at), to_sky(wcs, {at.x_px, at.y_px + 0.01})).deg();
}

bool is_mirrored(const Wcs& wcs) {
  return usable(wcs) && local_at(wcs, 0.0, 0.0).determinant() > 0.0;
}

Wcs linear_wcs(const SkyPos& centre, double scale_arcsec_px, double rotation_deg, bool mirrored,
               const PixelPos& centre_px) {
  const double px_per_deg = 3600.0 / scale_arcsec_px;
  const double s = std::sin(rotation_deg * kRadPerDeg) * px_per_deg;
  const double c = std::cos(rotation_deg * kRadPerDeg) * px_per_deg;
  const double hand = mirrored ? 1.0 : -1.0;
  return {.centre = centre,
          .unit_deg = 1.0,
          .order = 1,
          .cx = {centre_px.x_px, hand * c, -hand * s},
          .cy = {centre_px.y_px, s, c}};
}

Wcs recentred(const Wcs& wcs, const SkyPos& centre, std::int64_t nx, std::int64_t ny) {
  if (!usable(wcs)) return wcs;
  constexpr int kSide = 24;
  const std::int64_t n_term = n_wcs_terms(wcs.order);
  const TangentPlane plane{centre};
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> design(kSide * kSide,
                                                                                n_term);
  std::vector<double> x;
  std::vector<double> y;
  for (int j = 0; j < kSide; ++j)
    for (int i = 0; i < kSide; ++i) {
      const PixelPos at{static_cast<double>(nx - 1) * i / (kSide - 1),
                        static_cast<double>(ny - 1) * j / (kSide - 1)};
      const auto place = plane.project(to_sky(wcs, at));
      const auto row = static_cast<Eigen::Index>(x.size());
      wcs_terms(place ? place->xi_deg / wcs.unit_deg : kNaN,
                place ? place->eta_deg / wcs.unit_deg : kNaN, wcs.order,
                {design.data() + row * n_term, static_cast<std::size_t>(n_term)});
      x.push_back(at.x_px);
      y.push_back(at.y_px);
    }
  const std::vector<double> weight(x.size(), 1.0);
  const ClippedFitConfig keep_all{.reject_level = 1e9};
  const LinearFit fx = fit_linear_clipped(design, x, weight, keep_all);
  const LinearFit fy = fit_linear_clipped(design, y, weight, keep_all);
  if (!fx.ok() || !fy.ok()) return wcs;
  return {.centre = centre,
          .unit_deg = wcs.unit_deg,
          .order = wcs.order,
          .cx = {fx.coefficients.begin(), fx.coefficients.end()},
          .cy = {fy.coefficients.begin(), fy.coefficients.end()}};
}

}  // namespace skyweft::sky
