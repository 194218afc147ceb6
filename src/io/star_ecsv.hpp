// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: what the comments above a text table say.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace skyweft::io {

/// Collects the comment lines of a text table: units and types of an ECSV header (block or flow
/// style), its delimiter, and "epoch_yr: …" or "ref_epoch: …" anywhere.
class StarComments {
 public:
  struct Column {
    std::string unit{};
    std::string datatype{};
  };

  /// Takes a line that begins with '#'.
  void add(std::string_view line);

  /// What was said of the column `name`; nothing when it was not named.
  const Column* column(std::string_view name) const;
  std::optional<char> delimiter() const noexcept { return delimiter_; }
  std::optional<double> epoch_yr() const noexcept { return epoch_yr_; }
  /// The last line, without its '#'.
  const std::string& last() const noexcept { return last_; }

 private:
  void take(std::string_view key, std::string_view value);

  std::map<std::string, Column, std::less<>> columns_;
  std::string name_;
  std::optional<char> delimiter_;
  std::optional<double> epoch_yr_;
  std::string last_;
};

}  // namespace skyweft::io
