// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_tiles.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "core/log.hpp"
#include "io/star_part.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{4} << 20;
/// Cells looked at by covers(), about.
constexpr double kManyCells = 3e5;

/// A disc that holds a tile: its sides bulge less than a tenth of its size over the circle through
/// the furthest corner.
Angle disc_of(std::int64_t tile, const healpix::Direction& middle) {
  double chord2 = 0.0;
  for (const healpix::Direction& c : healpix::corners_of(tile, kTileOrder)) {
    const double dx = c[0] - middle[0];
    const double dy = c[1] - middle[1];
    const double dz = c[2] - middle[2];
    chord2 = std::max(chord2, dx * dx + dy * dy + dz * dz);
  }
  return Angle::from_rad(1.1 * 2.0 * std::asin(0.5 * std::sqrt(chord2)));
}

float brightness(float mag) {
  return std::isnan(mag) ? std::numeric_limits<float>::infinity() : mag;
}

/// Sorts by id, keeps the brightest of each id, and of these the brightest `max_stars`.
StarCatalog cut_down(const StarCatalog& stars, std::int64_t max_stars) {
  const auto id = [&](std::int64_t i) { return stars.id[static_cast<std::size_t>(i)]; };
  const auto mag = [&](std::int64_t i) {
    return brightness(stars.mag[static_cast<std::size_t>(i)]);
  };
  std::vector<std::int64_t> order(stars.id.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
    if (id(a) != id(b)) return id(a) < id(b);
    return mag(a) != mag(b) ? mag(a) < mag(b) : a < b;
  });
  const auto repeated = std::ranges::unique(order, {}, id);
  order.erase(repeated.begin(), repeated.end());
  if (static_cast<std::int64_t>(order.size()) > max_stars) {
    const auto kept = order.begin() + std::max<std::int64_t>(max_stars, 0);
    std::ranges::nth_element(order, kept, [&](std::int64_t a, std::int64_t b) {
      return mag(a) != mag(b) ? mag(a) < mag(b) : id(a) < id(b);
    });
    order.erase(kept, order.end());
    std::ranges::sort(order, {}, id);
  }
  return rows_of(stars, order);
}

}  // namespace

struct StarTiles::Part {
  PartFile file;
  PartLayout layout;
  std::vector<TileEntry> tiles;
};

/// A tile that a region touches.
struct StarTiles::Piece {
  const Part* part = nullptr;
  const TileEntry* entry = nullptr;
  bool is_whole = false;
  std::vector<float> marks;

  /// Rows from the first that hold everything at most as faint as `limit`.
  std::int64_t rows_to(float limit) const {
    const auto first_fainter =
        std::ranges::partition_point(marks, [limit](float mark) { return mark <= limit; });
    if (first_fainter == marks.end()) return entry->n_mag;
    return std::min<std::int64_t>(entry->n_mag, kRowsPerMark * (first_fainter - marks.begin()));
  }
};

StarTiles::StarTiles(const std::filesystem::path& folder)
    : folder_(folder), manifest_(read_star_manifest(folder)) {
  part_of_tile_.assign(static_cast<std::size_t>(kTiles), -1);
  entry_of_tile_.assign(static_cast<std::size_t>(kTiles), -1);
  for (const StarPart& from : manifest_.parts) {
    const PartShape shape{.extra = manifest_.extra,
                          .epoch_yr = manifest_.epoch_yr,
                          .n_row = from.n_row,
                          .n_tile = from.n_tile,
                          .n_mark = from.n_mark};
    Part part{.file = PartFile{folder / from.file}, .layout = layout_of(shape), .tiles = {}};
    part.tiles = read_tile_table(part.file, shape, part.layout, from.first_tile, from.last_tile);
    for (std::size_t i = 0; i < part.tiles.size(); ++i) {
      const auto tile = static_cast<std::size_t>(part.tiles[i].tile);
      part_of_tile_[tile] = static_cast<std::int32_t>(parts_.size());
      entry_of_tile_[tile] = static_cast<std::int32_t>(i);
    }
    parts_.push_back(std::move(part));
  }
}
StarTiles::~StarTiles() = default;
StarTiles::StarTiles(StarTiles&&) noexcept = default;
StarTiles& StarTiles::operator=(StarTiles&&) noexcept = default;

