// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "core/robust.hpp"
#include "shape/fit_state.hpp"

namespace skyweft::shape {
namespace {

constexpr double kExtraNoise = 1.5;  // times what the light explains
constexpr double kLeastShare = 0.2;  // of a star's smallest variance, that the line may fall to
constexpr std::size_t kWorst = 3;    // pixels that do not count for the rms of the others
constexpr double kSigmas = 5.0;      // of χ², before a misfit is one
constexpr double kUnusual = 3.0;     // times the misfit of half of the stars
constexpr double kCorrelated = 0.98;

/// Weighted sums for a straight line of variance against light about the star's own means.
struct Line {
  double weight = 0.0;
  double light = 0.0;
  double variance = 0.0;
  double least = 0.0;
};

}  // namespace

void model_variances(FitState& state) {
  const StarPatches& s = state.patches;
  std::size_t n_frame = 0;
  for (const Patch& p : s.patch) n_frame = std::max(n_frame, p.frame + 1);
  std::vector<Line> mean(s.patch.size());
  std::vector<double> square(n_frame, 0.0);
  std::vector<double> product(n_frame, 0.0);
  for (std::size_t i = 0; i < s.patch.size(); ++i) {
    const auto given = s.row(s.variance_e2, i);
    const auto light = s.row(state.light_e, i);
    const auto counts = s.row(s.weight_all, i);
    Line& m = mean[i];
    for (std::size_t p = 0; p < given.size(); ++p)
      if (counts[p] > 0.0 && (m.least == 0.0 || given[p] < m.least)) m.least = given[p];
    // The variance of a variance goes with it; from the light, not from the pixel's own.
    const auto weight = [&](std::size_t p) { return 1.0 / (m.least + std::max(light[p], 0.0)); };
    for (std::size_t p = 0; p < given.size(); ++p) {
      if (!(counts[p] > 0.0)) continue;
      m.weight += weight(p);
      m.light += weight(p) * light[p];
      m.variance += weight(p) * given[p];
    }
    if (!(m.weight > 0.0)) continue;
    m.light /= m.weight;
    m.variance /= m.weight;
    if (!s.patch[i].used) continue;
    for (std::size_t p = 0; p < given.size(); ++p) {
      if (!(counts[p] > 0.0)) continue;
      square[s.patch[i].frame] += weight(p) * (light[p] - m.light) * (light[p] - m.light);
      product[s.patch[i].frame] += weight(p) * (light[p] - m.light) * (given[p] - m.variance);
    }
  }
  for (std::size_t i = 0; i < s.patch.size(); ++i) {
    const std::size_t f = s.patch[i].frame;
    const double slope = square[f] > 0.0 ? std::max(product[f] / square[f], 0.0) : 0.0;
    const auto given = s.row(s.variance_e2, i);
    const auto light = s.row(state.light_e, i);
    const auto excess = s.row(s.excess_e, i);
    const auto to = s.row(state.variance_e2, i);
    const double level = mean[i].variance - slope * mean[i].light;
    for (std::size_t p = 0; p < given.size(); ++p) {
      if (!(given[p] > 0.0)) continue;
      if (!(mean[i].weight > 0.0)) {
        to[p] = given[p];
        continue;
      }
      const double expected = std::max(level + slope * light[p], kLeastShare * mean[i].least);
      const double explained = std::max(expected, level + slope * excess[p]);
      to[p] = expected + std::max(given[p] - kExtraNoise * explained, 0.0);
    }
  }
  average_shared(s, state.overlap, state.variance_e2);
}

std::int64_t reject_pixels(FitState& state, const ShapeConfig& config) {
  StarPatches& s = state.patches;
  const PatchLayout& l = s.layout;
  std::vector<std::uint8_t> bad(s.weight_all.size(), 0);
  std::vector<double> squares;
  std::int64_t n_bad = 0;
  for (std::size_t i = 0; i < s.patch.size(); ++i) {
    const auto weight = s.row(s.weight_all, i);
    const auto excess = s.row(s.excess_e, i);
    const auto light = s.row(state.light_e, i);
    const auto square = [&](std::size_t p) {
      const double left = excess[p] - light[p];
      return weight[p] * left * left;
    };
    double worst = 0.0;
    for (std::size_t p = 0; p < weight.size(); ++p) worst = std::max(worst, square(p));
    const double level = config.pixel_rejection_sigma * config.pixel_rejection_sigma;
    if (worst <= level) continue;
    squares.clear();
    for (std::size_t p = 0; p < weight.size(); ++p)
      if (weight[p] > 0.0) squares.push_back(square(p));
    double scale = 1.0;
    if (squares.size() > kWorst) {
      const auto end = squares.end() - static_cast<std::ptrdiff_t>(kWorst);
      std::ranges::nth_element(squares, end - 1);
      double sum = 0.0;
      for (auto it = squares.begin(); it != end; ++it) sum += *it;
      scale = std::max(1.0, sum / static_cast<double>(squares.size() - kWorst));
    }
    for (std::size_t p = 0; p < weight.size(); ++p)
      if (square(p) > level * scale &&
          std::abs(excess[p] - light[p]) > config.max_misfit * std::abs(light[p])) {
        bad[i * l.n_pixel() + p] = 1;
        ++n_bad;
      }
  }
  if (n_bad == 0) return 0;
  for (const Overlap& o : state.overlap)
    for (std::size_t iy = 0; iy < o.ny; ++iy)
      for (std::size_t ix = 0; ix < o.nx; ++ix) {
        std::uint8_t& a = bad[o.a * l.n_pixel() + o.at_a + iy * l.sx + ix];
        std::uint8_t& b = bad[o.b * l.n_pixel() + o.at_b + iy * l.sx + ix];
        a = b = a | b;
      }
  for (std::size_t p = 0; p < bad.size(); ++p)
    if (bad[p] != 0) s.variance_e2[p] = s.excess_e[p] = s.weight_all[p] = s.weight[p] = 0.0;
  return n_bad;
}

namespace {

void take_out(FitState& state, std::size_t i, std::uint16_t why, std::vector<StarFits>& report) {
  Patch& patch = state.patches.patch[i];
  patch.used = false;
  patch.spoils = true;
  report[patch.frame].why[patch.star] |= why;
}

}  // namespace

std::int64_t reject_stars(FitState& state, const ShapeConfig& config,
                          std::vector<StarFits>& report) {
  const std::vector<Patch>& patch = state.patches.patch;
  std::vector<PatchQuality> quality(patch.size());
  std::vector<double> share;  // of the light's signal-to-noise, squared
  for (std::size_t i = 0; i < patch.size(); ++i) {
    if (!patch[i].used) continue;
    quality[i] = quality_of(state, i);
    if (quality[i].light > 0.0) share.push_back(quality[i].misfit() / quality[i].light);
  }
  const double usual = share.empty() ? 0.0 : median_in_place(share);
  const double limit = std::max(config.max_misfit * config.max_misfit, kUnusual * kUnusual * usual);
  std::int64_t n_rejected = 0;
  for (std::size_t i = 0; i < patch.size(); ++i) {
    if (!patch[i].used) continue;
    const PatchQuality& q = quality[i];
    const bool is_none = state.flux_e[i] <= 0.0 || q.n_pixel < config.min_pixels;
    const bool is_bad = q.misfit() > kSigmas * std::sqrt(2.0 * static_cast<double>(q.n_pixel)) &&
                        q.misfit() > limit * q.light;
    if (!is_none && !is_bad && !(q.chi2_dof() > config.max_chi2)) continue;
    take_out(state, i, not_used::bad_fit, report);
    ++n_rejected;
  }
  return n_rejected;
}

std::int64_t reject_blends(FitState& state, std::vector<StarFits>& report) {
  const StarPatches& s = state.patches;
  std::vector<double> own(s.patch.size(), 0.0);
  for (std::size_t i = 0; i < s.patch.size(); ++i) {
    const auto weight = s.row(s.weight_all, i);
    const auto model = s.row(state.model, i);
    for (std::size_t p = 0; p < weight.size(); ++p) own[i] += weight[p] * model[p] * model[p];
  }
  std::vector<std::uint8_t> blended(s.patch.size(), 0);
  for (const Overlap& o : state.overlap)
    if (shared_strength(s, o, s.weight_all, state.model) >
        kCorrelated * std::sqrt(own[o.a] * own[o.b]))
      blended[o.a] = blended[o.b] = 1;
  std::int64_t n_rejected = 0;
  for (std::size_t i = 0; i < blended.size(); ++i) {
    if (blended[i] == 0) continue;
    if (s.patch[i].used) ++n_rejected;
    take_out(state, i, not_used::blended, report);
  }
  return n_rejected;
}

}  // namespace skyweft::shape
