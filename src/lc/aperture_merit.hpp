// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace skyweft::lc {

/// What makes an aperture the better one for a light curve; the smaller the value, the better.
enum class ApertureMerit {
  stddiff,    ///< standard deviation of differences between neighbours: white noise only
  binned,     ///< mean standard deviation within runs of 12 points: white noise, slower trends too
  stability,  ///< mean difference to the neighbouring apertures' curves
  pont,       ///< noise of the mean of 12 points, white and red
};

/// "stddiff", "binned", "stability" or "pont". Throws Error{usage} for another name.
ApertureMerit merit_of_name(std::string_view name);
std::string_view name_of(ApertureMerit merit) noexcept;

/// The standard deviation of the differences between neighbouring finite points; NaN with fewer
/// than 3. Collective: no. Throws: never.
double difference_noise(std::span<const double> flux);

/// The root mean variance within consecutive runs of `n_per_bin` finite points, free of the bias of
/// short runs; NaN without two points in a run. Collective: no. Throws: never.
double within_bins_noise(std::span<const double> flux, std::int64_t n_per_bin = 12);

/// White and red noise of one point: σ_n² = σ_w²/n + σ_r² fitted to the variances of means over n =
/// 1 … 29 consecutive finite points (Pont, Zucker & Queloz 2006), weighted by the number of means.
struct PontNoise {
  double white = 0.0;
  double red = 0.0;
  /// Of the mean of `n` points.
  double of_mean(double n) const;
};

/// NaN with fewer than 12 finite points. Collective: no. Throws: never.
PontNoise pont_noise(std::span<const double> flux);

/// Merit of every aperture of one star from its relative fluxes `curves` [ap][time] over the times
/// with `counts` set ([time] or empty: all); use it to leave out a transit, so that the choice does
/// not see the signal. Times at which some aperture lies more than 4σ (1.4826 MAD) above its median
/// are left out for all. NaN where nothing can be said. Collective: no. Throws: never.
std::vector<double> aperture_merits(std::span<const std::vector<double>> curves,
                                    std::span<const std::uint8_t> counts, ApertureMerit merit);

/// The index of the least finite value, the first of equals; -1 when none is finite.
std::int64_t best_aperture(std::span<const double> merits);

}  // namespace skyweft::lc
