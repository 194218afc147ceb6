// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "core/healpix.hpp"
#include "core/units.hpp"
#include "data/star_catalog.hpp"
#include "io/star_tiles.hpp"
#include "io/star_tiles_write.hpp"

namespace skyweft::support {

/// A folder that goes away with the test.
class TestFolder {
 public:
  explicit TestFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / fmt::format("{}_{}", name, ::getpid())) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline void add_star(StarCatalog& stars, StarId id, double ra_deg, double dec_deg, float mag) {
  stars.id.push_back(id);
  stars.ra_deg.push_back(ra_deg);
  stars.dec_deg.push_back(dec_deg);
  stars.pm_ra_mas_yr.push_back(0.5 * static_cast<double>(id % 7));
  stars.pm_dec_mas_yr.push_back(-0.25 * static_cast<double>(id % 5));
  stars.parallax_mas.push_back(0.125f * static_cast<float>(id % 11));
  stars.mag.push_back(mag);
  stars.colour.push_back(id % 3 == 0 ? kNaNf : 0.5f * static_cast<float>(id % 4));
  for (NamedColumn& column : stars.extra) column.value.push_back(static_cast<float>(id % 13));
}

/// Random stars where code goes wrong: all over the sky, at both poles, across RA 0, in one clump;
/// some without magnitude, some of equal magnitude, some with the id of another.
inline StarCatalog awkward_stars(std::size_t n, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  StarCatalog stars;
  stars.epoch_yr = 2016.0;
  stars.extra.push_back({"ruwe", {}});
  for (std::size_t i = 0; i < n; ++i) {
    double ra_deg = 360.0 * unit(random);
    double dec_deg = std::asin(2.0 * unit(random) - 1.0) / kRadPerDeg;
    const double kind = unit(random);
    if (kind < 0.15)
      dec_deg = 90.0 - 3.0 * unit(random) * unit(random);
    else if (kind < 0.3)
      dec_deg = -90.0 + 3.0 * unit(random) * unit(random);
    else if (kind < 0.45) {
      ra_deg = unit(random) < 0.5 ? 2.0 * unit(random) : 360.0 - 2.0 * unit(random);
      dec_deg = 4.0 * unit(random) - 2.0;
    } else if (kind < 0.7) {
      ra_deg = 120.0 + 3.0 * unit(random);
      dec_deg = 40.0 + 3.0 * unit(random);
    }
    if (kind < 0.002) dec_deg = kind < 0.001 ? 90.0 : -90.0;
    if (kind > 0.998) ra_deg = kind < 0.999 ? 0.0 : 360.0;
    const double mag = 6.0 + 12.0 * std::cbrt(unit(random));
    const bool known = unit(random) > 0.05;
    const bool rounded = unit(random) < 0.3;
    const bool twin = i > 0 && unit(random) < 0.03;
    const StarId id =
        twin ? stars.id[static_cast<std::size_t>(unit(random) * static_cast<double>(i))]
             : static_cast<StarId>(random() >> 2);
    add_star(stars, id, ra_deg, dec_deg,
             known ? static_cast<float>(rounded ? std::round(mag * 2.0) / 2.0 : mag) : kNaNf);
  }
  return stars;
}

/// Writes a store of `stars`, in batches of odd sizes.
inline io::StarManifest make_store(const std::filesystem::path& folder, const StarCatalog& stars,
                                   io::StarStoreSettings settings = {}) {
  if (settings.extra.empty())
    for (const NamedColumn& column : stars.extra) settings.extra.push_back(column.name);
  io::StarTilesWriter writer{folder, settings};
  for (std::int64_t first = 0; first < stars.size(); first += 997) {
    std::vector<std::int64_t> rows;
    for (std::int64_t i = first; i < std::min<std::int64_t>(first + 997, stars.size()); ++i)
      rows.push_back(i);
    writer.add(rows_of(stars, rows));
  }
  return writer.finish({});
}

/// The slow twin of a store: which rows it keeps, tile by tile.
inline StarCatalog without_tile_twins(const StarCatalog& stars) {
  std::map<std::pair<std::int64_t, StarId>, std::int64_t> best;
  const auto mag = [&](std::int64_t i) {
    const float m = stars.mag[static_cast<std::size_t>(i)];
    return std::isnan(m) ? 1e9f : m;
  };
  for (std::int64_t i = 0; i < stars.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const std::int64_t tile = healpix::cell_of(
        SkyPos{Angle::from_deg(stars.ra_deg[k]), Angle::from_deg(stars.dec_deg[k])}, 5);
    const auto [at, is_new] = best.try_emplace({tile, stars.id[k]}, i);
    if (is_new) continue;
    // Equally bright twins: the first in byte order, which for RA, before Dec, is the smaller.
    const auto before = static_cast<std::size_t>(at->second);
    if (mag(i) < mag(at->second) ||
        (mag(i) == mag(at->second) && stars.ra_deg[k] < stars.ra_deg[before]))
      at->second = i;
  }
  std::vector<std::int64_t> rows;
  for (const auto& [key, i] : best) rows.push_back(i);
  return rows_of(stars, rows);
}

/// The slow twin of a query: looks at every star; `holds(ra_deg, dec_deg)` is the region.
inline StarCatalog brute_query(const StarCatalog& stars, const auto& holds, float faint_limit,
                               std::int64_t max_stars) {
  std::vector<std::int64_t> rows;
  const auto id = [&](std::int64_t i) { return stars.id[static_cast<std::size_t>(i)]; };
  const auto mag = [&](std::int64_t i) {
    const float m = stars.mag[static_cast<std::size_t>(i)];
    return std::isnan(m) ? std::numeric_limits<float>::infinity() : m;
  };
  for (std::int64_t i = 0; i < stars.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (!(stars.mag[k] > faint_limit) && holds(stars.ra_deg[k], stars.dec_deg[k]))
      rows.push_back(i);
  }
  std::ranges::stable_sort(rows, [&](std::int64_t a, std::int64_t b) {
    return id(a) != id(b) ? id(a) < id(b) : mag(a) < mag(b);
  });
  const auto twins = std::ranges::unique(rows, {}, id);
  rows.erase(twins.begin(), twins.end());
  std::ranges::sort(rows, [&](std::int64_t a, std::int64_t b) {
    return mag(a) != mag(b) ? mag(a) < mag(b) : id(a) < id(b);
  });
  if (static_cast<std::int64_t>(rows.size()) > max_stars)
    rows.resize(static_cast<std::size_t>(max_stars));
  std::ranges::sort(rows, {}, id);
  return rows_of(stars, rows);
}

/// Equal columns; NaN equals NaN.
inline bool same_stars(const StarCatalog& a, const StarCatalog& b) {
  const auto same = [](const auto& x, const auto& y) {
    return std::ranges::equal(x, y, [](auto p, auto q) {
      return p == q || (std::isnan(static_cast<double>(p)) && std::isnan(static_cast<double>(q)));
    });
  };
  if (a.extra.size() != b.extra.size()) return false;
  for (std::size_t k = 0; k < a.extra.size(); ++k)
    if (a.extra[k].name != b.extra[k].name || !same(a.extra[k].value, b.extra[k].value))
      return false;
  return a.epoch_yr == b.epoch_yr && a.id == b.id && same(a.ra_deg, b.ra_deg) &&
         same(a.dec_deg, b.dec_deg) && same(a.pm_ra_mas_yr, b.pm_ra_mas_yr) &&
         same(a.pm_dec_mas_yr, b.pm_dec_mas_yr) && same(a.mag, b.mag) && same(a.colour, b.colour) &&
         same(a.parallax_mas, b.parallax_mas);
}

}  // namespace skyweft::support
