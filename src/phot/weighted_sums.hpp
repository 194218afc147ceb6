// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "phot/aperture_sums.hpp"
#include "phot/circle_cut.hpp"
#include "phot/light_tiles.hpp"

namespace skyweft::phot {

/// Sums circles about stars with the light divided inside the pixels on the circle as the star and
/// the sky fill them, and with the sub-pixel sensitivity taken out (science.md 3.11).
///
/// With φ = F f + B (F a guess of the star's flux, f its shape, B the sky per pixel, all before the
/// detector) a pixel expects D = ∬φ S, S its sensitivity map, and is given the weight
///   k = N / D,  N = ∬_{pixel ∩ circle} φ.
/// A noiseless star of flux F has Σ k I = Σ N = F ∬_circle f + B · area: what is to be subtracted
/// is B times the plain area. The map need not be smooth nor positive everywhere, only of mean 1.
/// With a uniform map a pixel within the circle has k = 1.
///
/// A guess that is wrong by the fraction ε divides the light wrongly: the sum is off by
/// ε B (Σ k − area), per cents of ε F for faint stars. But Σ k I is linear in the pixels, and its
/// mean is known: F' Σ k d + B Σ k for the true flux F' and d = (D − B)/F. So the sum given here is
///   signal = (Σ k I − B Σ k) ρ + B · area,  ρ = (Σ N − B · area) / (Σ k D − B Σ k),
/// which is Σ k I where the guess is right (ρ = 1), and F' ∬_circle f + B · area whatever it is:
/// the guess, and any other choice of weights, costs noise alone. Of a guess made from the same
/// pixels a bias of second order remains; the catalogue's flux has none. `parity` leaves it at Σ k
/// I, as the reference does.
///
/// In the weights a level that is NaN or below 1e-9 F counts as 1e-9 F, and a flux that is NaN or
/// below 1e-3 px² B as that, which divides the light evenly. Where a map or the negative wings of a
/// fitted shape would make |k| exceed 100, k goes over into the plain share of the area, which it
/// reaches where D is 0. An empty shape gives the plain area sum. Of a PRF map give an empty shape:
/// it does not tell how light is divided inside a pixel.
class WeightedSums {
 public:
  /// `frame`, whose signal still holds its background, must outlive this. Throws Error{internal}
  /// for no radii, radii that are not positive and finite or planes of unequal shape. Collective:
  /// no.
  WeightedSums(const Frame& frame, const SubPixelMap& subpixels, std::vector<double> radii_px,
               bool parity = false);

  /// Measures the star at (x, y) in all circles, in the order of the radii. Pixels outside the
  /// frame and values that are not finite are left out of the sums (and those outside of the area);
  /// flags are the caller's. A place that is not finite gives zeros. Cost: about 45 µs for 10 radii
  /// up to 6 px and a 6×6 grid; nothing is allocated after the first star. Collective: no. Throws:
  /// never.
  void measure(double x_px, double y_px, const StarShape& shape, double flux_e, double background_e,
               std::span<ApertureSum> out);

  /// −∂(signal − B · area)/∂B of the star last measured, px² by radius: an error σ_B of the level
  /// adds (this · σ_B)². ρ Σ k, near the area.
  std::span<const double> sky_weights() const noexcept { return sky_weight_; }
  /// ∬_circle f inside the frame of the star last measured, by radius: its part of the flux. NaN
  /// after a plain sum.
  std::span<const double> enclosed() const noexcept { return enclosed_; }

 private:
  /// Sums over pixels.
  struct Sums {
    double signal = 0.0;    ///< k I
    double variance = 0.0;  ///< k² V
    double weight = 0.0;    ///< k
    double light = 0.0;     ///< N
    double seen = 0.0;      ///< k D
    double missing = 0.0;   ///< pixels without a value
    void add(double k, double value, double value_variance, double n, double d) noexcept;
  };
  void sum_rows_up(bool is_plain);
  template <class WeightOf>
  Sums sum(std::span<const CutRow> rows, WeightOf weight_of) const;
  struct Light {
    double flux_e = 0.0;
    double level_e = 0.0;
  };
  static Light light_for(double flux_e, double background_e);
  void finish(std::size_t radius, const Sums& sums, const Light& light, double background_e,
              ApertureSum& out);
  void plain_rows(double x_px, double y_px, double radius_px);
  double area_in_frame(double x_px, double y_px, double radius_px,
                       std::span<const CutRow> rows) const;

  const Frame& frame_;
  SubPixelMap subpixels_;
  bool is_uniform_;
  bool parity_;
  std::vector<double> radii_px_;
  double largest_px_ = 0.0;

  // Scratch, reused from star to star.
  shape::PixelWindow window_;
  LightTiles tiles_;
  CircleCut cut_;
  std::vector<double> seen_;   ///< ∬φ S over whole pixels
  std::vector<Sums> running_;  ///< whole pixels, along the row up to a pixel
  std::vector<CutRow> rows_;
  std::vector<double> sky_weight_;
  std::vector<double> enclosed_;
};

}  // namespace skyweft::phot
