// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/magfit_correct.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/wide_copies.hpp"

namespace skyweft::lc {
namespace {

constexpr std::int64_t kChunk = 512;  // points whose terms stay in the cache

void exclude_point(float& mag, QualityBits& quality) {
  mag = std::numeric_limits<float>::quiet_NaN();
  quality |= quality::magfit_excluded;
}

void correct_point(const PartFit& fit, double correction, double shift, double x, double y,
                   double star_mag, float& mag, QualityBits& quality) {
  if (std::isfinite(mag) && !std::isfinite(correction)) return exclude_point(mag, quality);
  mag = static_cast<float>((static_cast<double>(mag) + correction) + shift);
  const double at[3] = {x, y, star_mag};
  for (int k = 0; k < 3; ++k) {
    if (at[k] < fit.low[k] || at[k] > fit.high[k]) quality |= quality::magfit_extrapolated;
  }
}

// The two ways of summing take terms in the same order, so that their bits agree.

SKYWEFT_WIDE_COPIES
void sum_of_frame(const double* __restrict terms, std::int64_t n_term, std::int64_t n,
                  const double* __restrict coefficients, double* __restrict sum) {
  for (std::int64_t i = 0; i < n; ++i) sum[i] = 0.0;
  for (std::int64_t k = 0; k < n_term; ++k)
    for (std::int64_t i = 0; i < n; ++i) sum[i] += coefficients[k] * terms[k * kChunk + i];
}

SKYWEFT_WIDE_COPIES
void sum_of_star(const double* __restrict terms, std::int64_t n_term, std::int64_t n,
                 const double* __restrict coefficients, double* __restrict sum) {
  for (std::int64_t i = 0; i < n; ++i) sum[i] = 0.0;
  for (std::int64_t k = 0; k < n_term; ++k)
    for (std::int64_t i = 0; i < n; ++i)
      sum[i] += coefficients[k * kChunk + i] * terms[k * kChunk + i];
}

/// Terms of points in chunks: row k of a chunk at k·kChunk.
class Chunks {
 public:
  Chunks(const Terms& terms, const NamedColumns& columns)
      : terms_(&terms),
        columns_(columns.columns_of(terms)),
        shifted_(columns_),
        values_(static_cast<std::size_t>(terms.n_term() * kChunk)) {}

  const double* at(std::int64_t first, std::int64_t n) {
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (!columns_[c].is_scalar) shifted_[c].values = columns_[c].values + first;
    terms_->evaluate_columns(shifted_, n, values_.data(), kChunk);
    return values_.data();
  }

