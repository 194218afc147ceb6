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

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::optional<double> number_in(std::string_view text) {
  std::string plain{trimmed(text)};
  if (plain.size() > 1 && plain.front() == '+' && plain[1] != '-') plain.erase(0, 1);
  for (std::size_t i = 1; i + 1 < plain.size(); ++i)
    if ((plain[i] == 'D' || plain[i] == 'd') && !is_letter(plain[i - 1]) &&
        !is_letter(plain[i + 1]))
      plain[i] = 'e';
  double value = 0.0;
  const char* const end = plain.data() + plain.size();
  const auto [stop, code] = std::from_chars(plain.data(), end, value);
  if (code != std::errc{} || !std::isfinite(value)) return std::nullopt;
  if (stop == end) return value;
  const bool unit_follows = *stop == ' ' && std::all_of(stop + 1, end, is_letter);
  return unit_follows ? std::optional{value} : std::nullopt;
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
