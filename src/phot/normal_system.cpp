// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/normal_system.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace skyweft::phot {
namespace {

constexpr double kEnough = 1e-12;    // of the right side, where iterations end
constexpr double kConverged = 1e-9;  // and what they must reach
constexpr int kMostIterations = 400;
constexpr int kMostRefinements = 4;  // of a direct solution

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

NormalSystem::NormalSystem(const IndexLists& later, std::vector<std::int64_t> piece)
    : later_(later), piece_(std::move(piece)), place_(piece_.size()), hold_(piece_.size(), 0.0) {
  const auto n = static_cast<std::int64_t>(piece_.size());
  std::vector<std::int64_t> count(piece_.empty() ? 0 : at(std::ranges::max(piece_) + 1), 0);
  for (std::int64_t i = 0; i < n; ++i) place_[at(i)] = count[at(piece_[at(i)])]++;
  for (const std::int64_t c : count) member_.first.push_back(member_.first.back() + c);
  member_.other.resize(piece_.size());
  for (std::int64_t i = 0; i < n; ++i)
    member_.other[at(member_.first[at(piece_[at(i)])] + place_[at(i)])] = i;

  std::vector<std::int64_t> n_earlier(piece_.size() + 1, 0);
  for (const std::int64_t j : later_.other) ++n_earlier[at(j) + 1];
  std::partial_sum(n_earlier.begin(), n_earlier.end(), n_earlier.begin());
  earlier_.first = n_earlier;
  earlier_.other.resize(later_.other.size());
  earlier_at_.resize(later_.other.size());
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t k = later_.first[at(i)]; k < later_.first[at(i) + 1]; ++k) {
      const std::int64_t to = n_earlier[at(later_.other[at(k)])]++;
      earlier_.other[at(to)] = i;
      earlier_at_[at(to)] = k;
    }
}

void NormalSystem::assemble(const ModelColumns& columns, std::span<const double> weight,
                            std::span<const double> data) {
  const std::size_t n = piece_.size();
  diagonal_.assign(n, 0.0);
  right_.assign(n, 0.0);
  level_.assign(n, 0.0);
  common_.assign(later_.other.size(), 0.0);
  buffer_.assign(weight.size(), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double diagonal = 0.0;
    double right = 0.0;
    double level = 0.0;
    for (std::size_t e = columns.first[i]; e < columns.first[i + 1]; ++e) {
      const auto p = static_cast<std::size_t>(columns.pixel[e]);
      const double wp = weight[p] * columns.value[e];
      diagonal += wp * columns.value[e];
      right += wp * data[p];
      level += wp;
      buffer_[p] = wp;
    }
    diagonal_[i] = diagonal;
    right_[i] = right;
    level_[i] = level;
    for (std::int64_t k = later_.first[i]; k < later_.first[i + 1]; ++k) {
      const std::size_t j = at(later_.other[at(k)]);
      double common = 0.0;
      for (std::size_t e = columns.first[j]; e < columns.first[j + 1]; ++e)
        common += buffer_[static_cast<std::size_t>(columns.pixel[e])] * columns.value[e];
      common_[at(k)] = common;
    }
    for (std::size_t e = columns.first[i]; e < columns.first[i + 1]; ++e)
      buffer_[static_cast<std::size_t>(columns.pixel[e])] = 0.0;
  }
  scale();
}

void NormalSystem::scale() {
  const std::size_t n = piece_.size();
  scale_.assign(n, 0.0);
  for (std::size_t i = 0; i < n; ++i)
    if (diagonal_[i] > 0.0 && std::isfinite(diagonal_[i]))
      scale_[i] = 1.0 / std::sqrt(diagonal_[i]);
  for (std::size_t i = 0; i < n; ++i)
    for (std::int64_t k = later_.first[i]; k < later_.first[i + 1]; ++k)
      common_[at(k)] *= scale_[i] * scale_[at(later_.other[at(k)])];
}

std::vector<Bond> NormalSystem::bonds() const {
  std::vector<Bond> out;
  for (std::size_t i = 0; i < piece_.size(); ++i)
    for (std::int64_t k = later_.first[i]; k < later_.first[i + 1]; ++k)
      if (common_[at(k)] != 0.0)
        out.push_back(
            {static_cast<std::int64_t>(i), later_.other[at(k)], std::abs(common_[at(k)])});
  return out;
}

void NormalSystem::factor_pieces() {
  factor_.resize(at(member_.size()));
  for (std::int64_t b = 0; b < member_.size(); ++b) {
    const auto members = member_[b];
    const auto n = static_cast<Eigen::Index>(members.size());
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
    for (Eigen::Index r = 0; r < n; ++r) {
      const std::size_t i = at(members[at(r)]);
      a(r, r) = 1.0 + hold_[i] + kNormalRidge;
      for (std::int64_t k = later_.first[i]; k < later_.first[i + 1]; ++k) {
        const std::size_t j = at(later_.other[at(k)]);
        if (piece_[j] == b) a(place_[j], r) = common_[at(k)];
      }
    }
    factor_[at(b)].compute(a);
  }
}

bool NormalSystem::hold_worst() {
  bool is_any = false;
  for (std::int64_t b = 0; b < member_.size(); ++b) {
    const Eigen::VectorXd inflation = inverse_diagonal(factor_[at(b)]);
    for (std::size_t r = 0; r < member_[b].size(); ++r)
      if (!(inflation[static_cast<Eigen::Index>(r)] < kWorstInflation)) {
        hold_[at(member_[b][r])] = 1.0 / kWorstInflation;
        is_any = true;
      }
  }
  return is_any;
}

