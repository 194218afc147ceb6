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
#include "io/table_rows.hpp"

namespace skyweft::io {

/// Takes a table's rows cell by cell and hands out batches of stars.
class StarRows final : public TableRows {
 public:
  using Take = std::function<void(const StarCatalog&)>;

  /// With `keep_own`, the further columns of a table that we wrote are kept too.
  StarRows(std::filesystem::path path, StarMapping mapping, Take take, bool keep_own = false);

  /// Throws Error as read_star_batches() does.
  void start(StarTableHead head) override;
  void add(std::int64_t i_row) override;
  /// Hands out the rest.
  void finish() override;

 private:
  [[noreturn]] void bad_cell(const StarCell& cell, std::string_view column) const;
  Value value_of_term(const StarTerm& term);
  double number_in_row(const StarQuantity& quantity);
  double angle_in_row(const StarQuantity& quantity, bool hours);
  std::optional<StarId> id_in_row(const StarQuantity& quantity);
  std::string place() const;
  void check_epoch(double epoch_yr);
  void hand_out();

  Take take_;
  bool keep_own_;
  StarPlan plan_;
  StarTableHead head_;
  StarCatalog batch_;
  double file_epoch_yr_ = 2000.0;
  std::int64_t i_row_ = 0;
  const StarTerm* evaluated_ = nullptr;
  Lookup lookup_;
};

}  // namespace skyweft::io
