// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/catalog_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <zlib.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_columns.hpp"
#include "io/fits_layout.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxLine = std::size_t{1} << 16;
constexpr std::int64_t kMaxText = std::int64_t{16} << 30;

/// Lines of a plain or gzipped text file, one at a time.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path)
      : path_(path), file_(gzopen(path.c_str(), "rb")) {
    if (!file_)
      throw Error{Errc::bad_input, fmt::format("cannot open {}", printable(path.string()))};
    gzbuffer(file_.get(), 1 << 18);
  }

  /// The next line without its end; false at the end of the file.
  bool next(std::string& line) {
    line.clear();
    while (true) {
      if (gzgets(file_.get(), piece_.data(), static_cast<int>(piece_.size())) == nullptr) {
        check_end();
        if (line.empty()) return false;
        break;
      }
      line += piece_.data();
      if (line.size() > kMaxLine)
        throw Error{Errc::bad_input,
                    fmt::format("{} line {} is longer than {} characters; is it a star list?",
                                printable(path_.string()), i_line_ + 1, kMaxLine)};
      if (line.ends_with('\n')) break;
    }
    n_byte_ += static_cast<std::int64_t>(line.size());
    if (n_byte_ > kMaxText)
      throw Error{Errc::bad_input, fmt::format("{} unpacks to more than {} bytes",
                                               printable(path_.string()), kMaxText)};
    ++i_line_;
    while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
    return true;
  }
  std::int64_t i_line() const noexcept { return i_line_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
  };
  void check_end() const {
    int code = Z_OK;
    const char* why = gzerror(file_.get(), &code);
    if (code != Z_OK && code != Z_STREAM_END)
      throw Error{Errc::bad_input, fmt::format("{} is damaged after line {}: {}",
                                               printable(path_.string()), i_line_, why)};
  }
  std::filesystem::path path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::array<char, 8192> piece_{};
  std::int64_t i_line_ = 0;
  std::int64_t n_byte_ = 0;
};

/// Splits at commas (or blanks, for ECSV with its default delimiter), heeding double quotes.
void split_cells(std::string_view line, char separator, std::vector<std::string>& cells) {
  cells.clear();
  std::size_t i = 0;
  while (true) {
    std::string cell;
    if (i < line.size() && line[i] == '"') {
      for (++i; i < line.size(); ++i) {
        if (line[i] == '"' && (i + 1 >= line.size() || line[i + 1] != '"')) break;
        if (line[i] == '"') ++i;
        cell += line[i];
      }
      i = std::min(line.find(separator, i), line.size());
    } else {
      const std::size_t stop = std::min(line.find(separator, i), line.size());
      cell = trimmed(line.substr(i, stop - i));
      i = stop;
    }
    cells.push_back(std::move(cell));
    if (i >= line.size()) return;
    ++i;
  }
}

bool is_missing(std::string_view cell) {
  const std::string word = lower_case(cell);
  return word.empty() || word == "null" || word == "nan" || word == "-nan" || word == "none" ||
         word == "n/a" || word == "--";
}

[[noreturn]] void bad_cell(const std::filesystem::path& path, std::int64_t i_line,
                           std::string_view cell) {
  throw Error{Errc::bad_input,
              fmt::format("star list {} line {}: '{}' is not a number", printable(path.string()),
                          i_line, printable(cell.substr(0, 40)))};
}

/// The digits of an id, also with a survey's name before them ("Gaia DR3 123"); nothing for 0.
std::optional<StarId> id_in(std::string_view cell) {
  if (const std::size_t blank = cell.rfind(' '); blank != std::string_view::npos)
    cell.remove_prefix(blank + 1);
  StarId id = 0;
  const auto [stop, code] = std::from_chars(cell.data(), cell.data() + cell.size(), id);
  if (code != std::errc{} || stop != cell.data() + cell.size() || id == 0) return std::nullopt;
  return id;
}

StarRow row_of(const std::vector<std::string>& cells, const ColumnMap& map,
               const std::filesystem::path& path, std::int64_t i_line) {
  StarRow row;
  row.value.fill(kNaN);
  for (std::size_t column = 0; column < kStarColumns; ++column)
    for (const std::size_t i : map[column]) {
      if (i >= cells.size() || is_missing(cells[i])) continue;
      if (column == static_cast<std::size_t>(StarColumn::id)) {
        row.id = id_in(cells[i]);
        if (!row.id && cells[i] != "0") bad_cell(path, i_line, cells[i]);
      } else {
        const auto number = number_in(cells[i]);
        if (!number) bad_cell(path, i_line, cells[i]);
        row.value[column] = *number;
      }
      break;
    }
  return row;
}

/// The year in "# epoch_yr: 2016" or "# - {ref_epoch: 2016.0}", when this comment says so.
std::optional<double> epoch_in_comment(std::string_view comment) {
  for (const std::string_view word : {"epoch_yr:", "ref_epoch:"})
    if (const std::size_t found = comment.find(word); found != std::string_view::npos) {
      const std::string_view rest = trimmed(comment.substr(found + word.size()));
      return number_in(rest.substr(0, rest.find_first_of(" }")));
    }
  return std::nullopt;
}

StarCatalog read_star_text(const std::filesystem::path& path) {
  LineReader lines{path};
  StarCollector stars{path};
  double epoch_yr = 2000.0;
  std::string line;
  std::vector<std::string> cells;
  std::optional<ColumnMap> map;
  char separator = ',';
  std::size_t n_column = 0;
  while (lines.next(line)) {
    if (lines.i_line() == 1 && line.starts_with("\xEF\xBB\xBF"))
      line.erase(0, 3);  // byte-order mark
    if (trimmed(line).empty()) continue;
    if (line.front() == '#') {
      epoch_yr = epoch_in_comment(line).value_or(epoch_yr);
      continue;
    }
    if (!map) {
      for (const char candidate : {',', '\t', ';', ' '}) {
        separator = candidate;
        if (line.find(candidate) != std::string::npos) break;
      }
      split_cells(line, separator, cells);
      map = find_columns(cells, path);
      n_column = cells.size();
      continue;
    }
    split_cells(line, separator, cells);
    if (cells.size() != n_column)
      throw Error{Errc::bad_input,
                  fmt::format("star list {} line {} has {} columns where the first line names {}",
                              printable(path.string()), lines.i_line(), cells.size(), n_column)};
    stars.add(row_of(cells, *map, path, lines.i_line()), lines.i_line());
  }
  return stars.finish(epoch_yr);
}

/// Whether the (unpacked) content starts like FITS.
bool is_fits(const std::filesystem::path& path) {
  struct Close {
    void operator()(gzFile_s* file) const noexcept { gzclose_r(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file{gzopen(path.c_str(), "rb")};
  std::array<char, 9> start{};
  return file && gzread(file.get(), start.data(), 9) == 9 &&
         std::string_view{start.data(), 9} == "SIMPLE  =";
}

}  // namespace

StarCatalog read_star_file(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path))
    throw Error{Errc::bad_input,
                fmt::format("star list {} does not exist or is no file", printable(path.string()))};
  return is_fits(path) ? read_star_fits(path) : read_star_text(path);
}

}  // namespace skyweft::io
