// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/schema.hpp"

namespace skyweft::io {

/// The master references of magnitude fitting (reference_column), [group][aperture][star] each.
struct ReferenceTable {
  std::vector<std::string> group;
  std::vector<double> aperture_radius_px;
  std::vector<std::int64_t> star_id;
  std::vector<double> mag;
  std::vector<double> mag_err;
  std::vector<double> scatter_mag;
  std::vector<std::int64_t> n_points;
  std::vector<std::int32_t> used;
  bool operator==(const ReferenceTable&) const = default;
};

/// Writes references.h5; replaces the file atomically. Collective: no. Throws Error{io}, or
/// Error{internal} when a column does not have its shape.
void write_reference_table(const std::filesystem::path& path, const ReferenceTable& table,
                           const ProductStamp& stamp);

/// Every member reads back bit for bit. Collective: no. Throws Error{io} when it cannot be opened,
/// Error{bad_input} when a column is missing.
ReferenceTable read_reference_table(const std::filesystem::path& path);

}  // namespace skyweft::io
