// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression.hpp"
#include "io/camera_config.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// One entry of a *_keys option: a keyword, an expression, or (of sections) a fixed section.
struct KeyEntry {
  std::string text;
  std::optional<Expression> expression{};  ///< nothing: a keyword, or a fixed section
  bool is_section = false;
};

using KeyEntries = std::vector<KeyEntry>;

/// Reads the entries; where `sections`, those that start with '[' are fixed sections.
/// Throws Error{bad_config} of Expression::parse().
KeyEntries prepare_keys(const KeyList& keys, bool sections = false);

/// The entries as a person wrote them, for messages.
std::string joined(const KeyEntries& keys);

/// One header of a file, asked by keyword or expression.
struct HeaderView {
  const Header& header;
  const std::string& path;

  /// The value as text, nothing when absent or blank. A fixed section is itself.
  /// Throws Error{bad_input} (test "expression") when an expression does not fit the values.
  std::optional<std::string> text(const KeyEntry& entry) const;

  /// The value as a finite number, as Header::number() understands it, or nothing. Throws as
  /// text().
  std::optional<double> number(const KeyEntry& entry) const;

  /// What a name of an expression stands for: FILENAME, FOLDER, PATH, or a keyword; T and F are 1
  /// and 0, a quoted value is a text.
  Value value(std::string_view name) const;

  /// Whether the condition holds. Throws as text().
  bool holds(const Expression& condition) const;
};

/// The first number between the limits, inclusive.
std::optional<double> first_number(const HeaderView& view, const KeyEntries& keys, double at_least,
                                   double at_most);

/// Throws Error{bad_input} about this file, with a test called `test`.
[[noreturn]] void refuse(const std::string& path, const char* test, std::string_view why);

/// Sentences for a person, each once.
class Doubts {
 public:
  void add(std::string text);
  std::vector<std::string> texts;
};

}  // namespace skyweft::io
