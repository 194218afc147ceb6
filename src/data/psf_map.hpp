// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace skyweft {

/// What describes the shape of a star.
enum class PsfKind : std::int32_t {
  none,      ///< nothing: light is spread evenly inside a pixel
  bicubic,   ///< piecewise bicubic on a grid of nodes
  gaussian,  ///< exp(−q/2)
  moffat,    ///< (1 + q/2β)^−β
};

/// What a pixel shows of it: the integral over its area, or the value at its centre.
enum class PsfView : std::int32_t { psf, prf };

/// The shape of stars as a function of what is known of each (place, magnitude, colour, …): every
/// parameter is a sum over the expansion's terms. Integrates to one everywhere.
///
/// With q = S(Δx² + Δy²) + D(Δx² − Δy²) + 2K ΔxΔy the parameters are
///   bicubic   value, ∂/∂x, ∂/∂y, ∂²/∂x∂y [1/px² …] of every inner node, [iy][ix][4]; all four
///             vanish on the outermost grid lines; term 0 has integral 1, the others 0
///   gaussian  S, D, K [1/px²]
///   moffat    S, D, K [1/px²], β
struct PsfMap {
  PsfKind kind = PsfKind::none;
  PsfView view = PsfView::psf;
  std::string terms = "O0{x}";      ///< core/terms.hpp; the first term is the constant 1
  std::vector<double> x_node_px;    ///< bicubic: grid lines about the star, ascending
  std::vector<double> y_node_px;    ///< likewise
  std::vector<double> coefficient;  ///< [n_term][n_parameter]

  // How it was found.
  std::int64_t n_star = 0;   ///< stars whose pixels took part
  std::int64_t n_pixel = 0;  ///< pixels used
  int rounds = 0;            ///< alternations of shape and flux
  bool converged = false;
  double chi2_dof = kNaN;  ///< χ² per degree of freedom of these pixels

  std::int64_t n_parameter() const noexcept {
    switch (kind) {
      case PsfKind::none:
        return 0;
      case PsfKind::gaussian:
        return 3;
      case PsfKind::moffat:
        return 4;
      case PsfKind::bicubic:
        break;
    }
    return 4 * (static_cast<std::int64_t>(x_node_px.size()) - 2) *
           (static_cast<std::int64_t>(y_node_px.size()) - 2);
  }
  std::int64_t n_term() const noexcept {
    return n_parameter() == 0 ? 0 : static_cast<std::int64_t>(coefficient.size()) / n_parameter();
  }
  bool operator==(const PsfMap&) const = default;
};

/// What messages call it: none, bicubic, prf (a bicubic one), gaussian or moffat.
constexpr std::string_view name_of(const PsfMap& map) noexcept {
  switch (map.kind) {
    case PsfKind::none:
      return "none";
    case PsfKind::bicubic:
      return map.view == PsfView::prf ? "prf" : "bicubic";
    case PsfKind::gaussian:
      return "gaussian";
    case PsfKind::moffat:
      return "moffat";
  }
  return "";
}

/// The shape of one star as a piecewise bicubic surface, whatever model it came from: what
/// photometry works with. Offsets are pixels from the star's place; zero outside the grid.
struct StarShape {
  std::vector<double> x_node_px;  ///< ascending, the outermost are the boundary
  std::vector<double> y_node_px;
  std::vector<double> node;  ///< [ny][nx][4]: value, ∂/∂x, ∂/∂y, ∂²/∂x∂y

  bool empty() const noexcept { return node.empty(); }
  bool operator==(const StarShape&) const = default;
};

}  // namespace skyweft
