// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "sky/gates.hpp"
#include "sky/projection.hpp"
#include "sky/quad_table.hpp"
#include "sky/verify.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

constexpr std::int64_t kMaxImageQuads = 60000;
constexpr std::int64_t kMaxCatalogQuads = 300000;
constexpr double kShortestSide = 0.15;  ///< |AB| in half diagonals
constexpr double kLengthSlack = 1.05;   ///< |AB| alone tells the scale this well
constexpr double kLooseness = 2.0;      ///< on the hint's scale, for solutions already refined
/// ln 1000: a hypothesis this much below the limit is refined.
constexpr double kTrialOdds = 6.907755;
/// Departure from a similarity that a lens is granted, in half diagonals.
constexpr double kBend = 0.002;
constexpr double kVoteSigma_px = 2.0;

}  // namespace

/// Quads of this many brightest sources, and as many catalogue stars per frame's area, in turn.
/// Deeper ones are kept small, so that all of them fit below the limits on their number: a frame
/// that shares few stars with the catalogue needs completeness more than long quads.
struct Search::Depth {
  std::int64_t n_source;
  double n_star_per_frame;
  double longest;  ///< |AB| in half diagonals
};

Search::Search(const SourceList& sources, std::int64_t nx, std::int64_t ny,
               const StarCatalog& stars, const SolveHint& hint, const SolveConfig& config)
    : sources_(sources),
      stars_(stars),
      hint_(hint),
      config_(config),
      nx_(nx),
      ny_(ny),
      width_(static_cast<double>(nx)),
      height_(static_cast<double>(ny)),
      by_brightness_(bright_first(stars)),
      breadth_{config.pointing_tolerance_deg, config.scale_tolerance} {
  const auto n = std::min(static_cast<std::size_t>(config.n_bright_sources), sources.x_px.size());
  for (std::size_t i = 0; i < n; ++i) bright_.push_back({sources.x_px[i], sources.y_px[i]});
}

SkyPos Search::star(std::int64_t i) const {
  const auto k = static_cast<std::size_t>(i);
  return {Angle::from_deg(stars_.ra_deg[k]), Angle::from_deg(stars_.dec_deg[k])};
}

double Search::half_diagonal() const {
  return 0.5 * std::hypot(width_, height_);
}

std::vector<PixelPos> Search::brightest_near(const Wcs& wcs, double reach, std::size_t most,
                                             std::vector<std::int64_t>* rows) const {
  // The stars that are looked for are among the brightest: project as few as possible.
  constexpr std::size_t kBlock = 1024;
  std::vector<PixelPos> out;
  std::array<double, kBlock> u, v, x, y;
  const std::size_t n = by_brightness_.row.size();
  for (std::size_t first = 0; first < n && out.size() < most; first += kBlock) {
    const std::size_t m = std::min(kBlock, n - first);
    project_all(by_brightness_.at, first, wcs.centre, wcs.unit_deg, std::span{u}.first(m),
                std::span{v}.first(m));
    evaluate(wcs, std::span{u}.first(m), std::span{v}.first(m), std::span{x}.first(m),
             std::span{y}.first(m));
    for (std::size_t i = 0; i < m && out.size() < most; ++i) {
      if (!(x[i] >= -0.5 - reach && y[i] >= -0.5 - reach && x[i] < width_ - 0.5 + reach &&
            y[i] < height_ - 0.5 + reach))
        continue;
      out.push_back({x[i], y[i]});
      if (rows != nullptr) rows->push_back(by_brightness_.row[first + i]);
    }
  }
  return out;
}

std::vector<PixelPos> Search::bright_stars_in_frame(const Wcs& wcs) const {
  return brightest_near(wcs, 0.0, static_cast<std::size_t>(config_.n_bright_sources));
}

/// True when scale and parity are what the user said, the scale to `looseness` tolerances.
bool Search::near_hint(double scale_arcsec_px, bool mirrored, double looseness) const {
  if (config_.parity == (mirrored ? "normal" : "mirrored")) return false;
  const double off = std::abs(std::log(scale_arcsec_px / hint_.scale_arcsec_px));
  return off <= looseness * std::log1p(breadth_.scale_share);
}

double Search::fraction_of(const Solution& solution) const {
  std::vector<std::int64_t> rows;
  brightest_near(solution.wcs, 0.0, by_brightness_.row.size(), &rows);
  const auto mags = [&](auto&& of, auto&& row) {
    std::vector<float> out;
    for (const auto& item : of) out.push_back(stars_.mag[static_cast<std::size_t>(row(item))]);
    return out;
  };
  return matched_fraction(mags(rows, [](std::int64_t row) { return row; }),
                          mags(solution.matches, [](const auto& pair) { return pair.second; }));
}

