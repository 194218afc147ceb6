// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_ecsv.hpp"

#include <algorithm>

#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxColumns = 20000;

/// `text` without the quotes around it.
std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '\'' || text.front() == '"') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

void StarComments::take(std::string_view key, std::string_view value) {
  if (key == "delimiter") {
    if (value.size() == 1 || value == "\\t") delimiter_ = value == "\\t" ? '\t' : value.front();
  } else if (key == "name") {
    name_.clear();
    if (columns_.size() < kMaxColumns && columns_.try_emplace(std::string{value}).second)
      name_ = value;
  } else if (!name_.empty() && key == "unit") {
    if (columns_[name_].unit.empty()) columns_[name_].unit = value;
  } else if (!name_.empty() && key == "datatype") {
    if (columns_[name_].datatype.empty()) columns_[name_].datatype = value;
  }
}

void StarComments::add(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of('#'), line.size()));
  last_ = line;
  for (const std::string_view word : {"epoch_yr:", "ref_epoch:"})
    if (const std::size_t found = line.find(word); found != std::string_view::npos) {
      const std::string_view rest = trimmed(line.substr(found + word.size()));
      if (const auto year = number_in(rest.substr(0, rest.find_first_of(" ,}")))) epoch_yr_ = year;
    }
  line = trimmed(line);
  if (line.starts_with("- ")) line = trimmed(line.substr(2));
  // Flow style, {name: ra, unit: deg, …}: as several lines. A comma in quotes only ends the value.
  const bool is_flow = line.starts_with('{');
  if (is_flow) {
    line.remove_prefix(1);
    if (line.ends_with('}')) line.remove_suffix(1);
  }
  while (!line.empty()) {
    const std::size_t stop = is_flow ? std::min(line.find(", "), line.size()) : line.size();
    const std::string_view part = line.substr(0, stop);
    line.remove_prefix(std::min(line.size(), stop + 2));
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos) continue;
    take(trimmed(part.substr(0, colon)), unquoted(part.substr(colon + 1)));
  }
}

const StarComments::Column* StarComments::column(std::string_view name) const {
  const auto found = columns_.find(name);
  return found == columns_.end() ? nullptr : &found->second;
}

}  // namespace skyweft::io
