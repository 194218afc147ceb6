// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Elementary functions that compilers can do several at a time: no branches, no calls. One value
// or many, the bits are the same.

#include <bit>
#include <cmath>
#include <cstdint>

namespace skyweft::detail {

/// The largest |x| that wave() reduces by itself.
inline constexpr double kMostTurned = 1e5;

/// The nearest integer for |v| < 2^51; the rounding of an addition does it.
[[gnu::always_inline]] inline double nearest(double v) {
  constexpr double kShift = 6755399441055744.0;  // 1.5·2^52
  return (v + kShift) - kShift;
}

/// Floor. Values beyond 2^51 have no fraction worth the name and stay, as do NaN and infinities.
[[gnu::always_inline]] inline double floor_of(double v) {
  const double near = nearest(v);
  const double down = near - (near > v ? 1.0 : 0.0);
  return std::abs(v) < 2251799813685248.0 ? down : v;
}

/// sin(x + quarter·π/2) for |x| <= kMostTurned, within 5e-16; anything beyond it. Reduction in
/// three parts of π/2 (Cody & Waite 1980, chapter 8), of which products with the whole number are
/// exact; polynomials of fdlibm's k_sin.c and k_cos.c.
[[gnu::always_inline]] inline double wave(double x, std::uint64_t quarter) {
  constexpr double kShift = 6755399441055744.0;
  constexpr double kTwoOverPi = 6.36619772367581382433e-01;
  constexpr double kPart1 = 1.57079632673412561417e+00;  // 33 bits
  constexpr double kPart2 = 6.07710050630396597660e-11;  // 33 bits
  constexpr double kPart3 = 2.02226624879595063154e-21;
  const double shifted = x * kTwoOverPi + kShift;
  const double turns = shifted - kShift;
  const double r = ((x - turns * kPart1) - turns * kPart2) - turns * kPart3;
  const double z = r * r;
  const double s =
      r + (r * z) *
              (-1.66666666666666324348e-01 +
               z * (8.33333333332248946124e-03 +
                    z * (-1.98412698298579493134e-04 +
                         z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 +
                                                                z * 1.58969099521155010221e-10)))));
  const double c =
      (1.0 - 0.5 * z) +
      (z * z) *
          (4.16666666666666019037e-02 +
           z * (-1.38888888888741095749e-03 +
                z * (2.48015872894767294178e-05 +
                     z * (-2.75573143513906633035e-07 +
                          z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11)))));
  const std::uint64_t q = std::bit_cast<std::uint64_t>(shifted) + quarter;
  const std::uint64_t use_cosine = 0 - (q & 1);
  const std::uint64_t value = (std::bit_cast<std::uint64_t>(s) & ~use_cosine) |
                              (std::bit_cast<std::uint64_t>(c) & use_cosine);
  return std::bit_cast<double>(value ^ ((q & 2) << 62));
}

/// Sine (quarter 0) or cosine (quarter 1) of any number.
inline double wave_of_any(double x, std::uint64_t quarter) {
  if (std::abs(x) <= kMostTurned) return wave(x, quarter);
  return quarter == 0 ? std::sin(x) : std::cos(x);
}

}  // namespace skyweft::detail
