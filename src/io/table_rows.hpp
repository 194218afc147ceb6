// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: who takes a table's rows cell by cell.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "io/star_reader.hpp"
#include "io/star_source.hpp"

namespace skyweft::io {

/// What the readers of the formats fill: start() once, then cells() and add() for every row.
class TableRows {
 public:
  TableRows(std::filesystem::path path, StarMapping mapping)
      : path_(std::move(path)), mapping_(std::move(mapping)) {}
  virtual ~TableRows() = default;
  TableRows(const TableRows&) = delete;
  TableRows& operator=(const TableRows&) = delete;

  /// Finds the columns; once, before the first row.
  virtual void start(StarTableHead head) = 0;
  /// Takes the row in cells(); `i_row` is for messages.
  virtual void add(std::int64_t i_row) = 0;
  /// After the last row.
  virtual void finish() {}

  bool is_started() const noexcept { return started_; }

  /// The positions of the columns whose cells are needed, ascending.
  const std::vector<std::size_t>& wanted() const noexcept { return wanted_; }

  /// The cells of the next row, one for each of wanted(): fill them all, then add().
  std::span<StarCell> cells() noexcept { return cells_; }

  const std::filesystem::path& path() const noexcept { return path_; }
  const StarMapping& mapping() const noexcept { return mapping_; }

 protected:
  void want(std::vector<std::size_t> wanted) {
    wanted_ = std::move(wanted);
    cells_.assign(wanted_.size(), StarCell{});
    started_ = true;
  }

 private:
  std::filesystem::path path_;
  StarMapping mapping_;
  std::vector<std::size_t> wanted_;
  std::vector<StarCell> cells_;
  bool started_ = false;
};

}  // namespace skyweft::io
