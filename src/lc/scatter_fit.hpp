// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include <Eigen/Dense>

namespace skyweft::lc {

/// How far each star's scatter lies above what stars like it have.
struct ScatterFit {
  std::vector<double> excess_dex;  ///< [star] log10 scatter − fit; NaN without scatter or fit
  double average_dex = 0.0;        ///< 1.4826 median|excess| of ordinary stars, at least 0.05
};

/// Fits log10 `scatter` over `design` [star][term], leaving out stars that are more than four
/// averages off (at most 20 rounds); medians, so that one variable among few stars does not hide
/// itself. Stars whose scatter is not positive take no part. No fit (all NaN) unless there are more
/// stars than terms. Collective: no. Throws: never.
ScatterFit fit_scatter(const Eigen::MatrixXd& design, std::span<const double> scatter);

}  // namespace skyweft::lc
