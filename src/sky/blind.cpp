// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/blind.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <utility>
#include <vector>

#include "core/healpix.hpp"
#include "sky/blind_field.hpp"
#include "sky/match.hpp"
#include "sky/sky_index.hpp"
#include "sky/verify.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

constexpr double kShortest = 0.15;         ///< |AB| of image quads in half diagonals
constexpr double kScaleSlack = 1.1;        ///< on the fields the index is for
constexpr double kTrialOdds = 6.907755;    ///< ln 1000: this much below the limit is grown
constexpr std::int64_t kHitsPerQuad = 30;  ///< on average; more ends the search
constexpr std::array<double, 3> kLooseness{0.0, 0.004, 0.012};  ///< scatter per |AB|
/// Distortion is unknown, so growing is tried in some ways: circle and tolerance per |AB|.
constexpr std::array<double, 2> kFirstReaches{0.6, 1.0};
constexpr std::array<double, 3> kGrowTolerances{0.006, 0.012, 0.025};
constexpr double kQuickShare = 0.4;  ///< of index stars that are among the bright sources
constexpr double kQuickOdds = 1.6;   ///< ln 5
constexpr std::size_t kQuickStars = 24;
constexpr int kQuickFewest = 5;

/// A tangent plane for unit vectors, x to the west and y to the north, in radians.
struct VectorPlane {
  explicit VectorPlane(const Vec3& towards) {
    const double n =
        std::sqrt(towards[0] * towards[0] + towards[1] * towards[1] + towards[2] * towards[2]);
    middle = {towards[0] / n, towards[1] / n, towards[2] / n};
    const SkyPos at = direction_of(middle);
    const double sr = std::sin(at.ra.rad()), cr = std::cos(at.ra.rad());
    const double sd = std::sin(at.dec.rad()), cd = std::cos(at.dec.rad());
    west = {sr, -cr, 0.0};
    north = {-sd * cr, -sd * sr, cd};
  }
  static double dot(const Vec3& a, const Vec3& b) {
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  }
  /// NaN behind the plane.
  PixelPos operator()(const Vec3& v) const {
    const double depth = dot(v, middle);
    const double by = depth > 0.05 ? 1.0 / depth : kNaN;
    return {dot(v, west) * by, dot(v, north) * by};
  }
  Vec3 middle, west, north;
};

/// A hit: four detections and four stars of a band.
struct Hypothesis {
  const IndexBand& band;
  const QuadStars& rows;
  const std::array<std::int64_t, 4>& source;
  VectorPlane plane;
  Similarity to_frame;  ///< radians in the plane → px
  double length_px;
  PixelPos middle_px{};
};

class Search {
 public:
  Search(const SourceList& sources, std::int64_t nx, std::int64_t ny, const SkyIndex& index,
         const BlindHint& hint, const BlindConfig& config)
      : index_(index), hint_(hint), config_(config), nx_(nx), ny_(ny) {
    const auto n = std::min(static_cast<std::size_t>(config.n_bright_sources), sources.x_px.size());
    for (std::size_t i = 0; i < n; ++i) bright_.push_back({sources.x_px[i], sources.y_px[i]});
    const double side = static_cast<double>(std::min(nx, ny));
    low_ = index.low_deg * kRadPerDeg / side / kScaleSlack;
    high_ = index.high_deg * kRadPerDeg / side * kScaleSlack;
    if (hint.low_arcsec_px > 0.0) low_ = std::max(low_, hint.low_arcsec_px / kArcsecPerRad);
    if (hint.high_arcsec_px > 0.0) high_ = std::min(high_, hint.high_arcsec_px / kArcsecPerRad);
  }

  std::optional<BlindMatch> run();
  const BlindAttempts& attempts() const { return attempts_; }

 private:
  double width() const { return static_cast<double>(nx_); }
  double height() const { return static_cast<double>(ny_); }
  double half_diagonal() const { return 0.5 * std::hypot(width(), height()); }
  double area() const { return width() * height(); }
  PixelPos middle() const { return {0.5 * (width() - 1.0), 0.5 * (height() - 1.0)}; }
  bool in_frame(const PixelPos& p) const {
    return p.x_px >= -0.5 && p.y_px >= -0.5 && p.x_px < width() - 0.5 && p.y_px < height() - 0.5;
  }
  bool spent() const {
    return attempts_.n_quad >= config_.max_quads ||
           attempts_.n_hit >= kHitsPerQuad * config_.max_quads;
  }

