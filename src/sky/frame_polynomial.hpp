// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: two-dimensional polynomials through exact points.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace skyweft::sky {

/// Places over a frame of nx × ny pixels, from edge to edge: side × side points.
/// `crowded` draws them towards the edges (Chebyshev's extrema), where a polynomial through evenly
/// spaced ones swings; otherwise they are even. Both include the four corners.
std::vector<PixelPos> frame_grid(std::int64_t nx, std::int64_t ny, int side, bool crowded);

/// Coefficients of two polynomials over the same points, in the order of wcs_terms().
struct FramePolynomial {
  std::vector<double> x;
  std::vector<double> y;
};

/// Least squares of `to` by polynomials of `order` in `from`, whose values should be of order one;
/// terms below degree `lowest` are left out (0). Nothing when there are fewer points than terms or
/// the points do not determine them. Collective: no. Throws: never.
std::optional<FramePolynomial> fit_frame_polynomial(std::span<const PixelPos> from,
                                                    std::span<const PixelPos> to, int order,
                                                    int lowest);

/// The two polynomials at `place`; at most order kMaxPolynomialOrder.
inline constexpr int kMaxPolynomialOrder = 9;
PixelPos polynomial_at(const FramePolynomial& fit, int order, const PixelPos& place);

}  // namespace skyweft::sky
