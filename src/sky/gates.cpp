// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/gates.hpp"

#include <cmath>
#include <vector>

#include "core/robust.hpp"

namespace skyweft::sky {

std::string_view name_of(SolveFailure failure) noexcept {
  switch (failure) {
    case SolveFailure::none:
      return "none";
    case SolveFailure::no_convergence:
      return "no_convergence";
    case SolveFailure::few_matched:
      return "few_matched";
    case SolveFailure::large_residual:
      return "large_residual";
    case SolveFailure::not_found:
      return "not_found";
    case SolveFailure::other:
      break;
  }
  return "other";
}

SolveFailure failure_of(std::string_view test) noexcept {
  if (test.empty()) return SolveFailure::none;
  if (test == "no_convergence") return SolveFailure::no_convergence;
  if (test == "n_matched" || test == "matched_fraction") return SolveFailure::few_matched;
  if (test == "wcs_rms_px") return SolveFailure::large_residual;
  if (test == "log_odds") return SolveFailure::not_found;
  return SolveFailure::other;
}

double matched_fraction(std::span<const float> star_mag, std::span<const float> matched_mag) {
  const double limit = static_cast<double>(median_of_finite(matched_mag));
  if (!std::isfinite(limit)) return 0.0;
  const auto brighter = [&](std::span<const float> mags) {
    double n = 0.0;
    for (const float m : mags) n += static_cast<double>(m) <= limit ? 1.0 : 0.0;
    return n;
  };
  const double expected = brighter(star_mag);
  return expected > 0.0 ? brighter(matched_mag) / expected : 0.0;
}

std::optional<FailedTest> failed_gate(const Solution& s, const SolveConfig& config) {
  if (!(s.log_odds >= config.min_log_odds))
    return FailedTest{"log_odds", s.log_odds, config.min_log_odds};
  if (s.n_matched < config.min_matches)
    return FailedTest{"n_matched", static_cast<double>(s.n_matched),
                      static_cast<double>(config.min_matches)};
  if (!s.converged) return FailedTest{"no_convergence", s.move_px, 0.005};
  if (!(s.matched_fraction >= config.min_match_fraction))
    return FailedTest{"matched_fraction", s.matched_fraction, config.min_match_fraction};
  if (!(s.rms_px <= config.max_rms_px))
    return FailedTest{"wcs_rms_px", s.rms_px, config.max_rms_px};
  return std::nullopt;
}

}  // namespace skyweft::sky