/// Refines a rough solution and keeps it when all tests pass.
std::optional<Solution> Search::judged(const Wcs& rough, double radius_px) {
  SolveConfig config = config_;
  config.match_radius_px = radius_px;
  Solution s = refine(rough, sources_, nx_, ny_, stars_, by_brightness_, config);
  if (s.n_matched < 4 ||
      !near_hint(scale_arcsec_px(s.wcs, middle()), is_mirrored(s.wcs), kLooseness))
    return std::nullopt;
  s.log_odds = log_odds(bright_, bright_stars_in_frame(s.wcs),
                        {.area_px2 = width_ * height_, .sigma_px = 1.0, .free_pairs = 3});
  s.matched_fraction = fraction_of(s);
  const auto failed = failed_gate(s, config_);
  if (!failed) return s;
  now().log_odds = std::max(now().log_odds, s.log_odds);
  if (!refined_ || s.log_odds > best_.log_odds) {
    best_ = std::move(s);
    refused_ = failed;
  }
  refined_ = true;
  return std::nullopt;
}

std::optional<Solution> Search::from_rough(const Wcs& rough, double radius_px) {
  attempts_.push_back({.what = fmt::format("the rough solution within {:g} px", radius_px)});
  now().n_hypothesis = 1;
  return judged(rough, radius_px);
}

std::optional<Solution> Search::by_shift(const Wcs& previous) {
  attempts_.push_back({.what = "a shift of the last solution"});
  // The camera may have been turned or changed since: do not even look then.
  const double scale = scale_arcsec_px(previous, middle());
  if (!near_hint(scale, is_mirrored(previous), kLooseness)) return std::nullopt;
  const double reach =
      std::min(0.5 * std::max(width_, height_), config_.pointing_tolerance_deg * 3600.0 / scale);
  if (!std::isfinite(reach)) return std::nullopt;
  const double share = (width_ + 2.0 * reach) * (height_ + 2.0 * reach) / (width_ * height_);
  const auto most = static_cast<std::size_t>(share * static_cast<double>(config_.n_bright_sources));
  const std::vector<PixelPos> predicted = brightest_near(previous, reach, most);
  const PixelPos shift = voted_shift(predicted, bright_, reach, 2.0 * kVoteSigma_px);
  Wcs rough = previous;
  rough.cx[0] += shift.x_px;
  rough.cy[0] += shift.y_px;
  now().n_hypothesis = 1;
  now().log_odds =
      log_odds(bright_, bright_stars_in_frame(rough),
               {.area_px2 = width_ * height_, .sigma_px = kVoteSigma_px, .free_pairs = 1});
  if (now().log_odds < config_.min_log_odds - kTrialOdds) return std::nullopt;
  auto solution = judged(rough, config_.match_radius_px);
  if (solution) solution->from_previous = true;
  return solution;
}

/// The similarity of one pair of quads as a solution, when scale, pointing, shape and odds agree.
std::optional<Wcs> Search::hypothesis(const Quad& image, const Quad& catalog,
                                      std::span<const PixelPos> plane, const PointIndex& near_by,
                                      bool mirrored) {
  std::array<PixelPos, 4> from;
  std::array<PixelPos, 4> to;
  for (std::size_t k = 0; k < 4; ++k) {
    from[k] = plane[static_cast<std::size_t>(catalog.star[k])];
    to[k] = bright_[static_cast<std::size_t>(image.star[k])];
  }
  const Similarity s = fit_similarity(from, to, mirrored);
  if (std::abs(std::log(s.scale())) > std::log1p(breadth_.scale_share)) return std::nullopt;
  const double worst = std::max(3.0, 2.0 * config_.code_tolerance * image.length);
  PixelPos centre{};
  for (std::size_t k = 0; k < 4; ++k) {
    const PixelPos p = s(from[k]);
    if (std::hypot(p.x_px - to[k].x_px, p.y_px - to[k].y_px) > worst) return std::nullopt;
    centre.x_px += 0.25 * to[k].x_px;
    centre.y_px += 0.25 * to[k].y_px;
  }
  // Where the frame's middle lies in the plane of the catalogue.
  const double dx = middle().x_px - s.x0;
  const double dy = middle().y_px - s.y0;
  const double norm = s.a * s.a + s.b * s.b;
  const double hand = mirrored ? -1.0 : 1.0;
  const PixelPos there{hand * (s.a * dx + s.b * dy) / norm, (s.a * dy - s.b * dx) / norm};
  const double px_per_deg = 3600.0 / hint_.scale_arcsec_px;
  if (std::hypot(there.x_px, there.y_px) > breadth_.pointing_deg * px_per_deg) return std::nullopt;
  ++now().n_hypothesis;

  // The four stars fit by construction: neither they nor their sources may count.
  std::vector<PixelPos> stars;
  for (const std::int64_t i : near_by.within(there, 1.05 * half_diagonal() / s.scale())) {
    if (std::ranges::find(catalog.star, i) != catalog.star.end()) continue;
    const PixelPos p = s(plane[static_cast<std::size_t>(i)]);
    if (!in_frame(p)) continue;
    stars.push_back(p);
    if (static_cast<std::int64_t>(stars.size()) >= config_.n_bright_sources) break;
  }
  std::vector<PixelPos> others;
  for (std::size_t i = 0; i < bright_.size(); ++i)
    if (std::ranges::find(image.star, static_cast<std::int64_t>(i)) == image.star.end())
      others.push_back(bright_[i]);
  OddsModel model{.area_px2 = width_ * height_,
                  .sigma_px = 1.0,
                  .centre = centre,
                  .anchor_px = 0.5 * image.length};
  double odds = log_odds(others, stars, model);
  // A lens bends the field by more than a pixel, and the more pixels there are the more of them.
  model.sigma_px = kBend * half_diagonal();
  if (model.sigma_px > 2.0) odds = std::max(odds, log_odds(others, stars, model));
  now().log_odds = std::max(now().log_odds, odds);
  if (odds < config_.min_log_odds - kTrialOdds) return std::nullopt;
  // `plane` holds (−ξ, η) in expected pixels.
  const double k = px_per_deg * hand;
  return Wcs{.centre = hint_.pointing,
             .unit_deg = 1.0,
             .order = 1,
             .cx = {s.x0, -s.a * k, -s.b * px_per_deg},
             .cy = {s.y0, -s.b * k, s.a * px_per_deg}};
}

