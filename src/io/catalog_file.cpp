// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/catalog_file.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "io/fits_handle.hpp"
#include "io/star_rows.hpp"

namespace skyweft::io {
namespace {

constexpr std::int64_t kMaxStars = 40'000'000;

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

/// The rows of all batches in one, which must be of one epoch.
void append(StarCatalog& all, const StarCatalog& batch, const std::filesystem::path& path) {
  if (all.size() + batch.size() > kMaxStars)
    throw Error{Errc::bad_input,
                fmt::format("star list {} has more than {} rows; cut it to your fields first",
                            printable(path.string()), kMaxStars)};
  if (all.size() == 0) {
    all = batch;
    return;
  }
  if (all.epoch_yr != batch.epoch_yr)
    throw Error{Errc::bad_input,
                fmt::format("star list {}: epoch {} differs from {} above; one list, one epoch",
                            printable(path.string()), batch.epoch_yr, all.epoch_yr)};
  append(all.id, batch.id);
  append(all.ra_deg, batch.ra_deg);
  append(all.dec_deg, batch.dec_deg);
  append(all.pm_ra_mas_yr, batch.pm_ra_mas_yr);
  append(all.pm_dec_mas_yr, batch.pm_dec_mas_yr);
  append(all.mag, batch.mag);
  append(all.colour, batch.colour);
  append(all.parallax_mas, batch.parallax_mas);
  for (std::size_t i = 0; i < all.extra.size(); ++i)
    append(all.extra[i].value, batch.extra[i].value);
}

/// Sorted by id, the brighter of two with one id kept.
StarCatalog sorted(const StarCatalog& stars) {
  std::vector<std::int64_t> order(stars.id.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    const auto i = static_cast<std::size_t>(a);
    const auto j = static_cast<std::size_t>(b);
    return stars.id[i] != stars.id[j] ? stars.id[i] < stars.id[j] : stars.mag[i] < stars.mag[j];
  });
  const auto repeated = std::ranges::unique(
      order, {}, [&](std::int64_t i) { return stars.id[static_cast<std::size_t>(i)]; });
  order.erase(repeated.begin(), repeated.end());
  return rows_of(stars, order);
}

struct ColumnSpec {
  std::string name;
  std::string form;
  std::string unit;
};

template <class T>
void write_column(const FitsHandle& file, int i_column, int type, const std::vector<T>& values) {
  int status = 0;
  // cfitsio wants a mutable pointer but does not write to it.
  fits_write_col(file.get(), type, i_column, 1, 1, static_cast<LONGLONG>(values.size()),
                 const_cast<T*>(values.data()), &status);
  check_fits(status, "write stars to", file.path(), Errc::io);
}

std::vector<ColumnSpec> columns_of(const StarCatalog& stars) {
  std::vector<ColumnSpec> columns{{"star_id", "1K", ""},
                                  {"ra_deg", "1D", "deg"},
                                  {"dec_deg", "1D", "deg"},
                                  {"mag", "1E", "mag"},
                                  {"colour", "1E", "mag"},
                                  {"pm_ra_mas_yr", "1D", "mas/yr"},
                                  {"pm_dec_mas_yr", "1D", "mas/yr"}};
  if (!stars.parallax_mas.empty()) columns.push_back({"parallax_mas", "1E", "mas"});
  for (const NamedColumn& extra : stars.extra) {
    const bool taken = std::ranges::any_of(
        columns, [&](const ColumnSpec& column) { return column.name == extra.name; });
    if (taken || extra.name.empty() || extra.name.size() > 60 ||
        extra.value.size() != stars.id.size())
      throw Error{Errc::io, fmt::format("the further column '{}' of {} stars cannot be written: "
                                        "its name is taken, empty or too long, or values lack",
                                        printable(extra.name), stars.size())};
    columns.push_back({printable(extra.name), "1E", ""});
  }
  return columns;
}

void create_table(const FitsHandle& file, const StarCatalog& stars,
                  std::vector<ColumnSpec> columns) {
  std::vector<char*> names;
  std::vector<char*> forms;
  std::vector<char*> units;
  for (ColumnSpec& column : columns) {
    names.push_back(column.name.data());
    forms.push_back(column.form.data());
    units.push_back(column.unit.data());
  }
  int status = 0;
  fits_create_tbl(file.get(), BINARY_TBL, stars.size(), static_cast<int>(columns.size()),
                  names.data(), forms.data(), units.data(), "STARS", &status);
  check_fits(status, "create a table in", file.path(), Errc::io);
}

}  // namespace

StarCatalog read_star_file(const std::filesystem::path& path, const StarMapping& mapping) {
  StarCatalog all;
  StarRows rows{path, mapping, [&](const StarCatalog& batch) { append(all, batch, path); }, true};
  read_table_rows(rows);
  if (all.size() == 0)
    throw Error{Errc::bad_input,
                fmt::format("star list {} holds no star with position and magnitude",
                            printable(path.string()))};
  if (std::ranges::all_of(all.parallax_mas, [](float v) { return v == 0.0F; }))
    all.parallax_mas.clear();
  return sorted(all);
}

void write_star_table(const std::filesystem::path& path, const StarCatalog& stars) {
  AtomicFile atomic{path};
  FitsHandle file = FitsHandle::create(atomic.part_name());
  create_table(file, stars, columns_of(stars));
  Header cards;
  cards.add_number("EPOCH", stars.epoch_yr, "epoch of the positions, Julian year");
  cards.add_text("RADESYS", "ICRS", "frame of the positions");
  write_cards(file, cards);
  int i_column = 0;
  write_column(file, ++i_column, TLONGLONG,
               std::vector<LONGLONG>(stars.id.begin(), stars.id.end()));
  write_column(file, ++i_column, TDOUBLE, stars.ra_deg);
  write_column(file, ++i_column, TDOUBLE, stars.dec_deg);
  write_column(file, ++i_column, TFLOAT, stars.mag);
  write_column(file, ++i_column, TFLOAT, stars.colour);
  write_column(file, ++i_column, TDOUBLE, stars.pm_ra_mas_yr);
  write_column(file, ++i_column, TDOUBLE, stars.pm_dec_mas_yr);
  if (!stars.parallax_mas.empty()) write_column(file, ++i_column, TFLOAT, stars.parallax_mas);
  for (const NamedColumn& extra : stars.extra) write_column(file, ++i_column, TFLOAT, extra.value);
  write_checksum(file);
  file.close();
  atomic.commit();
}

}  // namespace skyweft::io
