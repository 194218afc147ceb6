// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/star_catalog.hpp"
#include "io/star_manifest.hpp"

namespace skyweft::io {

/// What a star store is made with.
struct StarStoreSettings {
  std::string name{};
  std::string software_version{};
  double epoch_yr = kNaN;            ///< NaN: that of the first batch
  std::vector<std::string> extra{};  ///< kept columns: a-z, 0-9, _; at most 64
  double faint_limit_mag = kNaN;     ///< fainter stars are left out; NaN: none
  bool is_all_sky = false;           ///< empty cells are empty sky, not missing data
  std::int64_t memory_bytes = std::int64_t{1} << 30;
  std::int64_t max_part_bytes = std::int64_t{1} << 30;
};

/// Builds a star store (io/star_tiles.hpp) of any size in bounded memory: rows go into 192 files
/// by HEALPix cell of order 2, then each of these is sorted and written, in several rounds where
/// it is larger than the memory. Needs room on disk for the rows twice.
///
/// Of rows with one id in the same tile the brightest stays; of equally bright ones the first in
/// byte order, so that the store's bytes depend on the stars and settings alone, not on the order
/// of rows or files or on memory_bytes. The same id in different tiles stays twice: queries return
/// the brighter one.
///
/// Everything is written into FOLDER.part.HOST.PID, renamed by finish(); destroyed before that,
/// or by an error, nothing is left. What a killed process left is removed by the next one.
class StarTilesWriter {
 public:
  /// Throws Error{usage} when `folder` exists or a setting makes no sense, Error{io}.
  StarTilesWriter(std::filesystem::path folder, StarStoreSettings settings);
  ~StarTilesWriter();
  StarTilesWriter(const StarTilesWriter&) = delete;
  StarTilesWriter& operator=(const StarTilesWriter&) = delete;

  /// The epoch to which batches must be moved before add(); that of the first when none is set.
  double epoch_for(const StarCatalog& batch) noexcept;

  /// Takes a batch, in any order, at epoch_for(batch). Kept columns are found by name; one that
  /// the batch has not is NaN. Throws Error{bad_input} for a position off the sphere, columns of
  /// unequal length or another epoch, Error{io}.
  void add(const StarCatalog& batch);

  std::int64_t n_taken() const noexcept;

  /// Sorts, writes, renames. `sources` are noted in the manifest.
  /// Throws Error{bad_input} when there are no stars, Error{bad_config} with test "memory_mib" when
  /// the stars of one tile do not fit into memory_bytes, Error{io}.
  StarManifest finish(std::vector<StarSource> sources);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skyweft::io
