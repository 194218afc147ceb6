// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit_frame.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/lsq.hpp"
#include "core/robust.hpp"
#include "lc/magfit_normal.hpp"

namespace skyweft::lc {
namespace {

// Not edge, bad_pixel, cosmic: they speak of the largest aperture, and an aperture that is itself
// hit is NaN (phot/apertures.hpp).
constexpr QualityBits kUnfit = quality::saturated | quality::bleed | quality::manual_veto |
                               quality::duplicate_frame | quality::not_measured;
constexpr std::size_t kMostParts = 64;
// An average residual below this is rounding, and rejects nothing.
constexpr double kLeastAverage_mag = 1e-9;

/// The minimum-norm solution over the points that have weight.
bool solve_dependent(const ScaledTerms& terms, std::span<const double> weight,
                     std::span<const double> target, std::span<double> coefficients) {
  std::vector<std::int64_t> points;
  for (std::size_t i = 0; i < weight.size(); ++i)
    if (weight[i] > 0.0) points.push_back(static_cast<std::int64_t>(i));
  const auto n = static_cast<Eigen::Index>(points.size());
  Eigen::MatrixXd design(n, terms.n_term());
  std::vector<double> w;
  std::vector<double> t;
  for (const std::int64_t p : points) {
    w.push_back(weight[static_cast<std::size_t>(p)]);
    t.push_back(target[static_cast<std::size_t>(p)]);
  }
  for (Eigen::Index k = 0; k < design.cols(); ++k)
    for (Eigen::Index r = 0; r < n; ++r)
      design(r, k) = terms.value(points[static_cast<std::size_t>(r)], k);
  const LinearFit fit = fit_linear_clipped(design, t, w, {.max_rounds = 0});
  if (!fit.ok()) return false;
  std::copy_n(fit.coefficients.data(), coefficients.size(), coefficients.begin());
  return std::ranges::all_of(coefficients, [](double c) { return std::isfinite(c); });
}

/// The average residual of autowisp.md 2.4.
double average_of(std::span<const double> weight, std::span<const double> residual,
                  const std::string& name) {
  if (name == "median") {
    std::vector<double> squares;
    for (std::size_t i = 0; i < weight.size(); ++i)
      if (weight[i] > 0.0) squares.push_back(residual[i] * residual[i]);
    return std::sqrt(median_in_place(std::span<double>{squares}));
  }
  const WeightedSquares sums = weighted_squares(weight, residual);
  return std::sqrt(sums.residual / sums.weight);
}

}  // namespace

bool is_fit_point(const FrameSlice& f, std::size_t i, const MagfitConfig& config) {
  return std::isfinite(f.mag[i]) && f.mag_err[i] > 0.0f &&
         static_cast<double>(f.mag_err[i]) <= config.max_mag_err && std::isfinite(f.x_px[i]) &&
         std::isfinite(f.y_px[i]) && (f.quality[i] & kUnfit) == 0;
}

std::vector<double> split_values(std::span<const double> split) {
  std::vector<double> values;
  for (const double v : split) {
    if (!std::isfinite(v)) continue;
    const auto at = std::ranges::lower_bound(values, v);
    if (at != values.end() && *at == v) continue;
    values.insert(at, v);
    if (values.size() > kMostParts)
      throw Error{Errc::bad_config,
                  fmt::format("magfit.split has more than {} values in one frame, such as {:g} and "
                              "{:g}; round it, as in floor(x/1024)",
                              kMostParts, values[0], values[1])}
          .because({"magfit_parts", static_cast<double>(values.size()),
                    static_cast<double>(kMostParts)});
  }
  return values;
}

FrameFitter::FrameFitter(std::span<const float> x_px, std::span<const float> y_px,
                         NamedColumns stars, std::span<const double> star_mag,
                         const MagfitModel& model, const MagfitConfig& config)
    : model_(model),
      config_(config),
      star_mag_(star_mag),
      n_star_(static_cast<std::int64_t>(x_px.size())),
      x_(x_px.begin(), x_px.end()),
      y_(y_px.begin(), y_px.end()),
      columns_(std::move(stars)),
      terms_(model.levels.size()) {
  columns_.add("x", x_);
  columns_.add("y", y_);
  for (const Terms& terms : model.levels) (void)columns_.find(terms);
  if (model.split) {
    split_.resize(x_.size());
    model.split->evaluate_columns(columns_.columns_of(*model.split), n_star_, split_.data(),
                                  n_star_);
    split_values_ = split_values(split_);
  }
  const auto n_padded = static_cast<std::size_t>((n_star_ + ScaledTerms::kBlock - 1) /
                                                 ScaledTerms::kBlock * ScaledTerms::kBlock);
  for (auto* column : {&target_, &full_weight_, &weight_, &residual_})
    column->assign(n_padded, 0.0);
}

const ScaledTerms& FrameFitter::terms_of(std::size_t level) {
  if (!terms_[level]) terms_[level].emplace(model_.levels[level], columns_, n_star_);
  return *terms_[level];
}

FrameFit FrameFitter::fit(const FrameSlice& frame, const Reference& reference) {
  std::vector<std::uint8_t> is_in(target_.size(), 0);
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_star_); ++i) {
    target_[i] = 0.0;
    full_weight_[i] = 0.0;
    if (reference.used[i] == 0 || !std::isfinite(reference.mag[i]) ||
        !is_fit_point(frame, i, config_))
      continue;
    is_in[i] = 1;
    target_[i] = reference.mag[i] - static_cast<double>(frame.mag[i]);
    full_weight_[i] = 1.0 / (static_cast<double>(frame.mag_err[i]) + config_.noise_offset_mag);
  }
  FrameFit out;
  if (!model_.split) {
    out.parts.push_back(fit_part(is_in, 0.0));
  } else {
    for (const double value : split_values_) {
      std::vector<std::uint8_t> here = is_in;
      for (std::size_t i = 0; i < split_.size(); ++i)
        if (split_[i] != value) here[i] = 0;
      out.parts.push_back(fit_part(here, value));
    }
  }
  double square = 0.0;
  for (const PartFit& part : out.parts) {
    const auto n = static_cast<double>(part.n_used);
    out.n_used += part.n_used;
    square += n * part.rms_mag * part.rms_mag;
    out.zero_shift_mag += n * part.zero_shift_mag;
  }
  if (out.n_used == 0) return out;
  out.rms_mag = std::sqrt(square / static_cast<double>(out.n_used));
  out.zero_shift_mag /= static_cast<double>(out.n_used);
  if (out.parts.size() == 1) {  // without rounding
    out.rms_mag = out.parts[0].rms_mag;
    out.zero_shift_mag = out.parts[0].zero_shift_mag;
  }
  return out;
}

