// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <array>
#include <charconv>
#include <cmath>

#include "core/units.hpp"
#include "io/header.hpp"
#include "io/star_source.hpp"

namespace skyweft::io {
namespace {

using Kind = StarCell::Kind;

bool equals_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

/// Blanks or dashes separate three whole numbers as in Tycho-2; nothing else.
std::optional<StarId> tycho_id(std::string_view text) {
  std::array<StarId, 3> parts{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && (at == end || (*at != ' ' && *at != '-'))) return std::nullopt;
    if (i > 0) ++at;
    while (at != end && *at == ' ') ++at;
    const auto [stop, code] = std::from_chars(at, end, parts[i]);
    if (code != std::errc{} || parts[i] < 0) return std::nullopt;
    at = stop;
  }
  if (at != end || parts[0] < 1 || parts[0] > 9999 || parts[1] > 99999 || parts[2] > 9)
    return std::nullopt;
  return parts[0] * 1000000 + parts[1] * 10 + parts[2];
}

std::optional<double> number_in_text(std::string_view text) {
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value);
  if (code == std::errc{} && stop == end && std::isfinite(value)) return value;
  return number_in(text);
}

/// 1 or 0 for a word of truth.
std::optional<double> truth_in(std::string_view text) {
  if (equals_ignoring_case(text, "true")) return 1.0;
  if (equals_ignoring_case(text, "false")) return 0.0;
  return std::nullopt;
}

}  // namespace

bool is_missing_text(std::string_view text) noexcept {
  if (text.empty()) return true;
  // Most cells are numbers: decided by their first character.
  const char c = text.front();
  if (c >= '0' && c <= '9') return false;
  if (text.size() > 4) return text.find_first_not_of(' ') == std::string_view::npos;
  for (const std::string_view word : {"null", "nan", "-nan", "none", "n/a", "--", "\"\""})
    if (equals_ignoring_case(text, word)) return true;
  return text.find_first_not_of(' ') == std::string_view::npos;
}

std::optional<double> number_of(const StarCell& cell) {
  switch (cell.kind) {
    case Kind::missing:
      return kNaN;
    case Kind::number:
      return cell.number;
    case Kind::whole:
      return static_cast<double>(cell.whole);
    case Kind::spelled:
    case Kind::text:
      break;
  }
  if (const auto number = number_in_text(cell.text)) return number;
  return truth_in(cell.text);
}

std::optional<double> angle_of(const StarCell& cell, bool hours, bool& was_sexagesimal) {
  was_sexagesimal = false;
  if (cell.kind != Kind::spelled && cell.kind != Kind::text) return number_of(cell);
  if (const auto number = number_in_text(cell.text)) return number;
  const auto angle = sexagesimal_spelled(cell.text);
  if (!angle) return std::nullopt;
  was_sexagesimal = true;
  const bool in_degrees = cell.text.find_first_of("dD") != std::string_view::npos;
  return hours && !in_degrees ? *angle * 15.0 : *angle;
}

std::optional<StarId> id_of(const StarCell& cell) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  StarId id = 0;
  switch (cell.kind) {
    case Kind::missing:
      return std::nullopt;
    case Kind::whole:
      id = cell.whole;
      break;
    case Kind::number:
      if (std::trunc(cell.number) != cell.number || !(std::abs(cell.number) <= kExact))
        return std::nullopt;
      id = static_cast<StarId>(cell.number);
      break;
    case Kind::spelled:
    case Kind::text: {
      std::string_view text = trimmed(cell.text);
      if (const auto triple = tycho_id(text)) return triple;
      if (const std::size_t blank = text.rfind(' '); blank != std::string_view::npos)
        text.remove_prefix(blank + 1);
      const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), id);
      if (code != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    }
  }
  return id == 0 ? std::nullopt : std::optional{id};
}

Value value_of(const StarCell& cell) {
  switch (cell.kind) {
    case Kind::missing:
      return {};
    case Kind::number:
      return std::isfinite(cell.number) ? Value{cell.number} : Value{};
    case Kind::whole:
      return static_cast<double>(cell.whole);
    case Kind::spelled:
      if (const auto number = number_of(cell)) return *number;
      return std::string{cell.text};
    case Kind::text:
      return std::string{cell.text};
  }
  return {};
}

}  // namespace skyweft::io
