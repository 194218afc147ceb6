// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/spline_surface.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/SparseCholesky>

namespace skyweft::shape {
namespace {

constexpr std::int64_t kPad = 3;
constexpr double kLeastWeight = 1e-4;  ///< of the mean diagonal: where a gap's penalty starts

}  // namespace

SplineGrid::SplineGrid(double reach_px, std::int64_t oversampling)
    : reach_px_(reach_px), step_px_(1.0), n_cell_(8) {
  n_cell_ = std::max<std::int64_t>(
      8, std::llround(std::ceil(2.0 * reach_px * static_cast<double>(oversampling) - 1e-9)));
  step_px_ = 2.0 * reach_px_ / static_cast<double>(n_cell_);
}

SplineGrid::Four SplineGrid::at(double offset_px) const {
  const double place = (offset_px + reach_px_) / step_px_;
  const double cell = std::clamp(std::floor(place), 0.0, static_cast<double>(n_cell_ - 1));
  const double t = place - cell;
  const double s = 1.0 - t;
  Four out;
  out.first = static_cast<std::int64_t>(cell);  // spline cell − 3, padded by 3
  out.value = {s * s * s / 6.0, (4.0 - 6.0 * t * t + 3.0 * t * t * t) / 6.0,
               (4.0 - 6.0 * s * s + 3.0 * s * s * s) / 6.0, t * t * t / 6.0};
  const double unit = 1.0 / step_px_;
  out.slope = {-0.5 * s * s * unit, (1.5 * t * t - 2.0 * t) * unit, (2.0 * s - 1.5 * s * s) * unit,
               0.5 * t * t * unit};
  return out;
}

SurfacePoint surface_at(const SplineGrid& grid, std::span<const double> padded, double dx_px,
                        double dy_px) {
  SurfacePoint out;
  if (!(std::abs(dx_px) <= grid.reach_px() && std::abs(dy_px) <= grid.reach_px())) return out;
  const auto fx = grid.at(dx_px);
  const auto fy = grid.at(dy_px);
  for (std::size_t j = 0; j < 4; ++j) {
    const double* row = &padded[static_cast<std::size_t>(
        (fy.first + static_cast<std::int64_t>(j)) * grid.n_padded() + fx.first)];
    double value = 0.0;
    double slope = 0.0;
    for (std::size_t i = 0; i < 4; ++i) {
      value += row[i] * fx.value[i];
      slope += row[i] * fx.slope[i];
    }
    out.value += fy.value[j] * value;
    out.by_x += fy.value[j] * slope;
    out.by_y += fy.slope[j] * value;
  }
  return out;
}

std::vector<double> node_parameters(const SplineGrid& grid, std::span<const double> padded) {
  // A line meets three splines with 1/6, 4/6, 1/6 and slopes −1/2h, 0, 1/2h.
  const std::array<double, 3> value{1.0 / 6.0, 4.0 / 6.0, 1.0 / 6.0};
  const std::array<double, 3> slope{-0.5 / grid.step_px(), 0.0, 0.5 / grid.step_px()};
  std::vector<double> out;
  for (std::int64_t iy = 1; iy + 1 < grid.n_line(); ++iy) {
    for (std::int64_t ix = 1; ix + 1 < grid.n_line(); ++ix) {
      std::array<double, 4> node{};
      for (std::size_t j = 0; j < 3; ++j) {
        for (std::size_t i = 0; i < 3; ++i) {
          const double c = padded[static_cast<std::size_t>((iy + static_cast<std::int64_t>(j)) *
                                                               grid.n_padded() +
                                                           ix + static_cast<std::int64_t>(i))];
          node[0] += c * value[i] * value[j];
          node[1] += c * slope[i] * value[j];
          node[2] += c * value[i] * slope[j];
          node[3] += c * slope[i] * slope[j];
        }
      }
      out.insert(out.end(), node.begin(), node.end());
    }
  }
  return out;
}

SplineNormal::SplineNormal(const SplineGrid& grid, std::int64_t n_term)
    : grid_(&grid), n_term_(n_term) {
  const auto n = static_cast<std::size_t>(grid.n_padded() * grid.n_padded());
  matrix_.assign(static_cast<std::size_t>(n_term * (n_term + 1) / 2) * n * 49, 0.0);
  rhs_.assign(static_cast<std::size_t>(n_term) * n, 0.0);
}

void SplineNormal::add(double dx_px, double dy_px, std::span<const double> kappa, double datum,
                       double weight) {
  const double reach = grid_->reach_px();
  if (!(std::abs(dx_px) <= reach && std::abs(dy_px) <= reach)) return;
  const auto fx = grid_->at(dx_px);
  const auto fy = grid_->at(dy_px);
  const std::int64_t width = grid_->n_padded();
  const auto n = static_cast<std::size_t>(width * width);
  std::size_t pair = 0;
  for (std::int64_t t = 0; t < n_term_; ++t) {
    const double by_t = weight * kappa[static_cast<std::size_t>(t)];
    for (std::size_t j = 0; j < 4; ++j) {
      double* row = &rhs_[static_cast<std::size_t>(t) * n +
                          static_cast<std::size_t>(
                              (fy.first + static_cast<std::int64_t>(j)) * width + fx.first)];
      for (std::size_t i = 0; i < 4; ++i) row[i] += by_t * datum * fy.value[j] * fx.value[i];
    }
    for (std::int64_t u = 0; u <= t; ++u, ++pair) {
      const double both = by_t * kappa[static_cast<std::size_t>(u)];
      for (std::size_t j = 0; j < 4; ++j) {
        for (std::size_t i = 0; i < 4; ++i) {
          const auto a =
              static_cast<std::size_t>((fy.first + static_cast<std::int64_t>(j)) * width +
                                       fx.first + static_cast<std::int64_t>(i));
          const double of_a = both * fy.value[j] * fx.value[i];
          double* block = &matrix_[(pair * n + a) * 49];
          for (std::size_t l = 0; l < 4; ++l)
            for (std::size_t k = 0; k < 4; ++k)
              block[(l + 3 - j) * 7 + k + 3 - i] += of_a * fy.value[l] * fx.value[k];
        }
      }
    }
  }
}

std::vector<double> SplineNormal::solve(double smoothing) const {
  const std::int64_t width = grid_->n_padded();
  const std::int64_t inner = grid_->n_spline();
  const auto n = static_cast<std::size_t>(width * width);
  const std::int64_t n_inner = inner * inner;
  std::vector<Eigen::Triplet<double>> entries;
  const auto unknown = [&](std::int64_t t, std::int64_t iy, std::int64_t ix) {
    return static_cast<Eigen::Index>(t * n_inner + iy * inner + ix);
  };
  double mean = 0.0;
  std::size_t pair = 0;
  for (std::int64_t t = 0; t < n_term_; ++t) {
    for (std::int64_t u = 0; u <= t; ++u, ++pair) {
      for (std::int64_t iy = 0; iy < inner; ++iy) {
        for (std::int64_t ix = 0; ix < inner; ++ix) {
          const auto a = static_cast<std::size_t>((iy + kPad) * width + ix + kPad);
          const double* block = &matrix_[(pair * n + a) * 49];
          if (t == 0) mean += block[24];
          for (std::int64_t dy = -3; dy <= 3; ++dy) {
            for (std::int64_t dx = -3; dx <= 3; ++dx) {
              const std::int64_t jy = iy + dy;
              const std::int64_t jx = ix + dx;
              if (jy < 0 || jx < 0 || jy >= inner || jx >= inner) continue;
              const Eigen::Index row = unknown(t, iy, ix);
              const Eigen::Index column = unknown(u, jy, jx);
              const double value = block[static_cast<std::size_t>((dy + 3) * 7 + dx + 3)];
              if (row >= column && value != 0.0) entries.emplace_back(row, column, value);
            }
          }
        }
      }
    }
  }
  mean /= static_cast<double>(n_inner);
  if (!(mean > 0.0)) return {};
  const std::array<double, 4> third{-1.0, 3.0, -3.0, 1.0};
  const auto diagonal = [&](std::int64_t iy, std::int64_t ix) {
    return matrix_[static_cast<std::size_t>((iy + kPad) * width + ix + kPad) * 49 + 24];
  };
  const auto penalise = [&](std::int64_t t, std::int64_t iy, std::int64_t ix, std::int64_t sy,
                            std::int64_t sx) {
    double least = diagonal(iy, ix);
    for (std::int64_t a = 1; a < 4; ++a)
      least = std::min(least, diagonal(iy + a * sy, ix + a * sx));
    const double weight = smoothing * std::max(least, kLeastWeight * mean);
    for (std::int64_t a = 0; a < 4; ++a)
      for (std::int64_t b = 0; b <= a; ++b)
        entries.emplace_back(
            unknown(t, iy + a * sy, ix + a * sx), unknown(t, iy + b * sy, ix + b * sx),
            weight * third[static_cast<std::size_t>(a)] * third[static_cast<std::size_t>(b)]);
  };
  Eigen::VectorXd rhs(n_term_ * n_inner);
  for (std::int64_t t = 0; t < n_term_; ++t) {
    for (std::int64_t iy = 0; iy < inner; ++iy) {
      for (std::int64_t ix = 0; ix < inner; ++ix) {
        if (iy + 3 < inner) penalise(t, iy, ix, 1, 0);
        if (ix + 3 < inner) penalise(t, iy, ix, 0, 1);
        // Holds what neither data nor penalty see.
        entries.emplace_back(unknown(t, iy, ix), unknown(t, iy, ix), 1e-12 * mean);
        rhs[unknown(t, iy, ix)] = rhs_[static_cast<std::size_t>(t) * n +
                                       static_cast<std::size_t>((iy + kPad) * width + ix + kPad)];
      }
    }
  }
  Eigen::SparseMatrix<double> matrix(rhs.size(), rhs.size());
  matrix.setFromTriplets(entries.begin(), entries.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower> solver(matrix);
  if (solver.info() != Eigen::Success) return {};
  const Eigen::VectorXd c = solver.solve(rhs);
  if (!c.allFinite()) return {};
  std::vector<double> out(static_cast<std::size_t>(n_term_) * n, 0.0);
  for (std::int64_t t = 0; t < n_term_; ++t)
    for (std::int64_t iy = 0; iy < inner; ++iy)
      for (std::int64_t ix = 0; ix < inner; ++ix)
        out[static_cast<std::size_t>(t) * n +
            static_cast<std::size_t>((iy + kPad) * width + ix + kPad)] = c[unknown(t, iy, ix)];
  return out;
}

}  // namespace skyweft::shape
