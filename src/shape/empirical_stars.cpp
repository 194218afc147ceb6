// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/empirical_stars.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "core/robust.hpp"
#include "shape/star_misfit.hpp"

namespace skyweft::shape {
namespace {

constexpr double kModelError = 0.01;  ///< of a pixel's light (as PSFEx's accuracy, Bertin 2011)
constexpr double kNear_px = 3.0;

/// Share of a pixel's weight that is left when the model errs by 1 % of `light`, that of all its
/// stars in σ: the same for each of them, or improving them in turn would not converge.
double trust(double light) {
  const double error = kModelError * std::max(0.0, light);
  return 1.0 / (1.0 + error * error);
}

/// Is a pixel too far from the model, for its noise and 1 % of the light in its star's window?
bool is_stray(double residual, double weight, double peak_e, double reject_sigma) {
  return std::abs(residual) > reject_sigma * std::hypot(1.0, kPeakMisfit * peak_e * weight);
}

/// One pixel of one star in units of its flux.
struct Sample {
  double dx_px;
  double dy_px;
  double value;
  double weight;  ///< 1/σ²
  std::size_t member;
};

/// Drops what is far from the median of its cell of the grid (Anderson & King 2000 average samples
/// robustly): before there is a model nothing else tells a cosmic ray from a star. Differences that
/// the slope of the PRF makes within a cell are in the median deviation.
void drop_strays(std::vector<Sample>& samples, double step_px, double reject_sigma) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::size_t>> cells;
  for (std::size_t i = 0; i < samples.size(); ++i)
    cells[{std::llround(samples[i].dy_px / step_px), std::llround(samples[i].dx_px / step_px)}]
        .push_back(i);
  std::vector<std::uint8_t> stray(samples.size(), 0);
  for (const auto& [place, members] : cells) {
    if (members.size() < 5) continue;
    std::vector<double> value;
    for (const std::size_t i : members) value.push_back(samples[i].value);
    const RobustSummary about = robust_summary(value);
    for (const std::size_t i : members)
      stray[i] = std::abs(samples[i].value - about.median) >
                 reject_sigma * std::hypot(about.sigma, 1.0 / std::sqrt(samples[i].weight));
  }
  std::size_t n = 0;
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (stray[i] == 0) samples[n++] = samples[i];
  samples.resize(n);
}

}  // namespace

EmpiricalStars::EmpiricalStars(const ModelledStars& stars, Eigen::MatrixXd kappa,
                               std::vector<double> flux_e)
    : stars_(&stars),
      kappa_(std::move(kappa)),
      flux_e_(std::move(flux_e)),
      dx_px_(stars.member.size(), 0.0),
      dy_px_(stars.member.size(), 0.0),
      others_(stars.member.size()),
      light_(stars.member.size()) {
  for (const auto& [a, b] : stars.overlap) {
    others_[a].push_back(b);
    others_[b].push_back(a);
  }
}

