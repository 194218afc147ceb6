// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <vector>

#include "core/units.hpp"
#include "data/star_catalog.hpp"
#include "io/star_manifest.hpp"
#include "io/star_region.hpp"

namespace skyweft::io {

/// Which of the stars in a region are wanted.
struct StarCut {
  /// Fainter stars are left out; one without magnitude passes and counts as faintest.
  float faint_limit_mag = std::numeric_limits<float>::infinity();
  /// The brightest of these many; ties by id.
  std::int64_t max_stars = std::numeric_limits<std::int64_t>::max();
};

/// Whether a star store has stars everywhere in a cone (StarTiles::covers).
struct StarCoverage {
  int order = 0;               ///< of the HEALPix cells that were looked at
  std::int64_t n_cell = 0;     ///< cells that the cone touches
  std::int64_t n_covered = 0;  ///< of them covered
  SkyPos first_gap;            ///< middle of the first cell that is not covered

  bool is_complete() const noexcept { return n_covered == n_cell; }
};

/// A local star catalogue of any size: a folder with `manifest.json` and part files, FITS binary
/// tables whose rows are sorted by HEALPix tile (order 5, nested), then by magnitude, those without
/// magnitude last, then by id. A second table tells where each tile begins, a third the magnitude
/// of every 256th row of a tile, so that "brighter than G" is one read of a piece from its start.
///
/// Built by StarTilesWriter. Opening reads the manifest and the tile tables, at most 12288 rows;
/// queries keep nothing, so that threads may share one object.
class StarTiles {
 public:
  /// Throws Error{bad_input} when the manifest or a part's size, headers or tile table are
  /// damaged. The stars themselves are compared with their digests by check_star_tiles().
  explicit StarTiles(const std::filesystem::path& folder);
  ~StarTiles();
  StarTiles(StarTiles&&) noexcept;
  StarTiles& operator=(StarTiles&&) noexcept;

  const StarManifest& manifest() const noexcept { return manifest_; }

  /// The stars in `region` that `cut` lets pass, sorted by id, at the store's epoch, with parallax
  /// and all kept columns. Exact. Of several with one id the brightest is returned.
  /// Cost: one read per tile touched, of the stars brighter than the limit.
  /// Collective: no. Throws Error{bad_input} for a damaged part, Error{io}.
  StarCatalog query(const StarRegion& region, const StarCut& cut = {}) const;
  StarCatalog cone(const SkyPos& centre, Angle radius, const StarCut& cut = {}) const {
    return query(StarRegion::cone(centre, radius), cut);
  }
  StarCatalog polygon(const std::vector<SkyPos>& vertices, const StarCut& cut = {}) const {
    return query(StarRegion::polygon(vertices), cut);
  }

  /// Whether the store holds this piece of sky. Covered are the cells with at least one star, of
  /// the finest order (at most 9, 7 arcmin) whose cells have 64 stars on average; everything when
  /// the import said so (all_sky). With 64 on average even a region ten times poorer has no empty
  /// cell in 600; a catalogue that ends inside the cone shows to a cell's size.
  /// Collective: no. Throws Error{usage} as StarRegion::cone().
  StarCoverage covers(const SkyPos& centre, Angle radius) const;

 private:
  struct Part;
  struct Piece;
  std::vector<Piece> pieces_in(const StarRegion& region, bool want_marks) const;
  StarCatalog read(const std::vector<Piece>& pieces, const StarRegion& region, float limit,
                   bool want_unknown) const;

  std::filesystem::path folder_;
  StarManifest manifest_;
  std::vector<Part> parts_;
  std::vector<std::int32_t> part_of_tile_;  ///< [tile]; -1: no stars
  std::vector<std::int32_t> entry_of_tile_;
};

/// Whether `path` is a folder with a manifest.
bool is_star_store(const std::filesystem::path& path);

/// Reads every byte of a store: digests, order of the rows, tiles, positions, marks and counts.
/// Returns one sentence per problem; empty: all is well. Cost: a read of everything.
/// Collective: no. Throws Error{bad_input} when the manifest itself cannot be used.
std::vector<std::string> check_star_tiles(const std::filesystem::path& folder);

}  // namespace skyweft::io
