// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/psf_flux.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/psf_group.hpp"
#include "phot/star_groups.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::phot {
namespace {

using shape::PixelWindow;

constexpr double kEdgeLight = 1e-3;       // off the frame, flagged
constexpr double kFlaggedLight = 0.01;    // on pixels that a flag tells of
constexpr double kMostInflation = 100.0;  // of the variance by neighbours, flagged
constexpr double kFarPx = 1e9;            // further away no pixel index would fit

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// The pixels from low to high of one axis, cut to [0, n) when n > 0.
void span_of(double low, double high, std::int64_t n, std::int64_t& first, std::int64_t& count) {
  first = static_cast<std::int64_t>(std::floor(low + 0.5));
  std::int64_t last = static_cast<std::int64_t>(std::ceil(high - 0.5));
  if (n > 0) {
    first = std::max<std::int64_t>(first, 0);
    last = std::min(last, n - 1);
  }
  count = std::max<std::int64_t>(last - first + 1, 0);
}

void check(const Frame& frame, std::span<const double> x_px, std::span<const double> y_px,
           std::span<const double> background_e, std::span<const double> background_err_e,
           const StarShapes& shapes, std::span<const float> catalog_mag) {
  const std::size_t n = x_px.size();
  if (y_px.size() != n || background_e.size() != n || background_err_e.size() != n ||
      catalog_mag.size() != n || (!shapes.empty() && at(shapes.n_star()) != n))
    throw Error{Errc::internal,
                fmt::format("PSF fluxes: {} x, {} y, {} backgrounds, {} errors of them, {} shapes "
                            "and {} magnitudes; they must be as many",
                            n, y_px.size(), background_e.size(), background_err_e.size(),
                            shapes.n_star(), catalog_mag.size())};
  if (!same_shape(frame.signal_e, frame.variance_e2) || !same_shape(frame.signal_e, frame.mask))
    throw Error{Errc::internal, "PSF fluxes: signal, variance and mask differ in shape"};
}

/// The stars of a frame, ready to be grouped and fitted.
class StarFluxes {
 public:
  StarFluxes(const Frame& frame, std::span<const double> x_px, std::span<const double> y_px,
             std::span<const double> background_e, std::span<const double> background_err_e,
             const StarShapes& shapes, const SubPixelMap& subpixels,
             std::span<const float> catalog_mag, const PsfFluxConfig& config, PsfFluxes& out)
      : frame_(frame),
        x_(x_px),
        y_(y_px),
        background_(background_e),
        background_err_(background_err_e),
        shapes_(shapes),
        subpixels_(subpixels),
        mag_(catalog_mag),
        config_(config),
        fit_(frame, config),
        out_(out) {}

  /// Where the star's light goes and where it is fitted; sets the flags of those that are not.
  StarReach reach_of(std::int64_t i);
  void fit_group(std::span<const std::int64_t> stars, const IndexLists& links,
                 std::span<const StarReach> reach);

 private:
  bool has_background(std::size_t i) const {
    return config_.background == "joint" ||
           (std::isfinite(background_[i]) && std::isfinite(background_err_[i]));
  }
  PixelWindow window_of(const StarShape& shape, std::size_t i, bool is_cut) const;
  void report(std::int64_t star, const MemberFit& fit, std::int64_t n_group, bool is_solved);

