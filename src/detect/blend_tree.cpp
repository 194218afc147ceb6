// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/blend_tree.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

namespace skyweft::detect {
namespace {

constexpr std::int32_t kNone = -1;

/// A connected set of pixels above the present threshold.
struct Branch {
  std::size_t parent = 0;
  float highest = 0.0f;
  double light = 0.0;  ///< summed
  double n = 0.0;
  double light_before = 0.0;  ///< at the end of the threshold before
  double n_before = 0.0;
  std::vector<std::size_t> tops{};  ///< alive
};

class Tree {
 public:
  Tree(const Grid<float>& image, const std::vector<BlendTop>& tops, const BlendRule& rule)
      : image_{image},
        tops_{tops},
        rule_{rule},
        branch_of_(image.nx(), image.ny(), kNone),
        top_at_(image.nx(), image.ny(), kNone) {
    for (std::size_t i = tops.size(); i-- > 0;)
      top_at_(tops[i].x_px, tops[i].y_px) = static_cast<std::int32_t>(i);
  }

  std::vector<std::uint8_t> run() {
    const std::vector<std::int64_t> order = pixels_above();
    const double highest = order.empty() ? rule_.lowest : value(order[0]);
    const double ratio = highest / rule_.lowest;
    std::size_t next = 0;
    double before = highest;
    for (int level = rule_.n_level - 1; level >= 0; --level) {
      const double cut = rule_.lowest * std::pow(ratio, static_cast<double>(level) / rule_.n_level);
      for (Branch& b : branches_) b.light_before = b.light, b.n_before = b.n;
      met_.clear();
      for (; next < order.size() && (level == 0 || value(order[next]) > cut); ++next)
        add(order[next]);
      judge(before);
      before = cut;
    }
    std::vector<std::uint8_t> stays(tops_.size(), 0);
    for (std::size_t i = 0; i < tops_.size(); ++i)
      if (branch_of_(tops_[i].x_px, tops_[i].y_px) == kNone) stays[i] = 1;
    for (const Branch& b : branches_)
      for (const std::size_t i : b.tops) stays[i] = 1;
    return stays;
  }

 private:
  double value(std::int64_t at) const {
    return static_cast<double>(image_.pixels()[static_cast<std::size_t>(at)]);
  }

  std::vector<std::int64_t> pixels_above() {
    std::vector<std::int64_t> order;
    for (std::int64_t at = 0; at < image_.size(); ++at) {
      if (!(value(at) > rule_.lowest)) continue;
      order.push_back(at);
      total_ += value(at) - rule_.lowest;
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return value(a) > value(b); });
    return order;
  }

  std::size_t root(std::size_t b) {
    while (branches_[b].parent != b)
      b = branches_[b].parent = branches_[branches_[b].parent].parent;
    return b;
  }

  void add(std::int64_t at) {
    const std::int64_t nx = image_.nx(), x = at % nx, y = at / nx;
    std::size_t mine = branches_.size();
    bool fresh = true;
    for (std::int64_t b = y - 1; b <= y + 1; ++b)
      for (std::int64_t a = x - 1; a <= x + 1; ++a) {
        if (!image_.contains(a, b) || branch_of_(a, b) == kNone) continue;
        const std::size_t other = root(static_cast<std::size_t>(branch_of_(a, b)));
        mine = fresh ? other : join(mine, other);
        fresh = false;
      }
    if (fresh) branches_.push_back({.parent = mine, .highest = image_(x, y)});
    branch_of_(x, y) = static_cast<std::int32_t>(mine);
    Branch& home = branches_[mine];
    home.light += value(at);
    home.n += 1.0;
    // A top on the slope of a branch that has one is no maximum of this image.
    if (top_at_(x, y) != kNone && home.tops.empty())
      home.tops.push_back(static_cast<std::size_t>(top_at_(x, y)));
  }

  /// Lays b on a, or a on b; which tops stay is decided when the threshold is done.
  std::size_t join(std::size_t a, std::size_t b) {
    if (a == b) return a;
    if (branches_[b].highest > branches_[a].highest) std::swap(a, b);
    met_.emplace_back(a, branches_[b]);
    branches_[a].light += branches_[b].light;
    branches_[a].n += branches_[b].n;
    branches_[b].parent = a;
    branches_[b].tops.clear();
    return a;
  }

  void judge(double before) {
    for (auto& [into, lost] : met_) {
      if (lost.tops.empty()) continue;
      Branch& home = branches_[root(into)];
      const double light = lost.light_before - lost.n_before * before;
      const double height = static_cast<double>(lost.highest) - before;
      const bool own = !rule_.one_per_island && light > rule_.contrast * total_ &&
                       height > rule_.least_height_sigma * tops_[lost.tops[0]].sigma;
      if (own || home.tops.empty())
        home.tops.insert(home.tops.end(), lost.tops.begin(), lost.tops.end());
    }
  }

  const Grid<float>& image_;
  const std::vector<BlendTop>& tops_;
  const BlendRule& rule_;
  Grid<std::int32_t> branch_of_, top_at_;
  std::vector<Branch> branches_;
  std::vector<std::pair<std::size_t, Branch>> met_;
  double total_ = 0.0;
};

}  // namespace

std::vector<std::uint8_t> separate_tops(const Grid<float>& image, const std::vector<BlendTop>& tops,
                                        const BlendRule& rule) {
  return Tree{image, tops, rule}.run();
}

}  // namespace skyweft::detect
