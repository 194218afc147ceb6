// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace skyweft::simulator {

enum class VariableKind { transit, eclipsing, pulsating };
std::string_view name_of(VariableKind kind) noexcept;

/// A star that changes, with all that its truth consists of.
struct Variable {
  std::int64_t i_star = 0;
  VariableKind kind = VariableKind::transit;
  double epoch_bjd_tdb = 0.0;  ///< mid transit, mid primary eclipse, maximum light
  double period_d = 0.0;
  double amplitude = 0.0;   ///< relative depth; magnitudes for pulsators
  double duration_d = 0.0;  ///< first to last contact; 0 for pulsators
};

/// 1 in the flat bottom, 0 outside, linear between: a trapezoid of full width `duration`, a
/// share `ingress_share` of it on each side being slope.
double trapezoid(double from_mid, double duration, double ingress_share);

/// Relative brightness, 1 out of eclipse, at the barycentric time. Transit: trapezoid with ingress
/// of 15 % of the duration, once per period. Binary: V-shaped primary of the given depth and a
/// secondary of 40 % of it half a period later. Pulsator: magnitude rising in 15 % of the period
/// and falling in the rest, mean magnitude unchanged.
double relative_brightness(const Variable& variable, double bjd_tdb);

}  // namespace skyweft::simulator
