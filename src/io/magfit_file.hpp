// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/schema.hpp"

namespace skyweft::io {

/// Everything that magnitude fitting did to the frames (magfit_column), as plain columns.
struct MagfitTable {
  std::vector<std::string> group;
  std::vector<std::int64_t> reference_frame_id;  ///< [group]
  std::vector<std::int32_t> rounds;              ///< [group]
  std::vector<std::int32_t> converged;           ///< [group]
  std::vector<std::int64_t> frame_id;            ///< [frame]
  std::vector<std::int32_t> group_of_frame;      ///< [frame]
  std::vector<std::int32_t> excluded;            ///< [frame]
  std::vector<std::string> terms;                ///< [level]
  std::string split;
  std::vector<double> aperture_radius_px;
  std::int64_t n_part = 1;
  std::int64_t n_term = 1;
  std::vector<double> rms_mag;         ///< [frame][aperture]
  std::vector<double> zero_shift_mag;  ///< [frame][aperture]
  std::vector<double> part;            ///< [frame][aperture][part]
  std::vector<std::int32_t> level;     ///< [frame][aperture][part]
  std::vector<std::int64_t> n_used;    ///< [frame][aperture][part]
  std::vector<double> coefficient;     ///< [frame][aperture][part][term]
  std::vector<double> low;             ///< [frame][aperture][part][3]
  std::vector<double> high;            ///< [frame][aperture][part][3]
  std::string group_terms;
  std::int64_t n_group_term = 1;
  std::vector<double> group_coefficient;  ///< [group][aperture][term]
  std::vector<double> anchor_mag;         ///< [aperture]
  bool operator==(const MagfitTable&) const = default;
};

/// Writes magfit.h5; replaces the file atomically. Collective: no. Throws Error{io}, or
/// Error{internal} when a column does not have its shape.
void write_magfit_table(const std::filesystem::path& path, const MagfitTable& table,
                        const ProductStamp& stamp);

/// Every member reads back bit for bit. Collective: no. Throws Error{io} when it cannot be opened,
/// Error{bad_input} when a column is missing or has another shape.
MagfitTable read_magfit_table(const std::filesystem::path& path);

}  // namespace skyweft::io
