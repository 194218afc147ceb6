// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/refine.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/robust.hpp"
#include "sky/point_grid.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;  // (source, chosen star)

constexpr int kMaxFullRounds = 20;
constexpr double kStill_px = 0.005;  ///< a smaller move of the corners ends the iteration
constexpr double kMagTolerance = 1.5;
constexpr double kCentroidFloor_px = 0.05;
/// Sources per coefficient that climbing needs: six times what the coefficients need, so that the
/// corners have theirs.
constexpr std::int64_t kClimbers = 30;

/// One solution while it is refined.
class Refinement {
 public:
  Refinement(const Wcs& start, const SourceList& sources, std::int64_t nx, std::int64_t ny,
             const StarCatalog& stars, const BrightFirst& bright, const SolveConfig& config)
      : sources_(sources),
        stars_(stars),
        config_(config),
        nx_(static_cast<double>(nx)),
        ny_(static_cast<double>(ny)),
        current_(start),
        unit_deg_(0.5 * std::hypot(nx_, ny_) * scale_arcsec_px(start, middle()) / 3600.0),
        radius_px_(config.match_radius_px) {
    read_sources();
    choose_stars(bright);
    const double side_deg = std::max(nx_, ny_) * scale_arcsec_px(start, middle()) / 3600.0;
    wanted_order_ = static_cast<int>(config.distortion_order);
    if (wanted_order_ == 0)
      wanted_order_ = side_deg < 4.0 ? 3 : side_deg < 8.0 ? 4 : side_deg < 15.0 ? 5 : 7;
  }

  Solution run();

 private:
  PixelPos middle() const { return {0.5 * (nx_ - 1.0), 0.5 * (ny_ - 1.0)}; }
  void read_sources();
  void choose_stars(const BrightFirst& bright);
  bool climb_and_settle(std::size_t n_source, bool climb);
  bool one_round(const PointGrid& grid, std::size_t n_star, int order);
  Pairs consistent(Pairs pairs) const;
  double magnitude_difference(std::int64_t source, std::int64_t star) const;
  double distance(const std::pair<std::int64_t, std::int64_t>& pair) const;
  void predict(std::size_t n_star);
  double corner_move_px(const Wcs& before, const Wcs& after) const;

  const SourceList& sources_;
  const StarCatalog& stars_;
  const SolveConfig& config_;
  double nx_;
  double ny_;
  Wcs current_;
  double unit_deg_;
  double radius_px_;
  int wanted_order_ = 1;
  std::vector<PixelPos> source_px_;
  std::vector<double> weight_;        ///< 1/σ of a centroid, px
  std::vector<std::int64_t> chosen_;  ///< rows of stars_ worth matching, brightest first
  std::vector<double> colour_;        ///< of the chosen, minus colour_zero, 0 when unknown
  double colour_zero_ = 0.0;
  StarVectors at_;             ///< of the chosen
  std::vector<double> u_, v_;  ///< of the chosen, about current_.centre
  std::vector<PixelPos> predicted_;
  Pairs pairs_;
  bool same_pairs_ = false;
  double move_px_ = kNaN;
  double rms_px_ = kNaN;
  double condition_ = kNaN;
  bool converged_ = false;
};

void Refinement::read_sources() {
  const std::size_t n = sources_.x_px.size();
  const bool has_error = sources_.pos_err_px.size() == n;
  const bool has_shape = sources_.snr.size() == n && sources_.fwhm_px.size() == n;
  source_px_.reserve(n);
  weight_.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    source_px_.push_back({sources_.x_px[i], sources_.y_px[i]});
    double sigma = 0.0;
    if (has_error && sources_.pos_err_px[i] > 0.0f)
      sigma = static_cast<double>(sources_.pos_err_px[i]);
    else if (has_shape && sources_.snr[i] > 0.0f && sources_.fwhm_px[i] > 0.0f)
      sigma =
          static_cast<double>(sources_.fwhm_px[i]) / 2.3548 / static_cast<double>(sources_.snr[i]);
    weight_.push_back(1.0 / std::hypot(kCentroidFloor_px, sigma));
  }
}