PartFit FrameFitter::fit_part(std::span<const std::uint8_t> is_in, double split) {
  const auto n_star = static_cast<double>(std::ranges::count(is_in, 1));
  PartFit out;
  for (std::size_t level = 0; level < model_.levels.size(); ++level) {
    const double n_needed =
        config_.stars_per_term * static_cast<double>(model_.levels[level].n_term());
    if (n_star < n_needed) continue;
    auto fit = fit_level(level, is_in);
    if (!fit || static_cast<double>(fit->n_used) < n_needed) continue;
    out = std::move(*fit);
    break;
  }
  out.split = split;
  return out;
}

std::optional<PartFit> FrameFitter::fit_level(std::size_t level,
                                              std::span<const std::uint8_t> is_in) {
  const ScaledTerms& terms = terms_of(level);
  std::int64_t n_used = 0;
  for (std::size_t i = 0; i < weight_.size(); ++i) {
    const bool is_used = is_in[i] != 0 && terms.usable()[i] != 0;
    weight_[i] = is_used ? full_weight_[i] : 0.0;
    n_used += is_used ? 1 : 0;
  }
  const std::int64_t n_term = terms.n_term();
  if (n_used < std::max<std::int64_t>(1, n_term)) return std::nullopt;
  NormalEquations equations{terms, weight_, target_};
  std::vector<double> coefficients(static_cast<std::size_t>(n_term));
  std::vector<std::int64_t> far;
  double average = 0.0;
  for (int round = 0;; ++round) {
    if (!equations.solve(coefficients) && !solve_dependent(terms, weight_, target_, coefficients))
      return std::nullopt;
    residuals_of(terms, coefficients, target_, residual_);
    average = average_of(weight_, residual_, config_.error_average);
    if (round == config_.max_rounds || !(average > kLeastAverage_mag)) break;
    const double limit = config_.reject * average;
    far.clear();
    for (std::size_t i = 0; i < weight_.size(); ++i)
      if (weight_[i] > 0.0 && std::abs(residual_[i]) > limit)
        far.push_back(static_cast<std::int64_t>(i));
    const auto n_far = static_cast<std::int64_t>(far.size());
    if (n_far == 0 || n_used - n_far < n_term) break;
    n_used -= n_far;
    const bool many = n_far > n_used / 8;
    for (const std::int64_t p : far) {
      const auto i = static_cast<std::size_t>(p);
      if (!many) equations.take_out(p, weight_[i], target_[i]);
      weight_[i] = 0.0;
    }
    if (many) equations = NormalEquations{terms, weight_, target_};
  }
  PartFit out;
  out.level = static_cast<int>(level);
  out.coefficients = terms.as_written(coefficients);
  out.n_used = n_used;
  const WeightedSquares sums = weighted_squares(weight_, residual_);
  out.rms_mag = std::sqrt(sums.residual / sums.weight);
  std::fill_n(out.low, 3, std::numeric_limits<double>::infinity());
  std::fill_n(out.high, 3, -std::numeric_limits<double>::infinity());
  std::vector<double> shift;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n_star_); ++i) {
    if (!(weight_[i] > 0.0)) continue;
    shift.push_back(target_[i]);
    const double at[3] = {x_[i], y_[i], star_mag_[i]};
    for (int k = 0; k < 3; ++k) {
      out.low[k] = std::min(out.low[k], at[k]);
      out.high[k] = std::max(out.high[k], at[k]);
    }
  }
  out.zero_shift_mag = median_in_place(std::span<double>{shift});
  return out;
}

}  // namespace skyweft::lc
