// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skyweft {

/// What a name or an expression stands for: nothing (missing), a finite number, or a text.
using Value = std::variant<std::monostate, double, std::string>;

inline bool is_missing(const Value& value) {
  return std::holds_alternative<std::monostate>(value);
}

/// The value as it would stand in an expression, escaped for messages and at most 80 characters.
std::string spelled(const Value& value);

/// What a name stands for.
using Lookup = std::function<Value(std::string_view name)>;

namespace detail {
struct ExpressionTree;
}

/// A small pure language over named numbers and texts, for header keywords and conditions.
///
///   EXPTIME / 1000                          milliseconds
///   DATE_OBS + 'T' + TIME_OBS               two texts joined
///   GAIN ?? 1.3                             1.3 where GAIN is missing
///   if(contains(lower(OBJECT), 'flat'), 'flat', 'light')
///   INSTRUME == 'cam1' and EXPTIME > 5
///
/// From weak to strong: or; and; not; == != < <= > >= (do not chain); ??; + -; * / %; unary -; ^
/// (from the right). `a % b` has b's sign. Truth is 1 or 0, and 0 alone is false. Texts stand in
/// '…' or "…" without escapes and compare byte by byte. `pi` is known; angles are radians.
///
/// Functions: abs floor ceil round sqrt exp log log10 sin cos tan (x); min max (x, …); number(text)
/// text(number) lower upper trim length (text); substr(text, first, n); contains starts_with
/// ends_with (text, part); matches(text, glob of * and ?); replace(text, from, to);
/// part(text, separator, k): k from 0, or from −1 for the last; sexagesimal(text): in units of its
/// first part; if(condition, a, b); defined(NAME). Characters are counted from 0, in bytes.
///
/// Anything done with a missing value is missing, and so is a result that is no finite number;
/// but ?? and defined() tell, if() evaluates only what it takes, `and` and `or` do with one side
/// where that decides.
class Expression {
 public:
  /// Reads `text`: at most 4096 characters, 1000 operations, 64 levels deep.
  /// Throws Error{bad_config} with the character of the first mistake.
  static Expression parse(std::string_view text);

  /// The value with the names looked up. Time and memory are bounded by the text's length and those
  /// of the values; texts longer than 65536 bytes are refused.
  /// Collective: no. Throws Error{bad_input} naming operator and values when these do not fit.
  Value evaluate(const Lookup& lookup) const;

  /// Whether the value is a number other than 0; false when it is missing.
  /// Throws as evaluate() does, also when the value is a text.
  bool holds(const Lookup& lookup) const;

  /// The names that may be looked up, each once, in order of first use.
  const std::vector<std::string>& names() const noexcept;
  const std::string& text() const noexcept;

 private:
  std::shared_ptr<const detail::ExpressionTree>
      tree_;  // shared: immutable after parse, copies are handed to workers
};

}  // namespace skyweft
