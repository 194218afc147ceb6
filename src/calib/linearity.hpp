// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::calib {

/// Corrects a row for the detector's response: true = a (1 + c0 a + c1 a² + …).
///
/// `adu` is above bias and changed in place; `slope` becomes d true / d a, by which errors grow, or
/// is empty. `coefficients` are c0, c1, … in ADU⁻¹, ADU⁻², …; none leaves the row alone and the
/// slope 1. In float by Horner's rule; with n coefficients and q = Σ|c_k a^(k+1)| the relative
/// error is below 2⁻²⁴ (1 + (2n + 3) q)/(1 − q): 1.2e-7 for three that correct by up to 10 %.
/// Throws Error{internal} when `slope` is of another length. Collective: no.
void linearise_row(std::span<float> adu, std::span<float> slope,
                   std::span<const double> coefficients);

}  // namespace skyweft::calib