  const Frame& frame_;
  std::span<const double> x_, y_, background_, background_err_;
  const StarShapes& shapes_;
  const SubPixelMap& subpixels_;
  std::span<const float> mag_;
  const PsfFluxConfig& config_;
  GroupFit fit_;
  PsfFluxes& out_;
  StarShape scratch_;
  std::vector<double> light_;
  std::vector<double> ratio_;
  std::vector<GroupMember> members_;
  std::vector<MemberFit> fits_;
};

PixelWindow StarFluxes::window_of(const StarShape& shape, std::size_t i, bool is_cut) const {
  PixelWindow w;
  span_of(x_[i] + shape.x_node_px.front(), x_[i] + shape.x_node_px.back(), is_cut ? frame_.nx() : 0,
          w.first_x, w.nx);
  span_of(y_[i] + shape.y_node_px.front(), y_[i] + shape.y_node_px.back(), is_cut ? frame_.ny() : 0,
          w.first_y, w.ny);
  return w;
}

StarReach StarFluxes::reach_of(std::int64_t star) {
  const std::size_t i = at(star);
  if (!(std::abs(x_[i]) < kFarPx && std::abs(y_[i]) < kFarPx)) {
    out_.quality[i] = quality::not_measured;
    return {};
  }
  const StarShape& shape = shapes_.at(star, scratch_);
  if (shape.empty()) {
    out_.quality[i] = quality::psf_unreliable;
    return {};
  }
  StarReach reach;
  reach.lit = window_of(shape, i, true);
  if (reach.lit.size() == 0) {
    out_.quality[i] = quality::not_measured;
    return {};
  }
  if (!has_background(i)) {
    out_.quality[i] = quality::background_unreliable;
    return reach;
  }
  reach.fitted = reach.lit;
  if (const double r = config_.fit_radius_px; r > 0.0) {
    PixelWindow& w = reach.fitted;
    // Pixels by their centres.
    const auto low_x = static_cast<std::int64_t>(std::ceil(x_[i] - r));
    const auto low_y = static_cast<std::int64_t>(std::ceil(y_[i] - r));
    const auto high_x = static_cast<std::int64_t>(std::floor(x_[i] + r));
    const auto high_y = static_cast<std::int64_t>(std::floor(y_[i] + r));
    const std::int64_t end_x = std::min(w.first_x + w.nx, high_x + 1);
    const std::int64_t end_y = std::min(w.first_y + w.ny, high_y + 1);
    w.first_x = std::max(w.first_x, low_x);
    w.first_y = std::max(w.first_y, low_y);
    w.nx = std::max<std::int64_t>(end_x - w.first_x, 0);
    w.ny = std::max<std::int64_t>(end_y - w.first_y, 0);
    if (w.size() == 0) out_.quality[i] = quality::not_measured;
  }
  return reach;
}

void StarFluxes::fit_group(std::span<const std::int64_t> stars, const IndexLists& links,
                           std::span<const StarReach> reach) {
  members_.clear();
  light_.clear();
  ratio_.clear();
  double brightest = kNaN;
  for (const std::int64_t star : stars)
    brightest = std::fmin(brightest, static_cast<double>(mag_[at(star)]));
  std::vector<std::size_t> first;
  for (const std::int64_t star : stars) {
    const std::size_t i = at(star);
    const StarShape& shape = shapes_.at(star, scratch_);
    GroupMember m;
    m.star = star;
    m.x_px = x_[i];
    m.y_px = y_[i];
    m.window = window_of(shape, i, false);
    m.fitted = reach[i].fitted;
    m.background_e = std::isfinite(background_[i]) ? background_[i] : 0.0;
    first.push_back(light_.size());
    light_.resize(light_.size() + at(m.window.size()));
    shape::pixel_values(shape, shapes_.view(), subpixels_, x_[i], y_[i], m.window,
                        std::span{light_}.subspan(first.back()));
    members_.push_back(m);
    const double faintness = (static_cast<double>(mag_[i]) - brightest) / kMagPerRelativeFlux;
    ratio_.push_back(std::isfinite(faintness) ? std::exp(-faintness) : 0.0);
  }
  for (std::size_t k = 0; k < members_.size(); ++k)
    members_[k].light = std::span{light_}.subspan(first[k], at(members_[k].window.size()));
  IndexLists later;
  for (const std::int64_t star : stars) {
    for (const std::int64_t other : links[star])
      if (other > star)
        later.other.push_back(std::ranges::lower_bound(stars, other) - stars.begin());
    later.close();
  }
  const bool is_solved = fit_.fit(members_, later, ratio_, fits_);
  for (std::size_t k = 0; k < stars.size(); ++k)
    report(stars[k], fits_[k], static_cast<std::int64_t>(stars.size()), is_solved);
}

void StarFluxes::report(std::int64_t star, const MemberFit& fit, std::int64_t n_group,
                        bool is_solved) {
  const std::size_t i = at(star);
  out_.group_size[i] = static_cast<std::int32_t>(n_group);
  if (out_.quality[i] != 0) return;  // it only gave light to others
  QualityBits& bits = out_.quality[i];
  if (fit.light.outside > kEdgeLight) bits |= quality::edge;
  if (fit.light.is_core_saturated) bits |= quality::saturated;
  if (fit.light.leaked > kFlaggedLight) bits |= quality::bleed;
  if (fit.light.bad > kFlaggedLight) bits |= quality::bad_pixel;
  if (fit.light.cosmic > kFlaggedLight) bits |= quality::cosmic;
  if (fit.light.interpolated > kFlaggedLight) bits |= quality::interpolated;
  out_.n_pixel[i] = fit.n_pixel;
  if (!(fit.light.usable >= config_.min_light) || !(fit.light.usable > 0.0) ||
      fit.n_pixel < config_.min_pixels || !std::isfinite(fit.flux_e) ||
      !std::isfinite(fit.variance_e2)) {
    bits |= quality::psf_unreliable;
    return;
  }
  const bool is_joint = config_.background == "joint";
  const double from_background = is_joint ? 0.0 : fit.per_level * background_err_[i];
  const double from_flat = config_.flat_error * fit.flux_e;
  out_.flux_e[i] = fit.flux_e;
  out_.flux_err_e[i] =
      std::sqrt(fit.variance_e2 + from_background * from_background + from_flat * from_flat);
  out_.chi2_dof[i] = fit.chi2_dof;
  out_.qfit[i] = fit.qfit;
  out_.background_e[i] = (std::isfinite(background_[i]) ? background_[i] : 0.0) + fit.constant_e;
  if (!is_solved || fit.inflation > kMostInflation || !(fit.chi2_dof <= config_.max_chi2))
    bits |= quality::psf_unreliable;
}

}  // namespace

PsfFluxes fit_psf_fluxes(const Frame& frame, std::span<const double> x_px,
                         std::span<const double> y_px, std::span<const double> background_e,
                         std::span<const double> background_err_e, const StarShapes& shapes,
                         const SubPixelMap& subpixels, std::span<const float> catalog_mag,
                         const PsfFluxConfig& config) {
  check(frame, x_px, y_px, background_e, background_err_e, shapes, catalog_mag);
  const std::size_t n = x_px.size();
  PsfFluxes out;
  for (auto* column : {&out.flux_e, &out.flux_err_e, &out.chi2_dof, &out.qfit, &out.background_e})
    column->assign(n, kNaN);
  out.n_pixel.assign(n, 0);
  out.group_size.assign(n, 0);
  out.quality.assign(n, 0);

  StarFluxes stars(frame, x_px, y_px, background_e, background_err_e, shapes, subpixels,
                   catalog_mag, config, out);
  std::vector<StarReach> reach(n);
  for (std::size_t i = 0; i < n; ++i) reach[i] = stars.reach_of(static_cast<std::int64_t>(i));
  const IndexLists links = linked_stars(reach);
  const IndexLists groups = groups_of(links, reach);
  for (std::int64_t g = 0; g < groups.size(); ++g) stars.fit_group(groups[g], links, reach);
  return out;
}

}  // namespace skyweft::phot
