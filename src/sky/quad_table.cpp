// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/quad_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skyweft::sky {
namespace {

std::array<double, 4> place_of(const Quad& q) {
  return {std::log(q.length), q.code[0], q.code[1], q.code[2]};
}

}  // namespace

QuadTable::Cell QuadTable::cell_of(const std::array<double, kAxes>& place) const {
  Cell out{};
  for (std::size_t k = 0; k < kAxes; ++k)
    out[k] = static_cast<std::int64_t>(
        std::clamp((place[k] - low_[k]) / step_[k], 0.0, static_cast<double>(n_[k] - 1)));
  return out;
}

std::size_t QuadTable::index_of(const Cell& cell) const {
  return static_cast<std::size_t>(((cell[0] * n_[1] + cell[1]) * n_[2] + cell[2]) * n_[3] +
                                  cell[3]);
}

QuadTable::QuadTable(std::span<const Quad> quads, double tolerance, double length_factor)
    : tolerance_(tolerance), length_factor_(length_factor) {
  // A cell is as wide as the whole reach, so that a look-up visits two in each direction at most.
  const double step = 2.0 * std::max(tolerance, 0.01);
  step_ = {2.0 * std::log(length_factor), step, step, step};
  std::array<double, kAxes> high;
  high.fill(-std::numeric_limits<double>::infinity());
  low_.fill(std::numeric_limits<double>::infinity());
  for (const Quad& q : quads) {
    const auto at = place_of(q);
    for (std::size_t k = 0; k < kAxes; ++k) {
      low_[k] = std::min(low_[k], at[k]);
      high[k] = std::max(high[k], at[k]);
    }
  }
  if (quads.empty()) low_ = high = {};
  for (std::size_t k = 0; k < kAxes; ++k)
    n_[k] = static_cast<std::int64_t>((high[k] - low_[k]) / step_[k]) + 1;
  first_.assign(static_cast<std::size_t>(n_[0] * n_[1] * n_[2] * n_[3]) + 1, 0);
  std::vector<std::size_t> cell;
  cell.reserve(quads.size());
  for (const Quad& q : quads) {
    cell.push_back(index_of(cell_of(place_of(q))));
    ++first_[cell.back() + 1];
  }
  for (std::size_t c = 1; c < first_.size(); ++c) first_[c] += first_[c - 1];
  std::vector<std::int32_t> next(first_.begin(), first_.end() - 1);
  entries_.resize(quads.size());
  for (std::size_t i = 0; i < quads.size(); ++i)
    entries_[static_cast<std::size_t>(next[cell[i]]++)] = {quads[i].code, quads[i].length,
                                                           static_cast<std::int64_t>(i)};
}

void QuadTable::near(const Quad& quad, std::vector<std::int64_t>& out) const {
  out.clear();
  const auto at = place_of(quad);
  const double reach = std::log(length_factor_);
  const Cell from =
      cell_of({at[0] - reach, at[1] - tolerance_, at[2] - tolerance_, at[3] - tolerance_});
  const Cell to =
      cell_of({at[0] + reach, at[1] + tolerance_, at[2] + tolerance_, at[3] + tolerance_});
  const double shortest = quad.length / length_factor_;
  const double longest = quad.length * length_factor_;
  const double limit = tolerance_ * tolerance_;
  for (std::int64_t l = from[0]; l <= to[0]; ++l)
    for (std::int64_t x = from[1]; x <= to[1]; ++x)
      for (std::int64_t y = from[2]; y <= to[2]; ++y) {
        // Cells of one row lie one behind the other.
        const auto begin = static_cast<std::size_t>(first_[index_of({l, x, y, from[3]})]);
        const auto end = static_cast<std::size_t>(first_[index_of({l, x, y, to[3]}) + 1]);
        for (std::size_t i = begin; i < end; ++i) {
          const Entry& e = entries_[i];
          const double a = e.code[0] - quad.code[0];
          const double b = e.code[1] - quad.code[1];
          const double c = e.code[2] - quad.code[2];
          const double d = e.code[3] - quad.code[3];
          if (a * a + b * b + c * c + d * d <= limit && e.length >= shortest && e.length <= longest)
            out.push_back(e.quad);
        }
      }
  std::ranges::sort(out);
}

}  // namespace skyweft::sky