void NormalSystem::multiply(const Eigen::VectorXd& z, Eigen::VectorXd& out) const {
  for (std::size_t i = 0; i < piece_.size(); ++i)
    out[static_cast<Eigen::Index>(i)] = (1.0 + hold_[i]) * z[static_cast<Eigen::Index>(i)];
  for (std::size_t i = 0; i < piece_.size(); ++i)
    for (std::int64_t k = later_.first[i]; k < later_.first[i + 1]; ++k) {
      const Eigen::Index j = later_.other[at(k)];
      out[static_cast<Eigen::Index>(i)] += common_[at(k)] * z[j];
      out[j] += common_[at(k)] * z[static_cast<Eigen::Index>(i)];
    }
}

Eigen::VectorXd NormalSystem::precondition(const Eigen::VectorXd& r) const {
  Eigen::VectorXd out(r.size());
  for (std::int64_t b = 0; b < member_.size(); ++b) {
    const auto members = member_[b];
    Eigen::VectorXd part(static_cast<Eigen::Index>(members.size()));
    for (std::size_t k = 0; k < members.size(); ++k)
      part[static_cast<Eigen::Index>(k)] = r[members[k]];
    factor_[at(b)].solveInPlace(part);
    for (std::size_t k = 0; k < members.size(); ++k)
      out[members[k]] = part[static_cast<Eigen::Index>(k)];
  }
  return out;
}

bool NormalSystem::iterate(const Eigen::VectorXd& c, Eigen::VectorXd& z) const {
  const double size = c.norm();
  z.setZero(c.size());
  if (!(size > 0.0)) return size == 0.0;
  Eigen::VectorXd r = c;
  Eigen::VectorXd y = precondition(r);
  Eigen::VectorXd p = y;
  Eigen::VectorXd q(c.size());
  double ry = r.dot(y);
  const int most = member_.size() == 1 ? kMostRefinements : kMostIterations;
  for (int i = 0; i < most && r.norm() > kEnough * size; ++i) {
    multiply(p, q);
    const double curvature = p.dot(q);
    if (!(curvature > 0.0)) break;
    z += (ry / curvature) * p;
    r -= (ry / curvature) * q;
    y = precondition(r);
    const double next = r.dot(y);
    p = y + (next / ry) * p;
    ry = next;
  }
  return r.norm() <= kConverged * size;
}

Eigen::VectorXd NormalSystem::prior(std::span<const double> ratio, const Eigen::VectorXd& z) const {
  // Held stars that look alike share their sum; each such set is found from its first member.
  Eigen::VectorXd out = z;
  std::vector<std::uint8_t> is_done(piece_.size(), 0);
  for (std::size_t first = 0; first < piece_.size(); ++first) {
    if (hold_[first] == 0.0 || is_done[first] != 0) continue;
    std::vector<std::size_t> alike{first};
    is_done[first] = 1;
    for (std::size_t k = 0; k < alike.size(); ++k) {
      const std::size_t i = alike[k];
      const auto take = [&](std::size_t j, double common) {
        if (hold_[j] == 0.0 || is_done[j] != 0 || std::abs(common) < kSameStar) return;
        is_done[j] = 1;
        alike.push_back(j);
      };
      for (std::int64_t e = later_.first[i]; e < later_.first[i + 1]; ++e)
        take(at(later_.other[at(e)]), common_[at(e)]);
      for (std::int64_t e = earlier_.first[i]; e < earlier_.first[i + 1]; ++e)
        take(at(earlier_.other[at(e)]), common_[at(earlier_at_[at(e)])]);
    }
    double sum = 0.0;
    double ratios = 0.0;
    bool is_known = true;
    for (const std::size_t i : alike) {
      sum += z[static_cast<Eigen::Index>(i)] * scale_[i];
      ratios += ratio[i];
      is_known = is_known && ratio[i] > 0.0 && std::isfinite(ratio[i]);
    }
    for (const std::size_t i : alike) {
      const double part = is_known ? ratio[i] / ratios : 1.0 / static_cast<double>(alike.size());
      out[static_cast<Eigen::Index>(i)] = scale_[i] > 0.0 ? sum * part / scale_[i] : 0.0;
    }
  }
  return out;
}

bool NormalSystem::solve(std::span<const double> ratio, std::vector<double>& amplitude) {
  factor_pieces();
  if (!is_held_known_ && hold_worst()) factor_pieces();
  is_held_known_ = true;
  const auto n = static_cast<Eigen::Index>(piece_.size());
  Eigen::VectorXd c(n);
  for (Eigen::Index i = 0; i < n; ++i) c[i] = right_[at(i)] * scale_[at(i)];
  Eigen::VectorXd z;
  bool is_solved = iterate(c, z);
  if (std::ranges::any_of(hold_, [](double h) { return h > 0.0; })) {
    const Eigen::VectorXd expected = prior(ratio, z);
    for (Eigen::Index i = 0; i < n; ++i) c[i] += hold_[at(i)] * expected[i];
    is_solved = iterate(c, z);
  }
  amplitude.resize(piece_.size());
  for (Eigen::Index i = 0; i < n; ++i) amplitude[at(i)] = z[i] * scale_[at(i)];
  return is_solved;
}

}  // namespace skyweft::phot
