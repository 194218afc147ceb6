// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/header_cards.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace skyweft::sky {
namespace {

constexpr std::size_t kCard = 80;
constexpr double kLargest = 1e30;
constexpr int kMaxSipOrder = 9;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// "A_2_1": the two numbers behind `prefix`, each below `end`.
bool is_indexed(std::string_view key, std::string_view prefix, int end) {
  if (!key.starts_with(prefix)) return false;
  key.remove_prefix(prefix.size());
  return key.size() == 3 && is_digit(key[0]) && key[1] == '_' && is_digit(key[2]) &&
         key[0] - '0' < end && key[2] - '0' < end;
}

bool is_order(std::string_view key) {
  return key == "A_ORDER" || key == "B_ORDER" || key == "AP_ORDER" || key == "BP_ORDER";
}

bool is_sip(std::string_view key) {
  return is_order(key) || is_indexed(key, "A_", 10) || is_indexed(key, "B_", 10) ||
         is_indexed(key, "AP_", 10) || is_indexed(key, "BP_", 10);
}

/// PV1_0 … PV2_39, with either way to write the number.
bool is_parameter(std::string_view key) {
  if (!key.starts_with("PV1_") && !key.starts_with("PV2_")) return false;
  key.remove_prefix(4);
  int m = -1;
  const auto [stop, code] = std::from_chars(key.data(), key.data() + key.size(), m);
  return code == std::errc{} && stop == key.data() + key.size() && m >= 0 && m < 40;
}

bool is_matrix(std::string_view key) {
  if (!key.starts_with("CD") && !key.starts_with("PC")) return false;
  key.remove_prefix(2);
  return key == "1_1" || key == "1_2" || key == "2_1" || key == "2_2";
}

bool is_number_key(std::string_view key) {
  constexpr std::array<std::string_view, 12> kKnown{"CRVAL1",  "CRVAL2",  "CRPIX1",  "CRPIX2",
                                                    "CDELT1",  "CDELT2",  "CROTA1",  "CROTA2",
                                                    "LONPOLE", "LATPOLE", "EQUINOX", "EPOCH"};
  return std::ranges::find(kKnown, key) != kKnown.end() || is_matrix(key) || is_parameter(key) ||
         is_sip(key);
}

bool is_text_key(std::string_view key) {
  constexpr std::array<std::string_view, 6> kKnown{"CTYPE1", "CTYPE2",  "CUNIT1",
                                                   "CUNIT2", "RADESYS", "RADECSYS"};
  return std::ranges::find(kKnown, key) != kKnown.end();
}

/// Letters, digits, '-', '+' and '.' of a quoted value, upper case or as it is.
std::string text_in(std::string_view value, bool as_upper) {
  value = trimmed(value);
  if (value.empty() || value.front() != '\'') return {};
  value.remove_prefix(1);
  value = trimmed(value.substr(0, value.find('\'')));
  std::string out;
  for (const char c : value.substr(0, 20)) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && !is_digit(c) && c != '-' && c != '+' && c != '.') return {};
    out += as_upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

std::optional<double> number_in(std::string_view value) {
  std::string text{trimmed(value.substr(0, value.find('/')))};
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    text = std::string{trimmed(std::string_view{text}.substr(1, text.size() - 2))};
  if (text.starts_with('+')) text.erase(0, 1);
  std::ranges::replace(text, 'D', 'E');
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, number);
  if (code != std::errc{} || stop != end || !(std::abs(number) < kLargest)) return std::nullopt;
  return number;
}

std::string card(std::string_view key, std::string_view value) {
  std::string out = fmt::format("{:<8}= {:>20}", key, value);
  out.resize(kCard, ' ');
  return out;
}

struct Found {
  std::map<std::string, double, std::less<>> numbers;
  std::map<std::string, std::string, std::less<>> texts;

  std::string text(std::string_view key) const {
    const auto it = texts.find(key);
    return it == texts.end() ? std::string{} : it->second;
  }
};

Found found_in(std::string_view cards) {
  Found found;
  for (std::size_t at = 0; at < cards.size(); at += kCard) {
    const std::string_view line = cards.substr(at, kCard);
    const std::string_view key = trimmed(line.substr(0, 8));
    if (key == "END") break;
    if (line.size() < 10 || line[8] != '=') continue;
    const std::string_view value = line.substr(9);
    if (is_text_key(key)) {
      std::string text = text_in(value, !key.starts_with("CUNIT"));
      if (!text.empty()) found.texts.emplace(key, std::move(text));
    } else if (is_number_key(key)) {
      if (const auto number = number_in(value)) found.numbers.emplace(key, *number);
    }
  }
  return found;
}

/// Drops SIP where it is not meant or cannot be: wcslib wants orders and coefficients that agree.
void tidy_sip(Found& found) {
  const bool is_meant =
      found.text("CTYPE1").ends_with("-SIP") && found.text("CTYPE2").ends_with("-SIP");
  for (const char* name : {"A", "B", "AP", "BP"}) {
    const std::string prefix = std::string{name} + "_";
    const auto order = found.numbers.find(prefix + "ORDER");
    const bool is_sane = is_meant && order != found.numbers.end() && order->second >= 0.0 &&
                         order->second <= kMaxSipOrder &&
                         order->second == std::floor(order->second);
    const double highest = is_sane ? order->second : -1.0;
    std::erase_if(found.numbers, [&](const auto& entry) {
      const std::string& key = entry.first;
      if (key == prefix + "ORDER") return !is_sane;
      if (!is_indexed(key, prefix, 10)) return false;
      return key[prefix.size()] - '0' + key[prefix.size() + 2] - '0' > highest;
    });
  }
}

bool names_projection(std::string_view ctype) {
  // "RA---TAN", "GLON-CAR-SIP": four letters, a dash, three letters.
  return ctype.size() >= 8 && ctype[4] == '-' && ctype[5] != '-';
}

}  // namespace

std::optional<WcsCards> wcs_cards_of(std::string_view cards) {
  Found found = found_in(cards);
  if (!names_projection(found.text("CTYPE1")) || !names_projection(found.text("CTYPE2")))
    return std::nullopt;
  tidy_sip(found);
  WcsCards out;
  const std::string modern = found.text("RADESYS");
  out.frame = modern.empty() ? found.text("RADECSYS") : modern;
  if (const auto it = found.numbers.find("EQUINOX"); it != found.numbers.end())
    out.equinox = it->second;
  // EPOCH, the old name, often holds the date of the exposure.
  if (const auto it = found.numbers.find("EPOCH"); it != found.numbers.end() && !out.equinox)
    if (it->second == 1950.0 || it->second == 2000.0) out.equinox = it->second;
  out.text = card("WCSAXES", "2");
  for (const auto& [key, text] : found.texts) {
    if (key.starts_with("RAD")) continue;
    std::string value = text;
    if (key.starts_with("CUNIT"))  // "degrees", "DEG" and the like
      value = value.starts_with("deg") || value.starts_with("DEG") ? "deg" : value;
    out.text += card(key, fmt::format("'{:<8}'", value));
  }
  for (const auto& [key, number] : found.numbers) {
    if (key == "EQUINOX" || key == "EPOCH") continue;
    out.text += card(key, is_order(key) ? fmt::format("{}", static_cast<int>(number))
                                        : fmt::format("{:.17E}", number));
  }
  out.text += "END" + std::string(kCard - 3, ' ');
  return out;
}

}  // namespace skyweft::sky
