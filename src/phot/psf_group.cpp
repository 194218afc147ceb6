// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/psf_group.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "phot/pixel_noise.hpp"

namespace skyweft::phot {
namespace {

constexpr int kMostRejections = 5;
constexpr double kShapeError = 0.05;  // of the light in a pixel, allowed before it is rejected

}  // namespace

bool GroupFit::solve_one() {
  const ModelColumns& c = columns_.light;
  double diagonal = 0.0;
  double right = 0.0;
  for (std::size_t e = 0; e < c.pixel.size(); ++e) {
    const auto p = static_cast<std::size_t>(c.pixel[e]);
    const double wp = weight_[p] * c.value[e];
    diagonal += wp * c.value[e];
    right += wp * pixels_.data[p];
  }
  amplitude_.assign(1, diagonal > 0.0 ? right / diagonal : 0.0);
  return true;
}

void GroupFit::add_constants(std::size_t n_member, std::int64_t n_piece, IndexLists& later) {
  ModelColumns& c = columns_.light;
  const auto constant_of = [&](std::size_t pixel) {
    return piece_[static_cast<std::size_t>(pixels_.owner[pixel])];
  };
  // Beside the later members of each the constants of the pieces whose pixels it lights.
  IndexLists longer;
  std::vector<std::int64_t> found;
  for (std::size_t m = 0; m < n_member; ++m) {
    const auto old = later[static_cast<std::int64_t>(m)];
    longer.other.insert(longer.other.end(), old.begin(), old.end());
    found.clear();
    for (std::size_t e = c.first[m]; e < c.first[m + 1]; ++e)
      found.push_back(constant_of(static_cast<std::size_t>(c.pixel[e])));
    std::ranges::sort(found);
    const auto [end, last] = std::ranges::unique(found);
    for (auto it = found.begin(); it != end; ++it)
      longer.other.push_back(static_cast<std::int64_t>(n_member) + *it);
    longer.close();
  }
  for (std::int64_t b = 0; b < n_piece; ++b) {
    for (std::size_t p = 0; p < pixels_.size(); ++p)
      if (constant_of(p) == b) {
        c.pixel.push_back(static_cast<std::int32_t>(p));
        c.value.push_back(1.0);
      }
    c.first.push_back(c.pixel.size());
    longer.close();
    piece_.push_back(b);
  }
  later = std::move(longer);
}

void GroupFit::model() {
  const ModelColumns& c = columns_.light;
  light_.assign(pixels_.size(), 0.0);
  for (std::size_t i = 0; i < amplitude_.size(); ++i)
    for (std::size_t e = c.first[i]; e < c.first[i + 1]; ++e)
      light_[static_cast<std::size_t>(c.pixel[e])] += amplitude_[i] * c.value[e];
}

bool GroupFit::reject() {
  const double limit2 = config_.reject_sigma * config_.reject_sigma;
  bool is_any = false;
  for (std::size_t p = 0; p < pixels_.size(); ++p) {
    if (is_rejected_[p] != 0) continue;
    const double rest = pixels_.data[p] - light_[p];
    const double shape_error = kShapeError * light_[p];
    if (rest * rest <= limit2 * (1.0 / weight_[p] + shape_error * shape_error)) continue;
    is_rejected_[p] = 1;
    is_any = true;
  }
  return is_any;
}

bool GroupFit::fit(std::span<const GroupMember> members, const IndexLists& later,
                   std::span<const double> ratio, std::vector<MemberFit>& fits) {
  fits.assign(members.size(), {});
  collector_.collect(members, pixels_, columns_);
  for (std::size_t m = 0; m < members.size(); ++m) fits[m].light = collector_.parts_of(members[m]);
  if (pixels_.size() == 0) return true;

  const std::size_t n = members.size();
  const bool is_joint = config_.background == "joint";
  const bool by_data = config_.weights == "data";
  weight_.assign(pixels_.size(), 1.0);
  piece_.assign(n, 0);
  std::int64_t n_piece = 1;
  if (static_cast<std::int64_t>(n) > config_.max_group) {
    NormalSystem all(later, piece_);
    all.assemble(columns_.light, weight_, pixels_.data);
    piece_ = pieces_of(static_cast<std::int64_t>(n), all.bonds(), config_.max_group);
    n_piece = std::ranges::max(piece_) + 1;
  }
  IndexLists links = later;
  if (is_joint) add_constants(n, n_piece, links);
  std::vector<double> expected(ratio.begin(), ratio.end());
  expected.resize(piece_.size(), 0.0);

  std::optional<NormalSystem> system;
  if (piece_.size() > 1) system.emplace(links, piece_);
  const auto solve = [&] {
    bool is_solved = true;
    if (system) {
      system->assemble(columns_.light, weight_, pixels_.data);
      is_solved = system->solve(expected, amplitude_);
    } else {
      is_solved = solve_one();
    }
    model();
    return is_solved;
  };
  if (by_data)
    for (std::size_t p = 0; p < pixels_.size(); ++p) weight_[p] = 1.0 / pixels_.variance[p];
  bool is_solved = solve();
  for (std::int64_t round = 1; round < config_.max_rounds && !by_data; ++round) {
    model_weights(pixels_.owner, piece_, n_piece, pixels_.base, pixels_.data, pixels_.variance,
                  light_, weight_);
    is_solved = solve();
  }
  if (config_.reject_sigma > 0.0) {
    is_rejected_.assign(pixels_.size(), 0);
    for (int round = 0; round < kMostRejections && reject(); ++round) {
      for (std::size_t p = 0; p < pixels_.size(); ++p)
        if (is_rejected_[p] != 0) weight_[p] = 0.0;
      is_solved = solve();
    }
  }

  if (system) {
    const auto errors = system->errors();
    for (std::size_t m = 0; m < n; ++m) {
      fits[m].variance_e2 = errors.variance[m];
      fits[m].inflation = errors.inflation[m];
      fits[m].per_level = errors.per_level[m];
    }
  } else {
    double diagonal = 0.0;
    double level = 0.0;
    for (std::size_t e = 0; e < columns_.light.pixel.size(); ++e) {
      const double wp =
          weight_[static_cast<std::size_t>(columns_.light.pixel[e])] * columns_.light.value[e];
      diagonal += wp * columns_.light.value[e];
      level += wp;
    }
    fits[0].variance_e2 = 1.0 / diagonal;
    fits[0].per_level = level / diagonal;
  }
  for (std::size_t m = 0; m < n && is_joint; ++m)
    fits[m].constant_e = amplitude_[n + static_cast<std::size_t>(piece_[m])];
  measure(members, fits);
  return is_solved;
}

void GroupFit::measure(std::span<const GroupMember> members, std::vector<MemberFit>& fits) const {
  const ModelColumns& c = columns_.light;
  std::size_t n_used = 0;
  for (const double w : weight_) n_used += w > 0.0 ? 1 : 0;
  const double free = 1.0 - static_cast<double>(c.size()) / static_cast<double>(n_used);
  for (std::size_t m = 0; m < members.size(); ++m) {
    double chi2 = 0.0;
    double rest_sum = 0.0;
    std::int32_t n_pixel = 0;
    for (std::size_t e = c.first[m]; e < c.first[m + 1]; ++e) {
      const auto p = static_cast<std::size_t>(c.pixel[e]);
      if (columns_.own[e] == 0 || !(weight_[p] > 0.0)) continue;
      const double rest = pixels_.data[p] - light_[p];
      chi2 += weight_[p] * rest * rest;
      rest_sum += std::abs(rest);
      ++n_pixel;
    }
    MemberFit& fit = fits[m];
    fit.n_pixel = n_pixel;
    fit.flux_e = amplitude_[m];
    if (n_pixel > 0 && free > 0.0) fit.chi2_dof = chi2 / (free * static_cast<double>(n_pixel));
    if (n_pixel > 0 && fit.flux_e > 0.0) fit.qfit = rest_sum / fit.flux_e;
  }
}

}  // namespace skyweft::phot
