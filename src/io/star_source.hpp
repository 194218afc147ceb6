// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: what a reader of one format says of its table and of a row's cells.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression.hpp"
#include "data/star_catalog.hpp"

namespace skyweft::io {

struct StarTableColumn {
  std::string name{};
  std::string alias{};    ///< a second name (VOTable's ID)
  std::string unit{};     ///< as the file writes it
  bool is_text = false;   ///< the file declares it a text
  bool is_usable = true;  ///< false: a vector or complex, which nobody can use
};

/// What a table says before its first row.
struct StarTableHead {
  std::vector<StarTableColumn> columns{};
  std::optional<double> epoch_yr{};
  std::string_view row_word = "line";  ///< what add() counts
  bool is_ours = false;                ///< written by write_star_table()
};

/// One cell. Texts are borrowed until the next row.
struct StarCell {
  enum class Kind : std::uint8_t {
    missing,
    number,
    whole,
    spelled,  ///< text of a table without types: a number if it looks like one
    text,     ///< text that the table declares as such
  };
  Kind kind = Kind::missing;
  double number = 0.0;
  std::int64_t whole = 0;
  std::string_view text{};
};

/// Whether a text cell stands for no value.
bool is_missing_text(std::string_view text) noexcept;

/// The cell as a number; NaN when it is missing, nothing when it is a text that spells none.
std::optional<double> number_of(const StarCell& cell);

/// As number_of(), or the value of a sexagesimal text, in degrees (hours count 15 for `hours`).
/// `was_sexagesimal` tells.
std::optional<double> angle_of(const StarCell& cell, bool hours, bool& was_sexagesimal);

/// The digits of an id, also with a survey's name before them ("Gaia DR3 123"), or of a Tycho-2
/// triple ("1-8-1", "0001 00008 1"); nothing for 0, a missing cell, or a text that has none.
std::optional<StarId> id_of(const StarCell& cell);

/// The cell as expressions see it; true and false are 1 and 0.
Value value_of(const StarCell& cell);

class TableRows;

// Each reads the whole file rows.path(): start(), then add() for every row.
void read_star_text(std::string_view format, TableRows& rows);
void read_star_votable(TableRows& rows);
void read_star_fits(TableRows& rows);

/// Reads with the reader that the mapping's format or the content asks for, and finishes the rows.
/// Throws Error{bad_config} for an unknown format.
void read_table_rows(TableRows& rows);

/// The head of a Tycho-2 file whose first line is `line`, or nothing when it is none.
std::optional<StarTableHead> tycho_head(std::string_view line);

}  // namespace skyweft::io
