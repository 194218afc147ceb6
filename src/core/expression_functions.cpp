// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/expression_tree.hpp"
#include "core/text.hpp"

namespace skyweft {
namespace {

using Arguments = std::span<const Value>;
using Name = std::string_view;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

double number_at(Name name, Arguments a, std::size_t i) {
  if (const auto* number = std::get_if<double>(&a[i])) return *number;
  throw Error{Errc::bad_input,
              fmt::format("{}() needs a number, not {}; number() converts", name, spelled(a[i]))};
}

const std::string& text_at(Name name, Arguments a, std::size_t i) {
  if (const auto* text = std::get_if<std::string>(&a[i])) return *text;
  throw Error{Errc::bad_input,
              fmt::format("{}() needs a text, not {}; text() converts", name, spelled(a[i]))};
}

/// A whole number; what is beyond any text's length is cut to that.
std::int64_t count_at(Name name, Arguments a, std::size_t i) {
  const double number = number_at(name, a, i);
  if (std::trunc(number) != number)
    throw Error{Errc::bad_input, fmt::format("{}() needs a whole number, not {}", name, number)};
  return static_cast<std::int64_t>(std::clamp(number, -1e6, 1e6));
}

Value as_truth(bool yes) {
  return yes ? 1.0 : 0.0;
}

template <double (*F)(double)>
Value real(Name name, Arguments a) {
  return detail::finite_value(F(number_at(name, a, 0)));
}

template <bool kLargest>
Value extreme(Name name, Arguments a) {
  double best = number_at(name, a, 0);
  for (std::size_t i = 1; i < a.size(); ++i) {
    const double v = number_at(name, a, i);
    best = kLargest ? std::max(best, v) : std::min(best, v);
  }
  return best;
}

template <char (*F)(char)>
Value letters(Name name, Arguments a) {
  std::string out = text_at(name, a, 0);
  std::ranges::transform(out, out.begin(), F);
  return out;
}

Value to_number(Name, Arguments a) {
  if (std::holds_alternative<double>(a[0])) return a[0];
  const auto number = number_spelled(std::get<std::string>(a[0]));
  return number ? Value{*number} : Value{};
}

Value to_text(Name, Arguments a) {
  const auto* number = std::get_if<double>(&a[0]);
  return number != nullptr ? Value{fmt::format("{}", *number)} : a[0];
}

Value to_angle(Name name, Arguments a) {
  const auto number = sexagesimal_spelled(text_at(name, a, 0));
  return number ? Value{*number} : Value{};
}

Value trim(Name name, Arguments a) {
  return std::string{trimmed(text_at(name, a, 0))};
}

Value length(Name name, Arguments a) {
  return static_cast<double>(text_at(name, a, 0).size());
}

Value substr(Name name, Arguments a) {
  const std::string& text = text_at(name, a, 0);
  const auto size = static_cast<std::int64_t>(text.size());
  const std::int64_t first = count_at(name, a, 1);
  const std::int64_t begin = std::clamp<std::int64_t>(first, 0, size);
  const std::int64_t end = std::clamp<std::int64_t>(first + count_at(name, a, 2), begin, size);
  return text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

Value contains(Name name, Arguments a) {
  return as_truth(text_at(name, a, 0).find(text_at(name, a, 1)) != std::string::npos);
}

Value starts_with(Name name, Arguments a) {
  return as_truth(text_at(name, a, 0).starts_with(text_at(name, a, 1)));
}

Value ends_with(Name name, Arguments a) {
  return as_truth(text_at(name, a, 0).ends_with(text_at(name, a, 1)));
}

/// Goes back to the last * only, so at most text × glob steps.
Value matches(Name name, Arguments a) {
  const std::string& text = text_at(name, a, 0);
  const std::string& glob = text_at(name, a, 1);
  std::size_t t = 0;
  std::size_t g = 0;
  std::size_t star = std::string::npos;
  std::size_t from = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      from = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string::npos) {
      g = star + 1;
      t = ++from;
    } else {
      return 0.0;
    }
  }
  return as_truth(glob.find_first_not_of('*', g) == std::string::npos);
}

Value replace(Name name, Arguments a) {
  const std::string& text = text_at(name, a, 0);
  const std::string& from = text_at(name, a, 1);
  const std::string& to = text_at(name, a, 2);
  if (from.empty()) return text;
  std::string out;
  for (std::size_t at = 0;;) {
    const std::size_t next = text.find(from, at);
    out.append(text, at, next - at);
    if (next == std::string::npos) return out;
    out += to;
    at = next + from.size();
    if (out.size() > detail::kMaxExpressionText)
      throw Error{Errc::bad_input, "replace() makes a text of more than 65536 bytes"};
  }
}

Value part(Name name, Arguments a) {
  const std::string& text = text_at(name, a, 0);
  const std::string& separator = text_at(name, a, 1);
  std::int64_t k = count_at(name, a, 2);
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const std::size_t next = separator.empty() ? std::string::npos : text.find(separator, at);
    parts.push_back(text.substr(at, next - at));
    if (next == std::string::npos) break;
    at = next + separator.size();
  }
  if (k < 0) k += std::ssize(parts);
  if (k < 0 || k >= std::ssize(parts)) return {};
  return parts[static_cast<std::size_t>(k)];
}

double absolute(double v) {
  return std::abs(v);
}

constexpr std::array kFunctions = std::to_array<detail::ExpressionFunction>({
    {"abs", 1, 1, real<absolute>},   {"floor", 1, 1, real<std::floor>},
    {"ceil", 1, 1, real<std::ceil>}, {"round", 1, 1, real<std::round>},
    {"sqrt", 1, 1, real<std::sqrt>}, {"exp", 1, 1, real<std::exp>},
    {"log", 1, 1, real<std::log>},   {"log10", 1, 1, real<std::log10>},
    {"sin", 1, 1, real<std::sin>},   {"cos", 1, 1, real<std::cos>},
    {"tan", 1, 1, real<std::tan>},   {"min", 1, 16, extreme<false>},
    {"max", 1, 16, extreme<true>},   {"number", 1, 1, to_number},
    {"text", 1, 1, to_text},         {"lower", 1, 1, letters<lower>},
    {"upper", 1, 1, letters<upper>}, {"trim", 1, 1, trim},
    {"length", 1, 1, length},        {"substr", 3, 3, substr},
    {"contains", 2, 2, contains},    {"starts_with", 2, 2, starts_with},
    {"ends_with", 2, 2, ends_with},  {"matches", 2, 2, matches},
    {"replace", 3, 3, replace},      {"part", 3, 3, part},
    {"sexagesimal", 1, 1, to_angle},
});

}  // namespace

std::span<const detail::ExpressionFunction> detail::expression_functions() noexcept {
  return kFunctions;
}

}  // namespace skyweft
