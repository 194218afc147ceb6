// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/recentre.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/lsq.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"
#include "phot/star_cells.hpp"
#include "phot/star_centre.hpp"

namespace skyweft::phot {
namespace {

constexpr double kFaintNeighbourMag = 5.0;  // 1 % of the light
constexpr double kCoreFwhm = 1.5;           // free of unusable pixels
constexpr double kFitFwhm = 1.5;            // radius of the fit for a centre
constexpr double kFloorPx = 0.005;          // no centre weighs more than one of this error
constexpr std::int64_t kLinearStars = 10;
constexpr double kFarPx = 1e9;

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

/// A star that may serve, and where it was found.
struct Bright {
  std::int64_t star = 0;
  StarCentre centre;
};

class Recentring {
 public:
  Recentring(const Frame& frame, std::span<const double> x, std::span<const double> y,
             std::span<const double> background, std::span<const float> mag,
             std::span<const std::uint8_t> is_held, double fwhm_px, const RecentreConfig& config)
      : frame_(frame),
        x_(x),
        y_(y),
        background_(background),
        mag_(mag),
        is_held_(is_held),
        fwhm_(fwhm_px),
        config_(config) {}

  bool has_place(std::size_t i) const {
    return std::abs(x_[i]) < kFarPx && std::abs(y_[i]) < kFarPx;
  }
  bool is_held(std::size_t i) const { return !is_held_.empty() && is_held_[i] != 0; }
  std::vector<Bright> bright(const StarShapes& shapes, const SubPixelMap& subpixels) const;
  void common_shift(const std::vector<Bright>& bright, RecentredStars& out) const;
  /// Position in −1 … 1 of the frame.
  double u(double x) const { return scaled(x, frame_.nx()); }
  double v(double y) const { return scaled(y, frame_.ny()); }

 private:
  static double scaled(double x, std::int64_t n) {
    return n > 1 ? 2.0 * x / static_cast<double>(n - 1) - 1.0 : 0.0;
  }
  /// Whether the core is whole, and light enough that a fit is worth while.
  bool is_promising(std::size_t i) const;
  bool is_lone(std::size_t i, const StarCells& cells) const;

