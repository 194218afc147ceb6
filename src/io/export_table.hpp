// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace skyweft::io {

/// One column of a table to be exported: name, unit (astropy's spelling), meaning, UCD, values.
struct TableColumn {
  std::string name;
  std::string unit;
  std::string meaning;
  std::string ucd;
  std::variant<std::vector<double>, std::vector<float>, std::vector<std::int64_t>,
               std::vector<std::int32_t>, std::vector<std::string>>
      values;

  std::size_t size() const;
};

/// A header card of an exported FITS table.
struct TableCard {
  std::string key;
  std::variant<std::string, double, std::int64_t> value;
  std::string comment;
};

/// Columns of equal length with what the file says about them.
struct Table {
  std::vector<TableColumn> columns;
  std::vector<TableCard> primary;    ///< cards of the primary HDU
  std::vector<TableCard> extension;  ///< cards of the table's HDU; meta lines of ECSV
  std::string name = "TABLE";        ///< EXTNAME

  std::int64_t n_row() const;
};

/// The table as CSV: one header line, empty cells for NaN, shortest decimals that read back the
/// same.
std::string to_csv(const Table& table);

/// The table as ECSV 1.0 (units, types and descriptions in a YAML head), as astropy reads it.
std::string to_ecsv(const Table& table);

/// The table as a VOTable 1.4 (TABLEDATA) with units, UCDs and descriptions; its cards become
/// PARAMs. Missing numbers are NaN, texts with letters beyond ASCII unicodeChar.
std::string to_votable(const Table& table);

/// Writes primary HDU and one binary table, atomically. Collective: no. Throws Error{io}.
void write_fits_table(const std::filesystem::path& path, const Table& table);

}  // namespace skyweft::io
