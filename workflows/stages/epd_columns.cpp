// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/epd_columns.hpp"

#include <algorithm>
#include <bit>

namespace skyweft::workflows {
namespace {

constexpr std::array<const char*, 3> kPointNames{"x", "y", "bg"};

bool is_among(const std::string& name, const std::array<const char*, 3>& names) {
  return std::ranges::find(names, name) != names.end();
}

std::size_t index_in(const lc::NamedColumns& columns, const std::string& name) {
  return columns.find(Terms::parse("{" + name + "}")).front();
}

}  // namespace

EpdColumns::EpdColumns(const RunState& state, Terms terms)
    : terms_(std::move(terms)), variables_(state), shapes_(state) {
  if (state.stars.size() == 0) return;
  lc::NamedColumns known = variables_.for_star(0);
  for (const char* name : kPointNames) known.add_scalar(name, 0.0);
  for (const char* name : ShapeVariables::kNames) known.add_scalar(name, 0.0);
  (void)known.find(terms_);
  for (const std::string& name : terms_.names()) {
    const std::size_t index = index_in(known, name);
    std::vector<double> column;
    for (std::size_t f = 0; f < state.measured.size(); ++f) column.push_back(known.value(index, f));
    // What does not change from frame to frame may change from star to star.
    const auto bits = [&](double v) { return std::bit_cast<std::uint64_t>(v); };
    const bool is_same =
        std::ranges::all_of(column, [&](double v) { return bits(v) == bits(column.front()); });
    if (!is_same) {
      shared_.emplace_back(name, std::move(column));
      continue;
    }
    own_.push_back(name);
    variable_of_.push_back(index);
    has_shape_ |= is_among(name, ShapeVariables::kNames);
    has_scalar_ |= !is_among(name, ShapeVariables::kNames) && !is_among(name, kPointNames);
  }
}

lc::NamedColumns EpdColumns::shared() const {
  lc::NamedColumns out;
  for (const auto& [name, column] : shared_) out.add(name, column);
  return out;
}

std::span<const std::span<const double>> EpdColumns::of_star(std::int64_t row, std::int64_t i_star,
                                                             const StarBlock& raw) {
  const std::array<const std::vector<float>*, 3> columns{&raw.points.x_px, &raw.points.y_px,
                                                         &raw.points.bg_e};
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const auto part = star_row(*columns[k], i_star, raw.n_frame);
    points_[k].assign(part.begin(), part.end());
  }
  if (has_shape_) sdk_ = shapes_.along(points_[0], points_[1]);
  const lc::NamedColumns star = has_scalar_ ? variables_.for_star(row) : lc::NamedColumns{};
  scalars_.resize(own_.size());
  spans_.clear();
  for (std::size_t j = 0; j < own_.size(); ++j) {
    const auto point = std::ranges::find(kPointNames, own_[j]);
    const auto shape = std::ranges::find(ShapeVariables::kNames, own_[j]);
    if (point != kPointNames.end()) {
      spans_.emplace_back(points_[static_cast<std::size_t>(point - kPointNames.begin())]);
    } else if (shape != ShapeVariables::kNames.end()) {
      spans_.emplace_back(sdk_[static_cast<std::size_t>(shape - ShapeVariables::kNames.begin())]);
    } else {
      scalars_[j] = star.value(variable_of_[j], 0);
      spans_.emplace_back(&scalars_[j], 1);
    }
  }
  return spans_;
}

}  // namespace skyweft::workflows
