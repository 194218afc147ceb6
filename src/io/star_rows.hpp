// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: from cells to batches of stars.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/catalog_columns.hpp"
#include "io/star_reader.hpp"
#include "io/star_source.hpp"

namespace skyweft::io {

/// Takes a table's rows cell by cell and hands out batches of stars.
class StarRows {
 public:
  using Take = std::function<void(const StarCatalog&)>;

  /// With `keep_own`, the further columns of a table that we wrote are kept too.
  StarRows(std::filesystem::path path, StarMapping mapping, Take take, bool keep_own = false);
  StarRows(const StarRows&) = delete;
  StarRows& operator=(const StarRows&) = delete;

  /// Finds the columns; once, before the first row. Throws Error as read_star_batches() does.
  void start(StarTableHead head);
  bool is_started() const noexcept { return started_; }

  /// The positions of the columns whose cells are needed, ascending.
  const std::vector<std::size_t>& wanted() const noexcept { return plan_.wanted; }

  /// The cells of the next row, one for each of wanted(): fill them all, then add().
  std::span<StarCell> cells() noexcept { return cells_; }

  /// Takes the row in cells(); `i_row` is for messages.
  void add(std::int64_t i_row);

  /// Hands out the rest.
  void finish();

  const std::filesystem::path& path() const noexcept { return path_; }
  const StarMapping& mapping() const noexcept { return mapping_; }

 private:
  [[noreturn]] void bad_cell(const StarCell& cell, std::string_view column) const;
  Value value_of_term(const StarTerm& term);
  double number_in_row(const StarQuantity& quantity);
  double angle_in_row(const StarQuantity& quantity, bool hours);
  std::optional<StarId> id_in_row(const StarQuantity& quantity);
  std::string place() const;
  void check_epoch(double epoch_yr);
  void hand_out();

  std::filesystem::path path_;
  StarMapping mapping_;
  Take take_;
  bool keep_own_;
  bool started_ = false;
  StarPlan plan_;
  std::vector<StarCell> cells_;
  StarTableHead head_;
  StarCatalog batch_;
  double file_epoch_yr_ = 2000.0;
  std::int64_t i_row_ = 0;
  const StarTerm* evaluated_ = nullptr;
  Lookup lookup_;
};

}  // namespace skyweft::io
