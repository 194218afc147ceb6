// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/lsq.hpp"
#include "core/robust.hpp"

namespace skyweft::lc {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
// Not edge, bad_pixel, cosmic: they speak of the largest aperture, and an aperture that is itself
// hit is NaN (phot/apertures.hpp).
constexpr QualityBits kUnfit = quality::saturated | quality::bleed | quality::manual_veto |
                               quality::duplicate_frame | quality::not_measured;

std::vector<double> widened(std::span<const float> values) {
  return {values.begin(), values.end()};
}

bool is_fit_point(const FrameSlice& f, std::size_t i, const MagfitConfig& config) {
  return std::isfinite(f.mag[i]) && f.mag_err[i] > 0.0f &&
         static_cast<double>(f.mag_err[i]) <= config.max_mag_err && std::isfinite(f.x_px[i]) &&
         std::isfinite(f.y_px[i]) && (f.quality[i] & kUnfit) == 0;
}

/// Evaluates one point's correction; scratch vectors are the caller's.
struct Evaluator {
  const Terms* terms;
  std::vector<std::size_t> index;
  std::vector<double> values;
  std::vector<double> row;

  Evaluator(const Terms& t, const NamedColumns& columns)
      : terms(&t),
        index(columns.find(t)),
        values(index.size()),
        row(static_cast<std::size_t>(t.n_term())) {}

  double correction(const NamedColumns& columns, std::size_t i,
                    std::span<const double> coefficients) {
    for (std::size_t k = 0; k < index.size(); ++k) values[k] = columns.value(index[k], i);
    terms->evaluate(values, row);
    double sum = 0.0;
    for (std::size_t k = 0; k < row.size(); ++k) sum += coefficients[k] * row[k];
    return sum;
  }
};

void correct_point(const FrameFit& fit, double correction, double x, double y, double star_mag,
                   float& mag, QualityBits& quality) {
  mag = static_cast<float>(static_cast<double>(mag) + correction);
  const double at[3] = {x, y, star_mag};
  for (int k = 0; k < 3; ++k) {
    if (at[k] < fit.low[k] || at[k] > fit.high[k]) quality |= quality::magfit_extrapolated;
  }
}

void exclude_point(float& mag, QualityBits& quality) {
  mag = std::numeric_limits<float>::quiet_NaN();
  quality |= quality::magfit_excluded;
}

/// Share of finite entries below `value`, ties by half.
double quantile_of(double value, std::span<const double> all) {
  double below = 0.0;
  double n = 0.0;
  for (const double v : all) {
    if (!std::isfinite(v)) continue;
    n += 1.0;
    below += v < value ? 1.0 : (v == value ? 0.5 : 0.0);
  }
  return n > 0.0 && std::isfinite(value) ? below / n : 0.5;
}

}  // namespace

MagfitModel magfit_model(const MagfitConfig& config) {
  MagfitModel model;
  for (const std::string& text : config.terms) model.levels.push_back(Terms::parse(text));
  return model;
}

std::int64_t choose_reference_frame(std::span<const FrameRecord> frames) {
  std::vector<double> fwhm(frames.size(), kNotANumber);
  std::vector<double> bg(frames.size(), kNotANumber);
  std::vector<double> matched(frames.size(), kNotANumber);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].state != FrameState::measured) continue;
    fwhm[i] = frames[i].fwhm_px;
    bg[i] = frames[i].bg_e;
    matched[i] = static_cast<double>(frames[i].n_matched);
  }
  std::int64_t best = -1;
  double best_merit = -1.0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (frames[i].state != FrameState::measured) continue;
    const double q_blur = quantile_of(fwhm[i], fwhm);  // 1 − q_S: sharp frames have a small FWHM
    const double q_bg = quantile_of(bg[i], bg);
    const double q_n = quantile_of(matched[i], matched);
    const double merit = q_n * q_n / (q_blur * q_blur + q_bg * q_bg + 1e-12);
    if (merit > best_merit) {
      best_merit = merit;
      best = static_cast<std::int64_t>(i);
    }
  }
  return best;
}

Reference reference_from_frame(const FrameSlice& frame, const MagfitConfig& config) {
  const std::size_t n = frame.mag.size();
  Reference out{std::vector<double>(n, kNotANumber), std::vector<double>(n, kNotANumber),
                std::vector<std::uint8_t>(n, 0)};
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_fit_point(frame, i, config)) continue;
    out.mag[i] = static_cast<double>(frame.mag[i]);
    out.err[i] = static_cast<double>(frame.mag_err[i]);
    out.used[i] = 1;
  }
  return out;
}

