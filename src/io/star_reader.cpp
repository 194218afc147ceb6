// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_reader.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"
#include "io/star_lines.hpp"
#include "io/star_rows.hpp"

namespace skyweft::io {
namespace {

constexpr auto kFormats = std::to_array<std::string_view>(
    {"auto", "csv", "tsv", "semicolons", "pipes", "blanks", "csv_no_header", "tsv_no_header",
     "semicolons_no_header", "pipes_no_header", "blanks_no_header", "fits", "votable", "tycho2"});

void check_format(std::string_view format) {
  if (std::ranges::find(kFormats, format) != kFormats.end()) return;
  throw Error{Errc::bad_config,
              fmt::format("unknown format of a star list '{}'; known are {}",
                          printable(format.substr(0, 64)), fmt::join(kFormats, ", "))};
}

/// fits, votable or auto (text) by the first (unpacked) bytes.
std::string_view format_by_content(const std::filesystem::path& path) {
  std::array<char, 4096> bytes{};
  const std::size_t n = StarBytes{path}.read(bytes);
  std::string_view start{bytes.data(), n};
  if (start.starts_with("SIMPLE  =")) return "fits";
  if (start.starts_with("\xEF\xBB\xBF")) start.remove_prefix(3);
  start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
  if (start.starts_with("<?xml") || start.starts_with("<VOTABLE") || start.starts_with("<!--") ||
      start.starts_with("<vot:"))
    return "votable";
  for (const std::string_view utf16 : {"\xFF\xFE", "\xFE\xFF"})
    if (start.starts_with(utf16)) return "votable";  // text tables are not written so
  if (start.starts_with("\x89HDF") || start.starts_with("PAR1"))
    throw Error{Errc::bad_input, fmt::format("star list {} is HDF5 or Parquet, which is not read; "
                                             "save it as FITS, VOTable or CSV",
                                             printable(path.string()))};
  return "auto";
}

}  // namespace

void read_table_rows(TableRows& rows) {
  const std::filesystem::path& path = rows.path();
  std::string_view format = rows.mapping().format;
  check_format(format);
  if (!std::filesystem::is_regular_file(path))
    throw Error{Errc::bad_input,
                fmt::format("star list {} does not exist or is no file", printable(path.string()))};
  if (format == "auto") format = format_by_content(path);
  if (format == "fits")
    read_star_fits(rows);
  else if (format == "votable")
    read_star_votable(rows);
  else
    read_star_text(format, rows);
  rows.finish();
}

void read_star_batches(const std::filesystem::path& path, const StarMapping& mapping,
                       const std::function<void(const StarCatalog& batch)>& take) {
  StarRows rows{path, mapping, take};
  read_table_rows(rows);
  if (!rows.is_started())
    throw Error{Errc::bad_input, fmt::format("star list {} is empty", printable(path.string()))};
}

}  // namespace skyweft::io
