// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/signals.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace skyweft::lc {
namespace {

constexpr double kPi = std::numbers::pi;

/// Days from the nearest event, at least 0.
double from_event(const Signal& signal, double time) {
  double away = time - signal.mid_bjd;
  if (signal.period_d > 0.0) away -= signal.period_d * std::round(away / signal.period_d);
  return std::abs(away);
}

double loss_mag(const Signal& signal, double distance) {
  const double flux = transit_flux(signal.radius_ratio, distance, signal.limb_u1, signal.limb_u2);
  return -2.5 * std::log10(std::max(flux, 1e-12));
}

double disc_at(const Signal& signal, double away) {
  const double touch = 1.0 + signal.radius_ratio;
  const double impact = std::abs(signal.impact);
  const double deepest = impact < touch ? loss_mag(signal, impact) : 0.0;
  if (!(deepest > 0.0)) return 0.0;
  const double half_chord = std::sqrt(touch * touch - impact * impact);
  const double along = half_chord * away / (0.5 * signal.duration_d);
  return loss_mag(signal, std::hypot(impact, along)) / deepest;
}

double transit_at(const Signal& signal, double time) {
  const double half = 0.5 * signal.duration_d;
  const double away = from_event(signal, time);
  if (!(away < half)) return 0.0;
  if (signal.radius_ratio > 0.0) return disc_at(signal, away);
  const double ramp = std::clamp(signal.ingress, 0.0, 0.5) * signal.duration_d;
  return ramp > 0.0 ? std::min(1.0, (half - away) / ramp) : 1.0;
}

double phase_at(const Signal& signal, double time) {
  return 2.0 * kPi * (time - signal.mid_bjd) / signal.period_d;
}

double value_at(const Signal& signal, double time) {
  return signal.kind == Signal::Kind::transit ? transit_at(signal, time)
                                              : -std::cos(phase_at(signal, time));
}

/// The mean of a function of time over an exposure around `time`.
template <class F>
double over_exposure(const Signal& signal, double time, F value) {
  constexpr int kParts = 10;
  if (!(signal.exposure_d > 0.0)) return value(time);
  double sum = 0.0;
  for (int k = 0; k < kParts; ++k)
    sum += value(time + signal.exposure_d * ((k + 0.5) / kParts - 0.5));
  return sum / kParts;
}

}  // namespace

double transit_flux(double radius_ratio, double distance, double limb_u1, double limb_u2) {
  constexpr int kRings = 200;
  const double p = std::abs(radius_ratio);
  const double z = std::abs(distance);
  if (!(z < 1.0 + p)) return 1.0;
  const auto brightness = [&](double r) {
    const double far = 1.0 - std::sqrt(std::max(0.0, 1.0 - r * r));
    return 1.0 - far * (limb_u1 + far * limb_u2);
  };
  // Rings of radius r that the disc hides over an angle 2φ, cos φ = (r² + z² − p²)/(2rz). With
  // r = middle − half·cos θ and θ = t − sin(2t)/2 the integrand and its first four derivatives
  // vanish at both ends, roots there or not: the midpoint rule is then of sixth order.
  const auto hidden = [&](double from, double to, bool whole) {
    const double middle = 0.5 * (from + to), half = 0.5 * (to - from);
    double sum = 0.0;
    for (int k = 0; k < kRings; ++k) {
      const double t = kPi * (k + 0.5) / kRings;
      const double theta = t - 0.5 * std::sin(2.0 * t);
      const double r = middle - half * std::cos(theta);
      const double angle =
          whole ? kPi : std::acos(std::clamp((r * r + z * z - p * p) / (2.0 * r * z), -1.0, 1.0));
      sum += brightness(r) * 2.0 * angle * r * std::sin(theta) * (1.0 - std::cos(2.0 * t));
    }
    return sum * half * kPi / kRings;
  };
  double loss = 0.0;
  const double inner = std::abs(z - p), outer = std::min(1.0, z + p);
  if (p > z) loss += hidden(0.0, std::min(1.0, inner), true);
  if (inner < outer) loss += hidden(inner, outer, false);
  return 1.0 - loss / (kPi * (1.0 - limb_u1 / 3.0 - limb_u2 / 6.0));
}

std::vector<double> signal_shape(const Signal& signal, std::span<const double> time_bjd_tdb) {
  std::vector<double> out(time_bjd_tdb.size(), 0.0);
  if (signal.kind == Signal::Kind::none) return out;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = over_exposure(signal, time_bjd_tdb[i], [&](double t) { return value_at(signal, t); });
  return out;
}

std::vector<std::vector<double>> signal_columns(const Signal& signal,
                                                std::span<const double> time_bjd_tdb) {
  if (signal.kind == Signal::Kind::none) return {};
  if (signal.kind == Signal::Kind::transit) return {signal_shape(signal, time_bjd_tdb)};
  const int n_harmonic = signal.kind == Signal::Kind::sinusoid ? 1 : std::max(1, signal.n_harmonic);
  std::vector<std::vector<double>> out;
  for (int h = 1; h <= n_harmonic; ++h) {
    auto& cosine = out.emplace_back();
    for (const double t : time_bjd_tdb) cosine.push_back(std::cos(h * phase_at(signal, t)));
    auto& sine = out.emplace_back();
    for (const double t : time_bjd_tdb) sine.push_back(std::sin(h * phase_at(signal, t)));
  }
  return out;
}

}  // namespace skyweft::lc
