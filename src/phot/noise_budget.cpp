// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/noise_budget.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::phot {
namespace {

constexpr std::size_t kBlock = 256;
constexpr std::size_t kParts = 10;  // the members of NoiseBudgetColumns, in their order
constexpr std::size_t kInputs = 7;  // those of StarNoiseColumns
using Block = std::array<double, kBlock>;

/// Keeps NaN, which std::max(x, 0.0) does too but not std::max(0.0, x).
double at_least_zero(double x) noexcept {
  return x < 0.0 ? 0.0 : x;
}

/// The variances in the order of NoiseBudgetColumns, the total last.
inline std::array<double, kParts> variances(const FrameNoise& frame, const StarNoise& star) {
  const double flux = at_least_zero(star.flux_e);
  const double level = at_least_zero(star.background_e);
  const double dark = level < frame.dark_e ? level : frame.dark_e;
  const double read = frame.read_noise_e * frame.read_noise_e;
  const double quantisation = frame.gain_e_per_adu * frame.gain_e_per_adu / 12.0;
  const double dark_var = dark + frame.dark_err_e * frame.dark_err_e;
  const double bias = frame.bias_err_e * frame.bias_err_e;
  const double sky = level - dark;
  const double pixel = sky + read + quantisation + dark_var + bias;
  const double n = std::isnan(star.pixel_area_px) ? star.area_px : star.pixel_area_px;
  const double of_median =
      star.n_background_px > 0.0 ? 0.5 * kPi * pixel / star.n_background_px : 0.0;
  const double level_var =
      std::isnan(star.background_err_e) ? of_median : star.background_err_e * star.background_err_e;
  const double flat = frame.flat_error * flux;
  const double scintillation = frame.scintillation_rel * flux;
  std::array<double, kParts> out{star.source_factor * flux,
                                 n * sky,
                                 n * read,
                                 n * quantisation,
                                 n * dark_var,
                                 n * bias,
                                 flat * flat,
                                 star.area_px * star.area_px * level_var,
                                 scintillation * scintillation,
                                 0.0};
  double sum = 0.0;
  for (std::size_t k = 0; k + 1 < kParts; ++k) sum += out[k];
  out[kParts - 1] = sum;
  return out;
}

}  // namespace

NoiseBudget noise_budget(const FrameNoise& frame, const StarNoise& star) noexcept {
  std::array<double, kParts> v = variances(frame, star);
  for (double& x : v) x = std::sqrt(x);
  return {.source_e = v[0],
          .sky_e = v[1],
          .read_e = v[2],
          .quantisation_e = v[3],
          .dark_e = v[4],
          .bias_e = v[5],
          .flat_e = v[6],
          .background_e = v[7],
          .scintillation_e = v[8],
          .total_e = v[9]};
}

void noise_columns(const FrameNoise& frame, const StarNoiseColumns& in,
                   const NoiseBudgetColumns& out) {
  const std::size_t n_star = in.flux_e.size();
  const std::array<std::span<const float>, kInputs> columns{
      in.flux_e,       in.area_px,          in.pixel_area_px,  in.source_factor,
      in.background_e, in.background_err_e, in.n_background_px};
  const std::array<std::span<float>, kParts> parts{
      out.source_e, out.sky_e,  out.read_e,       out.quantisation_e,  out.dark_e,
      out.bias_e,   out.flat_e, out.background_e, out.scintillation_e, out.total_e};
  const auto refuse = [&](std::size_t n) {
    throw Error{Errc::internal,
                fmt::format("noise budget: a column of {} for {} stars", n, n_star)};
  };
  for (const auto& column : columns)
    if (column.size() > 1 && column.size() != n_star) refuse(column.size());
  for (const auto& part : parts)
    if (!part.empty() && part.size() != n_star) refuse(part.size());

  constexpr StarNoise kDefault;
  const std::array<double, kInputs> by_default{kDefault.flux_e,         kDefault.area_px,
                                               kDefault.pixel_area_px,  kDefault.source_factor,
                                               kDefault.background_e,   kDefault.background_err_e,
                                               kDefault.n_background_px};
  std::array<Block, kInputs> from{};
  std::array<Block, kParts> to{};
  for (std::size_t k = 0; k < kInputs; ++k)
    from[k].fill(columns[k].empty() ? by_default[k] : static_cast<double>(columns[k][0]));
  for (std::size_t first = 0; first < n_star; first += kBlock) {
    const std::size_t n = std::min(kBlock, n_star - first);
    for (std::size_t k = 0; k < kInputs; ++k)
      if (columns[k].size() == n_star)
        for (std::size_t i = 0; i < n; ++i) from[k][i] = static_cast<double>(columns[k][first + i]);
    for (std::size_t i = 0; i < n; ++i) {
      const auto v = variances(frame, {.flux_e = from[0][i],
                                       .area_px = from[1][i],
                                       .pixel_area_px = from[2][i],
                                       .source_factor = from[3][i],
                                       .background_e = from[4][i],
                                       .background_err_e = from[5][i],
                                       .n_background_px = from[6][i]});
      for (std::size_t k = 0; k < kParts; ++k) to[k][i] = v[k];
    }
    for (std::size_t k = 0; k < kParts; ++k)
      if (!parts[k].empty())
        for (std::size_t i = 0; i < n; ++i)
          parts[k][first + i] = static_cast<float>(std::sqrt(to[k][i]));
  }
}

}  // namespace skyweft::phot
