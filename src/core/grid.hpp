// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

namespace skyweft {

/// A dense image `T[ny][nx]`, row-major. The centre of pixel (0,0) is at (0.0, 0.0);
/// indices are (ix, iy) in calls and [iy][ix] in memory.
template <class T>
class Grid {
 public:
  Grid() = default;
  Grid(std::int64_t nx, std::int64_t ny, T fill = T{})
      : nx_(nx), ny_(ny), pixels_(static_cast<std::size_t>(nx * ny), fill) {}

  std::int64_t nx() const noexcept { return nx_; }
  std::int64_t ny() const noexcept { return ny_; }
  std::int64_t size() const noexcept { return nx_ * ny_; }
  bool empty() const noexcept { return pixels_.empty(); }
  bool contains(std::int64_t ix, std::int64_t iy) const noexcept {
    return ix >= 0 && iy >= 0 && ix < nx_ && iy < ny_;
  }

  T& operator()(std::int64_t ix, std::int64_t iy) {
    assert(contains(ix, iy));
    return pixels_[static_cast<std::size_t>(iy * nx_ + ix)];
  }
  const T& operator()(std::int64_t ix, std::int64_t iy) const {
    assert(contains(ix, iy));
    return pixels_[static_cast<std::size_t>(iy * nx_ + ix)];
  }

  std::span<T> row(std::int64_t iy) {
    return {pixels_.data() + iy * nx_, static_cast<std::size_t>(nx_)};
  }
  std::span<const T> row(std::int64_t iy) const {
    return {pixels_.data() + iy * nx_, static_cast<std::size_t>(nx_)};
  }
  std::span<T> pixels() noexcept { return pixels_; }
  std::span<const T> pixels() const noexcept { return pixels_; }

  bool operator==(const Grid&) const = default;

 private:
  std::int64_t nx_ = 0;
  std::int64_t ny_ = 0;
  std::vector<T> pixels_;
};

template <class A, class B>
bool same_shape(const Grid<A>& a, const Grid<B>& b) noexcept {
  return a.nx() == b.nx() && a.ny() == b.ny();
}

}  // namespace skyweft
