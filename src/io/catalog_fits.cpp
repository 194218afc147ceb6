// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/fits_handle.hpp"
#include "io/table_rows.hpp"

namespace skyweft::io {
namespace {

constexpr LONGLONG kMostRowsAtOnce = 65536;
constexpr LONGLONG kBytesAtOnce = 1 << 20;
constexpr long kMaxText = 4096;
constexpr LONGLONG kNoNumber = std::numeric_limits<LONGLONG>::min();

void go_to_table(const FitsHandle& file) {
  int status = 0;
  int n_hdu = 0;
  fits_get_num_hdus(file.get(), &n_hdu, &status);
  for (int i = 2; i <= n_hdu && status == 0; ++i) {
    int type = 0;
    fits_movabs_hdu(file.get(), i, &type, &status);
    if (status == 0 && (type == BINARY_TBL || type == ASCII_TBL)) return;
  }
  file.check(status, "read the parts of");
  throw Error{Errc::bad_input,
              fmt::format("{} holds no table of stars", printable(file.path().string()))};
}

enum class Form { number, whole, truth, text, unusable };

Form form_of(int type, long repeat, long width) {
  switch (type) {
    case TSTRING:
      return repeat == width && repeat >= 1 && repeat <= kMaxText ? Form::text : Form::unusable;
    case TLOGICAL:
      return repeat == 1 ? Form::truth : Form::unusable;
    case TFLOAT:
    case TDOUBLE:
    case TULONGLONG:
      return repeat == 1 ? Form::number : Form::unusable;
    case TBYTE:
    case TSBYTE:
    case TSHORT:
    case TUSHORT:
    case TINT:
    case TUINT:
    case TLONG:
    case TULONG:
    case TLONGLONG:
      return repeat == 1 ? Form::whole : Form::unusable;
    default:  // bits, complex numbers, lists of variable length
      return Form::unusable;
  }
}

/// A part of a column that is needed.
struct FitsColumn {
  int number = 0;  ///< from 1
  Form form = Form::number;
  long width = 0;  ///< of a text
  std::vector<double> numbers{};
  std::vector<LONGLONG> wholes{};
  std::vector<char> letters{};
  std::vector<char*> texts{};
};

void read_part(const FitsHandle& file, FitsColumn& column, LONGLONG first, LONGLONG n) {
  const auto size = static_cast<std::size_t>(n);
  int status = 0;
  int any_null = 0;
  if (column.form == Form::number) {
    column.numbers.resize(size);
    double null_value = kNaN;
    fits_read_col(file.get(), TDOUBLE, column.number, first, 1, n, &null_value,
                  column.numbers.data(), &any_null, &status);
  } else if (column.form == Form::whole) {
    column.wholes.resize(size);
    LONGLONG null_value = kNoNumber;
    fits_read_col(file.get(), TLONGLONG, column.number, first, 1, n, &null_value,
                  column.wholes.data(), &any_null, &status);
  } else if (column.form == Form::truth) {
    column.letters.resize(size);
    char null_value = 2;
    fits_read_col(file.get(), TLOGICAL, column.number, first, 1, n, &null_value,
                  column.letters.data(), &any_null, &status);
  } else {
    const auto stride = static_cast<std::size_t>(column.width) + 1;
    column.letters.assign(size * stride, '\0');
    column.texts.resize(size);
    for (std::size_t i = 0; i < size; ++i) column.texts[i] = column.letters.data() + i * stride;
    std::array<char, 1> null_value{};
    fits_read_col(file.get(), TSTRING, column.number, first, 1, n, null_value.data(),
                  column.texts.data(), &any_null, &status);
  }
  file.check(status, fmt::format("read column {} of", column.number));
}

StarCell cell_of(const FitsColumn& column, std::size_t i) {
  using Kind = StarCell::Kind;
  switch (column.form) {
    case Form::number:
      return {.kind = Kind::number, .number = column.numbers[i]};
    case Form::whole:
      if (column.wholes[i] == kNoNumber) return {};
      return {.kind = Kind::whole, .whole = column.wholes[i]};
    case Form::truth:
      if (column.letters[i] != 0 && column.letters[i] != 1) return {};
      return {.kind = Kind::whole, .whole = column.letters[i]};
    case Form::text: {
      const std::string_view text = trimmed(column.texts[i]);
      if (is_missing_text(text)) return {};
      return {.kind = Kind::text, .text = text};
    }
    case Form::unusable:
      break;
  }
  return {};
}

/// What the table's header says; `columns` get all columns in order.
StarTableHead head_of(const FitsHandle& file, std::vector<FitsColumn>& columns) {
  int status = 0;
  int n_column = 0;
  fits_get_num_cols(file.get(), &n_column, &status);
  file.check(status, "read the columns of");
  const Header header = header_of_current_hdu(file);
  StarTableHead head;
  head.row_word = "row";
  for (int i = 1; i <= n_column; ++i) {
    int type = 0;
    long repeat = 0;
    long width = 0;
    fits_get_eqcoltype(file.get(), i, &type, &repeat, &width, &status);
    file.check(status, "read the columns of");
    const Form form = form_of(type, repeat, width);
    columns.push_back({.number = i, .form = form, .width = width});
    head.columns.push_back({.name = header.text(fmt::format("TTYPE{}", i)).value_or(""),
                            .unit = header.text(fmt::format("TUNIT{}", i)).value_or(""),
                            .is_text = form == Form::text,
                            .is_usable = form != Form::unusable});
  }
  head.is_ours = header.text("EXTNAME") == "STARS" && !head.columns.empty() &&
                 head.columns.front().name == "star_id";
  if (const auto epoch = header.number("EPOCH"); epoch && *epoch > 0.0) head.epoch_yr = *epoch;
  return head;
}

}  // namespace

void read_star_fits(TableRows& rows) {
  const FitsHandle file = FitsHandle::open(rows.path());
  go_to_table(file);
  verify_checksum(file);
  std::vector<FitsColumn> all;
  rows.start(head_of(file, all));
  std::vector<FitsColumn> columns;
  for (const std::size_t i : rows.wanted()) columns.push_back(std::move(all[i]));
  int status = 0;
  LONGLONG n_row = 0;
  LONGLONG row_bytes = 0;
  fits_get_num_rowsll(file.get(), &n_row, &status);
  fits_read_key(file.get(), TLONGLONG, "NAXIS1", &row_bytes, nullptr, &status);
  file.check(status, "count the rows of");
  const LONGLONG at_once =
      std::clamp<LONGLONG>(kBytesAtOnce / std::max<LONGLONG>(row_bytes, 1), 1, kMostRowsAtOnce);
  for (LONGLONG first = 0; first < n_row; first += at_once) {
    const LONGLONG n = std::min(at_once, n_row - first);
    for (FitsColumn& column : columns) read_part(file, column, first + 1, n);
    for (LONGLONG i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < columns.size(); ++k)
        rows.cells()[k] = cell_of(columns[k], static_cast<std::size_t>(i));
      rows.add(first + i + 1);
    }
  }
}

}  // namespace skyweft::io
