// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.hpp"

namespace skyweft::io {

/// One keyword of a FITS header. Untrusted text: pass it through printable() or safe_file_part().
struct HeaderCard {
  std::string key;    ///< as written, without HIERARCH
  std::string value;  ///< unquoted and trimmed
  std::string comment;
  bool is_text = false;  ///< the value was quoted
  bool operator==(const HeaderCard&) const = default;
};

/// Keywords in file order, free of any library. Keys are looked up ignoring case, and '_' in a
/// looked-up key also matches '-'; of a repeated key the first card counts.
class Header {
 public:
  void add(HeaderCard card) { cards_.push_back(std::move(card)); }
  void add_text(std::string key, std::string_view value, std::string comment = {});
  void add_number(std::string key, double value, std::string comment = {});
  void add_integer(std::string key, std::int64_t value, std::string comment = {});

  const std::vector<HeaderCard>& cards() const noexcept { return cards_; }
  bool has(std::string_view key) const { return find(key) != nullptr; }

  /// The value as text; nothing when the key is absent or its value blank.
  std::optional<std::string> text(std::string_view key) const;

  /// The value as a finite number, or nothing. Understands '060.00', '+62.5', '1.5D3', numbers
  /// inside quotes, and a unit of letters behind a blank ('11 C').
  std::optional<double> number(std::string_view key) const;

  /// The value as a whole number, or nothing (also for 2.5 and for numbers beyond 64 bits).
  std::optional<std::int64_t> integer(std::string_view key) const;

  bool operator==(const Header&) const = default;

 private:
  const HeaderCard* find(std::string_view key) const;
  std::vector<HeaderCard> cards_;
};

/// The finite number that `text` spells, a unit of letters behind it left out ("-20.5 C"); nothing
/// otherwise.
std::optional<double> number_in(std::string_view text);

using skyweft::lower_case;
using skyweft::trimmed;

}  // namespace skyweft::io
