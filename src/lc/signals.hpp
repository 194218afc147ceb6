// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// An astrophysical signal of known shape and unknown amplitude: what is injected into a light
/// curve, and what reconstructive EPD and TFA fit together with their own terms.
struct Signal {
  enum class Kind { none, transit, sinusoid, fourier };
  Kind kind = Kind::none;
  double mid_bjd = 0.0;       ///< BJD_TDB: mid-transit; maximum brightness of a sinusoid
  double period_d = 0.0;      ///< 0: a transit happens once
  double duration_d = 0.0;    ///< of a transit, first to last contact
  double ingress = 0.15;      ///< share of the duration that ingress takes, 0 (box) to 0.5 (V)
  int n_harmonic = 1;         ///< of a Fourier series
  double radius_ratio = 0.0;  ///< planet over star: a dark disc before a limb-darkened one instead
                              ///< of the trapezoid; 0: the trapezoid
  double impact = 0.0;        ///< of the disc at mid-transit, in radii of the star
  double limb_u1 = 0.0;       ///< quadratic limb darkening, I = 1 - u1 (1 - mu) - u2 (1 - mu)²
  double limb_u2 = 0.0;
  double exposure_d = 0.0;  ///< the shape is averaged over this long; 0: taken at the moment
};

/// The signal with amplitude one in magnitudes at each time (BJD_TDB), [time]: a transit is 1
/// between second and third contact and 0 outside, linear in between, or the loss of light in
/// magnitudes of transit_flux() divided by that at mid-transit; a sinusoid is −cos(2π(t − mid)/P).
/// A Fourier series has no single amplitude: its first cosine is given. With `exposure_d` the mean
/// of 10 equal parts of the exposure (Kipping 2010, equation 38). Collective: no. Throws: never.
std::vector<double> signal_shape(const Signal& signal, std::span<const double> time_bjd_tdb);

/// The columns whose combination the signal is when its amplitude is free, [column][time]: one for
/// a transit, cosine and sine for a sinusoid and each harmonic of a Fourier series; none for Kind
/// none. Collective: no. Throws: never.
std::vector<std::vector<double>> signal_columns(const Signal& signal,
                                                std::span<const double> time_bjd_tdb);

/// Computes the share of a star's light that is left when a dark disc of `radius_ratio` stands at
/// `distance` from its centre (both in radii of the star), with quadratic limb darkening: the case
/// of Mandel & Agol (2002), here as an integral over rings of the star. Within 1e-7 for ratios up
/// to 0.3 (tests/unit/lc/signals_test.cpp). Collective: no. Throws: never.
double transit_flux(double radius_ratio, double distance, double limb_u1, double limb_u2);

}  // namespace skyweft::lc
