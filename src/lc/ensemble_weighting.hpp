// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/ensemble.hpp"

namespace skyweft::lc {

/// The rounds of make_ensemble(): weights from variances, the artificial star from weights,
/// variances and levels from the artificial star. Matrices are [star][time].
class EnsembleWeighting {
 public:
  EnsembleWeighting(const FluxMatrix& stars, std::span<const std::uint8_t> used,
                    const EnsembleConfig& config);

  /// Rounds until nothing changes; records their number.
  void settle(Ensemble& out);

  /// Takes the worst point of every frame out when it is too far off; says whether there was one.
  bool reject();

  /// Drops stars that hardly weigh anything; says whether there was one.
  bool drop_light();

  /// Writes weights, levels and scatter down; the artificial star's median becomes 1.
  void finish(Ensemble& out);

 private:
  std::size_t at(std::int64_t star, std::size_t time) const {
    return static_cast<std::size_t>(star * stars_.n_time) + time;
  }
  std::int64_t n_used() const;
  void enter(std::int64_t s);
  void drop_lonely();
  void spread_formal_errors();
  void weigh();
  void combine();
  void residuals(std::int64_t s, std::vector<double>& r) const;
  bool new_variances();
  bool new_levels();

  FluxMatrix stars_;
  EnsembleConfig config_;
  std::vector<std::uint8_t> is_used_;  ///< [star]
  std::vector<double> level_, variance_, scatter_, formal2_;
  std::vector<std::uint8_t> counts_;  ///< [star][time]
  std::vector<double> weight_, formal_;
  std::vector<double> sum_, sum_w_, mean_;  ///< [time]
  int n_round_ = 0;
};

}  // namespace skyweft::lc
