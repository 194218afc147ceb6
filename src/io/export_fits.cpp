// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>

#include <fitsio.h>
#include <fmt/format.h>

#include "io/export_table.hpp"
#include "io/files.hpp"
#include "io/fits_handle.hpp"

namespace skyweft::io {
namespace {

void write_card(fitsfile* f, const TableCard& card, int& status) {
  struct Writer {
    fitsfile* f;
    const TableCard& card;
    int& status;
    void operator()(const std::string& v) const {
      fits_update_key_longstr(f, card.key.c_str(), v.c_str(), card.comment.c_str(), &status);
    }
    void operator()(double v) const {
      fits_update_key_dbl(f, card.key.c_str(), v, -15, card.comment.c_str(), &status);
    }
    void operator()(std::int64_t v) const {
      fits_update_key_lng(f, card.key.c_str(), v, card.comment.c_str(), &status);
    }
  };
  std::visit(Writer{f, card, status}, card.value);
}

std::string form_of(const TableColumn& column) {
  switch (column.values.index()) {
    case 0:
      return "1D";
    case 1:
      return "1E";
    case 2:
      return "1K";
    case 3:
      return "1J";
    default:
      break;
  }
  std::size_t width = 1;
  for (const auto& s : std::get<std::vector<std::string>>(column.values))
    width = std::max(width, s.size());
  return fmt::format("{}A", width);
}

void write_column(fitsfile* f, int index, const TableColumn& column, int& status) {
  const auto n = static_cast<LONGLONG>(column.size());
  if (n == 0) return;
  // cfitsio's interface is not const-correct: these calls do not write to the values.
  const auto put = [&](int type, const auto& v) {
    fits_write_col(f, type, index, 1, 1, n, const_cast<void*>(static_cast<const void*>(v.data())),
                   &status);
  };
  switch (column.values.index()) {
    case 0:
      put(TDOUBLE, std::get<0>(column.values));
      return;
    case 1:
      put(TFLOAT, std::get<1>(column.values));
      return;
    case 2:
      put(TLONGLONG, std::get<2>(column.values));
      return;
    case 3:
      put(TINT, std::get<3>(column.values));
      return;
    default:
      break;
  }
  std::vector<char*> texts;
  for (const auto& s : std::get<4>(column.values)) texts.push_back(const_cast<char*>(s.c_str()));
  fits_write_col_str(f, index, 1, 1, n, texts.data(), &status);
}

}  // namespace

void write_fits_table(const std::filesystem::path& path, const Table& table) {
  AtomicFile target{path};
  FitsHandle file = FitsHandle::create(target.part_name());
  fitsfile* raw = file.get();
  int status = 0;
  fits_create_img(raw, BYTE_IMG, 0, nullptr, &status);
  for (const TableCard& card : table.primary) write_card(raw, card, status);
  check_fits(status, "write", path, Errc::io);
  write_checksum(file);
  std::vector<std::string> forms;
  for (const TableColumn& c : table.columns) forms.push_back(form_of(c));
  std::vector<char*> names;
  std::vector<char*> form_texts;
  std::vector<char*> units;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    names.push_back(const_cast<char*>(table.columns[i].name.c_str()));
    form_texts.push_back(forms[i].data());
    units.push_back(const_cast<char*>(table.columns[i].unit.c_str()));
  }
  fits_create_tbl(raw, BINARY_TBL, table.n_row(), static_cast<int>(names.size()), names.data(),
                  form_texts.data(), units.data(), table.name.c_str(), &status);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const TableColumn& c = table.columns[i];
    fits_update_key_longstr(raw, fmt::format("TCOMM{}", i + 1).c_str(), c.meaning.c_str(), nullptr,
                            &status);
    if (!c.ucd.empty())
      fits_update_key_str(raw, fmt::format("TUCD{}", i + 1).c_str(), c.ucd.c_str(), nullptr,
                          &status);
    write_column(raw, static_cast<int>(i) + 1, c, status);
  }
  for (const TableCard& card : table.extension) write_card(raw, card, status);
  check_fits(status, "write", path, Errc::io);
  write_checksum(file);
  file.close();
  target.commit();
}

}  // namespace skyweft::io
