// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/solve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "core/error.hpp"
#include "sky/match.hpp"
#include "sky/points.hpp"
#include "sky/projection.hpp"
#include "sky/refine.hpp"
#include "sky/verify.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

/// Quads of this many brightest sources, and as many catalogue stars per frame's area, in turn.
/// Deeper ones are kept small, so that all of them fit below the limits on their number: a frame
/// that shares few stars with the catalogue needs completeness more than long quads.
struct Depth {
  std::int64_t n_source;
  double n_star_per_frame;
  double longest;  ///< |AB| in half diagonals
};
constexpr std::array<Depth, 4> kDepths{
    {{12, 12.0, 1.5}, {20, 20.0, 1.5}, {30, 24.0, 1.0}, {60, 36.0, 1.0}}};
constexpr std::int64_t kMaxImageQuads = 60000;
constexpr std::int64_t kMaxCatalogQuads = 300000;
constexpr double kShortestSide = 0.15;  ///< |AB| in half diagonals
constexpr double kLengthSlack = 1.05;   ///< |AB| alone tells the scale this well
constexpr double kLooseness = 2.0;      ///< on the hint's scale, for solutions already refined
/// ln 1000: a hypothesis this much below the limit is refined.
constexpr double kTrialOdds = 6.907755;
constexpr double kVoteSigma_px = 2.0;

struct Attempts {
  Solution best;  ///< of the refined ones, by odds
  double best_log_odds = -1e9;
  bool refined = false;
  std::int64_t n_quad = 0;
  std::int64_t n_hypothesis = 0;
};

class Search {
 public:
  Search(const SourceList& sources, std::int64_t nx, std::int64_t ny, const StarCatalog& stars,
         const SolveHint& hint, const SolveConfig& config)
      : sources_(sources),
        stars_(stars),
        hint_(hint),
        config_(config),
        nx_(nx),
        ny_(ny),
        width_(static_cast<double>(nx)),
        height_(static_cast<double>(ny)) {
    const auto n = std::min(static_cast<std::size_t>(config.n_bright_sources), sources.x_px.size());
    for (std::size_t i = 0; i < n; ++i) bright_.push_back({sources.x_px[i], sources.y_px[i]});
    by_brightness_.resize(static_cast<std::size_t>(stars.size()));
    for (std::size_t i = 0; i < by_brightness_.size(); ++i)
      by_brightness_[i] = static_cast<std::int64_t>(i);
    std::ranges::stable_sort(by_brightness_,
                             [&](std::int64_t a, std::int64_t b) { return mag(a) < mag(b); });
  }

  /// A shift of `previous`, verified and refined.
  std::optional<Solution> by_shift(const Wcs& previous);
  /// Quads near the hint.
  std::optional<Solution> by_quads();

  const Attempts& attempts() const { return attempts_; }

 private:
  float mag(std::int64_t i) const {
    const float m = stars_.mag[static_cast<std::size_t>(i)];
    return std::isfinite(m) ? m : std::numeric_limits<float>::infinity();
  }
  SkyPos star(std::int64_t i) const {
    const auto k = static_cast<std::size_t>(i);
    return {Angle::from_deg(stars_.ra_deg[k]), Angle::from_deg(stars_.dec_deg[k])};
  }
  PixelPos middle() const { return {0.5 * (width_ - 1.0), 0.5 * (height_ - 1.0)}; }
  double half_diagonal() const { return 0.5 * std::hypot(width_, height_); }
  bool in_frame(const PixelPos& p) const {
    return p.x_px >= -0.5 && p.y_px >= -0.5 && p.x_px < width_ - 0.5 && p.y_px < height_ - 0.5;
  }

  std::vector<PixelPos> bright_stars_in_frame(const Wcs& wcs) const;
  std::optional<Solution> judged(const Wcs& rough);
  std::optional<Solution> by_quads_at(const Depth& depth, std::span<const PixelPos> plane,
                                      double n_frame);
  std::vector<Quad> image_quads(const Depth& depth, bool mirrored) const;
  bool near_hint(double scale_arcsec_px, bool mirrored, double looseness) const;
  std::optional<Wcs> hypothesis(const Quad& image, const Quad& catalog,
                                std::span<const PixelPos> plane, const PointIndex& near_by,
                                bool mirrored);

