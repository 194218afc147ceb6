// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/star_groups.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "phot/star_cells.hpp"

namespace skyweft::phot {
namespace {

using shape::PixelWindow;

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

bool overlap(const PixelWindow& a, const PixelWindow& b) {
  return a.size() > 0 && b.size() > 0 && a.first_x < b.first_x + b.nx &&
         b.first_x < a.first_x + a.nx && a.first_y < b.first_y + b.ny &&
         b.first_y < a.first_y + a.ny;
}

bool takes_part(const StarReach& r) {
  return r.fitted.size() > 0 || r.lit.size() > 0;
}

/// Union–find whose roots are the smallest members.
class Unions {
 public:
  explicit Unions(std::int64_t n) : parent_(at(n)), size_(at(n), 1) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  std::int64_t root(std::int64_t i) {
    while (parent_[at(i)] != i) i = parent_[at(i)] = parent_[at(parent_[at(i)])];
    return i;
  }
  std::int64_t size(std::int64_t root) const { return size_[at(root)]; }
  void join(std::int64_t root_a, std::int64_t root_b) {
    if (root_a == root_b) return;
    const auto [low, high] = std::minmax(root_a, root_b);
    parent_[at(high)] = low;
    size_[at(low)] += size_[at(high)];
  }

 private:
  std::vector<std::int64_t> parent_;
  std::vector<std::int64_t> size_;
};

}  // namespace

IndexLists linked_stars(std::span<const StarReach> reach) {
  const auto n = static_cast<std::int64_t>(reach.size());
  std::vector<std::int64_t> used;
  std::vector<double> x(at(n), 0.0);
  std::vector<double> y(at(n), 0.0);
  std::int64_t side = 1;
  for (std::int64_t i = 0; i < n; ++i) {
    const StarReach& r = reach[at(i)];
    if (!takes_part(r)) continue;
    // Whichever of the windows there is: their first pixels lie within one window of each other.
    const PixelWindow& w = r.lit.size() > 0 ? r.lit : r.fitted;
    x[at(i)] = static_cast<double>(w.first_x);
    y[at(i)] = static_cast<double>(w.first_y);
    side = std::max({side, r.lit.nx, r.lit.ny, r.fitted.nx, r.fitted.ny});
    used.push_back(i);
  }
  // The fitted window may begin anywhere in the lit one.
  const StarCells cells(x, y, used, 2.0 * static_cast<double>(side));
  IndexLists out;
  std::vector<std::int64_t> near;
  for (std::int64_t i = 0; i < n; ++i) {
    if (takes_part(reach[at(i)])) {
      near.clear();
      cells.for_each_near(x[at(i)], y[at(i)], [&](std::int64_t j) {
        if (j != i && (overlap(reach[at(i)].fitted, reach[at(j)].lit) ||
                       overlap(reach[at(j)].fitted, reach[at(i)].lit)))
          near.push_back(j);
      });
      std::ranges::sort(near);
      out.other.insert(out.other.end(), near.begin(), near.end());
    }
    out.close();
  }
  return out;
}

IndexLists groups_of(const IndexLists& links, std::span<const StarReach> reach) {
  const std::int64_t n = links.size();
  Unions unions(n);
  for (std::int64_t i = 0; i < n; ++i)
    for (const std::int64_t j : links[i]) unions.join(unions.root(i), unions.root(j));
  std::vector<std::int64_t> group(at(n), -1);
  std::vector<std::int64_t> count;
  for (std::int64_t i = 0; i < n; ++i) {
    if (links[i].empty() && reach[at(i)].fitted.size() == 0) continue;
    const std::int64_t root = unions.root(i);
    if (group[at(root)] < 0) {
      group[at(root)] = static_cast<std::int64_t>(count.size());
      count.push_back(0);
    }
    group[at(i)] = group[at(root)];
    ++count[at(group[at(i)])];
  }
  IndexLists out;
  for (const std::int64_t c : count) out.first.push_back(out.first.back() + c);
  out.other.resize(at(out.first.back()));
  auto next = out.first;
  for (std::int64_t i = 0; i < n; ++i)
    if (group[at(i)] >= 0) out.other[at(next[at(group[at(i)])]++)] = i;
  return out;
}

std::vector<std::int64_t> pieces_of(std::int64_t n, std::vector<Bond> bonds, std::int64_t most) {
  std::ranges::sort(bonds, [](const Bond& p, const Bond& q) {
    if (p.strength != q.strength) return p.strength > q.strength;
    return p.a != q.a ? p.a < q.a : p.b < q.b;
  });
  Unions unions(n);
  for (const Bond& bond : bonds) {
    const std::int64_t a = unions.root(bond.a);
    const std::int64_t b = unions.root(bond.b);
    if (a != b && unions.size(a) + unions.size(b) <= most) unions.join(a, b);
  }
  std::vector<std::int64_t> piece(at(n), -1);
  std::int64_t n_piece = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t root = unions.root(i);
    if (root == i) piece[at(i)] = n_piece++;
    piece[at(i)] = piece[at(root)];
  }
  return piece;
}

}  // namespace skyweft::phot
