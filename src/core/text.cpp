// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace skyweft {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::optional<double> number_spelled(std::string_view text) {
  std::string plain{trimmed(text)};
  if (plain.size() > 1 && plain.front() == '+' && plain[1] != '-') plain.erase(0, 1);
  for (std::size_t i = 1; i + 1 < plain.size(); ++i)
    if (lower(plain[i]) == 'd' && (is_digit(plain[i - 1]) || plain[i - 1] == '.')) plain[i] = 'e';
  double value = 0.0;
  const char* const end = plain.data() + plain.size();
  const auto [stop, code] = std::from_chars(plain.data(), end, value);
  const bool whole = code == std::errc{} && stop == end && std::isfinite(value);
  return whole ? std::optional{value} : std::nullopt;
}

std::optional<double> sexagesimal_spelled(std::string_view text) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text = trimmed(text.substr(1));
  double value = 0.0;
  double unit = 1.0;
  int n_part = 0;
  while (!text.empty()) {
    const std::size_t stop = text.find_first_of(": hdms");
    const std::string_view one = text.substr(0, stop);
    if (one.empty() || !is_digit(one.front()) || n_part >= 3) return std::nullopt;
    const auto number = number_spelled(one);
    if (!number || (n_part > 0 && *number >= 60.0)) return std::nullopt;
    if (stop != std::string_view::npos) {
      constexpr std::array<std::string_view, 3> kMarks{": hd", ": m", " s"};
      if (kMarks[static_cast<std::size_t>(n_part)].find(text[stop]) == std::string_view::npos)
        return std::nullopt;
    }
    value += *number * unit;
    unit /= 60.0;
    ++n_part;
    text = stop == std::string_view::npos ? std::string_view{} : trimmed(text.substr(stop + 1));
  }
  if (n_part < 2) return std::nullopt;
  return negative ? -value : value;
}

}  // namespace skyweft