void EmpiricalStars::add_samples(const SplineGrid& grid, const std::vector<std::uint8_t>& out,
                                 double reject_sigma, SplineNormal& normal) const {
  std::vector<Sample> samples;
  for (std::size_t k = 0; k < stars_->member.size(); ++k) {
    const ModelledStar& star = stars_->member[k];
    const double flux = flux_e_[k];
    if (!star.shapes || out[k] != 0 || !(flux > 0.0)) continue;
    double peak = 0.0;
    if (!padded_.empty()) peak = misfit_of(star.data, star.weight, residual_[k], flux).peak_e;
    std::size_t p = 0;
    for (std::int64_t iy = star.window.first_y; iy < star.window.first_y + star.window.ny; ++iy) {
      for (std::int64_t ix = star.window.first_x; ix < star.window.first_x + star.window.nx;
           ++ix, ++p) {
        const double weight = star.weight[p];
        if (!(weight > 0.0)) continue;
        const double dx = static_cast<double>(ix) - star.x_px - dx_px_[k];
        const double dy = static_cast<double>(iy) - star.y_px - dy_px_[k];
        double datum = star.data[p];
        double light = datum;  // of all stars
        if (padded_.empty()) {
          const double mine = std::hypot(dx, dy);
          const bool shared = std::ranges::any_of(others_[k], [&](std::size_t o) {
            return std::hypot(static_cast<double>(ix) - stars_->member[o].x_px,
                              static_cast<double>(iy) - stars_->member[o].y_px) <
                   std::max(mine, kNear_px);
          });
          if (shared) continue;
        } else {
          if (is_stray(residual_[k][p], weight, peak, reject_sigma)) continue;
          light = star.data[p] - residual_[k][p];
          datum = residual_[k][p] + flux * light_[k].value[p];
        }
        // In units of flux 1: the datum's σ is 1/(weight · flux).
        samples.push_back(
            {dx, dy, datum / (weight * flux), weight * weight * flux * flux * trust(light), k});
      }
    }
  }
  if (padded_.empty()) drop_strays(samples, grid.step_px(), reject_sigma);
  std::vector<double> kappa(static_cast<std::size_t>(kappa_.cols()));
  for (const Sample& sample : samples) {
    for (std::size_t t = 0; t < kappa.size(); ++t)
      kappa[t] = kappa_(static_cast<Eigen::Index>(sample.member), static_cast<Eigen::Index>(t));
    normal.add(sample.dx_px, sample.dy_px, kappa, sample.value, sample.weight);
  }
}

void EmpiricalStars::light_of(const SplineGrid& grid, std::size_t k, Light& out) const {
  const ModelledStar& star = stars_->member[k];
  const auto n = static_cast<std::size_t>(grid.n_padded() * grid.n_padded());
  std::vector<double> surface(n, 0.0);
  for (Eigen::Index t = 0; t < kappa_.cols(); ++t) {
    const double factor = kappa_(static_cast<Eigen::Index>(k), t);
    for (std::size_t i = 0; i < n; ++i)
      surface[i] += factor * padded_[static_cast<std::size_t>(t) * n + i];
  }
  for (auto* column : {&out.value, &out.by_x, &out.by_y}) column->assign(star.weight.size(), 0.0);
  std::size_t p = 0;
  for (std::int64_t iy = star.window.first_y; iy < star.window.first_y + star.window.ny; ++iy) {
    for (std::int64_t ix = star.window.first_x; ix < star.window.first_x + star.window.nx;
         ++ix, ++p) {
      if (!(star.weight[p] > 0.0)) continue;
      const SurfacePoint at =
          surface_at(grid, surface, static_cast<double>(ix) - star.x_px - dx_px_[k],
                     static_cast<double>(iy) - star.y_px - dy_px_[k]);
      out.value[p] = at.value * star.weight[p];
      out.by_x[p] = -at.by_x * star.weight[p];
      out.by_y[p] = -at.by_y * star.weight[p];
    }
  }
}

/// Takes light of star k (its window, in σ) out of its residuals and those of its neighbours.
void EmpiricalStars::subtract(std::size_t k, const std::vector<double>& light_e) {
  const PixelWindow& mine = stars_->member[k].window;
  for (std::size_t p = 0; p < light_e.size(); ++p) residual_[k][p] -= light_e[p];
  for (const std::size_t o : others_[k]) {
    const PixelWindow& theirs = stars_->member[o].window;
    const PixelWindow w = shared_window(mine, theirs);
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy)
      for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix)
        residual_[o][static_cast<std::size_t>((iy - theirs.first_y) * theirs.nx + ix -
                                              theirs.first_x)] -=
            light_e[static_cast<std::size_t>((iy - mine.first_y) * mine.nx + ix - mine.first_x)];
  }
}

void EmpiricalStars::take(const SplineGrid& grid, std::vector<double> padded) {
  padded_ = std::move(padded);
  residual_.clear();
  for (const ModelledStar& star : stars_->member) residual_.push_back(star.data);
  for (std::size_t k = 0; k < light_.size(); ++k) {
    light_of(grid, k, light_[k]);
    std::vector<double> light = light_[k].value;
    for (double& v : light) v *= flux_e_[k];
    subtract(k, light);
  }
}