  const SourceList& sources_;
  const StarCatalog& stars_;
  const SolveHint& hint_;
  const SolveConfig& config_;
  std::int64_t nx_;
  std::int64_t ny_;
  double width_;
  double height_;
  std::vector<PixelPos> bright_;
  std::vector<std::int64_t> by_brightness_;
  Attempts attempts_;
};

std::vector<PixelPos> Search::bright_stars_in_frame(const Wcs& wcs) const {
  std::vector<PixelPos> out;
  for (const std::int64_t i : by_brightness_) {
    const PixelPos p = to_pixel(wcs, star(i));
    if (!in_frame(p)) continue;
    out.push_back(p);
    if (static_cast<std::int64_t>(out.size()) >= config_.n_bright_sources) break;
  }
  return out;
}

/// True when scale and parity are what the user said, the scale to `looseness` tolerances.
bool Search::near_hint(double scale_arcsec_px, bool mirrored, double looseness) const {
  if (config_.parity == (mirrored ? "normal" : "mirrored")) return false;
  const double off = std::abs(std::log(scale_arcsec_px / hint_.scale_arcsec_px));
  return off <= looseness * std::log1p(config_.scale_tolerance);
}

/// Refines a rough solution and keeps it when all tests pass.
std::optional<Solution> Search::judged(const Wcs& rough) {
  Solution s = refine(rough, sources_, nx_, ny_, stars_, config_);
  if (s.n_matched < 4 ||
      !near_hint(scale_arcsec_px(s.wcs, middle()), is_mirrored(s.wcs), kLooseness))
    return std::nullopt;
  s.log_odds = log_odds(bright_, bright_stars_in_frame(s.wcs),
                        {.area_px2 = width_ * height_, .sigma_px = 1.0, .free_pairs = 3});
  if (!attempts_.refined || s.log_odds > attempts_.best.log_odds) attempts_.best = s;
  attempts_.refined = true;
  attempts_.best_log_odds = std::max(attempts_.best_log_odds, s.log_odds);
  if (s.n_matched < config_.min_matches || s.rms_px > config_.max_rms_px ||
      s.log_odds < config_.min_log_odds)
    return std::nullopt;
  return s;
}

std::optional<Solution> Search::by_shift(const Wcs& previous) {
  // The camera may have been turned or changed since: do not even look then.
  if (!near_hint(scale_arcsec_px(previous, middle()), is_mirrored(previous), kLooseness))
    return std::nullopt;
  const double reach =
      std::min(0.5 * std::max(width_, height_),
               config_.pointing_tolerance_deg * 3600.0 / scale_arcsec_px(previous, middle()));
  if (!std::isfinite(reach)) return std::nullopt;
  const double share = (width_ + 2.0 * reach) * (height_ + 2.0 * reach) / (width_ * height_);
  const auto most = static_cast<std::size_t>(share * static_cast<double>(config_.n_bright_sources));
  std::vector<PixelPos> predicted;
  for (const std::int64_t i : by_brightness_) {
    const PixelPos p = to_pixel(previous, star(i));
    if (!(p.x_px > -reach && p.y_px > -reach && p.x_px < width_ + reach &&
          p.y_px < height_ + reach))
      continue;
    predicted.push_back(p);
    if (predicted.size() >= most) break;
  }
  const PixelPos shift = voted_shift(predicted, bright_, reach, 2.0 * kVoteSigma_px);
  Wcs rough = previous;
  rough.cx[0] += shift.x_px;
  rough.cy[0] += shift.y_px;
  const double odds =
      log_odds(bright_, bright_stars_in_frame(rough),
               {.area_px2 = width_ * height_, .sigma_px = kVoteSigma_px, .free_pairs = 1});
  attempts_.best_log_odds = std::max(attempts_.best_log_odds, odds);
  if (odds < config_.min_log_odds - kTrialOdds) return std::nullopt;
  return judged(rough);
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
  if (std::abs(std::log(s.scale())) > std::log1p(config_.scale_tolerance)) return std::nullopt;
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
  if (std::hypot(there.x_px, there.y_px) > config_.pointing_tolerance_deg * px_per_deg)
    return std::nullopt;
  ++attempts_.n_hypothesis;

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
  const double odds = log_odds(others, stars,
                               {.area_px2 = width_ * height_,
                                .sigma_px = 1.0,
                                .centre = centre,
                                .anchor_px = 0.5 * image.length});
  attempts_.best_log_odds = std::max(attempts_.best_log_odds, odds);
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
  const double slack = 1.0 + config_.scale_tolerance;
  const std::vector<Quad> known =
      quads_of(brightest(depth.n_star_per_frame), kShortestSide * half_diagonal() / slack,
               depth.longest * half_diagonal() * slack, kMaxCatalogQuads);
  const QuadIndex index{known};
  const PointIndex near_by{brightest(static_cast<double>(config_.n_bright_sources))};
  const double most_scale = kLengthSlack * slack;
  std::vector<std::int64_t> found;
  for (const bool mirrored : {false, true}) {
    if (config_.parity == (mirrored ? "normal" : "mirrored")) continue;
    for (const Quad& quad : image_quads(depth, mirrored)) {
      ++attempts_.n_quad;
      index.near(quad.code, config_.code_tolerance, found);
      for (const std::int64_t i : found) {
        const Quad& other = known[static_cast<std::size_t>(i)];
        if (quad.length > most_scale * other.length || other.length > most_scale * quad.length)
          continue;
        if (const auto rough = hypothesis(quad, other, plane, near_by, mirrored))
          if (auto solution = judged(*rough)) return solution;
      }
    }
  }
  return std::nullopt;
}

