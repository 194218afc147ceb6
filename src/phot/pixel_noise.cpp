// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/pixel_noise.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace skyweft::phot {
namespace {

constexpr double kClip = 5.0;
constexpr int kMostRounds = 3;

/// Variance against a level in one piece; sums about its first pixel.
struct Line {
  double m0 = 0.0;
  double v0 = 0.0;
  double n = 0.0, m = 0.0, v = 0.0, mm = 0.0, mv = 0.0, vv = 0.0;
  double slope = 0.0;
  double level = 0.0;  ///< at m0
  double rms = 0.0;
  double limit = std::numeric_limits<double>::infinity();
  double least = std::numeric_limits<double>::infinity();

  double at(double model) const { return level + slope * (model - m0); }
  void add(double model, double variance) {
    if (n == 0.0) {
      m0 = model;
      v0 = variance;
    }
    const double dm = model - m0;
    const double dv = variance - v0;
    n += 1.0;
    m += dm;
    v += dv;
    mm += dm * dm;
    mv += dm * dv;
    vv += dv * dv;
    least = std::min(least, variance);
  }
  void add_near(double model, double variance) {
    if (std::abs(variance - at(model)) <= limit) add(model, variance);
  }
  /// Returns whether pixels may lie beyond the new limit.
  bool fit() {
    if (n < 1.0) return false;
    const double of_mm = mm - m * m / n;
    const double of_mv = mv - m * v / n;
    slope = of_mm > 0.0 ? std::max(of_mv / of_mm, 0.0) : 0.0;
    level = v0 + (v - slope * m) / n;
    const double rest = vv - v * v / n - slope * (2.0 * of_mv - slope * of_mm);
    rms = std::sqrt(std::max(rest, 0.0) / n);
    limit = std::max(kClip * rms, 1e-6 * (v0 + v / n));
    const bool is_scattered = rms > 1e-6 * v0;
    n = m = v = mm = mv = vv = 0.0;
    return is_scattered;
  }
};

/// The variance of a piece as it follows what was read, and as it follows the model.
struct Piece {
  Line read;
  Line modelled;
  const Line& better() const { return read.rms < modelled.rms ? read : modelled; }
};

}  // namespace

void model_weights(std::span<const std::int32_t> owner,
                   std::span<const std::int64_t> piece_of_owner, std::int64_t n_piece,
                   std::span<const double> base, std::span<const double> data,
                   std::span<const double> variance, std::span<const double> light,
                   std::span<double> weight) {
  std::vector<Piece> pieces(static_cast<std::size_t>(n_piece));
  const auto piece_of = [&](std::size_t p) -> Piece& {
    return pieces[static_cast<std::size_t>(piece_of_owner[static_cast<std::size_t>(owner[p])])];
  };
  // One piece is the rule, and is kept out of the search.
  const auto for_each = [&](auto visit) {
    if (n_piece == 1)
      for (std::size_t p = 0; p < weight.size(); ++p) visit(pieces.front(), p);
    else
      for (std::size_t p = 0; p < weight.size(); ++p) visit(piece_of(p), p);
  };
  for_each([&](Piece& piece, std::size_t p) {
    piece.read.add(base[p] + data[p], variance[p]);
    piece.modelled.add(base[p] + light[p], variance[p]);
  });
  for (int round = 1;; ++round) {
    bool is_scattered = false;
    for (Piece& piece : pieces) {
      const bool read = piece.read.fit();
      const bool modelled = piece.modelled.fit();
      is_scattered = is_scattered || (read && modelled);
    }
    if (!is_scattered || round == kMostRounds) break;
    for_each([&](Piece& piece, std::size_t p) {
      piece.read.add_near(base[p] + data[p], variance[p]);
      piece.modelled.add_near(base[p] + light[p], variance[p]);
    });
  }
  for_each([&](const Piece& piece, std::size_t p) {
    const Line& line = piece.better();
    const double modelled = std::max(line.at(base[p] + light[p]), 0.5 * line.least);
    const double own = variance[p] - line.slope * (data[p] - light[p]);
    const bool is_odd =
        own > 4.0 * modelled && own > 4.0 * modelled + 8.0 * line.slope * std::sqrt(modelled);
    weight[p] = 1.0 / (is_odd ? own : modelled);
  });
}

}  // namespace skyweft::phot
