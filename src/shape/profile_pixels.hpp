// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <span>
#include <vector>

#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::shape {

/// S, D, K [1/px²] and, for a Moffat, β of one star (data/psf_map.hpp).
using ProfileParameters = std::array<double, 4>;

/// Do they describe a star: S > 0, S² > D² + K², and for a Moffat 1 < β <= 30 (beyond, it cannot be
/// told from a Gaussian)? Collective: no. Throws: never.
bool is_profile(PsfKind kind, const ProfileParameters& parameters);

/// What a star of flux 1 gives the pixels of its window, and how that changes with the parameters.
class ProfilePixels {
 public:
  /// `kind` is gaussian or moffat; `subpixels` is used for a PSF only and must outlive this object.
  ProfilePixels(PsfKind kind, PsfView view, const SubPixelMap& subpixels);

  /// S, D, K (and β): 3 or 4.
  std::int64_t n_parameter() const noexcept { return kind_ == PsfKind::moffat ? 4 : 3; }

  /// Writes [1 + n_parameter()][window.size()] to `out`: the pixels, row by row, then their
  /// derivatives by each parameter. A PSF is integrated over every pixel, weighted by the sub-pixel
  /// map, by a Gauss–Legendre rule in each sub-pixel with as many points (3 to 16 a side) as keep
  /// the error of a pixel below 1e-10 of the star's light; a PRF is its value at the pixel's
  /// centre. Needs is_profile(). Collective: no. Throws: never.
  void evaluate(const ProfileParameters& parameters, double x_px, double y_px,
                const PixelWindow& window, std::span<double> out);

 private:
  struct Points {
    std::vector<double> offset;  ///< from the pixel's centre
    std::vector<double> weight;
    std::vector<std::int64_t> cell;  ///< of the sub-pixel map
  };
  Points points_for(const ProfileParameters& parameters, std::int64_t n_cell) const;
  void densities(const ProfileParameters& parameters, double y);

  PsfKind kind_;
  PsfView view_;
  const SubPixelMap* subpixels_;
  std::vector<double> x_;      ///< [nx][n_point] offsets of one row of points
  std::vector<double> value_;  ///< density there
  std::vector<double> slope_;  ///< −2 ∂density/∂q
  std::vector<double> by_beta_;
  std::vector<double> weight_;  ///< [n_point] of one row
};

}  // namespace skyweft::shape
