// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/units.hpp"

namespace skyweft::io {

/// A table that a star store was made of.
struct StarSource {
  std::string file;
  std::int64_t n_byte = 0;
  std::string digest;
};

/// One part file of a star store.
struct StarPart {
  std::string file;  ///< name within the folder
  std::int64_t n_byte = 0;
  std::int64_t n_row = 0;
  std::int64_t n_tile = 0;
  std::int64_t n_mark = 0;
  std::int64_t first_tile = 0;
  std::int64_t last_tile = 0;
  std::string digest;
};

/// What `manifest.json` of a star store says (io/star_tiles.hpp).
struct StarManifest {
  std::string name;
  std::string software_version;
  std::int64_t n_star = 0;
  std::int64_t n_duplicate = 0;  ///< rows left out because a brighter one has the same id
  double epoch_yr = 2000.0;
  double mag_min = kNaN;  ///< NaN: no star has a magnitude
  double mag_max = kNaN;
  double faint_limit_mag = kNaN;  ///< of the import; NaN: none
  std::vector<std::string> extra;
  bool is_all_sky = false;
  int coverage_order = 0;
  /// First and last of every run of covered cells, ascending.
  std::vector<std::pair<std::int64_t, std::int64_t>> covered;
  std::vector<StarSource> sources;
  std::vector<StarPart> parts;
};

inline constexpr int kStarStoreVersion = 1;
inline constexpr const char* kManifestName = "manifest.json";

/// Writes `folder`/manifest.json, atomically; it ends with a digest of itself.
/// Collective: no. Throws Error{io}.
void write_star_manifest(const std::filesystem::path& folder, const StarManifest& manifest);

/// Reads and checks it: the digest, and that numbers and parts fit together.
/// Collective: no. Throws Error{bad_input} saying what is wrong.
StarManifest read_star_manifest(const std::filesystem::path& folder);

}  // namespace skyweft::io
