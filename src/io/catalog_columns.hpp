// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: which column of a star table is what.

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/expression.hpp"
#include "io/star_reader.hpp"
#include "io/star_source.hpp"

namespace skyweft::io {

/// The quantities of a star list.
enum class StarColumn : std::size_t { id, ra, dec, mag, colour, pm_ra, pm_dec, parallax, epoch };
inline constexpr std::size_t kStarColumns = 9;

/// A column that may hold a quantity.
struct StarColumnUse {
  std::size_t slot = 0;  ///< in StarPlan::wanted
  double factor = 1.0;   ///< of its unit to ours
};

/// An expression and the slot of each of its names.
struct StarTerm {
  Expression expression;
  std::vector<std::size_t> slots;
};

/// Where a quantity comes from: the first of `columns` with a value, or the difference of two, or
/// an expression; none of them: unknown.
struct StarQuantity {
  std::string name{};
  std::vector<StarColumnUse> columns{};
  std::optional<std::array<std::size_t, 2>> difference{};
  std::optional<StarTerm> term{};
  bool is_lenient = false;  ///< what is no number is missing
  bool is_known() const noexcept { return !columns.empty() || difference || term; }
};

struct StarPlan {
  std::vector<std::size_t> wanted;  ///< columns of the file, ascending
  std::array<StarQuantity, kStarColumns> quantities;
  std::vector<StarQuantity> kept;
  std::optional<StarTerm> filter;
  bool is_id_named = false;  ///< by the mapping, so an id that is no number is an error
};

/// Finds the columns of a table as StarMapping says. `keep_own`: see StarRows.
/// Throws Error{bad_input} when position or magnitude is missing, a column cannot be used or has an
/// unknown unit; Error{bad_config} when the mapping names no column or does not parse.
StarPlan plan_columns(const StarTableHead& head, const StarMapping& mapping,
                      const std::filesystem::path& path, bool keep_own);

/// The factor from `unit` to degrees, mas/yr, mas, mag, or years; nothing when it is not known.
std::optional<double> unit_factor(StarColumn quantity, std::string_view unit);

}  // namespace skyweft::io
