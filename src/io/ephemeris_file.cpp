// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/ephemeris_file.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "io/catalog_columns.hpp"
#include "io/star_ecsv.hpp"
#include "io/star_lines.hpp"
#include "io/star_source.hpp"
#include "io/star_walk.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxRows = 10000000;
constexpr std::size_t kMaxCells = 20000;
constexpr double kMjdZero_jd = 2400000.5;
constexpr double kFirst_jd = 2086302.5;  // the year 1000
constexpr double kLast_jd = 2816787.5;   // 3000; a JD taken for an MJD is beyond

struct TimeColumn {
  std::string_view name;
  Ephemeris::Scale scale;
  double zero_jd;
};
constexpr TimeColumn kTimes[]{{"jd_utc", Ephemeris::Scale::utc, 0.0},
                              {"mjd_utc", Ephemeris::Scale::utc, kMjdZero_jd},
                              {"jd_tdb", Ephemeris::Scale::tdb, 0.0},
                              {"mjd_tdb", Ephemeris::Scale::tdb, kMjdZero_jd}};

/// A cell for messages.
std::string shown(std::string_view text) {
  return printable(text.substr(0, 40));
}

std::vector<std::string> split(std::string_view line, char separator) {
  std::vector<std::string> cells;
  std::string scratch;
  for (CellWalk walk{line, separator}; !walk.done() && cells.size() <= kMaxCells;)
    cells.emplace_back(walk.next(scratch));
  return cells;
}

bool is_time_name(std::string_view name) {
  const std::string plain = lower_case(trimmed(name));
  return std::ranges::find(kTimes, plain, &TimeColumn::name) != std::end(kTimes);
}

char guessed_separator(std::string_view line) {
  for (const char candidate : {',', '\t', ';', '|'})
    if (line.find(candidate) != std::string_view::npos) return candidate;
  return ' ';
}

/// One file on its way into ephemerides.
class EphemerisTable {
 public:
  explicit EphemerisTable(const std::filesystem::path& path) : path_(path), lines_(path) {}

