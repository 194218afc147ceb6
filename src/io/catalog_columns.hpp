// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: what the two readers of star lists share.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/star_catalog.hpp"

namespace skyweft::io {

/// The quantities of a star list.
enum class StarColumn : std::size_t { id, ra, dec, mag, colour, pm_ra, pm_dec, epoch };
inline constexpr std::size_t kStarColumns = 8;

/// For every quantity the positions of the file's columns that may hold it, best first: a row takes
/// the first that has a value.
using ColumnMap = std::array<std::vector<std::size_t>, kStarColumns>;

/// Finds the columns by name. Throws Error{bad_input} when position or magnitude is missing.
ColumnMap find_columns(const std::vector<std::string>& names, const std::filesystem::path& path);

/// One star as read; NaN where there is no value.
struct StarRow {
  std::optional<StarId> id;
  std::array<double, kStarColumns> value{};  ///< indexed by StarColumn; `id` is not used
};

/// Collects rows into a catalogue.
class StarCollector {
 public:
  explicit StarCollector(std::filesystem::path path) : path_(std::move(path)) {}

  /// Takes one row; `i_line` is for messages. Throws Error{bad_input} when it is off the sphere.
  void add(const StarRow& row, std::int64_t i_line);

  /// Sorted by id, the brighter of two with one id kept; the epoch is `epoch_yr` unless rows had
  /// their own. Throws Error{bad_input} when there are no stars or their epochs differ.
  StarCatalog finish(double epoch_yr);

 private:
  std::filesystem::path path_;
  StarCatalog stars_;
  double epoch_yr_ = 0.0;
};

/// Reads a FITS binary table of stars.
StarCatalog read_star_fits(const std::filesystem::path& path);

}  // namespace skyweft::io
