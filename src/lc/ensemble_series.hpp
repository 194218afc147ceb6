// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// Marks points further than `sigma` × 1.4826 MAD from the median, again and again until none is
/// left or `max_rounds` is reached; [time] 1: clipped. Points with `counts` 0 ([time] or empty) are
/// neither clipped nor counted; missing points are not clipped. Works on fluxes as on any other
/// series (sky, fwhm, shifts). Collective: no. Throws: never.
std::vector<std::uint8_t> clipped_points(std::span<const double> values, double sigma,
                                         int max_rounds, std::span<const std::uint8_t> counts = {});

/// A binned series; columns [bin], bins without points left out.
struct BinnedSeries {
  std::vector<double> time;         ///< mean time of the points, weighted as they are
  std::vector<double> flux;         ///< mean weighted by 1/err² (plain where errors are missing)
  std::vector<double> err;          ///< (Σ 1/err²)^-½; NaN where errors are missing
  std::vector<double> scatter_err;  ///< standard error of the mean from the scatter within the bin;
                                    ///< NaN with fewer than 2 points
  std::vector<std::int64_t> n;      ///< points in it
};

/// Bins of `width` from the first time on, in the unit of `time`, which ascends. Points that are
/// not finite or whose `counts` is 0 do not count; where one point of a bin has no error, the bin's
/// mean is unweighted. Collective: no. Throws: never.
BinnedSeries bin_by_time(std::span<const double> time, std::span<const double> flux,
                         std::span<const double> err, double width,
                         std::span<const std::uint8_t> counts = {});

/// Bins of `n_per_bin` consecutive points that count; the last may hold fewer. Otherwise as
/// bin_by_time().
BinnedSeries bin_by_count(std::span<const double> time, std::span<const double> flux,
                          std::span<const double> err, std::int64_t n_per_bin,
                          std::span<const std::uint8_t> counts = {});

}  // namespace skyweft::lc
