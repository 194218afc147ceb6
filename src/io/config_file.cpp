// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/config_file.hpp"

#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr std::int64_t kMaxBytes = 1 << 20;

[[noreturn]] void refuse(std::string_view key, std::string_view where, std::string_view why) {
  throw Error{Errc::bad_config, fmt::format("{} ({}): {}", printable(key), where, why)};
}

std::optional<double> number_of(const toml::node& node) {
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* whole = node.as_integer()) return static_cast<double>(whole->get());
  return std::nullopt;
}

ConfigScalar list_of(const toml::array& list, std::string_view key, std::string_view where) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  for (const toml::node& item : list) {
    if (const auto number = number_of(item))
      numbers.push_back(*number);
    else if (const auto* text = item.as_string())
      texts.push_back(text->get());
    else
      refuse(key, where, "a list may hold numbers or texts only");
  }
  if (!numbers.empty() && !texts.empty())
    refuse(key, where, "a list may not mix numbers and texts");
  if (!numbers.empty()) return numbers;
  return texts;
}

ConfigScalar scalar_of(const toml::node& node, std::string_view key, std::string_view where) {
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return std::int64_t{whole->get()};
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* list = node.as_array()) return list_of(*list, key, where);
  refuse(key, where, "dates and times are not used here; write a text in quotes");
}

void flatten(const toml::table& from, const std::string& prefix, std::string_view origin,
             ConfigTable& to) {
  for (const auto& [name, node] : from) {
    const std::string key = dotted(prefix, name.str());
    if (const auto* inner = node.as_table()) {
      flatten(*inner, key, origin, to);
      continue;
    }
    const std::string where = fmt::format("{}:{}", origin, node.source().begin.line);
    to.insert_or_assign(key, ConfigValue{scalar_of(node, key, where), where});
  }
}

bool is_key(std::string_view key) {
  return !key.empty() && key.front() != '.' && key.back() != '.' &&
         std::ranges::all_of(key, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

/// Section and name of a dotted key; the section is empty for a top-level key.
std::pair<std::string, std::string> section_and_name(const std::string& key) {
  const std::size_t dot = key.rfind('.');
  if (dot == std::string::npos) return {"", key};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

std::string comment_of(const OptionText& option, std::string_view origin) {
  std::string text = fmt::format("# {}", printable(option.meaning));
  if (!option.unit.empty()) text += fmt::format(" [{}]", option.unit);
  if (!option.choices.empty()) text += fmt::format(" ({})", option.choices);
  if (!origin.empty()) text += fmt::format("; {}", printable(origin));
  return text;
}

}  // namespace

ConfigTable read_config(const std::filesystem::path& path) {
  const std::string name = printable(path.string());
  std::string text;
  try {
    text = read_text_file(path, kMaxBytes);
  } catch (const Error& e) {
    throw Error{Errc::bad_config,
                fmt::format("configuration: {}; `skyweft init DIR` writes one", e.text())};
  }
  return parse_config(text, name);
}

ConfigTable parse_config(std::string_view text, std::string_view origin) {
  ConfigTable table;
  try {
    flatten(toml::parse(text, origin), "", origin, table);
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    throw Error{Errc::bad_config, fmt::format("{}:{}:{}: {}", origin, at.line, at.column,
                                              printable(e.description()))};
  }
  return table;
}

void set_override(ConfigTable& table, std::string_view key_equals_value) {
  const std::size_t equals = key_equals_value.find('=');
  const std::string key{trimmed(key_equals_value.substr(0, equals))};
  if (equals == std::string_view::npos || !is_key(key))
    throw Error{Errc::usage,
                fmt::format("--set {} is not of the form key=value", printable(key_equals_value))};
  const std::string value{trimmed(key_equals_value.substr(equals + 1))};
  ConfigScalar scalar = value;
  const bool one_line = value.find('\n') == std::string::npos;
  std::optional<toml::table> parsed;
  try {
    if (one_line) parsed = toml::parse(fmt::format("value = {}", value));
  } catch (const toml::parse_error&) {  // a bare word: stays text
  }
  if (parsed && parsed->size() == 1) {
    const toml::node& node = *parsed->get("value");
    if (node.is_table()) refuse(key, "--set", "set one key at a time");
    const bool is_value =
        node.is_boolean() || node.is_number() || node.is_string() || node.is_array();
    if (is_value) scalar = scalar_of(node, key, "--set");
  }
  table.insert_or_assign(key, ConfigValue{std::move(scalar), "--set"});
}

std::string to_config_text(const std::vector<OptionText>& options,
                           const std::map<std::string, std::string, std::less<>>& origins) {
  std::map<std::string, std::string> sections;  // the empty name, top-level keys, sorts first
  std::vector<std::string> order;
  for (const OptionText& option : options) {
    const auto [section, name] = section_and_name(option.key);
    if (!sections.contains(section)) order.push_back(section);
    const auto origin = origins.find(option.key);
    const bool unset = option.value == "nan";
    sections[section] += fmt::format(
        "{}\n{}{} = {}\n", comment_of(option, origin == origins.end() ? "" : origin->second),
        unset ? "# " : "", name, option.value);
  }
  std::stable_partition(order.begin(), order.end(),
                        [](const std::string& section) { return section.empty(); });
  std::string text;
  for (const std::string& section : order) {
    if (!text.empty()) text += '\n';
    if (!section.empty()) text += fmt::format("[{}]\n", section);
    text += sections[section];
  }
  return text;
}

}  // namespace skyweft::io
