// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_sort.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

namespace skyweft::io {
namespace {

constexpr std::uint32_t kUnknown = std::numeric_limits<std::uint32_t>::max();
constexpr double kStarsPerCell = 64.0;

/// A number that sorts as the magnitude does; NaN is the largest.
std::uint32_t sort_key(float mag) {
  if (std::isnan(mag)) return kUnknown;
  const auto bits = std::bit_cast<std::uint32_t>(mag == 0.0f ? 0.0f : mag);
  return (bits & 0x80000000U) != 0U ? ~bits : bits | 0x80000000U;
}

struct Key {
  std::uint32_t mag;
  std::uint32_t row;
  std::int64_t id;
};

}  // namespace

TileOrder sort_tile(const std::byte* rows, std::size_t n_row, std::size_t row_bytes) {
  std::vector<Key> keys;
  keys.reserve(n_row);
  for (std::size_t i = 0; i < n_row; ++i) {
    const std::byte* row = rows + i * row_bytes;
    keys.push_back({sort_key(big_endian<float>(row + kMagAt)), static_cast<std::uint32_t>(i),
                    big_endian<std::int64_t>(row + kIdAt)});
  }
  std::ranges::sort(keys, [&](const Key& a, const Key& b) {
    if (a.mag != b.mag) return a.mag < b.mag;
    if (a.id != b.id) return a.id < b.id;
    return std::memcmp(rows + a.row * row_bytes, rows + b.row * row_bytes, row_bytes) < 0;
  });
  // Of each id the first place in this order survives.
  std::vector<std::pair<std::int64_t, std::uint32_t>> places;
  places.reserve(n_row);
  for (std::size_t i = 0; i < n_row; ++i)
    places.emplace_back(keys[i].id, static_cast<std::uint32_t>(i));
  std::ranges::sort(places);
  TileOrder out;
  std::vector<std::uint32_t> repeated;
  for (std::size_t i = 1; i < n_row; ++i)
    if (places[i].first == places[i - 1].first) repeated.push_back(places[i].second);
  std::ranges::sort(repeated);
  out.n_duplicate = static_cast<std::int64_t>(repeated.size());
  out.order.reserve(n_row - repeated.size());
  auto next = repeated.begin();
  for (std::size_t i = 0; i < n_row; ++i) {
    if (next != repeated.end() && *next == i) {
      ++next;
      continue;
    }
    out.order.push_back(keys[i].row);
    out.n_mag += keys[i].mag != kUnknown ? 1 : 0;
  }
  return out;
}

CoveredCells covered_cells(std::vector<std::uint32_t> counts) {
  CoveredCells out;
  for (int order = kFinestCoverageOrder; order >= 0; --order) {
    double n_star = 0.0;
    double n_cell = 0.0;
    for (const std::uint32_t n : counts) {
      n_star += n;
      n_cell += n > 0 ? 1.0 : 0.0;
    }
    if (order == 0 || n_star >= kStarsPerCell * n_cell) {
      out.order = order;
      break;
    }
    for (std::size_t i = 0; i < counts.size() / 4; ++i) {
      std::uint64_t sum = 0;
      for (std::size_t child = 0; child < 4; ++child) sum += counts[4 * i + child];
      counts[i] = static_cast<std::uint32_t>(
          std::min<std::uint64_t>(sum, std::numeric_limits<std::uint32_t>::max()));
    }
    counts.resize(counts.size() / 4);
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const auto cell = static_cast<std::int64_t>(i);
    if (!out.runs.empty() && out.runs.back().second + 1 == cell)
      out.runs.back().second = cell;
    else
      out.runs.emplace_back(cell, cell);
  }
  return out;
}

}  // namespace skyweft::io