  std::optional<BlindMatch> four(const std::array<std::int64_t, 4>& chosen);
  std::optional<BlindMatch> look_up(const Quad& quad, bool mirrored);
  std::optional<BlindMatch> checked(const Quad& quad, const IndexBand& band, std::uint32_t i_quad,
                                    bool mirrored);
  bool looks_right(const Hypothesis& h) const;
  std::optional<BlindMatch> verified(const Hypothesis& h);
  double odds_of(const Hypothesis& h, std::span<const std::uint32_t> rows) const;
  double odds_of(const GrownField& grown, std::span<const SkyPos> stars) const;
  double nearest2(const PixelPos& p) const;

  const SkyIndex& index_;
  const BlindHint& hint_;
  const BlindConfig& config_;
  std::int64_t nx_;
  std::int64_t ny_;
  double low_ = 0.0;  ///< rad per px
  double high_ = 0.0;
  std::vector<PixelPos> bright_;
  std::vector<std::uint32_t> found_;
  BlindAttempts attempts_;
};

std::optional<BlindMatch> Search::run() {
  if (!(low_ <= high_)) return std::nullopt;
  const auto n = static_cast<std::int64_t>(bright_.size());
  for (std::int64_t l = 3; l < n; ++l)
    for (std::int64_t k = 2; k < l; ++k)
      for (std::int64_t j = 1; j < k; ++j)
        for (std::int64_t i = 0; i < j; ++i) {
          if (auto match = four({i, j, k, l})) return match;
          if (spent()) return std::nullopt;
        }
  return std::nullopt;
}

std::optional<BlindMatch> Search::four(const std::array<std::int64_t, 4>& chosen) {
  std::array<PixelPos, 4> at;
  for (std::size_t k = 0; k < 4; ++k) at[k] = bright_[static_cast<std::size_t>(chosen[k])];
  bool inside = false;
  const Quad normal = make_quad(at, chosen, inside);
  if (!inside || normal.length < kShortest * half_diagonal()) return std::nullopt;
  ++attempts_.n_quad;
  if (hint_.parity != "mirrored")
    if (auto match = look_up(normal, false)) return match;
  if (hint_.parity == "normal") return std::nullopt;
  for (PixelPos& p : at) p.x_px = -p.x_px;
  return look_up(make_quad(at, chosen, inside), true);
}

std::optional<BlindMatch> Search::look_up(const Quad& quad, bool mirrored) {
  QuadCode code{};
  for (std::size_t k = 0; k < 4; ++k) code[k] = static_cast<float>(quad.code[k]);
  for (const IndexBand& band : index_.bands) {
    if (band.low_rad * std::numbers::sqrt2 < low_ * quad.length ||
        band.low_rad > high_ * quad.length)
      continue;
    quads_near(band, code, static_cast<float>(config_.code_tolerance), found_);
    for (const std::uint32_t i : found_) {
      ++attempts_.n_hit;
      if (auto match = checked(quad, band, i, mirrored)) return match;
    }
  }
  return std::nullopt;
}

/// The similarity of one hit, and what follows from it.
std::optional<BlindMatch> Search::checked(const Quad& quad, const IndexBand& band,
                                          std::uint32_t i_quad, bool mirrored) {
  const QuadStars& rows = band.quads[i_quad];
  std::array<Vec3, 4> star;
  Vec3 sum{};
  for (std::size_t k = 0; k < 4; ++k) {
    if (rows[k] >= band.stars.size()) return std::nullopt;  // a damaged file
    star[k] = direction(band.stars[rows[k]]);
    for (std::size_t axis = 0; axis < 3; ++axis) sum[axis] += star[k][axis];
  }
  Hypothesis h{.band = band,
               .rows = rows,
               .source = quad.star,
               .plane = VectorPlane{sum},
               .to_frame = {},
               .length_px = quad.length};
  std::array<PixelPos, 4> from;
  std::array<PixelPos, 4> to;
  for (std::size_t k = 0; k < 4; ++k) {
    from[k] = h.plane(star[k]);
    to[k] = bright_[static_cast<std::size_t>(quad.star[k])];
    h.middle_px.x_px += 0.25 * to[k].x_px;
    h.middle_px.y_px += 0.25 * to[k].y_px;
  }
  // The catalogue's plane is seen from inside the sphere: x to the west, as a frame that is not
  // mirrored has it.
  h.to_frame = fit_similarity(from, to, mirrored);
  const double scale = 1.0 / h.to_frame.scale();
  if (!(scale >= low_ && scale <= high_)) return std::nullopt;
  const double worst = std::max(3.0, 2.0 * config_.code_tolerance * quad.length);
  for (std::size_t k = 0; k < 4; ++k) {
    const PixelPos p = h.to_frame(from[k]);
    if (!(std::hypot(p.x_px - to[k].x_px, p.y_px - to[k].y_px) <= worst)) return std::nullopt;
  }
  if (!looks_right(h)) return std::nullopt;
  return verified(h);
}

