// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the columns of a table by name, number or expression.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/catalog_columns.hpp"
#include "io/star_source.hpp"

namespace skyweft::io {

/// Finds columns in the head of a table, which it borrows. `word` names the table in messages.
class ColumnFinder {
 public:
  ColumnFinder(const StarTableHead& head, const std::filesystem::path& path,
               std::string_view word = "star list");

  /// The column of that name, number or alias; nothing when there is none.
  /// Throws Error{bad_config} for a number that the table does not have.
  std::optional<std::size_t> find(std::string_view name) const;

  /// `i` itself. Throws Error{bad_input} when the column holds vectors or complex numbers.
  std::size_t usable(std::size_t i) const;

  /// An expression with its slots as columns of the file. Throws Error{bad_config} when it does not
  /// parse or names no column.
  StarTerm term(std::string_view text) const;

  [[noreturn]] void misnamed(std::string_view entry) const;

 protected:
  const StarTableHead& head() const noexcept { return head_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  const std::vector<std::string>& plain() const noexcept { return plain_; }  ///< in lower case
  const std::vector<std::string>& alias() const noexcept { return alias_; }

 private:
  std::size_t counted(std::string_view name, std::size_t number) const;

  const StarTableHead& head_;
  const std::filesystem::path& path_;
  std::string_view word_;
  std::vector<std::string> plain_;
  std::vector<std::string> alias_;
  std::vector<std::string> names_in_terms_;
};

/// Replaces columns of the file by their places among the wanted ones, which it returns ascending.
std::vector<std::size_t> number_slots(const std::vector<std::size_t*>& slots);

}  // namespace skyweft::io
