// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/completeness.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <span>
#include <string>

#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::bench {
namespace {

/// Found places sorted by y: those near a place are a short stretch.
class ByRow {
 public:
  explicit ByRow(const Positions& p) : p_(p), order_(p.x_px.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](std::size_t a, std::size_t b) { return p_.y_px[a] < p_.y_px[b]; });
  }
  /// Offset of the nearest one within `radius_px`; NaNs without.
  std::array<double, 2> nearest(double x, double y, double radius_px) const {
    std::array<double, 2> best{kNaN, kNaN};
    double least = radius_px * radius_px;
    for_each_in_reach(y, radius_px, [&](std::size_t i) {
      const double dx = p_.x_px[i] - x, dy = p_.y_px[i] - y;
      if (dx * dx + dy * dy > least) return;
      least = dx * dx + dy * dy;
      best = {dx, dy};
    });
    return best;
  }
  int count(double x, double y, double radius_px) const {
    int n = 0;
    for_each_in_reach(y, radius_px, [&](std::size_t i) {
      n += std::hypot(p_.x_px[i] - x, p_.y_px[i] - y) <= radius_px ? 1 : 0;
    });
    return n;
  }

 private:
  template <class Visit>
  void for_each_in_reach(double y, double radius_px, const Visit& visit) const {
    auto at = std::lower_bound(order_.begin(), order_.end(), y - radius_px,
                               [&](std::size_t i, double v) { return p_.y_px[i] < v; });
    for (; at != order_.end() && p_.y_px[*at] <= y + radius_px; ++at) visit(*at);
  }

  const Positions& p_;
  std::vector<std::size_t> order_;
};

}  // namespace

Positions read_positions(const std::filesystem::path& path, int x_column, int y_column) {
  Positions out;
  std::ifstream in{path, std::ios::binary};
  if (path.extension() == ".bin") {
    std::array<double, 2> pair{};
    while (in.read(reinterpret_cast<char*>(pair.data()), sizeof pair)) {
      out.x_px.push_back(pair[0]);
      out.y_px.push_back(pair[1]);
    }
    return out;
  }
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    const char* at = line.c_str();
    double x = kNaN, y = kNaN;
    for (int column = 0; column <= std::max(x_column, y_column); ++column) {
      char* end = nullptr;
      const double v = std::strtod(at, &end);
      if (end == at) break;
      if (column == x_column) x = v;
      if (column == y_column) y = v;
      at = end;
    }
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    out.x_px.push_back(x);
    out.y_px.push_back(y);
  }
  return out;
}

Positions isolated(const Positions& all, double radius_px) {
  const ByRow near{all};
  Positions out;
  for (std::size_t i = 0; i < all.x_px.size(); ++i)
    if (near.count(all.x_px[i], all.y_px[i], radius_px) == 1) {  // itself
      out.x_px.push_back(all.x_px[i]);
      out.y_px.push_back(all.y_px[i]);
    }
  return out;
}

double completeness(const Positions& truth, const Positions& found, double radius_px) {
  const ByRow near{found};
  const std::size_t n = truth.x_px.size();
  std::vector<double> dx, dy;
  for (std::size_t i = 0; i < n; ++i) {
    const auto d = near.nearest(truth.x_px[i], truth.y_px[i], 2.0);
    if (std::isnan(d[0])) continue;
    dx.push_back(d[0]);
    dy.push_back(d[1]);
  }
  if (dx.empty()) return 0.0;
  const double x0 = median_in_place(std::span<double>{dx});
  const double y0 = median_in_place(std::span<double>{dy});
  std::int64_t matched = 0;
  for (std::size_t i = 0; i < n; ++i)
    matched +=
        std::isnan(near.nearest(truth.x_px[i] + x0, truth.y_px[i] + y0, radius_px)[0]) ? 0 : 1;
  return static_cast<double>(matched) / static_cast<double>(n);
}

}  // namespace skyweft::bench
