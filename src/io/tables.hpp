// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "data/frame_catalog.hpp"
#include "data/star_table.hpp"
#include "io/h5.hpp"
#include "io/schema.hpp"

namespace skyweft::io {

/// Writes frames.h5, one dataset per column, rows in the given order; replaces the file atomically.
/// Every member reads back bit for bit. Collective: no. Throws Error{io}, or Error{internal} when a
/// plate solution's columns differ in length.
void write_frames_table(const std::filesystem::path& path, const std::vector<FrameRecord>& records,
                        const ProductStamp& stamp);

/// Throws Error{io} when it cannot be opened, Error{bad_input} when a column is missing.
std::vector<FrameRecord> read_frames_table(const std::filesystem::path& path);

/// Writes stars.h5; a column that is empty is stored as missing values. Collective: no.
/// Throws Error{io}, or Error{internal} when columns differ in length.
void write_star_table_h5(const std::filesystem::path& path, const StarTable& table,
                         const ProductStamp& stamp);
StarTable read_star_table_h5(const std::filesystem::path& path);

namespace detail {
/// The columns of frames.h5 as a group of an open file; `as_scale` when the file has no scale for
/// frames yet.
void write_records(H5File& file, std::string_view group, const std::vector<FrameRecord>& records,
                   bool as_scale);
std::vector<FrameRecord> read_records(const H5File& file, std::string_view group);
/// The star columns, ids as the scale of stars; the aperture radii as the scale of apertures.
void write_stars(H5File& file, const StarCatalog& stars,
                 const std::vector<double>& aperture_radius_px);
StarCatalog read_stars(const H5File& file);
}  // namespace detail

}  // namespace skyweft::io
