// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/fields.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"

namespace skyweft {
namespace {

[[noreturn]] void wrong_type(std::string_view key, const ConfigValue& from,
                             std::string_view wanted) {
  throw Error{
      Errc::bad_config,
      fmt::format(
          "{} = {} ({}) is of type {}, but a {} is needed; `skyweft explain {}` shows the option",
          key, to_toml(from.value), from.origin, type_name(from.value), wanted, key)};
}

void check_range(double v, const ConfigValue& from, std::string_view key, const Rule& rule) {
  const bool low_ok = rule.low_open ? v > rule.low : v >= rule.low;
  if (low_ok && v <= rule.high) return;
  const std::string lower = std::isinf(rule.low)
                                ? std::string{}
                                : fmt::format(" {} {}", rule.low_open ? ">" : ">=", rule.low);
  const std::string upper =
      std::isinf(rule.high) ? std::string{} : fmt::format(" <= {}", rule.high);
  throw Error{Errc::bad_config, fmt::format("{} = {} ({}) is out of range: it must be{}{}{}", key,
                                            to_toml(from.value), from.origin, lower,
                                            !lower.empty() && !upper.empty() ? " and" : "", upper)};
}

double number_of(const ConfigValue& from, std::string_view key) {
  if (const auto* d = std::get_if<double>(&from.value)) return *d;
  if (const auto* i = std::get_if<std::int64_t>(&from.value)) return static_cast<double>(*i);
  wrong_type(key, from, "number");
}

void check_choice(const std::string& v, const ConfigValue& from, std::string_view key,
                  const Rule& rule) {
  if (rule.choices.empty()) return;
  std::vector<std::string> choices;
  for (std::size_t at = 0; at <= rule.choices.size();) {
    const std::size_t bar = std::min(rule.choices.find('|', at), rule.choices.size());
    choices.emplace_back(rule.choices.substr(at, bar - at));
    at = bar + 1;
  }
  if (std::ranges::find(choices, v) != choices.end()) return;
  throw Error{Errc::bad_config, fmt::format("{} = \"{}\" ({}) is not one of: {}", key, v,
                                            from.origin, fmt::join(choices, ", "))};
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + "\"";
}

std::string number_text(double v) {
  if (std::isnan(v)) return "nan";
  if (std::isinf(v)) return v > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", v);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

namespace detail {

void assign(bool& to, const ConfigValue& from, std::string_view key, const Rule&) {
  if (const auto* b = std::get_if<bool>(&from.value))
    to = *b;
  else
    wrong_type(key, from, "true or false");
}

void assign(std::int64_t& to, const ConfigValue& from, std::string_view key, const Rule& rule) {
  const auto* i = std::get_if<std::int64_t>(&from.value);
  if (i == nullptr) wrong_type(key, from, "whole number");
  check_range(static_cast<double>(*i), from, key, rule);
  to = *i;
}

void assign(int& to, const ConfigValue& from, std::string_view key, const Rule& rule) {
  std::int64_t wide = to;
  assign(wide, from, key, rule);
  if (wide < std::numeric_limits<int>::min() || wide > std::numeric_limits<int>::max())
    throw Error{Errc::bad_config, fmt::format("{} = {} ({}) is too large", key, wide, from.origin)};
  to = static_cast<int>(wide);
}

void assign(double& to, const ConfigValue& from, std::string_view key, const Rule& rule) {
  const double v = number_of(from, key);
  if (std::isnan(v) && std::isnan(to)) return;  // an unset option, as the stored settings spell it
  check_range(v, from, key, rule);
  to = v;
}

void assign(std::string& to, const ConfigValue& from, std::string_view key, const Rule& rule) {
  const auto* s = std::get_if<std::string>(&from.value);
  if (s == nullptr) wrong_type(key, from, "text");
  check_choice(*s, from, key, rule);
  to = *s;
}

void assign(std::vector<double>& to, const ConfigValue& from, std::string_view key,
            const Rule& rule) {
  std::vector<double> list;
  if (const auto* v = std::get_if<std::vector<double>>(&from.value))
    list = *v;
  else if (const auto* s = std::get_if<std::vector<std::string>>(&from.value);
           s != nullptr && s->empty())
    list.clear();
  else if (std::holds_alternative<double>(from.value) ||
           std::holds_alternative<std::int64_t>(from.value))
    list = {number_of(from, key)};
  else
    wrong_type(key, from, "list of numbers");
  for (const double v : list) check_range(v, from, key, rule);
  to = std::move(list);
}

void assign(std::vector<std::string>& to, const ConfigValue& from, std::string_view key,
            const Rule& rule) {
  std::vector<std::string> list;
  if (const auto* v = std::get_if<std::vector<std::string>>(&from.value))
    list = *v;
  else if (const auto* d = std::get_if<std::vector<double>>(&from.value);
           d != nullptr && d->empty())
    list.clear();
  else if (const auto* s = std::get_if<std::string>(&from.value))
    list = {*s};
  else
    wrong_type(key, from, "list of texts");
  for (const auto& s : list) check_choice(s, from, key, rule);
  to = std::move(list);
}

ConfigScalar to_scalar(bool v) {
  return v;
}
ConfigScalar to_scalar(std::int64_t v) {
  return v;
}
ConfigScalar to_scalar(int v) {
  return static_cast<std::int64_t>(v);
}
ConfigScalar to_scalar(double v) {
  return v;
}
ConfigScalar to_scalar(const std::string& v) {
  return v;
}
ConfigScalar to_scalar(const std::vector<double>& v) {
  return v;
}
ConfigScalar to_scalar(const std::vector<std::string>& v) {
  return v;
}

}  // namespace detail

std::string to_toml(const ConfigScalar& value) {
  struct Writer {
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return number_text(v); }
    std::string operator()(const std::string& v) const { return quoted(v); }
    std::string operator()(const std::vector<double>& v) const {
      std::vector<std::string> parts;
      for (const double d : v) parts.push_back(number_text(d));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
    std::string operator()(const std::vector<std::string>& v) const {
      std::vector<std::string> parts;
      for (const auto& s : v) parts.push_back(quoted(s));
      return fmt::format("[{}]", fmt::join(parts, ", "));
    }
  };
  return std::visit(Writer{}, value);
}

std::string type_name(const ConfigScalar& value) {
  static constexpr std::string_view kNames[] = {"true/false", "integer",         "number",
                                                "text",       "list of numbers", "list of texts"};
  return std::string{kNames[value.index()]};
}

std::string dotted(std::string_view section, std::string_view key) {
  return section.empty() ? std::string{key} : fmt::format("{}.{}", section, key);
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = word.size() / 2 + 1;
  for (const auto& c : candidates) {
    const std::size_t d = edit_distance(word, c);
    if (d < best_distance) {
      best_distance = d;
      best = c;
    }
  }
  return best;
}

void refuse_unknown(const ConfigTable& table, const std::set<std::string, std::less<>>& used,
                    const std::vector<std::string>& known) {
  for (const auto& [key, value] : table) {
    if (used.contains(key)) continue;
    const std::string near = nearest_name(key, known);
    throw Error{Errc::bad_config,
                fmt::format("unknown option {} ({}){}", key, value.origin,
                            near.empty() ? std::string{"; `skyweft explain` lists every option"}
                                         : fmt::format("; did you mean {}?", near))};
  }
}

}  // namespace skyweft