std::vector<StarTiles::Piece> StarTiles::pieces_in(const StarRegion& region,
                                                   bool want_marks) const {
  std::vector<Piece> pieces;
  std::vector<std::byte> raw;
  for (const std::int64_t tile :
       healpix::cells_near(region.centre(), region.radius(), kTileOrder)) {
    const std::int32_t i_part = part_of_tile_[static_cast<std::size_t>(tile)];
    if (i_part < 0) continue;
    const healpix::Direction middle = healpix::centre_of(tile, kTileOrder);
    const StarRegion::Overlap overlap = region.overlap(middle, disc_of(tile, middle));
    if (overlap == StarRegion::Overlap::none) continue;
    const Part& part = parts_[static_cast<std::size_t>(i_part)];
    const auto i_entry = static_cast<std::size_t>(entry_of_tile_[static_cast<std::size_t>(tile)]);
    Piece piece{.part = &part,
                .entry = &part.tiles[i_entry],
                .is_whole = overlap == StarRegion::Overlap::whole,
                .marks = {}};
    if (want_marks && piece.entry->n_row > kRowsPerMark) {
      raw.resize(static_cast<std::size_t>(piece.entry->n_mark()) * kMarkBytes);
      part.file.read(
          part.layout.marks_at + piece.entry->first_mark * static_cast<std::int64_t>(kMarkBytes),
          raw);
      for (std::size_t at = 0; at < raw.size(); at += kMarkBytes)
        piece.marks.push_back(big_endian<float>(raw.data() + at));
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

StarCatalog StarTiles::read(const std::vector<Piece>& pieces, const StarRegion& region, float limit,
                            bool want_unknown) const {
  StarCatalog stars;
  stars.epoch_yr = manifest_.epoch_yr;
  for (const std::string& name : manifest_.extra) stars.extra.push_back({name, {}});
  const std::size_t row_bytes = kExtraAt + 4 * manifest_.extra.size();
  const auto rows_at_once = static_cast<std::int64_t>(kReadAtOnce / row_bytes);
  std::vector<std::byte> raw;
  const auto take = [&](const Piece& piece, std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += rows_at_once) {
      const std::int64_t n = std::min(rows_at_once, end - first);
      raw.resize(static_cast<std::size_t>(n) * row_bytes);
      piece.part->file.read(piece.part->layout.rows_at + (piece.entry->first_row + first) *
                                                             static_cast<std::int64_t>(row_bytes),
                            raw);
      for (std::size_t at = 0; at < raw.size(); at += row_bytes) {
        const std::byte* row = raw.data() + at;
        if (big_endian<float>(row + kMagAt) > limit) continue;
        const auto ra_deg = big_endian<double>(row + kRaAt);
        const auto dec_deg = big_endian<double>(row + kDecAt);
        if (!(ra_deg >= 0.0 && ra_deg <= 360.0 && std::abs(dec_deg) <= 90.0))
          throw Error{Errc::bad_input,
                      fmt::format("part {} of the star store is damaged: RA {} Dec {} in tile {}; "
                                  "see `skyweft catalog check`",
                                  printable(piece.part->file.path().string()), ra_deg, dec_deg,
                                  piece.entry->tile)};
        if (piece.is_whole || region.holds(direction_to(ra_deg, dec_deg))) decode_row(row, stars);
      }
    }
  };
  for (const Piece& piece : pieces) {
    take(piece, 0, piece.rows_to(limit));
    if (want_unknown) take(piece, piece.entry->n_mag, piece.entry->n_row);
  }
  return stars;
}

StarCatalog StarTiles::query(const StarRegion& region, const StarCut& cut) const {
  constexpr auto kAny = std::numeric_limits<float>::infinity();
  const float limit = std::isnan(cut.faint_limit_mag) ? kAny : cut.faint_limit_mag;
  const bool is_limited = cut.max_stars < manifest_.n_star;
  const std::vector<Piece> pieces = pieces_in(region, is_limited || limit < kAny);
  if (is_limited) {
    // Mark k says that 256 more rows are at least this bright: where whole tiles have enough of
    // them, no fainter star can be among the brightest.
    std::vector<float> marks;
    for (const Piece& piece : pieces)
      if (piece.is_whole)
        for (std::size_t k = 1; k < piece.marks.size(); ++k)
          if (piece.marks[k] <= limit) marks.push_back(piece.marks[k]);
    const auto enough =
        static_cast<std::size_t>(std::max<std::int64_t>(cut.max_stars, 0) / kRowsPerMark + 1);
    if (marks.size() >= enough) {
      const auto last = marks.begin() + static_cast<std::ptrdiff_t>(enough) - 1;
      std::ranges::nth_element(marks, last);
      StarCatalog stars = cut_down(read(pieces, region, *last, false), cut.max_stars);
      if (stars.size() >= cut.max_stars) return stars;  // else the same ids in several tiles
    }
  }
  return cut_down(read(pieces, region, limit, true), cut.max_stars);
}

StarCoverage StarTiles::covers(const SkyPos& centre, Angle radius) const {
  const StarRegion region = StarRegion::cone(centre, radius);
  StarCoverage out;
  out.order = manifest_.coverage_order;
  // Finer cells, whose slack at the rim is smaller, tell which cells are touched.
  const double share = 0.5 * (1.0 - std::cos(region.radius().rad()));
  int finer = out.order + 3;
  while (finer > out.order && share * static_cast<double>(healpix::n_cells(finer)) > kManyCells)
    --finer;
  std::vector<std::int64_t> cells = healpix::cells_near(centre, region.radius(), finer);
  for (std::int64_t& cell : cells) cell >>= 2 * (finer - out.order);
  const auto repeated = std::ranges::unique(cells);
  cells.erase(repeated.begin(), repeated.end());
  out.n_cell = static_cast<std::int64_t>(cells.size());
  bool has_gap = false;
  for (const std::int64_t cell : cells) {
    const auto run = std::ranges::upper_bound(manifest_.covered, cell, {},
                                              [](const auto& one) { return one.first; });
    const bool is_covered = manifest_.is_all_sky ||
                            (run != manifest_.covered.begin() && std::prev(run)->second >= cell);
    if (!is_covered && !has_gap) {
      has_gap = true;
      const healpix::Direction at = healpix::centre_of(cell, out.order);
      const double ra = std::atan2(at[1], at[0]);
      out.first_gap = {Angle::from_rad(ra < 0.0 ? ra + 2.0 * kPi : ra),
                       Angle::from_rad(std::atan2(at[2], std::hypot(at[0], at[1])))};
    }
    out.n_covered += is_covered ? 1 : 0;
  }
  return out;
}

bool is_star_store(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path / kManifestName, ignored);
}

}  // namespace skyweft::io