  std::vector<Ephemeris> read() {
    std::string_view line;
    bool has_header = false;
    while (lines_.next(line)) {
      if (lines_.i_line() == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
      if (line.starts_with('#')) {
        if (!has_header) comments_.add(line);
        continue;
      }
      if (trimmed(line).empty()) continue;
      if (!has_header) {
        has_header = true;
        if (start(line)) continue;
      }
      add(line);
    }
    if (!has_header || out_.empty())
      throw Error{Errc::bad_input, fmt::format("ephemeris {} has no rows", name_of_file())};
    for (Ephemeris& one : out_) sort(one);
    return std::move(out_);
  }

 private:
  std::string name_of_file() const { return printable(path_.string()); }

  [[noreturn]] void refuse(const std::string& what) const {
    throw Error{Errc::bad_input,
                fmt::format("ephemeris {} line {}: {}", name_of_file(), lines_.i_line(), what)};
  }

  /// Understands the first line that is no remark; true when it is the header.
  bool start(std::string_view line) {
    separator_ = comments_.delimiter().value_or(guessed_separator(line));
    names_ = split(line, separator_);
    bool is_header = true;
    if (std::ranges::none_of(names_, is_time_name)) {
      std::vector<std::string> commented = split(trimmed(comments_.last()), separator_);
      if (std::ranges::any_of(commented, is_time_name)) {
        names_ = std::move(commented);
        is_header = false;
      }
    }
    if (names_.size() > kMaxCells) refuse(fmt::format("more than {} columns", kMaxCells));
    for (const TimeColumn& column : kTimes)
      if (const auto found = find({column.name})) {
        if (!scale_name_.empty())
          refuse(fmt::format("both {} and {} are there; leave one", scale_name_, column.name));
        scale_name_ = column.name;
        time_ = *found;
        scale_ = column.scale;
        zero_jd_ = column.zero_jd;
      }
    if (scale_name_.empty())
      refuse(
          "no column says the time; name it by its scale: jd_utc, mjd_utc, jd_tdb or mjd_tdb (jd "
          "alone does not tell)");
    ra_ = needed({"ra_deg", "ra"});
    dec_ = needed({"dec_deg", "dec"});
    ra_factor_ = factor(StarColumn::ra, ra_);
    dec_factor_ = factor(StarColumn::dec, dec_);
    name_ = find({"name", "target"});
    return is_header;
  }

  /// The first of these names that a column has; refuses two columns of that name.
  std::optional<std::size_t> find(std::initializer_list<std::string_view> wanted) const {
    for (const std::string_view name : wanted) {
      std::optional<std::size_t> found;
      for (std::size_t i = 0; i < names_.size(); ++i) {
        if (lower_case(trimmed(names_[i])) != name) continue;
        if (found) refuse(fmt::format("columns {} and {} are both {}", *found + 1, i + 1, name));
        found = i;
      }
      if (found) return found;
    }
    return std::nullopt;
  }

  std::size_t needed(std::initializer_list<std::string_view> wanted) const {
    if (const auto found = find(wanted)) return *found;
    refuse(fmt::format("no column {} (or {})", *wanted.begin(), *(wanted.begin() + 1)));
  }

  double factor(StarColumn quantity, std::size_t column) const {
    const auto* said = comments_.column(names_[column]);
    if (said == nullptr) return 1.0;
    const auto factor = unit_factor(quantity, said->unit);
    if (!factor)
      refuse(fmt::format("column {} has the unknown unit {}; give degrees", shown(names_[column]),
                         shown(said->unit)));
    return *factor;
  }

  [[noreturn]] void bad_cell(std::size_t column, std::string_view why) const {
    refuse(fmt::format("column {} ({}) {}: '{}'", shown(names_[column]), column + 1, why,
                       shown(cells_[column])));
  }

  double angle(std::size_t column, bool is_ra, double factor) const {
    const StarCell cell{.kind = StarCell::Kind::spelled, .text = trimmed(cells_[column])};
    if (is_missing_text(cell.text)) bad_cell(column, "is missing");
    bool was_sexagesimal = false;
    const auto value = angle_of(cell, is_ra, was_sexagesimal);
    if (!value) bad_cell(column, "is no angle");
    const double deg = was_sexagesimal ? *value : *value * factor;
    if (!(deg <= (is_ra ? 360.0 : 90.0)) || !(deg >= (is_ra ? 0.0 : -90.0)))
      bad_cell(column, "is off the sphere");
    return deg;
  }

  void add(std::string_view line) {
    cells_ = split(line, separator_);
    if (cells_.size() != names_.size())
      refuse(fmt::format("{} cells where the header has {}{}", cells_.size(), names_.size(),
                         separator_ == ' ' ? "; parts of an angle need colons between them" : ""));
    if (is_missing_text(trimmed(cells_[time_]))) bad_cell(time_, "is missing");
    const auto time = number_spelled(cells_[time_]);
    if (!time) bad_cell(time_, "is no number");
    const double jd = *time + zero_jd_;
    if (!(jd >= kFirst_jd && jd <= kLast_jd))
      throw Error{Errc::bad_input,
                  fmt::format("ephemeris {} line {}: column {} ({}) is {}, which is no {} of the "
                              "years 1000 to 2999",
                              name_of_file(), lines_.i_line(), scale_name_, time_ + 1,
                              shown(cells_[time_]), zero_jd_ > 0.0 ? "MJD" : "JD")}
          .because({"ephemeris_time", *time, kFirst_jd - zero_jd_});
    const double ra = angle(ra_, true, ra_factor_);
    const double dec = angle(dec_, false, dec_factor_);
    if (name_ && trimmed(cells_[*name_]).empty()) bad_cell(*name_, "is missing");
    Ephemeris& to = target(name_ ? std::string{trimmed(cells_[*name_])} : path_.stem().string());
    if (++n_row_ > kMaxRows) refuse(fmt::format("more than {} rows", kMaxRows));
    to.jd.push_back(jd);
    to.ra_deg.push_back(ra);
    to.dec_deg.push_back(dec);
  }

  Ephemeris& target(std::string name) {
    const auto [found, is_new] = index_.try_emplace(name, out_.size());
    if (is_new) out_.push_back({.name = std::move(name), .scale = scale_});
    return out_[found->second];
  }

  void sort(Ephemeris& one) const {
    std::vector<std::size_t> order(one.jd.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return one.jd[i]; });
    const auto sorted = [&](const std::vector<double>& column) {
      std::vector<double> out;
      out.reserve(column.size());
      for (const std::size_t i : order) out.push_back(column[i]);
      return out;
    };
    one.jd = sorted(one.jd);
    one.ra_deg = sorted(one.ra_deg);
    one.dec_deg = sorted(one.dec_deg);
    const auto twice = std::ranges::adjacent_find(one.jd);
    if (twice != one.jd.end())
      throw Error{Errc::bad_input,
                  fmt::format("ephemeris {} has two rows of {} at JD {:.8f}; leave one, or give "
                              "times with more digits",
                              name_of_file(), shown(one.name), *twice)}
          .because({"ephemeris_times", *twice, *twice});
  }

  const std::filesystem::path& path_;
  StarLines lines_;
  StarComments comments_;
  std::vector<std::string> names_;
  std::vector<std::string> cells_;
  std::vector<Ephemeris> out_;
  std::map<std::string, std::size_t, std::less<>> index_;
  std::optional<std::size_t> name_;
  std::string_view scale_name_;
  std::size_t time_ = 0;
  std::size_t ra_ = 0;
  std::size_t dec_ = 0;
  std::size_t n_row_ = 0;
  double zero_jd_ = 0.0;
  double ra_factor_ = 1.0;
  double dec_factor_ = 1.0;
  Ephemeris::Scale scale_ = Ephemeris::Scale::utc;
  char separator_ = ',';
};

}  // namespace

std::vector<Ephemeris> read_ephemerides(const std::filesystem::path& path) {
  return EphemerisTable{path}.read();
}

}  // namespace skyweft::io
