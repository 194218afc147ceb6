// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Options are declared once, beside the struct that holds them:
//
//   struct EpdConfig {
//     double clip_sigma = 4.0;
//     static constexpr auto fields() {
//       return std::tuple{field("clip", &EpdConfig::clip_sigma, "sigma", "drop points further than
//       this", positive)};
//     }
//   };
//
// From fields() come the reader, the range check, the error for an unknown key, `skyweft explain`
// and the copy of all settings stored in every product.

#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace skyweft {

using ConfigScalar = std::variant<bool, std::int64_t, double, std::string, std::vector<double>,
                                  std::vector<std::string>>;

/// A value with the place it came from: "default", "night.toml:12", "--set".
struct ConfigValue {
  ConfigScalar value;
  std::string origin;
};

/// Dotted key → value, as read from a file and the command line.
using ConfigTable = std::map<std::string, ConfigValue, std::less<>>;

/// What a value may be. Numbers (and every element of a list) lie between low and high;
/// strings are one of the '|'-separated `choices` when these are given.
struct Rule {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;  ///< low itself is not allowed
  std::string_view choices{};
};

inline constexpr Rule anything{};
inline constexpr Rule positive{.low = 0.0, .low_open = true};
inline constexpr Rule non_negative{.low = 0.0};
inline constexpr Rule fraction{.low = 0.0, .high = 1.0};
constexpr Rule between(double low, double high) {
  return {.low = low, .high = high};
}
constexpr Rule at_least(double low) {
  return {.low = low};
}
constexpr Rule one_of(std::string_view choices) {
  return {.choices = choices};
}

template <class C, class T>
struct Field {
  std::string_view key;
  T C::*member;
  std::string_view unit;
  std::string_view meaning;
  Rule rule;
};

template <class C, class T>
constexpr Field<C, T> field(std::string_view key, T C::*member, std::string_view unit,
                            std::string_view meaning, Rule rule = anything) {
  return {key, member, unit, meaning, rule};
}

/// One option as `skyweft explain` and the stored configuration show it.
struct OptionText {
  std::string key;  ///< dotted
  std::string
      type;  ///< "number", "integer", "true/false", "text", "list of numbers", "list of texts"
  std::string value;  ///< in TOML spelling
  std::string unit;
  std::string meaning;
  std::string choices;
};

namespace detail {
// One overload per option type; each throws Error{bad_config} naming key, origin and remedy.
void assign(bool& to, const ConfigValue& from, std::string_view key, const Rule& rule);
void assign(std::int64_t& to, const ConfigValue& from, std::string_view key, const Rule& rule);
void assign(int& to, const ConfigValue& from, std::string_view key, const Rule& rule);
void assign(double& to, const ConfigValue& from, std::string_view key, const Rule& rule);
void assign(std::string& to, const ConfigValue& from, std::string_view key, const Rule& rule);
void assign(std::vector<double>& to, const ConfigValue& from, std::string_view key,
            const Rule& rule);
void assign(std::vector<std::string>& to, const ConfigValue& from, std::string_view key,
            const Rule& rule);

ConfigScalar to_scalar(bool v);
ConfigScalar to_scalar(std::int64_t v);
ConfigScalar to_scalar(int v);
ConfigScalar to_scalar(double v);
ConfigScalar to_scalar(const std::string& v);
ConfigScalar to_scalar(const std::vector<double>& v);
ConfigScalar to_scalar(const std::vector<std::string>& v);
}  // namespace detail

/// The value in TOML spelling: shortest decimal that reads back the same.
std::string to_toml(const ConfigScalar& value);
std::string type_name(const ConfigScalar& value);

/// Joins section and key with a dot; an empty section leaves the key alone.
std::string dotted(std::string_view section, std::string_view key);

/// Sets every member of `config` that `table` mentions under `section`, and adds the keys it
/// took to `used`. Throws Error{bad_config} for a wrong type or a value out of range.
template <class C>
void read_section(const ConfigTable& table, std::string_view section, C& config,
                  std::set<std::string, std::less<>>& used) {
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              const std::string key = dotted(section, f.key);
              const auto it = table.find(key);
              if (it == table.end()) return;
              detail::assign(config.*(f.member), it->second, key, f.rule);
              used.insert(key);
            }(),
            ...);
      },
      C::fields());
}

/// Every option of the section with its present value; defaults when `config` is `C{}`.
template <class C>
void describe_section(std::string_view section, const C& config, std::vector<OptionText>& out) {
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              const ConfigScalar value = detail::to_scalar(config.*(f.member));
              out.push_back({.key = dotted(section, f.key),
                             .type = type_name(value),
                             .value = to_toml(value),
                             .unit = std::string{f.unit},
                             .meaning = std::string{f.meaning},
                             .choices = std::string{f.rule.choices}});
            }(),
            ...);
      },
      C::fields());
}

/// The candidate with the smallest edit distance to `word`; empty when nothing is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

/// Throws Error{bad_config} naming the first key of `table` that is not in `used`, with where it
/// stands and the nearest name in `known`.
void refuse_unknown(const ConfigTable& table, const std::set<std::string, std::less<>>& used,
                    const std::vector<std::string>& known);

}  // namespace skyweft