double Search::nearest2(const PixelPos& p) const {
  double best = 1e300;
  for (const PixelPos& s : bright_) {
    const double dx = s.x_px - p.x_px;
    const double dy = s.y_px - p.y_px;
    best = std::min(best, dx * dx + dy * dy);
  }
  return best;
}

/// Whether the bright index stars around the quad fall on detections more often than by chance.
/// One contiguous read: the four cells of one parent.
bool Search::looks_right(const Hypothesis& h) const {
  const IndexBand& band = h.band;
  StarRange range{0, static_cast<std::uint32_t>(band.stars.size())};
  double cell_area = 4.0 * kPi;
  if (band.order > 0) {
    const std::int64_t parent = healpix::parent_of(healpix::cell_of(h.plane.middle, band.order));
    range = stars_of_cells(band, 4 * parent, 4 * parent + 4);
    cell_area /= static_cast<double>(healpix::n_cells(band.order - 1));
  }
  // As deep as the sources are.
  const double px_per_rad = h.to_frame.scale();
  const double expected =
      static_cast<double>(bright_.size()) * cell_area * px_per_rad * px_per_rad / area();
  const std::size_t n_wanted = std::min<std::size_t>(
      range.to - range.from, static_cast<std::size_t>(std::clamp(expected, 10.0, 200.0)));
  std::array<std::uint32_t, 256> row{};
  const std::size_t n_row = std::min<std::size_t>(range.to - range.from, row.size());
  for (std::size_t i = 0; i < n_row; ++i) row[i] = range.from + static_cast<std::uint32_t>(i);
  const std::span<std::uint32_t> rows{row.data(), n_row};
  const auto n_sorted = static_cast<std::ptrdiff_t>(std::min(n_wanted, n_row));
  std::ranges::partial_sort(rows, rows.begin() + n_sorted, [&](std::uint32_t a, std::uint32_t b) {
    return std::pair{band.stars[a].mag, a} < std::pair{band.stars[b].mag, b};
  });
  const double sigma = 1.0 + 0.005 * h.length_px;
  const double anchor2 = 0.25 * h.length_px * h.length_px;
  double odds = 0.0;
  int n_in = 0;
  for (std::ptrdiff_t i = 0; i < n_sorted && n_in < static_cast<int>(kQuickStars); ++i) {
    if (std::ranges::find(h.rows, rows[static_cast<std::size_t>(i)]) != h.rows.end()) continue;
    const PixelPos p =
        h.to_frame(h.plane(direction(band.stars[rows[static_cast<std::size_t>(i)]])));
    if (!in_frame(p)) continue;
    ++n_in;
    const double dx = p.x_px - h.middle_px.x_px;
    const double dy = p.y_px - h.middle_px.y_px;
    const double reach2 = 9.0 * sigma * sigma * (1.0 + (dx * dx + dy * dy) / anchor2);
    const double by_chance =
        std::min(kQuickShare, static_cast<double>(bright_.size()) * kPi * reach2 / area());
    odds += nearest2(p) <= reach2 ? std::log(kQuickShare / by_chance)
                                  : std::log((1.0 - kQuickShare) / (1.0 - by_chance));
  }
  return n_in < kQuickFewest || odds > kQuickOdds;
}

