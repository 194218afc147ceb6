// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/ring_table.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <utility>

#include "core/grid.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

constexpr double kMargin = 1e-9;  // px²; rounding of squared distances stays far below

/// One pixel column (or row) i seen from stars in [low, high] of their pixel.
struct Side {
  double sign;     ///< of the phase in the distance to the far side
  double nearest;  ///< px, over all phases
  double farthest;
};

Side side_of(std::int64_t i, double low, double high) {
  const double half = static_cast<double>(std::abs(i)) + 0.5;
  if (i == 0) return {1.0, 0.0, 0.5 + std::max(std::abs(low), std::abs(high))};
  if (i > 0) return {-1.0, half - 1.0 - high, half - low};
  return {1.0, half - 1.0 + low, half + high};
}

class Builder {
 public:
  explicit Builder(RingTable& table) : table_(table) {}

  void add(double sign_x, std::int64_t ix, double sign_y, std::int64_t iy, std::int32_t offset) {
    table_.sign_x.push_back(sign_x);
    table_.far_x.push_back(static_cast<double>(std::abs(ix)) + 0.5);
    table_.sign_y.push_back(sign_y);
    table_.far_y.push_back(static_cast<double>(std::abs(iy)) + 0.5);
    table_.offset.push_back(offset);
  }
  std::int32_t size() const { return static_cast<std::int32_t>(table_.offset.size()); }
  /// Fills up to a multiple of four with pixels beyond every circle.
  void pad(std::int32_t since) {
    constexpr auto kBeyond = static_cast<std::int64_t>(2.0 * kLargestRing);
    while ((size() - since) % 4 != 0) add(1.0, kBeyond, 1.0, kBeyond, 0);
  }

 private:
  RingTable& table_;
};

struct Cut {
  std::int64_t ix;
  std::int64_t iy;
  Side x;
  Side y;
  std::int32_t offset;
};

}  // namespace

RingTable make_ring_table(std::span<const double> radii_px, double fx_low, double fx_high,
                          double fy_low, double fy_high, std::int64_t nx) {
  assert(std::ranges::is_sorted(radii_px));
  RingTable table;
  Builder builder(table);
  const auto reach = static_cast<std::int64_t>(radii_px.empty() ? 0.0 : radii_px.back() + 1.5);
  Grid<std::uint8_t> is_whole(2 * reach + 1, 2 * reach + 1);
  double sum_column = 0.0;
  double sum_row = 0.0;
  for (const double r : radii_px) {
    assert(r >= kSmallestRing && r <= kLargestRing);
    std::vector<Cut> single;
    std::vector<Cut> split;
    const auto box = static_cast<std::int64_t>(r + 1.5);
    for (std::int64_t iy = -box; iy <= box; ++iy)
      for (std::int64_t ix = -box; ix <= box; ++ix) {
        const Side x = side_of(ix, fx_low, fx_high);
        const Side y = side_of(iy, fy_low, fy_high);
        const auto offset = static_cast<std::int32_t>(iy * nx + ix);
        if (x.farthest * x.farthest + y.farthest * y.farthest < r * r - kMargin) {
          auto& known = is_whole(ix + reach, iy + reach);
          if (known == 0) {
            table.whole_offset.push_back(offset);
            sum_column += static_cast<double>(ix);
            sum_row += static_cast<double>(iy);
          }
          known = 1;
        } else if (x.nearest * x.nearest + y.nearest * y.nearest < r * r + kMargin) {
          (ix == 0 || iy == 0 ? split : single).push_back({ix, iy, x, y, offset});
        }
      }
    Ring ring{.radius_px = r, .first = builder.size()};
    for (const Cut& p : single) builder.add(p.x.sign, p.ix, p.y.sign, p.iy, p.offset);
    for (const Cut& p : split) builder.add(p.x.sign, p.ix, p.y.sign, p.iy, p.offset);
    ring.n_pixel = builder.size() - ring.first;
    builder.pad(ring.first);
    ring.n_padded = builder.size() - ring.first;
    ring.n_split = static_cast<std::int32_t>(split.size());
    for (const Cut& p : split)
      builder.add(p.ix == 0 ? -1.0 : p.x.sign, p.ix, p.iy == 0 ? -1.0 : p.y.sign, p.iy, p.offset);
    builder.pad(ring.first);
    ring.n_all = builder.size() - ring.first;
    ring.whole_end = static_cast<std::int32_t>(table.whole_offset.size());
    ring.sum_column = sum_column;
    ring.sum_row = sum_row;
    table.rings.push_back(ring);
  }
  return table;
}

RingTables::RingTables(std::vector<double> radii_px, std::int64_t nx)
    : radii_px_(std::move(radii_px)), nx_(nx) {
  // Finer cells leave fewer pixels undecided, and tables of large circles are large.
  n_phase_ = radii_px_.empty() ? 1 : (radii_px_.back() <= 12.0 ? 8 : 4);
  tables_.resize(static_cast<std::size_t>(n_phase_ * n_phase_));
}

const RingTable& RingTables::at(double fx, double fy) {
  const auto n = static_cast<double>(n_phase_);
  const auto cell = [&](double f) {
    return std::clamp(static_cast<std::int64_t>((f + 0.5) * n), std::int64_t{0}, n_phase_ - 1);
  };
  const std::int64_t ix = cell(fx);
  const std::int64_t iy = cell(fy);
  RingTable& table = tables_[static_cast<std::size_t>(iy * n_phase_ + ix)];
  if (table.rings.empty()) {
    const auto edge = [&](std::int64_t i) { return static_cast<double>(i) / n - 0.5; };
    table = make_ring_table(radii_px_, edge(ix), edge(ix + 1), edge(iy), edge(iy + 1), nx_);
  }
  return table;
}

}  // namespace skyweft::phot