double EmpiricalStars::improve(const SplineGrid& grid, const std::vector<std::uint8_t>& out,
                               bool recentre, const EmpiricalPrfConfig& config) {
  const double max_shift_px = config.max_shift_px;
  const double tolerance = config.tolerance;
  double most = 0.0;
  for (std::size_t k = 0; k < light_.size(); ++k) {
    const ModelledStar& star = stars_->member[k];
    const bool shift = recentre && star.shapes && flux_e_[k] > 0.0;
    const Light& at = light_[k];
    const Eigen::Index n = shift ? 3 : 1;
    const double peak = misfit_of(star.data, star.weight, residual_[k], flux_e_[k]).peak_e;
    Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
    Eigen::Vector3d rhs = Eigen::Vector3d::Zero();
    for (std::size_t p = 0; p < star.weight.size(); ++p) {
      if (!(star.weight[p] > 0.0)) continue;
      if (is_stray(residual_[k][p], star.weight[p], peak, config.reject_sigma)) continue;
      const double weight = trust(star.data[p] - residual_[k][p]);
      const Eigen::Vector3d row{at.value[p], flux_e_[k] * at.by_x[p], flux_e_[k] * at.by_y[p]};
      normal.noalias() += weight * row * row.transpose();
      rhs += weight * residual_[k][p] * row;
    }
    if (!(normal(0, 0) > 0.0)) continue;
    Eigen::Vector3d step = Eigen::Vector3d::Zero();
    step.head(n) = normal.topLeftCorner(n, n).ldlt().solve(rhs.head(n));
    if (!step.allFinite()) continue;
    const bool counts = star.shapes && out[k] == 0;
    if (counts)
      most = std::max(most, std::abs(step[0]) / std::max(tolerance * std::abs(flux_e_[k]),
                                                         0.1 / std::sqrt(normal(0, 0))));
    for (Eigen::Index i = 1; i < n && counts; ++i)
      most = std::max(most, std::abs(step[i]) / std::max(tolerance, 0.1 / std::sqrt(normal(i, i))));
    std::vector<double> before = at.value;
    for (double& v : before) v *= flux_e_[k];
    flux_e_[k] += step[0];
    if (shift) {
      dx_px_[k] =
          std::clamp(dx_px_[k] + std::clamp(step[1], -0.1, 0.1), -max_shift_px, max_shift_px);
      dy_px_[k] =
          std::clamp(dy_px_[k] + std::clamp(step[2], -0.1, 0.1), -max_shift_px, max_shift_px);
      light_of(grid, k, light_[k]);
    }
    std::vector<double> change = light_[k].value;
    for (std::size_t p = 0; p < change.size(); ++p) change[p] = flux_e_[k] * change[p] - before[p];
    subtract(k, change);
  }
  return most;
}

void EmpiricalStars::centre_shifts(const std::vector<std::uint8_t>& out) {
  std::vector<std::size_t> shaping;
  for (std::size_t k = 0; k < light_.size(); ++k)
    if (stars_->member[k].shapes && out[k] == 0) shaping.push_back(k);
  Eigen::MatrixXd design(static_cast<Eigen::Index>(shaping.size()), kappa_.cols());
  Eigen::MatrixXd shift(design.rows(), 2);
  for (std::size_t i = 0; i < shaping.size(); ++i) {
    const auto row = static_cast<Eigen::Index>(i);
    design.row(row) = kappa_.row(static_cast<Eigen::Index>(shaping[i]));
    shift(row, 0) = dx_px_[shaping[i]];
    shift(row, 1) = dy_px_[shaping[i]];
  }
  const Eigen::MatrixXd common = design * design.colPivHouseholderQr().solve(shift);
  for (std::size_t i = 0; i < shaping.size(); ++i) {
    dx_px_[shaping[i]] -= common(static_cast<Eigen::Index>(i), 0);
    dy_px_[shaping[i]] -= common(static_cast<Eigen::Index>(i), 1);
  }
}

}  // namespace skyweft::shape
