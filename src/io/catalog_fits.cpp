// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/catalog_columns.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"
#include "io/fits_handle.hpp"

namespace skyweft::io {
namespace {

constexpr LONGLONG kRowsAtOnce = 65536;
constexpr StarId kNoId = std::numeric_limits<StarId>::min();

void go_to_table(const FitsHandle& file) {
  int status = 0;
  int n_hdu = 0;
  fits_get_num_hdus(file.get(), &n_hdu, &status);
  for (int i = 2; i <= n_hdu && status == 0; ++i) {
    int type = 0;
    fits_movabs_hdu(file.get(), i, &type, &status);
    if (status == 0 && type == BINARY_TBL) return;
  }
  file.check(status, "read the parts of");
  throw Error{Errc::bad_input,
              fmt::format("{} holds no binary table of stars", printable(file.path().string()))};
}

/// The names of all columns; one that is a text or a vector has no name here, so nobody reads it.
std::vector<std::string> column_names(const FitsHandle& file) {
  int status = 0;
  int n_column = 0;
  fits_get_num_cols(file.get(), &n_column, &status);
  file.check(status, "read the columns of");
  const Header header = header_of_current_hdu(file);
  std::vector<std::string> names;
  for (int i = 1; i <= n_column; ++i) {
    int type = 0;
    long repeat = 0;
    fits_get_coltype(file.get(), i, &type, &repeat, nullptr, &status);
    const bool number =
        type > 0 && type != TSTRING && type != TLOGICAL && type != TCOMPLEX && repeat == 1;
    names.push_back(number ? header.text(fmt::format("TTYPE{}", i)).value_or("") : "");
  }
  file.check(status, "read the columns of");
  return names;
}

/// Reads `n` rows of the numbers of one quantity, the first column with a value winning.
void read_numbers(const FitsHandle& file, const std::vector<std::size_t>& columns, LONGLONG first,
                  LONGLONG n, std::vector<double>& out) {
  std::vector<double> more(static_cast<std::size_t>(n));
  out.assign(static_cast<std::size_t>(n), kNaN);
  for (const std::size_t column : columns) {
    int status = 0;
    int any_null = 0;
    double null_value = kNaN;
    fits_read_col(file.get(), TDOUBLE, static_cast<int>(column) + 1, first, 1, n, &null_value,
                  more.data(), &any_null, &status);
    file.check(status, "read a column of");
    for (std::size_t i = 0; i < out.size(); ++i)
      if (!std::isfinite(out[i])) out[i] = more[i];
  }
}

void read_ids(const FitsHandle& file, const std::vector<std::size_t>& columns, LONGLONG first,
              LONGLONG n, std::vector<LONGLONG>& out) {
  out.assign(static_cast<std::size_t>(n), kNoId);
  if (columns.empty()) return;
  int status = 0;
  int any_null = 0;
  LONGLONG null_value = kNoId;
  fits_read_col(file.get(), TLONGLONG, static_cast<int>(columns.front()) + 1, first, 1, n,
                &null_value, out.data(), &any_null, &status);
  file.check(status, "read the ids of");
  std::ranges::replace(out, LONGLONG{0},
                       LONGLONG{kNoId});  // 0: the Tycho-2 lists have no HIP number
}

struct ColumnSpec {
  const char* name;
  const char* form;
  const char* unit;
};
constexpr std::array<ColumnSpec, 7> kColumns{{{"star_id", "1K", ""},
                                              {"ra_deg", "1D", "deg"},
                                              {"dec_deg", "1D", "deg"},
                                              {"mag", "1E", "mag"},
                                              {"colour", "1E", "mag"},
                                              {"pm_ra_mas_yr", "1D", "mas/yr"},
                                              {"pm_dec_mas_yr", "1D", "mas/yr"}}};

template <class T>
void write_column(const FitsHandle& file, int i_column, int type, const std::vector<T>& values) {
  int status = 0;
  // cfitsio wants a mutable pointer but does not write to it.
  fits_write_col(file.get(), type, i_column, 1, 1, static_cast<LONGLONG>(values.size()),
                 const_cast<T*>(values.data()), &status);
  check_fits(status, "write stars to", file.path(), Errc::io);
}

}  // namespace

StarCatalog read_star_fits(const std::filesystem::path& path) {
  const FitsHandle file = FitsHandle::open(path);
  go_to_table(file);
  verify_checksum(file);
  const ColumnMap map = find_columns(column_names(file), path);
  int status = 0;
  LONGLONG n_row = 0;
  fits_get_num_rowsll(file.get(), &n_row, &status);
  file.check(status, "count the rows of");
  StarCollector stars{path};
  std::vector<LONGLONG> ids;
  std::array<std::vector<double>, kStarColumns> numbers;
  for (LONGLONG first = 0; first < n_row; first += kRowsAtOnce) {
    const LONGLONG n = std::min(kRowsAtOnce, n_row - first);
    read_ids(file, map[static_cast<std::size_t>(StarColumn::id)], first + 1, n, ids);
    for (std::size_t column = 1; column < kStarColumns; ++column)
      read_numbers(file, map[column], first + 1, n, numbers[column]);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      StarRow row;
      row.value.fill(kNaN);
      if (ids[i] != kNoId) row.id = ids[i];
      for (std::size_t column = 1; column < kStarColumns; ++column)
        row.value[column] = numbers[column][i];
      stars.add(row, first + static_cast<LONGLONG>(i) + 1);
    }
  }
  return stars.finish(header_of_current_hdu(file).number("EPOCH").value_or(2000.0));
}

void write_star_table(const std::filesystem::path& path, const StarCatalog& stars) {
  AtomicFile atomic{path};
  FitsHandle file = FitsHandle::create(atomic.part_name());
  std::array<char*, kColumns.size()> names{};
  std::array<char*, kColumns.size()> forms{};
  std::array<char*, kColumns.size()> units{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {  // read by cfitsio, never written
    names[i] = const_cast<char*>(kColumns[i].name);
    forms[i] = const_cast<char*>(kColumns[i].form);
    units[i] = const_cast<char*>(kColumns[i].unit);
  }
  int status = 0;
  fits_create_tbl(file.get(), BINARY_TBL, stars.size(), static_cast<int>(kColumns.size()),
                  names.data(), forms.data(), units.data(), "STARS", &status);
  check_fits(status, "create a table in", file.path(), Errc::io);
  Header cards;
  cards.add_number("EPOCH", stars.epoch_yr, "epoch of the positions, Julian year");
  cards.add_text("RADESYS", "ICRS", "frame of the positions");
  write_cards(file, cards);
  write_column(file, 1, TLONGLONG, std::vector<LONGLONG>(stars.id.begin(), stars.id.end()));
  write_column(file, 2, TDOUBLE, stars.ra_deg);
  write_column(file, 3, TDOUBLE, stars.dec_deg);
  write_column(file, 4, TFLOAT, stars.mag);
  write_column(file, 5, TFLOAT, stars.colour);
  write_column(file, 6, TDOUBLE, stars.pm_ra_mas_yr);
  write_column(file, 7, TDOUBLE, stars.pm_dec_mas_yr);
  write_checksum(file);
  file.close();
  atomic.commit();
}

}  // namespace skyweft::io
