// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/variability.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::simulator {
namespace {

constexpr double kTransitIngress = 0.15;
constexpr double kSecondaryShare = 0.4;
constexpr double kRiseShare = 0.15;

double days_from_nearest(double time_d, double epoch_d, double period_d) {
  const double cycles = (time_d - epoch_d) / period_d;
  return (cycles - std::round(cycles)) * period_d;
}

}  // namespace

std::string_view name_of(VariableKind kind) noexcept {
  switch (kind) {
    case VariableKind::transit:
      return "transit";
    case VariableKind::eclipsing:
      return "eclipsing";
    case VariableKind::pulsating:
      return "pulsating";
  }
  return "unknown";
}

double trapezoid(double from_mid, double duration, double ingress_share) {
  const double inside = 0.5 * duration - std::abs(from_mid);
  return std::clamp(inside / (ingress_share * duration), 0.0, 1.0);
}

double relative_brightness(const Variable& v, double bjd_tdb) {
  const double t = days_from_nearest(bjd_tdb, v.epoch_bjd_tdb, v.period_d);
  switch (v.kind) {
    case VariableKind::transit:
      return 1.0 - v.amplitude * trapezoid(t, v.duration_d, kTransitIngress);
    case VariableKind::eclipsing: {
      const double t2 = days_from_nearest(bjd_tdb, v.epoch_bjd_tdb + 0.5 * v.period_d, v.period_d);
      return 1.0 - v.amplitude * (trapezoid(t, v.duration_d, 0.5) +
                                  kSecondaryShare * trapezoid(t2, v.duration_d, 0.5));
    }
    case VariableKind::pulsating: {
      double phase = t / v.period_d;  // 0 at maximum light
      if (phase < 0.0) phase += 1.0;
      const double faintness =
          phase < 1.0 - kRiseShare ? phase / (1.0 - kRiseShare) : (1.0 - phase) / kRiseShare;
      return std::pow(10.0, -0.4 * v.amplitude * (faintness - 0.5));
    }
  }
  return 1.0;
}

}  // namespace skyweft::simulator