/// Quads of the brightest sources, those of brighter ones first.
std::vector<Quad> Search::image_quads(const Depth& depth, bool mirrored) const {
  const auto n = std::min<std::size_t>(bright_.size(), static_cast<std::size_t>(depth.n_source));
  std::vector<PixelPos> image(bright_.begin(), bright_.begin() + static_cast<std::ptrdiff_t>(n));
  if (mirrored)
    for (PixelPos& p : image) p.x_px = -p.x_px;
  std::vector<Quad> quads = quads_of(image, kShortestSide * half_diagonal(),
                                     depth.longest * half_diagonal(), kMaxImageQuads);
  std::ranges::stable_sort(quads, {},
                           [](const Quad& q) { return *std::ranges::max_element(q.star); });
  return quads;
}

std::optional<Solution> Search::by_quads_at(const Depth& depth, std::span<const PixelPos> plane,
                                            double n_frame) {
  const auto brightest = [&](double n_per_frame) {
    return plane.first(
        std::min(plane.size(), static_cast<std::size_t>(std::ceil(n_per_frame * n_frame))));
  };
  const double slack = 1.0 + breadth_.scale_share;
  const std::vector<Quad> known =
      quads_of(brightest(depth.n_star_per_frame), kShortestSide * half_diagonal() / slack,
               depth.longest * half_diagonal() * slack, kMaxCatalogQuads);
  const double most_scale = kLengthSlack * slack;
  const QuadTable index{known, config_.code_tolerance, most_scale};
  const PointIndex near_by{brightest(static_cast<double>(config_.n_bright_sources))};
  std::vector<std::int64_t> found;
  for (const bool mirrored : {false, true}) {
    if (config_.parity == (mirrored ? "normal" : "mirrored")) continue;
    for (const Quad& quad : image_quads(depth, mirrored)) {
      ++now().n_quad;
      index.near(quad, found);
      for (const std::int64_t i : found) {
        const Quad& other = known[static_cast<std::size_t>(i)];
        if (const auto rough = hypothesis(quad, other, plane, near_by, mirrored))
          if (auto solution = judged(*rough, config_.match_radius_px)) return solution;
      }
    }
  }
  return std::nullopt;
}

std::optional<Solution> Search::by_quads(const Breadth& breadth) {
  static constexpr std::array<Depth, 4> kDepths{
      {{12, 12.0, 1.5}, {20, 20.0, 1.5}, {30, 24.0, 1.0}, {60, 36.0, 1.0}}};
  breadth_ = breadth;
  attempts_.push_back({.what = fmt::format("quads within {:.2f} deg and {:.0f} % in scale",
                                           breadth.pointing_deg, 100.0 * breadth.scale_share)});
  const double px_per_deg = 3600.0 / hint_.scale_arcsec_px;
  const double reach_px =
      breadth.pointing_deg * px_per_deg + half_diagonal() * (1.0 + breadth.scale_share);
  const TangentPlane about{hint_.pointing};
  std::vector<PixelPos> plane;  // brightest first
  for (const std::int64_t i : by_brightness_.row) {
    const auto place = about.project(star(i));
    if (!place) continue;
    const PixelPos p{-place->xi_deg * px_per_deg, place->eta_deg * px_per_deg};
    if (std::hypot(p.x_px, p.y_px) > reach_px) continue;
    plane.push_back(p);
    if (static_cast<std::int64_t>(plane.size()) >= config_.max_catalog_stars) break;
  }
  const double n_frame = std::max(1.0, kPi * reach_px * reach_px / (width_ * height_));
  for (const Depth& depth : kDepths) {
    if (auto solution = by_quads_at(depth, plane, n_frame)) return solution;
    if (depth.n_source >= static_cast<std::int64_t>(bright_.size()) &&
        depth.n_star_per_frame * n_frame >= static_cast<double>(plane.size()))
      break;  // nothing deeper to try
  }
  return std::nullopt;
}

}  // namespace skyweft::sky