/// Stars in and around the frame, the brightest few per source: a deep catalogue would offer every
/// source a chance partner.
void Refinement::choose_stars(const BrightFirst& bright) {
  const std::size_t n = bright.row.size();
  u_.resize(n);
  v_.resize(n);
  std::vector<double> x(n);
  std::vector<double> y(n);
  project_all(bright.at, 0, current_.centre, current_.unit_deg, u_, v_);
  evaluate(current_, u_, v_, x, y);
  const double margin = 0.05 * std::max(nx_, ny_);
  const std::size_t most = std::max<std::size_t>(100, 3 * source_px_.size());
  std::size_t k = 0;
  for (std::size_t i = 0; i < n && k < most; ++i) {
    if (!(x[i] > -margin && y[i] > -margin && x[i] < nx_ + margin && y[i] < ny_ + margin)) continue;
    chosen_.push_back(bright.row[i]);
    at_.x.push_back(bright.at.x[i]);
    at_.y.push_back(bright.at.y[i]);
    at_.z.push_back(bright.at.z[i]);
    u_[k] = u_[i];
    v_[k] = v_[i];
    ++k;
  }
  u_.resize(k);
  v_.resize(k);
  predicted_.resize(k);
  if (!config_.colour_term) return;
  std::vector<double> known;
  for (const std::int64_t row : chosen_)
    known.push_back(static_cast<double>(stars_.colour[static_cast<std::size_t>(row)]));
  colour_zero_ = median_of_finite(std::span<const double>{known});
  if (std::isfinite(colour_zero_))
    for (const double c : known) colour_.push_back(std::isfinite(c) ? c - colour_zero_ : 0.0);
  else
    colour_zero_ = 0.0;
}

void Refinement::predict(std::size_t n_star) {
  std::vector<double> x(n_star);
  std::vector<double> y(n_star);
  evaluate(current_, std::span{u_}.first(n_star), std::span{v_}.first(n_star), x, y);
  for (std::size_t i = 0; i < n_star; ++i) {
    const double colour = colour_.empty() ? 0.0 : colour_[i];
    predicted_[i] = {x[i] + current_.colour_x_px * colour, y[i] + current_.colour_y_px * colour};
  }
}

double Refinement::magnitude_difference(std::int64_t source, std::int64_t star) const {
  const auto s = static_cast<std::size_t>(source);
  if (sources_.flux_e.size() <= s || !(sources_.flux_e[s] > 0.0f)) return kNaN;
  const auto row = static_cast<std::size_t>(chosen_[static_cast<std::size_t>(star)]);
  return static_cast<double>(stars_.mag[row]) -
         (25.0 - 2.5 * std::log10(static_cast<double>(sources_.flux_e[s])));
}

/// Drops pairs whose brightness disagrees with the rest.
Pairs Refinement::consistent(Pairs pairs) const {
  std::vector<double> difference;
  difference.reserve(pairs.size());
  for (const auto& [source, star] : pairs) difference.push_back(magnitude_difference(source, star));
  const RobustSummary s = robust_summary(std::span<const double>{difference});
  if (s.n < 5) return pairs;
  const double limit = std::max(kMagTolerance, 3.0 * s.sigma);
  std::size_t n = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (!(std::abs(difference[i] - s.median) > limit)) pairs[n++] = pairs[i];
  pairs.resize(n);
  return pairs;
}

double Refinement::distance(const std::pair<std::int64_t, std::int64_t>& pair) const {
  const PixelPos& s = source_px_[static_cast<std::size_t>(pair.first)];
  const PixelPos& p = predicted_[static_cast<std::size_t>(pair.second)];
  return std::hypot(p.x_px - s.x_px, p.y_px - s.y_px);
}

double Refinement::corner_move_px(const Wcs& before, const Wcs& after) const {
  double most = 0.0;
  for (const double x : {0.0, nx_ - 1.0})
    for (const double y : {0.0, ny_ - 1.0}) {
      const PixelPos p = to_pixel(before, to_sky(after, {x, y}));
      const double move = std::hypot(p.x_px - x, p.y_px - y);
      most = std::max(most, std::isfinite(move) ? move : 1e9);
    }
  return most;
}

