// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include "core/units.hpp"
#include "lc/sysrem.hpp"

namespace skyweft::lc {
namespace {

/// An effect on its way: zeros where it is not known.
struct Iterate {
  std::vector<double> effect;     ///< [frame] of rms 1; empty: nothing left to find
  std::vector<std::uint8_t> has;  ///< [frame] 1 where a star has weight
  double change = 0.0;            ///< rms of what the round changed; infinite in the first
};

/// One round from `last` (empty: from the start).
Iterate next_round(const EffectStars& stars, std::span<const double> last) {
  const std::vector<double> sums = stars.sums(last);
  Iterate out{.effect = effect_of(sums), .has = {}, .change = 0.0};
  double squares = 0.0;
  for (const double a : out.effect) squares += a * a;
  const double n = static_cast<double>(out.effect.size());
  const double rms = n > 0.0 ? std::sqrt(squares / n) : 0.0;
  if (!(rms > 0.0) || !std::isfinite(rms)) return {};
  double change = 0.0;
  for (std::size_t f = 0; f < out.effect.size(); ++f) {
    out.effect[f] /= rms;
    out.has.push_back(sums[out.effect.size() + f] > 0.0 ? 1 : 0);
    if (!last.empty()) change += (out.effect[f] - last[f]) * (out.effect[f] - last[f]);
  }
  out.change = last.empty() ? std::numeric_limits<double>::infinity() : std::sqrt(change / n);
  return out;
}

}  // namespace

std::vector<FoundEffect> find_effects(const EffectStars& stars, std::int64_t n_effect,
                                      const SysremConfig& config) {
  std::vector<Iterate> found;
  std::vector<FoundEffect> out;
  while (std::ssize(found) < n_effect) {
    Iterate one;
    FoundEffect account;
    while (account.rounds < config.max_rounds && !account.converged) {
      one = next_round(stars, one.effect);
      if (one.effect.empty()) break;
      ++account.rounds;
      account.converged = one.change < config.tolerance;
    }
    if (one.effect.empty()) break;
    stars.subtract(found.size(), one.effect);
    found.push_back(std::move(one));
    out.push_back(std::move(account));
  }
  bool changes = found.size() > 1;
  for (int sweep = 0; sweep < config.max_rounds && changes; ++sweep) {
    changes = false;
    for (std::size_t e = 0; e < found.size(); ++e) {
      stars.restore(e, found[e].effect);
      Iterate better = next_round(stars, found[e].effect);
      if (!better.effect.empty()) found[e] = std::move(better);
      stars.subtract(e, found[e].effect);
      out[e].converged = found[e].change < config.tolerance;
      ++out[e].rounds;
      changes = changes || !out[e].converged;
    }
  }
  for (std::size_t e = 0; e < found.size(); ++e) {
    out[e].effect = std::move(found[e].effect);
    for (std::size_t f = 0; f < out[e].effect.size(); ++f)
      if (found[e].has[f] == 0) out[e].effect[f] = kNaN;
  }
  return out;
}

std::vector<FoundEffect> find_effects(ResidualBlock& block, const SysremConfig& config) {
  std::vector<std::vector<double>> coefficients;
  const EffectStars stars{.sums =
                              [&](std::span<const double> effect) {
                                std::vector<double> sums(
                                    2 * static_cast<std::size_t>(block.n_frame), 0.0);
                                if (effect.empty())
                                  add_start_sums(block, 0, sums);
                                else
                                  add_effect_sums(block, effect, sums);
                                return sums;
                              },
                          .subtract =
                              [&](std::size_t e, std::span<const double> effect) {
                                if (coefficients.size() <= e) coefficients.resize(e + 1);
                                coefficients[e] = subtract_effect(block, effect);
                              },
                          .restore =
                              [&](std::size_t e, std::span<const double> effect) {
                                restore_effect(block, coefficients[e], effect);
                              }};
  return find_effects(stars, countable_effects(block.n_star, config), config);
}

}  // namespace skyweft::lc
