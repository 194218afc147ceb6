// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "sky/match.hpp"
#include "sky/points.hpp"
#include "sky/refine.hpp"
#include "sky/solve.hpp"

namespace skyweft::sky {

/// How far around the hint is looked.
struct Breadth {
  double pointing_deg = 1.0;
  double scale_share = 0.1;
};

/// One way of searching that did not lead to a solution.
struct Attempt {
  std::string what;
  double log_odds = -1e9;  ///< the best of its hypotheses
  std::int64_t n_quad = 0;
  std::int64_t n_hypothesis = 0;
};

/// The search for one frame's solution: what is worth sharing between attempts, and what they left.
/// Borrows its arguments.
class Search {
 public:
  Search(const SourceList& sources, std::int64_t nx, std::int64_t ny, const StarCatalog& stars,
         const SolveHint& hint, const SolveConfig& config);

  /// A shift of `previous`, verified and refined.
  std::optional<Solution> by_shift(const Wcs& previous);
  /// `rough` as it is, matched within `radius_px` at first.
  std::optional<Solution> from_rough(const Wcs& rough, double radius_px);
  /// Quads near the hint.
  std::optional<Solution> by_quads(const Breadth& breadth);

  const std::vector<Attempt>& attempts() const { return attempts_; }
  /// The refined solution with the best odds that a gate refused, and that gate.
  const std::optional<FailedTest>& refused() const { return refused_; }
  const Solution& best() const { return best_; }

 private:
  struct Depth;
  SkyPos star(std::int64_t i) const;
  PixelPos middle() const { return {0.5 * (width_ - 1.0), 0.5 * (height_ - 1.0)}; }
  double half_diagonal() const;
  bool in_frame(const PixelPos& p) const {
    return p.x_px >= -0.5 && p.y_px >= -0.5 && p.x_px < width_ - 0.5 && p.y_px < height_ - 0.5;
  }
  bool near_hint(double scale_arcsec_px, bool mirrored, double looseness) const;
  /// Predicted places of the brightest stars within `reach` px of the frame, at most `most`;
  /// `rows` takes their rows of the catalogue when it is not null.
  std::vector<PixelPos> brightest_near(const Wcs& wcs, double reach, std::size_t most,
                                       std::vector<std::int64_t>* rows = nullptr) const;
  std::vector<PixelPos> bright_stars_in_frame(const Wcs& wcs) const;
  double fraction_of(const Solution& solution) const;
  std::optional<Solution> judged(const Wcs& rough, double radius_px);
  std::optional<Solution> by_quads_at(const Depth& depth, std::span<const PixelPos> plane,
                                      double n_frame);
  std::vector<Quad> image_quads(const Depth& depth, bool mirrored) const;
  std::optional<Wcs> hypothesis(const Quad& image, const Quad& catalog,
                                std::span<const PixelPos> plane, const PointIndex& near_by,
                                bool mirrored);
  Attempt& now() { return attempts_.back(); }

  const SourceList& sources_;
  const StarCatalog& stars_;
  const SolveHint& hint_;
  const SolveConfig& config_;
  std::int64_t nx_;
  std::int64_t ny_;
  double width_;
  double height_;
  std::vector<PixelPos> bright_;
  BrightFirst by_brightness_;
  Breadth breadth_;
  std::vector<Attempt> attempts_;
  Solution best_;
  bool refined_ = false;
  std::optional<FailedTest> refused_;
};

}  // namespace skyweft::sky