/// Matches the first n_star stars and fits; false when that cannot be done.
bool Refinement::one_round(const PointGrid& grid, std::size_t n_star, int order) {
  predict(n_star);
  Pairs pairs = mutual_nearest(grid, std::span{predicted_}.first(n_star), radius_px_);
  if (!pairs_.empty()) pairs = consistent(std::move(pairs));
  const SkyPos centre = to_sky(current_, middle());
  if (pairs.size() < 4 || !std::isfinite(centre.ra.rad())) return false;

  Wcs guide{.centre = centre, .unit_deg = unit_deg_, .order = 1, .cx = {}, .cy = {}};
  const double units = unit_deg_ / current_.unit_deg;
  guide.cx = {middle().x_px, units * current_.cx[1], units * current_.cx[2]};
  guide.cy = {middle().y_px, units * current_.cy[1], units * current_.cy[2]};
  project_all(at_, 0, centre, unit_deg_, u_, v_);
  std::vector<double> u, v, x, y, w, c;
  for (const auto& [source, star] : pairs) {
    const auto i = static_cast<std::size_t>(source);
    const auto j = static_cast<std::size_t>(star);
    u.push_back(u_[j]);
    v.push_back(v_[j]);
    x.push_back(source_px_[i].x_px);
    y.push_back(source_px_[i].y_px);
    w.push_back(weight_[i]);
    if (!colour_.empty()) c.push_back(colour_[j]);
  }
  auto next =
      fit_plane({.u = u, .v = v, .x_px = x, .y_px = y, .weight = w, .colour = c}, guide, nx_, ny_,
                {.highest_order = order,
                 .choose_order = config_.choose_order,
                 .clip_sigma = config_.clip_sigma});
  if (!next) return false;
  next->wcs.colour_zero = colour_zero_;
  move_px_ = corner_move_px(current_, next->wcs);
  current_ = std::move(next->wcs);
  condition_ = next->condition;
  std::size_t n = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if (next->kept[i] != 0) pairs[n++] = pairs[i];
  pairs.resize(n);
  same_pairs_ = pairs == pairs_;
  pairs_ = std::move(pairs);
  predict(n_star);
  double sum = 0.0;
  for (const auto& pair : pairs_) sum += std::pow(distance(pair), 2);
  rms_px_ = std::sqrt(sum / static_cast<double>(pairs_.size()));
  return true;
}

bool Refinement::climb_and_settle(std::size_t n_source, bool climb) {
  const PointGrid grid{std::span{source_px_}.first(n_source), 2.0 * config_.match_radius_px};
  const std::size_t n_star =
      n_source == source_px_.size() ? chosen_.size() : std::min(chosen_.size(), 3 * n_source);
  const int n_climb = climb ? 2 * (wanted_order_ - 1) : 0;
  converged_ = false;
  for (int round = 0; round < n_climb + kMaxFullRounds; ++round) {
    const int order = climb ? std::min(wanted_order_, 1 + round / 2) : wanted_order_;
    if (!one_round(grid, n_star, order)) return false;
    if (round < n_climb) continue;
    const double shrunk =
        std::min(config_.match_radius_px, std::max(config_.min_match_radius_px, 3.0 * rms_px_));
    converged_ = shrunk >= radius_px_ && (same_pairs_ || move_px_ < kStill_px);
    if (converged_) break;
    radius_px_ = std::min(radius_px_, shrunk);
  }
  return true;
}

Solution Refinement::run() {
  Solution out;
  const auto n_climber =
      static_cast<std::size_t>(std::max<std::int64_t>(600, kClimbers * n_wcs_terms(wanted_order_)));
  const Wcs start = current_;
  const std::vector<double> u = u_;
  const std::vector<double> v = v_;
  bool climbed = false;
  if (source_px_.size() > 2 * n_climber) {
    climbed = climb_and_settle(n_climber, true);
    if (!climbed) {  // the brightest are not the catalogue's: all together then
      current_ = start;
      u_ = u;
      v_ = v;
      pairs_.clear();
    }
    radius_px_ = config_.match_radius_px;
    same_pairs_ = false;
  }
  if (!climb_and_settle(source_px_.size(), !climbed)) return out;
  out.wcs = current_;
  out.n_matched = static_cast<std::int64_t>(pairs_.size());
  out.rms_px = rms_px_;
  out.converged = converged_;
  out.move_px = move_px_;
  out.condition = condition_;
  std::vector<double> difference;
  for (auto& [source, star] : pairs_) {
    difference.push_back(magnitude_difference(source, star));
    out.matches.emplace_back(source, chosen_[static_cast<std::size_t>(star)]);
  }
  out.zero_point = median_of_finite(std::span<const double>{difference});
  return out;
}

}  // namespace

Solution refine(const Wcs& start, const SourceList& sources, std::int64_t nx, std::int64_t ny,
                const StarCatalog& stars, const BrightFirst& bright, const SolveConfig& config) {
  return Refinement{start, sources, nx, ny, stars, bright, config}.run();
}

}  // namespace skyweft::sky