 private:
  const Terms* terms_;
  std::vector<Terms::Column> columns_;
  std::vector<Terms::Column> shifted_;
  std::vector<double> values_;
};

std::vector<double> widened(std::span<const float> values) {
  return {values.begin(), values.end()};
}

/// The split's value of every point; zeros when there is none.
std::vector<double> splits_of(const MagfitModel& model, const NamedColumns& columns,
                              std::size_t n) {
  std::vector<double> out(n, 0.0);
  if (model.split)
    model.split->evaluate_columns(columns.columns_of(*model.split), static_cast<std::int64_t>(n),
                                  out.data(), static_cast<std::int64_t>(n));
  return out;
}

}  // namespace

void correct_frame(const FrameFit& fit, const MagfitModel& model, NamedColumns stars,
                   std::span<const double> star_mag, std::span<const float> x_px,
                   std::span<const float> y_px, std::span<float> mag,
                   std::span<QualityBits> quality, std::span<const double> shift_mag) {
  const auto x = widened(x_px);
  const auto y = widened(y_px);
  stars.add("x", x);
  stars.add("y", y);
  const std::vector<double> split = splits_of(model, stars, mag.size());
  std::vector<std::uint8_t> is_done(mag.size(), 0);
  std::array<double, kChunk> sum{};
  for (const PartFit& part : fit.parts) {
    if (!part.ok()) continue;
    Chunks chunks{model.levels[static_cast<std::size_t>(part.level)], stars};
    const auto n_star = static_cast<std::int64_t>(mag.size());
    for (std::int64_t first = 0; first < n_star; first += kChunk) {
      const std::int64_t n = std::min(kChunk, n_star - first);
      sum_of_frame(chunks.at(first, n), static_cast<std::int64_t>(part.coefficients.size()), n,
                   part.coefficients.data(), sum.data());
      for (std::int64_t p = 0; p < n; ++p) {
        const auto i = static_cast<std::size_t>(first + p);
        if (split[i] != part.split) continue;
        is_done[i] = 1;
        correct_point(part, sum[static_cast<std::size_t>(p)],
                      shift_mag.empty() ? 0.0 : shift_mag[i], x[i], y[i], star_mag[i], mag[i],
                      quality[i]);
      }
    }
  }
  for (std::size_t i = 0; i < mag.size(); ++i)
    if (is_done[i] == 0) exclude_point(mag[i], quality[i]);
}

FrameCorrections::FrameCorrections(const std::vector<std::vector<FrameFit>>& fits,
                                   const MagfitModel& model)
    : model_(model),
      n_frame_(fits.empty() ? 0 : static_cast<std::int64_t>(fits.front().size())),
      layers_(fits.size()) {
  for (std::size_t a = 0; a < fits.size(); ++a)
    for (std::size_t f = 0; f < fits[a].size(); ++f)
      for (const PartFit& part : fits[a][f].parts) {
        if (!part.ok()) continue;
        Layer& layer = layer_of(a, part.level, part.split);
        layer.is_here[f] = 1;
        const auto i = static_cast<std::int64_t>(f);
        const auto n_term = static_cast<std::int64_t>(part.coefficients.size());
        double* to = layer.coefficients.data() + i / kChunk * n_term * kChunk + i % kChunk;
        for (std::int64_t k = 0; k < n_term; ++k)
          to[k * kChunk] = part.coefficients[static_cast<std::size_t>(k)];
        std::copy_n(part.low, 3, layer.ranges[f].low);
        std::copy_n(part.high, 3, layer.ranges[f].high);
      }
}

FrameCorrections::Layer& FrameCorrections::layer_of(std::size_t aperture, int level, double split) {
  for (Layer& layer : layers_[aperture])
    if (layer.level == level && layer.split == split) return layer;
  const auto n_term = model_.levels[static_cast<std::size_t>(level)].n_term();
  const std::int64_t n_chunk = (n_frame_ + kChunk - 1) / kChunk;
  Layer& layer = layers_[aperture].emplace_back();
  layer.level = level;
  layer.split = split;
  layer.is_here.assign(static_cast<std::size_t>(n_frame_), 0);
  layer.coefficients.assign(static_cast<std::size_t>(n_chunk * n_term * kChunk), 0.0);
  layer.ranges.resize(static_cast<std::size_t>(n_frame_));
  return layer;
}

void FrameCorrections::correct_star(NamedColumns points, double star_mag,
                                    std::span<const float> x_px, std::span<const float> y_px,
                                    std::span<float> mag, std::span<QualityBits> quality,
                                    std::span<const double> shift_mag) const {
  const auto x = widened(x_px);
  const auto y = widened(y_px);
  points.add("x", x);
  points.add("y", y);
  const auto n_frame = static_cast<std::size_t>(n_frame_);
  const std::vector<double> split = splits_of(model_, points, n_frame);
  std::vector<std::uint8_t> is_done(mag.size(), 0);
  std::array<double, kChunk> sum{};
  for (std::size_t level = 0; level < model_.levels.size(); ++level) {
    Chunks chunks{model_.levels[level], points};
    for (std::int64_t first = 0; first < n_frame_; first += kChunk) {
      const std::int64_t n = std::min(kChunk, n_frame_ - first);
      const double* terms = nullptr;
      for (std::size_t a = 0; a < layers_.size(); ++a)
        for (const Layer& layer : layers_[a]) {
          if (layer.level != static_cast<int>(level)) continue;
          const auto is_mine = [&](std::int64_t f) {
            const auto i = static_cast<std::size_t>(f);
            return layer.is_here[i] != 0 && split[i] == layer.split;
          };
          bool any = false;
          for (std::int64_t f = first; f < first + n && !any; ++f) any = is_mine(f);
          if (!any) continue;
          if (terms == nullptr) terms = chunks.at(first, n);
          const std::int64_t n_term = model_.levels[level].n_term();
          sum_of_star(terms, n_term, n, layer.coefficients.data() + first * n_term, sum.data());
          for (std::int64_t p = 0; p < n; ++p) {
            if (!is_mine(first + p)) continue;
            const auto i = static_cast<std::size_t>(first + p);
            const std::size_t at = a * n_frame + i;
            is_done[at] = 1;
            correct_point(layer.ranges[i], sum[static_cast<std::size_t>(p)],
                          shift_mag.empty() ? 0.0 : shift_mag[at], x[i], y[i], star_mag, mag[at],
                          quality[i]);
          }
        }
    }
  }
  for (std::size_t at = 0; at < mag.size(); ++at)
    if (is_done[at] == 0) exclude_point(mag[at], quality[at % n_frame]);
}

}  // namespace skyweft::lc