  const Frame& frame_;
  std::span<const double> x_, y_, background_;
  std::span<const float> mag_;
  std::span<const std::uint8_t> is_held_;
  double fwhm_;
  const RecentreConfig& config_;
};

bool Recentring::is_promising(std::size_t i) const {
  const double r = std::max(kCoreFwhm * fwhm_, 1.0);
  const auto low_x = static_cast<std::int64_t>(std::ceil(x_[i] - r));
  const auto low_y = static_cast<std::int64_t>(std::ceil(y_[i] - r));
  const auto high_x = static_cast<std::int64_t>(std::floor(x_[i] + r));
  const auto high_y = static_cast<std::int64_t>(std::floor(y_[i] + r));
  if (low_x < 0 || low_y < 0 || high_x >= frame_.nx() || high_y >= frame_.ny()) return false;
  double light = 0.0;
  double variance = 0.0;
  for (std::int64_t iy = low_y; iy <= high_y; ++iy)
    for (std::int64_t ix = low_x; ix <= high_x; ++ix) {
      if ((frame_.mask(ix, iy) & mask::unusable) != 0) return false;
      light += static_cast<double>(frame_.signal_e(ix, iy)) - background_[i];
      variance += static_cast<double>(frame_.variance_e2(ix, iy));
    }
  // The sum over such a square is noisier than a fit, by less than a factor of two.
  return light > 0.5 * config_.min_snr * std::sqrt(variance);
}

bool Recentring::is_lone(std::size_t i, const StarCells& cells) const {
  const double reach = config_.isolation_fwhm * fwhm_;
  bool lone = true;
  cells.for_each_near(x_[i], y_[i], [&](std::int64_t other) {
    const std::size_t j = at(other);
    if (j == i || std::hypot(x_[j] - x_[i], y_[j] - y_[i]) > reach) return;
    if (!(static_cast<double>(mag_[j]) > static_cast<double>(mag_[i]) + kFaintNeighbourMag))
      lone = false;  // or one of the magnitudes is not known
  });
  return lone;
}

std::vector<Bright> Recentring::bright(const StarShapes& shapes,
                                       const SubPixelMap& subpixels) const {
  std::vector<std::int64_t> placed;
  for (std::size_t i = 0; i < x_.size(); ++i)
    if (has_place(i)) placed.push_back(static_cast<std::int64_t>(i));
  const StarCells cells(x_, y_, placed, config_.isolation_fwhm * fwhm_);
  std::vector<Bright> out;
  StarShape scratch;
  for (const std::int64_t star : placed) {
    const std::size_t i = at(star);
    if (is_held(i) || !std::isfinite(background_[i]) || !is_promising(i) || !is_lone(i, cells))
      continue;
    // Looked for a little beyond the limit, to tell a star that is off from one that is not there.
    const double reach = 2.0 * config_.max_shift_px;
    const StarShape& shape = shapes.at(star, scratch);
    const StarCentre centre =
        shape.empty() ? windowed_centre(frame_, background_[i], x_[i], y_[i], fwhm_, reach)
                      : fitted_centre(frame_, shape, shapes.view(), subpixels, background_[i],
                                      x_[i], y_[i], std::max(kFitFwhm * fwhm_, 2.0), reach);
    if (centre.is_found && centre.flux_e > config_.min_snr * centre.flux_err_e)
      out.push_back({star, centre});
  }
  return out;
}

void Recentring::common_shift(const std::vector<Bright>& bright, RecentredStars& out) const {
  out.shift_x_px.fill(kNaN);
  out.shift_y_px.fill(kNaN);
  out.shift_err_px = kNaN;
  const std::size_t n = bright.size();
  if (static_cast<std::int64_t>(n) < config_.min_stars) return;
  std::vector<double> dx(n);
  std::vector<double> dy(n);
  for (std::size_t k = 0; k < n; ++k) {
    dx[k] = bright[k].centre.x_px - x_[at(bright[k].star)];
    dy[k] = bright[k].centre.y_px - y_[at(bright[k].star)];
  }
  // Far from the median: misidentified or moving, and never part of a mean.
  const RobustSummary of_x = robust_summary(std::span<const double>(dx));
  const RobustSummary of_y = robust_summary(std::span<const double>(dy));
  const double spread = std::hypot(of_x.sigma, of_y.sigma) + 2.0 * kFloorPx;
  std::vector<std::size_t> used;
  for (std::size_t k = 0; k < n; ++k)
    if (std::hypot(dx[k] - of_x.median, dy[k] - of_y.median) <= 5.0 * spread) used.push_back(k);

  const auto n_used = static_cast<Eigen::Index>(used.size());
  const bool is_linear = config_.linear && n_used >= kLinearStars;
  Eigen::MatrixXd design(n_used, is_linear ? 3 : 1);
  std::vector<double> tx;
  std::vector<double> ty;
  std::vector<double> weight;
  for (Eigen::Index r = 0; r < n_used; ++r) {
    const Bright& b = bright[used[at(r)]];
    design(r, 0) = 1.0;
    if (is_linear) design(r, 1) = u(x_[at(b.star)]);
    if (is_linear) design(r, 2) = v(y_[at(b.star)]);
    tx.push_back(dx[used[at(r)]]);
    ty.push_back(dy[used[at(r)]]);
    const double err2 =
        0.5 * (b.centre.x_err_px * b.centre.x_err_px + b.centre.y_err_px * b.centre.y_err_px);
    weight.push_back(1.0 / std::sqrt(err2 + kFloorPx * kFloorPx));
  }
  const ClippedFitConfig clip{.reject_level = 4.0};
  const LinearFit fit_x = fit_linear_clipped(design, tx, weight, clip);
  const LinearFit fit_y = fit_linear_clipped(design, ty, weight, clip);
  if (!fit_x.ok() || !fit_y.ok()) return;
  out.shift_x_px.fill(0.0);
  out.shift_y_px.fill(0.0);
  for (Eigen::Index t = 0; t < design.cols(); ++t) {
    out.shift_x_px[at(t)] = fit_x.coefficients[t];
    out.shift_y_px[at(t)] = fit_y.coefficients[t];
  }
  out.n_used = std::min(fit_x.n_used, fit_y.n_used);
  out.shift_err_px = std::hypot(fit_x.residual_rms, fit_y.residual_rms) /
                     std::sqrt(2.0 * static_cast<double>(out.n_used));
}

}  // namespace

RecentredStars recentre_stars(const Frame& frame, std::span<const double> x_px,
                              std::span<const double> y_px, std::span<const double> background_e,
                              std::span<const float> catalog_mag,
                              std::span<const std::uint8_t> is_held, const StarShapes& shapes,
                              const SubPixelMap& subpixels, double fwhm_px,
                              const RecentreConfig& config) {
  const std::size_t n = x_px.size();
  if (y_px.size() != n || background_e.size() != n || catalog_mag.size() != n ||
      (!is_held.empty() && is_held.size() != n) || (!shapes.empty() && at(shapes.n_star()) != n))
    throw Error{Errc::internal,
                fmt::format("recentring: {} x, {} y, {} backgrounds, {} magnitudes, {} marks and "
                            "{} shapes; they must be as many",
                            n, y_px.size(), background_e.size(), catalog_mag.size(), is_held.size(),
                            shapes.n_star())};
  RecentredStars out;
  out.x_px.assign(x_px.begin(), x_px.end());
  out.y_px.assign(y_px.begin(), y_px.end());
  out.quality.assign(n, 0);
  out.shift_x_px.fill(kNaN);
  out.shift_y_px.fill(kNaN);
  out.shift_err_px = kNaN;
  if (config.mode == "none") return out;
  if (!(fwhm_px > 0.0) || !std::isfinite(fwhm_px))
    throw Error{Errc::bad_input,
                "the width of the stars is unknown, so they cannot be centred; is anything "
                "detected on the frame?"}
        .because({"fwhm_px", fwhm_px, 0.0});

  const Recentring recentring(frame, x_px, y_px, background_e, catalog_mag, is_held, fwhm_px,
                              config);
  const auto bright = recentring.bright(shapes, subpixels);
  out.n_bright = static_cast<std::int64_t>(bright.size());
  recentring.common_shift(bright, out);
  if (std::isfinite(out.shift_x_px[0])) {
    for (std::size_t i = 0; i < n; ++i) {
      if (recentring.is_held(i) || !recentring.has_place(i)) continue;
      const double u = recentring.u(x_px[i]);
      const double v = recentring.v(y_px[i]);
      const double dx = out.shift_x_px[0] + out.shift_x_px[1] * u + out.shift_x_px[2] * v;
      const double dy = out.shift_y_px[0] + out.shift_y_px[1] * u + out.shift_y_px[2] * v;
      if (std::hypot(dx, dy) > config.max_shift_px) {
        out.quality[i] |= quality::centroid_offset;
        continue;
      }
      out.x_px[i] += dx;
      out.y_px[i] += dy;
      out.quality[i] |= quality::recentred;
    }
  }
  for (const Bright& b : bright) {
    const std::size_t i = at(b.star);
    const double off = std::hypot(b.centre.x_px - x_px[i], b.centre.y_px - y_px[i]);
    if (off > config.max_shift_px) {
      out.x_px[i] = x_px[i];
      out.y_px[i] = y_px[i];
      out.quality[i] = quality::centroid_offset;
    } else if (config.mode == "bright") {
      out.x_px[i] = b.centre.x_px;
      out.y_px[i] = b.centre.y_px;
      out.quality[i] = quality::recentred;
    }
  }
  return out;
}

}  // namespace skyweft::phot
