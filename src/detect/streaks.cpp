// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/streaks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "detect/near_grid.hpp"

namespace skyweft::detect {
namespace {

constexpr double kLongRatio = 1.5;
constexpr double kReach_fwhm = 8.0;
constexpr int kLeastPieces = 4;
constexpr double kAxisTolerance = 15.0 * kRadPerDeg;
constexpr double kLineTolerance = 8.0 * kRadPerDeg;

/// Which pieces hang together.
class Chains {
 public:
  explicit Chains(std::size_t n) : parent_(n), size_(n, 1) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    a = root(a);
    b = root(b);
    if (a == b) return;
    if (b < a) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
  }
  int size(std::size_t i) { return size_[root(i)]; }

 private:
  std::vector<std::size_t> parent_;
  std::vector<int> size_;
};

bool along(const Source& s, double dx, double dy, double fwhm_px) {
  const double beside = std::abs(-std::sin(s.shape.angle) * dx + std::cos(s.shape.angle) * dy);
  return beside < std::max(fwhm_px, std::hypot(dx, dy) * std::sin(kLineTolerance));
}

double between_axes(double a, double b) {
  const double d = std::abs(std::remainder(a - b, kPi));
  return d;
}

}  // namespace

std::vector<std::uint8_t> streak_pieces(const std::vector<Source>& sources, std::int64_t nx,
                                        std::int64_t ny, const FrameShape& stars) {
  std::vector<std::uint8_t> drop(sources.size(), 0);
  std::vector<std::size_t> longish;
  const double reach_px = kReach_fwhm * stars.fwhm_px;
  NearGrid near{nx, ny, reach_px};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!(sources[i].shape.elongation > kLongRatio * stars.elongation)) continue;
    longish.push_back(i);
    near.add(sources[i].x_px, sources[i].y_px);
  }
  Chains chains{longish.size()};
  for (std::size_t a = 0; a < longish.size(); ++a) {
    const Source& s = sources[longish[a]];
    near.each_near(s.x_px, s.y_px, reach_px, [&](std::size_t b, double dx, double dy) {
      const Source& t = sources[longish[b]];
      if (b != a && between_axes(s.shape.angle, t.shape.angle) < kAxisTolerance &&
          along(s, dx, dy, stars.fwhm_px) && along(t, dx, dy, stars.fwhm_px))
        chains.join(a, b);
    });
  }
  for (std::size_t a = 0; a < longish.size(); ++a)
    if (chains.size(a) >= kLeastPieces) drop[longish[a]] = 1;
  // What lies on the line within reach of a dropped piece, and no further to the side, goes too.
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (drop[i] != 0) continue;
    int before = 0, after = 0;
    near.each_near(sources[i].x_px, sources[i].y_px, reach_px,
                   [&](std::size_t b, double dx, double dy) {
                     if (chains.size(b) < kLeastPieces) return;
                     const double angle = sources[longish[b]].shape.angle;
                     const double forward = std::cos(angle) * dx + std::sin(angle) * dy;
                     const double beside = std::cos(angle) * dy - std::sin(angle) * dx;
                     if (std::abs(beside) > stars.fwhm_px) return;
                     (forward > 0.0 ? after : before) += 1;
                   });
    if (before > 0 && after > 0) drop[i] = 2;
  }
  for (std::uint8_t& d : drop) d = d != 0 ? 1 : 0;
  return drop;
}

}  // namespace skyweft::detect
