// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sip.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "sky/frame_polynomial.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

constexpr int kFitSide = 40;
constexpr int kJudgeSide = 61;
constexpr double kEnough_px = 1e-3;
constexpr int kMaxOrder = kMaxPolynomialOrder;

double distance(const PixelPos& a, const PixelPos& b) {
  return std::hypot(a.x_px - b.x_px, a.y_px - b.y_px);
}

/// (u, v) + the polynomials there.
PixelPos distorted(const std::vector<double>& a, const std::vector<double>& b, int order,
                   const PixelPos& at) {
  double x = at.x_px;
  double y = at.y_px;
  double pu = 1.0;  // u^p; few terms, so powers are built as they come
  for (int p = 0; p <= order; ++p, pu *= at.x_px) {
    double value = pu;
    for (int q = 0; q <= order - p; ++q, value *= at.y_px) {
      const int degree = p + q;
      const auto k = static_cast<std::size_t>(degree * (degree + 1) / 2 + q);
      if (k >= a.size()) continue;
      x += a[k] * value;
      y += b[k] * value;
    }
  }
  return {x, y};
}

PixelPos through_cd(const TanSip& sip, const PixelPos& fg) {
  return {sip.cd[0] * fg.x_px + sip.cd[1] * fg.y_px, sip.cd[2] * fg.x_px + sip.cd[3] * fg.y_px};
}

PixelPos through_inverse_cd(const TanSip& sip, const PixelPos& plane) {
  const double determinant = sip.cd[0] * sip.cd[3] - sip.cd[1] * sip.cd[2];
  return {(sip.cd[3] * plane.x_px - sip.cd[1] * plane.y_px) / determinant,
          (sip.cd[0] * plane.y_px - sip.cd[2] * plane.x_px) / determinant};
}

/// The frame's places as offsets from its middle, and what the solution shows there.
struct Samples {
  std::vector<PixelPos> offset;  ///< px
  std::vector<PixelPos> plane;   ///< degrees about the middle
};

Samples sampled(const Wcs& wcs, const TangentPlane& about, const PixelPos& middle,
                const std::vector<PixelPos>& places) {
  Samples out;
  for (const PixelPos& place : places) {
    const auto at = about.project(to_sky(wcs, place));
    if (!at || !std::isfinite(at->xi_deg) || !std::isfinite(at->eta_deg))
      throw Error{Errc::numeric,
                  fmt::format("the plate solution shows no sky at pixel ({:.1f}, {:.1f}), so it "
                              "cannot be written as TAN-SIP; lower solve.distortion_order",
                              place.x_px, place.y_px)}
          .because({"wcs_folds", 1.0, 0.0});
    out.offset.push_back({place.x_px - middle.x_px, place.y_px - middle.y_px});
    out.plane.push_back({at->xi_deg, at->eta_deg});
  }
  return out;
}

std::vector<PixelPos> divided(const std::vector<PixelPos>& places, double by) {
  std::vector<PixelPos> out;
  for (const PixelPos& p : places) out.push_back({p.x_px / by, p.y_px / by});
  return out;
}

/// Coefficients of scaled variables become those of pixels; `out_scale` is the unit of the values.
std::vector<double> unscaled(std::vector<double> c, int order, double half, double out_scale) {
  double power = out_scale;
  std::size_t k = 0;
  for (int degree = 0; degree <= order; ++degree, power /= half)
    for (int q = 0; q <= degree; ++q, ++k) c[k] *= power;
  return c;
}

/// CD, A and B of one order; nothing when CD has no inverse.
std::optional<TanSip> forward(const Samples& nodes, double half, int order) {
  const auto fit = fit_frame_polynomial(divided(nodes.offset, half), nodes.plane, order, 1);
  if (!fit) return std::nullopt;
  TanSip sip;
  sip.order = order;
  sip.cd = {fit->x[1] / half, fit->x[2] / half, fit->y[1] / half, fit->y[2] / half};
  if (!(std::abs(sip.cd[0] * sip.cd[3] - sip.cd[1] * sip.cd[2]) > 0.0)) return std::nullopt;
  if (order == 1) return sip;
  sip.a = unscaled(fit->x, order, half, 1.0);
  sip.b = unscaled(fit->y, order, half, 1.0);
  for (std::size_t k = 0; k < sip.a.size(); ++k) {
    const PixelPos fg = through_inverse_cd(sip, {sip.a[k], sip.b[k]});
    sip.a[k] = k < 3 ? 0.0 : fg.x_px;
    sip.b[k] = k < 3 ? 0.0 : fg.y_px;
  }
  return sip;
}

/// AP and BP of one order: corrections from distorted to true offsets.
bool invert(TanSip& sip, const Samples& nodes, double half, int order) {
  std::vector<PixelPos> from;
  std::vector<PixelPos> to;
  for (const PixelPos& uv : nodes.offset) {
    from.push_back(distorted(sip.a, sip.b, sip.order, uv));
    to.push_back({uv.x_px - from.back().x_px, uv.y_px - from.back().y_px});
  }
  const auto fit = fit_frame_polynomial(divided(from, half), divided(to, half), order, 0);
  if (!fit) return false;
  sip.inverse_order = order;
  sip.ap = unscaled(fit->x, order, half, half);
  sip.bp = unscaled(fit->y, order, half, half);
  return true;
}

