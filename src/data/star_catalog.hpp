// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace skyweft {

/// Gaia source_id, or a user's number, or for stars found on our own frames the decimal digits of
/// RA and Dec (data/star_catalog.cpp).
using StarId = std::int64_t;

/// A further column of a catalogue, kept for expressions: "bp_mag", "ruwe".
struct NamedColumn {
  std::string name;          ///< lower case
  std::vector<float> value;  ///< [star]; NaN when unknown
  bool operator==(const NamedColumn&) const = default;
};

/// The stars of one field as columns of equal length, sorted by id.
/// Positions are ICRS at `epoch_yr`; a star's row number is fixed for the field.
struct StarCatalog {
  double epoch_yr = 2000.0;
  std::vector<StarId> id;
  std::vector<double> ra_deg;
  std::vector<double> dec_deg;
  std::vector<double> pm_ra_mas_yr;  ///< μ_α cos δ; 0 when unknown
  std::vector<double> pm_dec_mas_yr;
  std::vector<float> mag;
  std::vector<float> colour;          ///< e.g. B−V or BP−RP; NaN when unknown
  std::vector<float> parallax_mas{};  ///< 0 when unknown; may be empty: none known
  std::vector<NamedColumn> extra{};

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(id.size()); }
  bool operator==(const StarCatalog&) const = default;
};

/// Sorts all columns by id; throws Error{bad_input} on a duplicate id or unequal lengths.
void sort_by_id(StarCatalog& stars);

/// The rows `index` of `stars`, in that order.
StarCatalog rows_of(const StarCatalog& stars, const std::vector<std::int64_t>& index);

/// An id made of the position: RA in 1e-5 degrees times 10^8, plus (Dec + 90°) in 1e-5 degrees.
StarId id_from_position(const SkyPos& position);

}  // namespace skyweft
