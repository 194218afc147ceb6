// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/header.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace skyweft::io {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_key(std::string_view wanted, std::string_view present) {
  return std::ranges::equal(wanted, present, [](char w, char p) {
    return lower(w) == lower(p) || (w == '_' && p == '-');
  });
}

}  // namespace

std::optional<double> number_in(std::string_view text) {
  text = trimmed(text);
  if (const auto number = number_spelled(text)) return number;
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || !std::ranges::all_of(text.substr(blank + 1), is_letter))
    return std::nullopt;
  return number_spelled(text.substr(0, blank));
}

void Header::add_text(std::string key, std::string_view value, std::string comment) {
  add({std::move(key), std::string{trimmed(value)}, std::move(comment), true});
}

void Header::add_number(std::string key, double value, std::string comment) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  std::ranges::replace(text, 'e', 'E');
  add({std::move(key), std::move(text), std::move(comment), !std::isfinite(value)});
}

void Header::add_integer(std::string key, std::int64_t value, std::string comment) {
  add({std::move(key), fmt::format("{}", value), std::move(comment), false});
}

const HeaderCard* Header::find(std::string_view key) const {
  const auto it =
      std::ranges::find_if(cards_, [&](const HeaderCard& card) { return same_key(key, card.key); });
  return it == cards_.end() ? nullptr : &*it;
}

std::optional<std::string> Header::text(std::string_view key) const {
  const HeaderCard* card = find(key);
  if (card == nullptr) return std::nullopt;
  std::string value{trimmed(card->value)};
  return value.empty() ? std::nullopt : std::optional{std::move(value)};
}

std::optional<double> Header::number(std::string_view key) const {
  const HeaderCard* card = find(key);
  return card == nullptr ? std::nullopt : number_in(card->value);
}

std::optional<std::int64_t> Header::integer(std::string_view key) const {
  const HeaderCard* card = find(key);
  if (card == nullptr) return std::nullopt;
  std::string_view text = trimmed(card->value);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t whole = 0;
  const auto [stop, code] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (code == std::errc{} && stop == text.data() + text.size()) return whole;
  const auto real = number_in(text);
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!real || std::abs(*real) > kExact || std::trunc(*real) != *real) return std::nullopt;
  return static_cast<std::int64_t>(*real);
}

}  // namespace skyweft::io