/// The worst distance over the frame between the solution and TAN-SIP, in pixels of the solution.
double forward_error(const TanSip& sip, const Wcs& wcs, const Samples& judge) {
  const TangentPlane about{sip.centre};
  double worst = 0.0;
  for (const PixelPos& uv : judge.offset) {
    const PixelPos plane = through_cd(sip, distorted(sip.a, sip.b, sip.order, uv));
    const PixelPos seen = to_pixel(wcs, about.deproject({plane.x_px, plane.y_px}));
    const PixelPos place{uv.x_px + sip.reference.x_px, uv.y_px + sip.reference.y_px};
    const double error = distance(seen, place);
    if (!(error <= worst)) worst = error;  // NaN is worse than anything
    if (std::isnan(worst)) return worst;
  }
  return worst;
}

double round_trip_error(const TanSip& sip, const Samples& judge) {
  double worst = 0.0;
  for (const PixelPos& uv : judge.offset) {
    const PixelPos fg = distorted(sip.a, sip.b, sip.order, uv);
    const double error = distance(distorted(sip.ap, sip.bp, sip.inverse_order, fg), uv);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

/// Tries the orders of `first` … `last` until the error is small enough; keeps the best.
template <class Try>
std::optional<TanSip> best_of(int first, int last, double TanSip::*error, Try&& with_order) {
  std::optional<TanSip> best;
  for (int order = first; order <= last; ++order) {
    std::optional<TanSip> candidate = with_order(order);
    if (candidate && (!best || (*candidate).*error < (*best).*error)) best = std::move(candidate);
    if (best && (*best).*error < kEnough_px) break;
  }
  return best;
}

}  // namespace

TanSip fit_tan_sip(const Wcs& wcs, std::int64_t nx, std::int64_t ny, int order) {
  if (!wcs.valid() || nx < 1 || ny < 1 || order < 0 || order > kMaxOrder)
    throw Error{Errc::bad_input,
                fmt::format("TAN-SIP needs a plate solution, a frame with pixels and an order of "
                            "at most {}; here are order {} of the solution, {} x {} px and {}",
                            kMaxOrder, wcs.order, nx, ny, order)};
  const PixelPos middle{0.5 * static_cast<double>(nx - 1), 0.5 * static_cast<double>(ny - 1)};
  const double half = 0.5 * static_cast<double>(std::max(nx, ny));
  const SkyPos centre = to_sky(wcs, middle);
  const TangentPlane about{centre};
  const Samples nodes = sampled(wcs, about, middle, frame_grid(nx, ny, kFitSide, true));
  const Samples judge = sampled(wcs, about, middle, frame_grid(nx, ny, kJudgeSide, false));

  const auto found = best_of(order > 0 ? order : 1, order > 0 ? order : kMaxOrder,
                             &TanSip::forward_error_px, [&](int n) {
                               std::optional<TanSip> sip = forward(nodes, half, n);
                               if (!sip) return sip;
                               sip->centre = centre;
                               sip->reference = middle;
                               sip->forward_error_px = forward_error(*sip, wcs, judge);
                               return std::isnan(sip->forward_error_px) ? std::nullopt : sip;
                             });
  if (!found)
    throw Error{Errc::numeric,
                "no TAN-SIP polynomial fits the plate solution; lower "
                "solve.distortion_order"}
        .because({"wcs_folds", 1.0, 0.0});
  TanSip out = *found;
  if (out.order == 1) {
    out.round_trip_error_px = 0.0;
  } else {
    const auto both = best_of(1, kMaxOrder, &TanSip::round_trip_error_px, [&](int n) {
      std::optional<TanSip> sip = out;
      if (!invert(*sip, nodes, half, n)) return std::optional<TanSip>{};
      sip->round_trip_error_px = round_trip_error(*sip, judge);
      return sip;
    });
    if (both) out = *both;
  }
  out.left_out_px_per_mag = {wcs.colour_x_px, wcs.colour_y_px};
  out.colour_zero = wcs.colour_zero;
  return out;
}

SkyPos to_sky(const TanSip& sip, const PixelPos& place) {
  const PixelPos uv{place.x_px - sip.reference.x_px, place.y_px - sip.reference.y_px};
  const PixelPos plane = through_cd(sip, distorted(sip.a, sip.b, sip.order, uv));
  return TangentPlane{sip.centre}.deproject({plane.x_px, plane.y_px});
}

PixelPos to_pixel(const TanSip& sip, const SkyPos& position) {
  const auto plane = TangentPlane{sip.centre}.project(position);
  if (!plane) return {kNaN, kNaN};
  const PixelPos fg = through_inverse_cd(sip, {plane->xi_deg, plane->eta_deg});
  const PixelPos uv = distorted(sip.ap, sip.bp, sip.inverse_order, fg);
  return {uv.x_px + sip.reference.x_px, uv.y_px + sip.reference.y_px};
}

TanSip in_file_pixels(const TanSip& sip, const PixelMap& map) {
  TanSip out = sip;
  out.reference = {map.x_start + map.x_step * sip.reference.x_px,
                   map.y_start + map.y_step * sip.reference.y_px};
  out.cd = {sip.cd[0] / map.x_step, sip.cd[1] / map.y_step, sip.cd[2] / map.x_step,
            sip.cd[3] / map.y_step};
  // F = x_step f and U = x_step u, so A' = x_step A / (x_step^p y_step^q); all four alike.
  const auto rescale = [&](std::vector<double>& c, double axis_step) {
    std::size_t k = 0;
    for (int degree = 0; k < c.size(); ++degree)
      for (int q = 0; q <= degree; ++q, ++k)
        c[k] *= axis_step / (std::pow(map.x_step, degree - q) * std::pow(map.y_step, q));
  };
  rescale(out.a, map.x_step);
  rescale(out.b, map.y_step);
  rescale(out.ap, map.x_step);
  rescale(out.bp, map.y_step);
  return out;
}

}  // namespace skyweft::sky