std::optional<Solution> Search::by_quads() {
  const double px_per_deg = 3600.0 / hint_.scale_arcsec_px;
  const double reach_px = config_.pointing_tolerance_deg * px_per_deg +
                          half_diagonal() * (1.0 + config_.scale_tolerance);
  const TangentPlane about{hint_.pointing};
  std::vector<PixelPos> plane;  // brightest first
  for (const std::int64_t i : by_brightness_) {
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

}  // namespace

Solution solve_field(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& near_field, const SolveHint& hint,
                     const SolveConfig& config, const Wcs* previous) {
  const auto min_matches = static_cast<double>(config.min_matches);
  if (sources.size() < config.min_matches)
    throw Error{Errc::bad_input,
                fmt::format("only {} sources were detected, too few for a plate solution; lower "
                            "detect.threshold, or the frame is clouded",
                            sources.size())}
        .because({"n_matched", static_cast<double>(sources.size()), min_matches});
  if (!(hint.scale_arcsec_px > 0.0))
    throw Error{Errc::bad_input, "the pixel scale is unknown; set camera.NAME.scale_arcsec_px"}
        .because({"has_scale", 0.0, 1.0});
  Search search{sources, nx, ny, near_field, hint, config};
  if (previous != nullptr && previous->valid())
    if (auto solution = search.by_shift(*previous)) return *solution;
  if (auto solution = search.by_quads()) return *solution;

  const Attempts& tried = search.attempts();
  const Solution& best = tried.best;
  const std::string what = fmt::format(
      "no plate solution: {}{} quads of {} sources tried against {} catalogue stars within {:.2f} "
      "deg of RA {:.4f} Dec {:.4f} at {:.3f} arcsec/px, {} alignments checked",
      previous != nullptr && previous->valid() ? "a shift of the last solution and " : "",
      tried.n_quad, std::min<std::int64_t>(sources.size(), config.n_bright_sources),
      near_field.size(), config.pointing_tolerance_deg, hint.pointing.ra.deg(),
      hint.pointing.dec.deg(), hint.scale_arcsec_px, tried.n_hypothesis);
  const double odds = tried.refined ? best.log_odds : tried.best_log_odds;
  if (odds < config.min_log_odds)
    throw Error{Errc::bad_input,
                fmt::format("{}; best log odds {:.1f}, {:.1f} needed; check the pointing, "
                            "camera.NAME.scale_arcsec_px and the catalogue's depth",
                            what, odds, config.min_log_odds)}
        .because({"log_odds", odds, config.min_log_odds});
  if (best.n_matched < config.min_matches)
    throw Error{Errc::bad_input, fmt::format("{}; {} stars matched, {} needed", what,
                                             best.n_matched, config.min_matches)}
        .because({"n_matched", static_cast<double>(best.n_matched), min_matches});
  throw Error{Errc::bad_input,
              fmt::format("{}; {} stars matched but with {:.2f} px rms; check the focus and "
                          "solve.distortion_order",
                          what, best.n_matched, best.rms_px)}
      .because({"wcs_rms_px", best.rms_px, config.max_rms_px});
}

}  // namespace skyweft::sky
