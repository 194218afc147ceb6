// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/catalog_columns.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxNames = 8;
constexpr std::int64_t kMaxStars = 40'000'000;

/// Accepted names per quantity, best first.
constexpr std::array<std::array<std::string_view, kMaxNames>, kStarColumns> kNames{{
    {"star_id", "source_id", "id", "hip", "gaiadr2", "gaia"},
    {"ra_deg", "ra", "ra_icrs", "raj2000", "_ra"},
    {"dec_deg", "dec", "de_icrs", "dej2000", "decj2000", "_de"},
    {"mag", "phot_g_mean_mag", "gmag", "v_mag", "vt_mag", "vmag"},
    {"colour", "color", "bp_rp", "b_v", "bp-rp", "b-v"},
    {"pm_ra_mas_yr", "pmra"},
    {"pm_dec_mas_yr", "pmdec", "pmde"},
    {"ref_epoch", "epoch_yr"},
}};

std::size_t at(StarColumn column) {
  return static_cast<std::size_t>(column);
}

}  // namespace

ColumnMap find_columns(const std::vector<std::string>& names, const std::filesystem::path& path) {
  ColumnMap map;
  for (std::size_t column = 0; column < kStarColumns; ++column)
    for (const std::string_view wanted : kNames[column])
      for (std::size_t i = 0; i < names.size(); ++i)
        if (!wanted.empty() && lower_case(trimmed(names[i])) == wanted) map[column].push_back(i);
  for (const StarColumn needed : {StarColumn::ra, StarColumn::dec, StarColumn::mag})
    if (map[at(needed)].empty())
      throw Error{
          Errc::bad_input,
          fmt::format(
              "star list {} has no column {} (or {}); rename its column, case does not matter",
              printable(path.string()), kNames[at(needed)][0], kNames[at(needed)][1])};
  return map;
}

void StarCollector::add(const StarRow& row, std::int64_t i_line) {
  const auto value = [&](StarColumn column) { return row.value[at(column)]; };
  const double ra_deg = value(StarColumn::ra);
  const double dec_deg = value(StarColumn::dec);
  const double mag = value(StarColumn::mag);
  if (ra_deg < 0.0 || ra_deg > 360.0 || dec_deg < -90.0 || dec_deg > 90.0)
    throw Error{Errc::bad_input,
                fmt::format("star list {} line {}: RA {} Dec {} is no place on the sky in degrees",
                            printable(path_.string()), i_line, ra_deg, dec_deg)};
  if (!std::isfinite(ra_deg) || !std::isfinite(dec_deg) || !std::isfinite(mag)) return;
  if (stars_.size() >= kMaxStars)
    throw Error{Errc::bad_input,
                fmt::format("star list {} has more than {} rows; cut it to your fields first",
                            printable(path_.string()), kMaxStars)};
  const double epoch_yr = value(StarColumn::epoch);
  if (std::isfinite(epoch_yr) && epoch_yr_ != 0.0 && epoch_yr != epoch_yr_)
    throw Error{
        Errc::bad_input,
        fmt::format("star list {} line {}: epoch {} differs from {} above; one list, one epoch",
                    printable(path_.string()), i_line, epoch_yr, epoch_yr_)};
  if (std::isfinite(epoch_yr)) epoch_yr_ = epoch_yr;
  const auto or_zero = [](double v) { return std::isfinite(v) ? v : 0.0; };
  stars_.id.push_back(
      row.id ? *row.id : id_from_position({Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)}));
  stars_.ra_deg.push_back(ra_deg);
  stars_.dec_deg.push_back(dec_deg);
  stars_.mag.push_back(static_cast<float>(mag));
  stars_.colour.push_back(static_cast<float>(value(StarColumn::colour)));
  stars_.pm_ra_mas_yr.push_back(or_zero(value(StarColumn::pm_ra)));
  stars_.pm_dec_mas_yr.push_back(or_zero(value(StarColumn::pm_dec)));
}

StarCatalog StarCollector::finish(double epoch_yr) {
  if (stars_.size() == 0)
    throw Error{Errc::bad_input,
                fmt::format("star list {} holds no star with position and magnitude",
                            printable(path_.string()))};
  std::vector<std::int64_t> order(stars_.id.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    const auto i = static_cast<std::size_t>(a);
    const auto j = static_cast<std::size_t>(b);
    return stars_.id[i] != stars_.id[j] ? stars_.id[i] < stars_.id[j]
                                        : stars_.mag[i] < stars_.mag[j];
  });
  const auto repeated = std::ranges::unique(
      order, {}, [&](std::int64_t i) { return stars_.id[static_cast<std::size_t>(i)]; });
  order.erase(repeated.begin(), repeated.end());
  StarCatalog sorted = rows_of(stars_, order);
  sorted.epoch_yr = epoch_yr_ != 0.0 ? epoch_yr_ : epoch_yr;
  return sorted;
}

}  // namespace skyweft::io