FrameFit fit_frame(const FrameSlice& frame, NamedColumns stars, std::span<const double> star_mag,
                   const Reference& reference, const MagfitModel& model,
                   const MagfitConfig& config) {
  const std::size_t n = frame.mag.size();
  const auto x = widened(frame.x_px);
  const auto y = widened(frame.y_px);
  stars.add("x", x);
  stars.add("y", y);
  std::vector<double> target(n, kNotANumber);
  std::vector<double> weight(n, 0.0);
  std::int64_t n_star = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (reference.used[i] == 0 || !std::isfinite(reference.mag[i]) ||
        !is_fit_point(frame, i, config))
      continue;
    target[i] = reference.mag[i] - static_cast<double>(frame.mag[i]);
    weight[i] = 1.0 / (static_cast<double>(frame.mag_err[i]) + config.noise_offset_mag);
    ++n_star;
  }
  FrameFit out;
  for (std::size_t level = 0; level < model.levels.size(); ++level) {
    const Terms& terms = model.levels[level];
    const double n_needed = config.stars_per_term * static_cast<double>(terms.n_term());
    if (static_cast<double>(n_star) < n_needed) continue;
    const LinearFit fit = fit_linear_clipped(
        stars.design(terms, static_cast<std::int64_t>(n)), target, weight,
        {.reject_level = config.reject, .max_rounds = config.max_rounds, .scale_floor = 1e-9});
    if (!fit.ok() || static_cast<double>(fit.n_used) < n_needed) continue;
    out.level = static_cast<int>(level);
    out.coefficients.assign(fit.coefficients.data(),
                            fit.coefficients.data() + fit.coefficients.size());
    out.n_used = fit.n_used;
    out.rms_mag = fit.residual_rms;
    std::fill_n(out.low, 3, std::numeric_limits<double>::infinity());
    std::fill_n(out.high, 3, -std::numeric_limits<double>::infinity());
    std::vector<double> shift;
    for (std::size_t i = 0; i < n; ++i) {
      if (fit.kept[i] == 0) continue;
      shift.push_back(target[i]);
      const double at[3] = {x[i], y[i], star_mag[i]};
      for (int k = 0; k < 3; ++k) {
        out.low[k] = std::min(out.low[k], at[k]);
        out.high[k] = std::max(out.high[k], at[k]);
      }
    }
    out.zero_shift_mag = median_in_place(shift);
    break;
  }
  return out;
}

void correct_frame(const FrameFit& fit, const MagfitModel& model, NamedColumns stars,
                   std::span<const double> star_mag, std::span<const float> x_px,
                   std::span<const float> y_px, std::span<float> mag,
                   std::span<QualityBits> quality) {
  if (!fit.ok()) {
    for (std::size_t i = 0; i < mag.size(); ++i) exclude_point(mag[i], quality[i]);
    return;
  }
  const auto x = widened(x_px);
  const auto y = widened(y_px);
  stars.add("x", x);
  stars.add("y", y);
  Evaluator evaluator{model.levels[static_cast<std::size_t>(fit.level)], stars};
  for (std::size_t i = 0; i < mag.size(); ++i) {
    correct_point(fit, evaluator.correction(stars, i, fit.coefficients), x[i], y[i], star_mag[i],
                  mag[i], quality[i]);
  }
}

void correct_star(std::span<const FrameFit> fits, const MagfitModel& model, NamedColumns points,
                  double star_mag, std::span<const float> x_px, std::span<const float> y_px,
                  std::span<float> mag, std::span<QualityBits> quality) {
  const auto x = widened(x_px);
  const auto y = widened(y_px);
  points.add("x", x);
  points.add("y", y);
  std::vector<Evaluator> evaluators;
  for (const Terms& t : model.levels) evaluators.emplace_back(t, points);
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!fits[i].ok()) {
      exclude_point(mag[i], quality[i]);
      continue;
    }
    Evaluator& evaluator = evaluators[static_cast<std::size_t>(fits[i].level)];
    correct_point(fits[i], evaluator.correction(points, i, fits[i].coefficients), x[i], y[i],
                  star_mag, mag[i], quality[i]);
  }
}

}  // namespace skyweft::lc
