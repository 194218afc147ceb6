// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "data/star_catalog.hpp"
#include "io/star_reader.hpp"

namespace skyweft::io {

/// Reads a whole star list: every format that read_star_batches() (io/star_reader.hpp) reads, with
/// its columns as `mapping` says.
///
/// A row without id gets id_from_position(); a row without position or magnitude is left out; of
/// two rows with one id the brighter stays. Sorted by id. parallax_mas is empty when no star has
/// one; of a table that write_star_table() wrote, its further columns come back as `extra`. Memory
/// is bounded: 40 million rows.
/// Collective: no. Throws Error{bad_input} as read_star_batches() does, and when rows differ in
/// epoch or there is no star.
StarCatalog read_star_file(const std::filesystem::path& path, const StarMapping& mapping = {});

/// Writes a FITS binary table that read_star_file() and any FITS tool reads: columns named as ours,
/// with units, parallaxes where there are some, and the further columns; keyword EPOCH. Atomic.
/// Collective: no. Throws Error{io}, also when a further column has another's name.
void write_star_table(const std::filesystem::path& path, const StarCatalog& stars);

}  // namespace skyweft::io
