// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/named_columns.hpp"
#include "data/psf_map.hpp"

namespace skyweft::phot {

/// The shapes of all stars of a frame: the map with every star's terms, or one shape for all when
/// the map has a single term. Holds n_star × n_term numbers; a shape is made when it is asked for.
class StarShapes {
 public:
  /// No shapes: every star's is empty.
  StarShapes() = default;

  /// Evaluates the terms of `map` for `n_star` stars. A map of one term needs no columns.
  /// Throws Error{bad_config} for a variable that `columns` does not have, Error{bad_input} because
  /// of "psf_terms" when the map's coefficients are not as many as its terms ask for.
  /// Collective: no.
  StarShapes(PsfMap map, const NamedColumns& columns, std::int64_t n_star);

  std::int64_t n_star() const noexcept { return n_star_; }
  const PsfMap& map() const noexcept { return map_; }
  PsfView view() const noexcept { return map_.view; }
  bool empty() const noexcept { return map_.kind == PsfKind::none; }
  /// One shape serves all stars.
  bool is_common() const noexcept { return terms_.empty(); }

  /// The map's terms of star `i`, [n_term]; of a common shape {1}, of none {}.
  std::span<const double> terms(std::int64_t i) const noexcept;

  /// The shape of star `i`; empty where a term is not finite or the numbers describe no star. The
  /// result is `scratch`, or the common shape. Throws: never.
  const StarShape& at(std::int64_t i, StarShape& scratch) const;

 private:
  std::int64_t n_star_ = 0;
  PsfMap map_;
  std::vector<double> terms_;  ///< [n_star][n_term]; empty for a common shape
  StarShape common_;
};

}  // namespace skyweft::phot
