// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "io/star_part.hpp"
#include "io/star_tiles.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMostProblems = 50;

/// Where a row stands in its tile's order.
struct Place {
  bool has_no_mag = true;
  float mag = 0.0f;
  std::int64_t id = 0;
  auto key() const { return std::tuple{has_no_mag, has_no_mag ? 0.0f : mag, id}; }
};

/// The first thing that is wrong with the rows of one tile; empty: nothing.
std::string problem_in_tile(const PartFile& file, const PartLayout& layout, const TileEntry& entry,
                            std::size_t row_bytes) {
  std::vector<std::byte> marks(static_cast<std::size_t>(entry.n_mark()) * kMarkBytes);
  file.read(layout.marks_at + entry.first_mark * static_cast<std::int64_t>(kMarkBytes), marks);
  constexpr std::int64_t kAtOnce = 65536;
  std::vector<std::byte> raw;
  std::unordered_set<std::int64_t> ids;
  Place before;
  std::int64_t n_mag = 0;
  for (std::int64_t first = 0; first < entry.n_row; first += kAtOnce) {
    const std::int64_t n = std::min<std::int64_t>(kAtOnce, entry.n_row - first);
    raw.resize(static_cast<std::size_t>(n) * row_bytes);
    file.read(layout.rows_at + (entry.first_row + first) * static_cast<std::int64_t>(row_bytes),
              raw);
    for (std::int64_t i = 0; i < n; ++i) {
      const std::byte* row = raw.data() + static_cast<std::size_t>(i) * row_bytes;
      const std::int64_t i_row = first + i;
      const auto mag = big_endian<float>(row + kMagAt);
      const Place now{std::isnan(mag), mag, big_endian<std::int64_t>(row + kIdAt)};
      const auto ra_deg = big_endian<double>(row + kRaAt);
      const auto dec_deg = big_endian<double>(row + kDecAt);
      if (!(ra_deg >= 0.0 && ra_deg <= 360.0 && std::abs(dec_deg) <= 90.0) ||
          healpix::cell_of(direction_to(ra_deg, dec_deg), kTileOrder) != entry.tile)
        return fmt::format("row {} lies elsewhere", i_row);
      if (i_row > 0 && !(before.key() < now.key()))
        return fmt::format("row {} is out of order", i_row);
      if (!ids.insert(now.id).second) return fmt::format("id {} occurs twice", now.id);
      if (i_row % kRowsPerMark == 0 &&
          !std::equal(row + kMagAt, row + kMagAt + kMarkBytes,
                      marks.data() + static_cast<std::size_t>(i_row / kRowsPerMark) * kMarkBytes))
        return fmt::format("the mark of row {} has another magnitude", i_row);
      n_mag += now.has_no_mag ? 0 : 1;
      before = now;
    }
  }
  if (n_mag != entry.n_mag)
    return fmt::format("{} rows have a magnitude, {} are counted", n_mag, entry.n_mag);
  return {};
}

}  // namespace

std::vector<std::string> check_star_tiles(const std::filesystem::path& folder) {
  const StarManifest manifest = read_star_manifest(folder);
  std::vector<std::string> problems;
  for (const StarPart& part : manifest.parts) {
    try {
      const std::filesystem::path path = folder / part.file;
      const PartShape shape{.extra = manifest.extra,
                            .epoch_yr = manifest.epoch_yr,
                            .n_row = part.n_row,
                            .n_tile = part.n_tile,
                            .n_mark = part.n_mark};
      const PartLayout layout = layout_of(shape);
      const PartFile file{path};
      const auto tiles = read_tile_table(file, shape, layout, part.first_tile, part.last_tile);
      if (const std::string found = digest_of_file(path); found != part.digest)
        problems.push_back(
            fmt::format("{}: digest {} instead of {}", part.file, found, part.digest));
      for (const TileEntry& entry : tiles)
        if (const std::string what = problem_in_tile(file, layout, entry, shape.row_bytes());
            !what.empty() && problems.size() < kMostProblems)
          problems.push_back(fmt::format("{}: tile {}: {}", part.file, entry.tile, what));
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      problems.push_back(fmt::format("{}: {}", part.file, error.text()));
    }
  }
  return problems;
}

}  // namespace skyweft::io
