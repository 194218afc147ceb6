// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/star_catalog.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft {
namespace {

template <class T>
std::vector<T> pick(const std::vector<T>& column, const std::vector<std::int64_t>& index) {
  std::vector<T> out;
  if (column.empty()) return out;
  out.reserve(index.size());
  for (const std::int64_t i : index) out.push_back(column[static_cast<std::size_t>(i)]);
  return out;
}

}  // namespace

StarCatalog rows_of(const StarCatalog& stars, const std::vector<std::int64_t>& index) {
  std::vector<NamedColumn> extra;
  for (const NamedColumn& column : stars.extra)
    extra.push_back({column.name, pick(column.value, index)});
  return {.epoch_yr = stars.epoch_yr,
          .id = pick(stars.id, index),
          .ra_deg = pick(stars.ra_deg, index),
          .dec_deg = pick(stars.dec_deg, index),
          .pm_ra_mas_yr = pick(stars.pm_ra_mas_yr, index),
          .pm_dec_mas_yr = pick(stars.pm_dec_mas_yr, index),
          .mag = pick(stars.mag, index),
          .colour = pick(stars.colour, index),
          .parallax_mas = pick(stars.parallax_mas, index),
          .extra = std::move(extra)};
}

void sort_by_id(StarCatalog& stars) {
  const std::size_t n = stars.id.size();
  for (const std::size_t length :
       {stars.ra_deg.size(), stars.dec_deg.size(), stars.pm_ra_mas_yr.size(),
        stars.pm_dec_mas_yr.size(), stars.mag.size(), stars.colour.size()})
    if (length != n) throw Error{Errc::bad_input, "star catalogue columns differ in length"};
  if (!stars.parallax_mas.empty() && stars.parallax_mas.size() != n)
    throw Error{Errc::bad_input, "star catalogue columns differ in length"};
  for (const NamedColumn& column : stars.extra)
    if (column.value.size() != n)
      throw Error{Errc::bad_input, fmt::format("star catalogue column {} has {} of {} values",
                                               column.name, column.value.size(), n)};
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](std::int64_t i) { return stars.id[static_cast<std::size_t>(i)]; });
  stars = rows_of(stars, order);
  if (const auto twin = std::ranges::adjacent_find(stars.id); twin != stars.id.end())
    throw Error{Errc::bad_input,
                fmt::format("star id {} occurs twice in the catalogue; ids must be unique", *twin)};
}

StarId id_from_position(const SkyPos& position) {
  double ra = std::fmod(position.ra.deg(), 360.0);
  if (ra < 0.0) ra += 360.0;
  const auto a = static_cast<StarId>(std::llround(ra * 1e5)) % 36000000;
  const auto d = static_cast<StarId>(std::llround((position.dec.deg() + 90.0) * 1e5));
  return a * 100000000 + d;
}

}  // namespace skyweft
