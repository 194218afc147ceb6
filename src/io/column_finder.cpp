// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/column_finder.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/log.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

/// The word for an expression's names: other characters than letters and digits are '_'.
std::string word_of(std::string_view name) {
  std::string out{name};
  for (char& c : out)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  return out;
}

constexpr std::string_view kNumberWord = "column_number_";

/// "$3" outside quotes as a name that expressions can hold.
std::string with_number_words(std::string_view text) {
  std::string out;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    }
    if (c == '$' && quote == 0)
      out += kNumberWord;
    else
      out += c;
  }
  return out;
}

std::optional<std::size_t> number_after(std::string_view name, std::string_view sign) {
  if (!name.starts_with(sign) || name.size() == sign.size()) return std::nullopt;
  std::size_t number = 0;
  const auto [stop, code] =
      std::from_chars(name.data() + sign.size(), name.data() + name.size(), number);
  if (code != std::errc{} || stop != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace

ColumnFinder::ColumnFinder(const StarTableHead& head, const std::filesystem::path& path,
                           std::string_view word)
    : head_(head), path_(path), word_(word) {
  for (const StarTableColumn& column : head.columns) {
    plain_.push_back(lower_case(trimmed(column.name)));
    alias_.push_back(lower_case(trimmed(column.alias)));
    names_in_terms_.push_back(lower_case(word_of(trimmed(column.name))));
  }
}

void ColumnFinder::misnamed(std::string_view entry) const {
  std::vector<std::string> names;
  for (const StarTableColumn& column : head_.columns) names.push_back(column.name);
  const std::string near = nearest_name(entry.substr(0, 64), names);
  const std::string hint =
      near.empty() ? std::string{} : fmt::format(" (did you mean {}?)", printable(near));
  throw Error{Errc::bad_config, fmt::format("{} {} has no column {}{}; it has {} columns", word_,
                                            printable(path_.string()),
                                            printable(entry.substr(0, 80)), hint, names.size())};
}

std::optional<std::size_t> ColumnFinder::find(std::string_view name) const {
  if (const auto number = number_after(name, "$")) return counted(name, *number);
  for (std::size_t i = 0; i < plain_.size(); ++i)
    if (!name.empty() && trimmed(head_.columns[i].name) == name) return i;
  const std::string plain = lower_case(name);
  for (const auto* names : {&plain_, &alias_})
    for (std::size_t i = 0; i < names->size(); ++i)
      if (!plain.empty() && (*names)[i] == plain) return i;
  return std::nullopt;
}

std::size_t ColumnFinder::counted(std::string_view name, std::size_t number) const {
  if (number < 1 || number > plain_.size()) misnamed(name);
  return number - 1;
}

std::size_t ColumnFinder::usable(std::size_t i) const {
  if (!head_.columns[i].is_usable)
    throw Error{Errc::bad_input,
                fmt::format("{} {}: column {} holds vectors or complex numbers, one number "
                            "or text is needed; split it first",
                            word_, printable(path_.string()), printable(head_.columns[i].name))};
  return i;
}

StarTerm ColumnFinder::term(std::string_view text) const {
  StarTerm out{Expression::parse(with_number_words(text)), {}};
  for (const std::string& name : out.expression.names()) {
    auto found = find(name);
    if (const auto number = number_after(name, kNumberWord)) found = counted(text, *number);
    for (std::size_t i = 0; i < names_in_terms_.size() && !found; ++i)
      if (names_in_terms_[i] == lower_case(name)) found = i;
    if (!found) misnamed(name);
    out.slots.push_back(usable(*found));
  }
  return out;
}

std::vector<std::size_t> number_slots(const std::vector<std::size_t*>& slots) {
  std::vector<std::size_t> wanted;
  for (const std::size_t* slot : slots) wanted.push_back(*slot);
  std::ranges::sort(wanted);
  const auto repeated = std::ranges::unique(wanted);
  wanted.erase(repeated.begin(), repeated.end());
  for (std::size_t* slot : slots)
    *slot = static_cast<std::size_t>(std::ranges::lower_bound(wanted, *slot) - wanted.begin());
  return wanted;
}

}  // namespace skyweft::io
