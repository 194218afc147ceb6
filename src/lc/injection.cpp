// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/injection.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::lc {
namespace {

constexpr double kPhaseZero_bjd = 2451545.0;

/// Numbers in [0, 1) that depend on seed and star alone: splitmix64 (Steele, Lea & Flood 2014).
class StarDraws {
 public:
  StarDraws(std::int64_t seed, StarId id) : state_(static_cast<std::uint64_t>(seed)) {
    state_ = bits() ^ static_cast<std::uint64_t>(id);
    bits();
  }
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

 private:
  std::uint64_t bits() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

double between_logs(double low, double high, double u) {
  return low * std::pow(high / low, u);
}

void require_order(std::string_view what, double low, double high) {
  if (!(low <= high))
    throw Error{Errc::bad_config,
                fmt::format("inject.min_{0} = {1} is above inject.max_{0} = {2}; set both", what,
                            low, high)};
}

Signal signal_for(const InjectConfig& config, double amplitude_mag) {
  Signal signal;
  signal.kind = config.kind == "transit" ? Signal::Kind::transit : Signal::Kind::sinusoid;
  signal.duration_d = config.duration_h / 24.0;
  signal.ingress = config.ingress;
  signal.exposure_d = config.exposure_s / kSecondsPerDay;
  if (config.kind == "transit" && config.shape == "disc") {
    signal.radius_ratio = std::sqrt(1.0 - std::pow(10.0, -0.4 * amplitude_mag));
    signal.impact = config.impact;
    signal.limb_u1 = config.limb_u1;
    signal.limb_u2 = config.limb_u2;
  }
  return signal;
}

}  // namespace

const Injection* InjectionPlan::of_star(std::int64_t row) const noexcept {
  const auto it = std::ranges::lower_bound(stars, row, {}, &Injection::row);
  return it != stars.end() && it->row == row ? &*it : nullptr;
}

InjectionPlan plan_injections(const StarCatalog& stars, std::span<const std::uint8_t> left_out,
                              const InjectConfig& config) {
  InjectionPlan out;
  out.in_pixels = config.where == "pixels";
  out.reconstruct = config.reconstruct;
  if (config.kind == "none") return out;
  require_order("mag", config.min_mag, config.max_mag);
  require_order("amplitude_mag", config.min_amplitude_mag, config.max_amplitude_mag);
  require_order("period_d", config.min_period_d, config.max_period_d);
  for (std::int64_t row = 0; row < stars.size(); ++row) {
    const auto k = static_cast<std::size_t>(row);
    if (!left_out.empty() && left_out[k] != 0) continue;
    const auto mag = static_cast<double>(stars.mag[k]);
    if (mag < config.min_mag || mag > config.max_mag) continue;
    // Always the same number of draws, so that one option does not move what others decide.
    StarDraws draws{config.seed, stars.id[k]};
    const double chance = draws.uniform(), size = draws.uniform();
    const double length = draws.uniform(), phase = draws.uniform();
    if (!(chance < config.share)) continue;
    const double amplitude = between_logs(config.min_amplitude_mag, config.max_amplitude_mag, size);
    Injection injection{.star_id = stars.id[k],
                        .row = row,
                        .signal = signal_for(config, amplitude),
                        .amplitude_mag = amplitude};
    Signal& signal = injection.signal;
    signal.period_d = between_logs(config.min_period_d, config.max_period_d, length);
    signal.mid_bjd =
        std::isfinite(config.mid_bjd) ? config.mid_bjd : kPhaseZero_bjd + phase * signal.period_d;
    out.stars.push_back(injection);
  }
  return out;
}

std::vector<double> injection_factors(const Injection& injection,
                                      std::span<const double> time_bjd_tdb) {
  std::vector<double> out = signal_shape(injection.signal, time_bjd_tdb);
  for (double& v : out) v = std::pow(10.0, -0.4 * injection.amplitude_mag * v);
  return out;
}

void inject_in_magnitudes(std::span<float> flux_e, std::span<float> flux_err_e, double factor) {
  if (factor == 1.0) return;
  for (std::size_t a = 0; a < flux_e.size(); ++a) {
    if (!std::isfinite(flux_e[a])) continue;
    const auto flux = static_cast<double>(flux_e[a]);
    const auto err = static_cast<double>(flux_err_e[a]);
    const double variance = err * err;
    const double all_of_it = factor * variance;
    const double photons = variance + (factor - 1.0) * std::max(flux, 0.0);
    flux_e[a] = static_cast<float>(factor * flux);
    flux_err_e[a] = static_cast<float>(
        std::sqrt(factor < 1.0 ? std::max(photons, all_of_it) : std::min(photons, all_of_it)));
  }
}

}  // namespace skyweft::lc
