// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/header.hpp"
#include "io/star_ecsv.hpp"
#include "io/star_lines.hpp"
#include "io/star_walk.hpp"
#include "io/table_rows.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxColumns = 20000;
constexpr std::string_view kNoHeader = "_no_header";

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> cells;
  std::string scratch;
  for (CellWalk walk{line, separator}; !walk.done() && cells.size() <= kMaxColumns;)
    cells.emplace_back(walk.next(scratch));
  return cells;
}

bool is_only(std::string_view line, std::string_view characters) {
  return line.find_first_not_of(characters) == std::string_view::npos;
}

bool are_numbers(const std::vector<std::string>& cells) {
  return std::ranges::all_of(cells, [](const std::string& cell) {
    return is_missing_text(cell) ||
           number_of({.kind = StarCell::Kind::spelled, .text = cell}).has_value();
  });
}

std::optional<char> separator_of(std::string_view format) {
  if (format.ends_with(kNoHeader)) format.remove_suffix(kNoHeader.size());
  constexpr auto kSeparators =
      std::to_array<std::pair<std::string_view, char>>({{"csv", ','},
                                                        {"tsv", '\t'},
                                                        {"semicolons", ';'},
                                                        {"pipes", '|'},
                                                        {"blanks", ' '},
                                                        {"tycho2", '|'}});
  for (const auto& [name, separator] : kSeparators)
    if (format == name) return separator;
  return std::nullopt;
}

/// One text table on its way into `rows`.
class TextTable {
 public:
  TextTable(std::string_view format, TableRows& rows)
      : path_(rows.path()), format_(format), rows_(rows), lines_(rows.path()) {}

  void read() {
    std::string_view line;
    while (next(line)) {
      if (!rows_.is_started() && start(std::string{line})) continue;
      add(line);
    }
  }

 private:
  /// The next line with content; comments go where they are understood.
  bool next(std::string_view& line) {
    if (!pending_.empty()) {
      current_ = std::move(pending_.front());
      pending_.pop_front();
      line = current_.second;
      i_line_ = current_.first;
      return true;
    }
    while (lines_.next(line)) {
      i_line_ = lines_.i_line();
      if (i_line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      if (line.starts_with('#')) {
        if (!rows_.is_started()) comments_.add(line);
        continue;
      }
      if (!is_only(line, " \t")) return true;
    }
    return false;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error{Errc::bad_input,
                fmt::format("star list {} line {} {}", printable(path_.string()), i_line_, what)};
  }

  /// Understands the first line with content; true when it is a header and used up.
  bool start(const std::string& line) {
    if (auto tycho = format_ == "auto" || format_ == "tycho2" ? tycho_head(line) : std::nullopt) {
      separator_ = '|';
      begin(std::move(*tycho));
      return false;
    }
    if (format_ == "tycho2") refuse("is not of a Tycho-2 file (tyc2.dat, suppl_1.dat)");
    separator_ = separator_of(format_).value_or(comments_.delimiter().value_or(guessed(line)));
    std::vector<std::string> names = split(line, separator_);
    if (names.size() > kMaxColumns) refuse(fmt::format("has more than {} columns", kMaxColumns));
    StarTableHead head;
    if (format_.ends_with(kNoHeader)) {
      head.columns.resize(names.size());
      begin(std::move(head));
      return false;
    }
    const bool is_data = are_numbers(names);
    if (is_data) {
      const std::vector<std::string> commented = split(comments_.last(), separator_);
      if (commented.size() != names.size() || are_numbers(commented))
        refuse(
            "holds numbers where names are expected; for a table without header state the "
            "format (csv_no_header …) and columns by number ($1)");
      names = commented;
    }
    const std::vector<std::string> units = is_data ? std::vector<std::string>{} : peeked_units();
    for (std::size_t i = 0; i < names.size(); ++i) {
      StarTableColumn column{.name = names[i]};
      if (const auto* said = comments_.column(names[i])) {
        column.unit = said->unit;
        column.is_text = said->datatype == "string";
      }
      if (i < units.size()) column.unit = units[i];
      head.columns.push_back(std::move(column));
    }
    begin(std::move(head));
    return !is_data;
  }

  void begin(StarTableHead head) {
    if (!head.epoch_yr) head.epoch_yr = comments_.epoch_yr();
    n_column_ = head.columns.size();
    for (const StarTableColumn& column : head.columns) is_text_.push_back(column.is_text);
    rows_.start(std::move(head));
    scratch_.resize(rows_.wanted().size());
  }

  /// The units in a line between names and a line of dashes; these two lines are passed.
  std::vector<std::string> peeked_units() {
    std::string_view line;
    std::deque<std::pair<std::int64_t, std::string>> peeked;
    const std::string dashes{'-', separator_ == ' ' ? '\t' : separator_, ' '};
    std::vector<std::string> units;
    while (peeked.size() < 2 && lines_.next(line)) {
      if (line.starts_with('#')) continue;
      if (is_only(line, dashes) && line.find("--") != std::string_view::npos) {
        if (!peeked.empty()) units = split(peeked.front().second, separator_);
        peeked.clear();
        break;
      }
      if (!is_only(line, " ") || !peeked.empty() || separator_ == '\t')
        peeked.emplace_back(lines_.i_line(), line);
    }
    std::erase_if(peeked, [](const auto& one) { return is_only(one.second, " \t"); });
    pending_ = std::move(peeked);
    return units;
  }

  static char guessed(std::string_view line) {
    for (const char candidate : {',', '\t', ';', '|'})
      if (line.find(candidate) != std::string_view::npos) return candidate;
    return ' ';
  }

  void add(std::string_view line) {
    const std::vector<std::size_t>& wanted = rows_.wanted();
    const std::span<StarCell> cells = rows_.cells();
    CellWalk walk{line, separator_};
    std::size_t i_column = 0;
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      for (; i_column < wanted[k] && !walk.done(); ++i_column) walk.skip();
      if (walk.done()) break;
      cells[k].text = walk.next(scratch_[k]);
      ++i_column;
      const bool missing = is_missing_text(cells[k].text);
      cells[k].kind = missing               ? StarCell::Kind::missing
                      : is_text_[wanted[k]] ? StarCell::Kind::text
                                            : StarCell::Kind::spelled;
    }
    for (; !walk.done(); ++i_column) walk.skip();
    if (i_column != n_column_)
      refuse(fmt::format("has {} columns where the first line has {}", i_column, n_column_));
    rows_.add(i_line_);
  }

  const std::filesystem::path& path_;
  std::string_view format_;
  TableRows& rows_;
  StarLines lines_;
  StarComments comments_;
  std::deque<std::pair<std::int64_t, std::string>> pending_;
  std::pair<std::int64_t, std::string> current_;
  std::vector<std::string> scratch_;
  std::vector<bool> is_text_;
  std::size_t n_column_ = 0;
  std::int64_t i_line_ = 0;
  char separator_ = ',';
};

}  // namespace

void read_star_text(std::string_view format, TableRows& rows) {
  TextTable{format, rows}.read();
}

}  // namespace skyweft::io