/// The odds of the bare similarity, averaged over what its scatter may be.
double Search::odds_of(const Hypothesis& h, std::span<const std::uint32_t> rows) const {
  std::vector<PixelPos> stars;
  for (const std::uint32_t i : rows) {
    if (std::ranges::find(h.rows, i) != h.rows.end()) continue;
    const PixelPos p = h.to_frame(h.plane(direction(h.band.stars[i])));
    if (!in_frame(p)) continue;
    stars.push_back(p);
    if (stars.size() >= bright_.size()) break;
  }
  std::vector<PixelPos> others;
  for (std::size_t i = 0; i < bright_.size(); ++i)
    if (std::ranges::find(h.source, static_cast<std::int64_t>(i)) == h.source.end())
      others.push_back(bright_[i]);
  std::array<double, kLooseness.size()> odds{};
  for (std::size_t k = 0; k < odds.size(); ++k)
    odds[k] = log_odds(others, stars,
                       {.area_px2 = area(),
                        .sigma_px = std::hypot(1.0, kLooseness[k] * h.length_px),
                        .centre = h.middle_px,
                        .anchor_px = 0.5 * h.length_px});
  const double most = *std::ranges::max_element(odds);
  double sum = 0.0;
  for (const double o : odds) sum += std::exp(o - most);
  return most + std::log(sum / static_cast<double>(odds.size()));
}

/// The odds of a grown solution, as many pairs left out as it has terms per axis.
double Search::odds_of(const GrownField& grown, std::span<const SkyPos> stars) const {
  if (grown.n_matched < 4) return -1e9;
  std::vector<PixelPos> predicted;
  for (const SkyPos& star : stars) {
    const PixelPos p = to_pixel(grown.wcs, star);
    if (in_frame(p)) predicted.push_back(p);
    if (predicted.size() >= bright_.size()) break;
  }
  const double sigma = std::isfinite(grown.rms_px) ? std::max(1.0, grown.rms_px) : 2.0;
  return log_odds(bright_, predicted,
                  {.area_px2 = area(), .sigma_px = sigma, .free_pairs = grown.n_term});
}

std::optional<BlindMatch> Search::verified(const Hypothesis& h) {
  ++attempts_.n_checked;
  const Similarity& s = h.to_frame;
  // Where the frame's middle lies in the plane.
  const double hand = s.mirrored ? -1.0 : 1.0;
  const double dx = middle().x_px - s.x0;
  const double dy = middle().y_px - s.y0;
  const double norm = s.a * s.a + s.b * s.b;
  const double west = hand * (s.a * dx + s.b * dy) / norm;
  const double north = (s.a * dy - s.b * dx) / norm;
  Vec3 v{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    v[axis] = h.plane.middle[axis] + west * h.plane.west[axis] + north * h.plane.north[axis];
  const double radius = 1.1 * half_diagonal() / s.scale();
  const std::vector<std::uint32_t> rows = stars_around(h.band, direction_of(v), radius);
  const double trial = odds_of(h, rows);
  attempts_.best_log_odds = std::max(attempts_.best_log_odds, trial);
  if (trial < config_.min_log_odds - kTrialOdds) return std::nullopt;

  const double per_deg = kRadPerDeg;
  const Wcs start{.centre = direction_of(h.plane.middle),
                  .unit_deg = 1.0,
                  .order = 1,
                  .cx = {s.x0, -hand * s.a * per_deg, -s.b * per_deg},
                  .cy = {s.y0, -hand * s.b * per_deg, s.a * per_deg}};
  std::vector<SkyPos> stars;
  for (const std::uint32_t i : rows) {
    stars.push_back(direction_of(direction(h.band.stars[i])));
    if (stars.size() >= 4 * bright_.size()) break;
  }
  GrownField best;
  double odds = -1e9;
  for (const double reach : kFirstReaches)
    for (const double tolerance : kGrowTolerances) {
      GrownField grown = grow_solution(start, h.middle_px, reach * h.length_px,
                                       tolerance * h.length_px, bright_, stars, nx_, ny_);
      const double its = odds_of(grown, stars);
      if (its <= odds) continue;
      odds = its;
      best = std::move(grown);
    }
  attempts_.best_log_odds = std::max(attempts_.best_log_odds, odds);
  if (odds < config_.min_log_odds) {
    if (trial < config_.min_log_odds) return std::nullopt;
    // The similarity needs no more proof: its four pairs were not counted.
    return BlindMatch{.rough = recentred(start, to_sky(start, middle()), nx_, ny_),
                      .log_odds = trial,
                      .n_matched = 0};
  }
  return BlindMatch{.rough = best.wcs, .log_odds = odds, .n_matched = best.n_matched};
}

}  // namespace

std::optional<BlindMatch> solve_blind(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                                      const SkyIndex& index, const BlindHint& hint,
                                      const BlindConfig& config, BlindAttempts* attempts) {
  Search search{sources, nx, ny, index, hint, config};
  auto match = search.run();
  if (attempts != nullptr) *attempts = search.attempts();
  return match;
}

}  // namespace skyweft::sky
