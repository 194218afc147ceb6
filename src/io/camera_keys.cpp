// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/camera_keys.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"

namespace skyweft::io {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_keyword(std::string_view text) {
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

const HeaderCard* find(const Header& header, std::string_view key) {
  const auto same = [](char wanted, char present) {
    return lower(wanted) == lower(present) ||
           (wanted == '_' && (present == '-' || present == ' ' || present == '.'));
  };
  const auto& cards = header.cards();
  const auto it = std::ranges::find_if(
      cards, [&](const HeaderCard& card) { return std::ranges::equal(key, card.key, same); });
  return it == cards.end() ? nullptr : &*it;
}

template <class F>
auto evaluated(const std::string& path, F&& evaluate) {
  try {
    return evaluate();
  } catch (const Error& error) {
    refuse(path, "expression", error.text());
  }
}

}  // namespace

KeyEntries prepare_keys(const KeyList& keys, bool sections) {
  KeyEntries out;
  for (const std::string& key : keys) {
    KeyEntry entry{.text = key};
    entry.is_section = sections && key.starts_with('[');
    if (!entry.is_section && !is_keyword(key)) entry.expression = Expression::parse(key);
    out.push_back(std::move(entry));
  }
  return out;
}

std::string joined(const KeyEntries& keys) {
  std::string out;
  for (const KeyEntry& entry : keys) out += (out.empty() ? "" : ", ") + printable(entry.text);
  return out;
}

std::optional<std::string> HeaderView::text(const KeyEntry& entry) const {
  if (entry.is_section) return entry.text;
  if (!entry.expression) {
    const HeaderCard* card = find(header, entry.text);
    if (card == nullptr) return std::nullopt;
    const std::string_view value = trimmed(card->value);
    return value.empty() ? std::nullopt : std::optional{std::string{value}};
  }
  const Value found = evaluated(path, [&] {
    return entry.expression->evaluate([&](std::string_view name) { return value(name); });
  });
  if (const auto* number = std::get_if<double>(&found)) return fmt::format("{}", *number);
  const auto* text = std::get_if<std::string>(&found);
  if (text == nullptr || trimmed(*text).empty()) return std::nullopt;
  return std::string{trimmed(*text)};
}

std::optional<double> HeaderView::number(const KeyEntry& entry) const {
  const auto found = text(entry);
  return found ? number_in(*found) : std::nullopt;
}

Value HeaderView::value(std::string_view name) const {
  const std::filesystem::path file{path};
  if (name == "FILENAME") return file.filename().string();
  if (name == "FOLDER") return file.parent_path().filename().string();
  if (name == "PATH") return path;
  const HeaderCard* card = find(header, name);
  if (card == nullptr) return {};
  const std::string_view text = trimmed(card->value);
  if (text.empty()) return {};
  if (!card->is_text) {
    if (text == "T") return 1.0;
    if (text == "F") return 0.0;
    if (const auto number = number_in(text)) return *number;
  }
  return std::string{text};
}

bool HeaderView::holds(const Expression& condition) const {
  return evaluated(
      path, [&] { return condition.holds([&](std::string_view name) { return value(name); }); });
}

std::optional<double> first_number(const HeaderView& view, const KeyEntries& keys, double at_least,
                                   double at_most) {
  for (const KeyEntry& key : keys)
    if (const auto value = view.number(key); value && *value >= at_least && *value <= at_most)
      return value;
  return std::nullopt;
}

void refuse(const std::string& path, const char* test, std::string_view why) {
  throw Error{Errc::bad_input, fmt::format("frame {}: {}", printable(path), why)}.because(
      {test, 0.0, 1.0});
}

void Doubts::add(std::string text) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
}

}  // namespace skyweft::io
