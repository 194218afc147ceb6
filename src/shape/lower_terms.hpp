// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/named_columns.hpp"

namespace skyweft::shape {

/// One step down from `terms`: the highest order of its expansions less one ("O3{x,y}*O1{m}" gives
/// "O2{x,y}*O1{m}"); the constant "O0{x}" when no order is left, also for that itself.
/// Collective: no. Throws: never.
std::string lower_terms(std::string_view terms);

/// Lowers `terms` until `n_point` points hold `per_term` or more for every term.
/// Throws Error{bad_config} when `terms` is not a list of terms. Collective: no.
std::string terms_for(std::string terms, std::int64_t n_point, std::int64_t per_term);

/// x, y [px] and u, v of a frame of nx × ny: −1 and 1 at its outer edges, u = (2x + 1)/nx − 1.
struct PlaceColumns {
  std::vector<double> x, y, u, v;
  PlaceColumns(std::span<const double> x_px, std::span<const double> y_px, std::int64_t nx,
               std::int64_t ny);
  /// Adds the four to `columns`, which then borrow from this object.
  void add_to(NamedColumns& columns) const;
};

}  // namespace skyweft::shape
