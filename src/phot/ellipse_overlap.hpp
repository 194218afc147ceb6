// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

namespace skyweft::phot {

/// An ellipse by its semi-axes, in any order of length; axis a points from +x towards +y by
/// theta_deg (in pixels, not on the sky).
struct Ellipse {
  double a_px = 0.0;
  double b_px = 0.0;
  double theta_deg = 0.0;
  bool operator==(const Ellipse&) const = default;
};

/// Computes the area that one ellipse shares with unit pixels, in pixels.
///
/// The ellipse is mapped to the unit circle, where a pixel is a parallelogram; along its edges, or
/// along the circle where these lie outside, Green's theorem gives the area. Lines and arcs are
/// summed about the pixel's own centre, so that no large areas are subtracted: absolute error below
/// 1e-12 for semi-axes up to 200 px (tests/property/phot/ellipse_overlap). Equal axes agree with
/// circle_pixel_overlap() within that. An axis that is not positive and finite shares nothing.
/// Collective: no. Throws: never.
class EllipseOverlap {
 public:
  explicit EllipseOverlap(const Ellipse& ellipse) noexcept;

  /// For the pixel whose centre lies (dx, dy) from that of the ellipse.
  double operator()(double dx, double dy) const noexcept;

  /// Half the sides of the upright rectangle around the ellipse.
  double half_width_px() const noexcept { return half_width_; }
  double half_height_px() const noexcept { return half_height_; }
  double area_px2() const noexcept;

 private:
  struct Vec {
    double x = 0.0;
    double y = 0.0;
  };
  double arc(Vec from, Vec to, Vec centre) const noexcept;

  double ab_ = 0.0;  ///< product of the semi-axes; 0: no ellipse
  Vec step_x_;       ///< one pixel along x, in the unit circle's plane
  Vec step_y_;
  double reach_ = 0.0;  ///< half the longer diagonal of a pixel there
  double half_width_ = 0.0;
  double half_height_ = 0.0;
};

}  // namespace skyweft::phot
