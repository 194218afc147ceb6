// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/star_order.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::phot {

std::vector<std::size_t> order_by_place(std::span<const double> x_px,
                                        std::span<const double> y_px) {
  constexpr double kBand = 64.0;  // px
  struct Place {
    double band;
    double x;
    std::size_t star;
  };
  std::vector<Place> places;
  places.reserve(x_px.size());
  // Further than this no pixel index would fit; such a star is outside any frame anyway.
  for (std::size_t i = 0; i < x_px.size(); ++i)
    if (std::abs(x_px[i]) < 1e9 && std::abs(y_px[i]) < 1e9)
      places.push_back({std::floor(y_px[i] / kBand), x_px[i], i});
  std::ranges::sort(places, [](const Place& a, const Place& b) {
    if (a.band != b.band) return a.band < b.band;
    return a.x != b.x ? a.x < b.x : a.star < b.star;
  });
  std::vector<std::size_t> order;
  order.reserve(places.size());
  for (const Place& p : places) order.push_back(p.star);
  return order;
}

}  // namespace skyweft::phot
