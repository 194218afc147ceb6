// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

namespace skyweft::io {

/// Checks that a FITS file is as long as its headers promise, without trusting any of them:
/// starts with SIMPLE, whole blocks of 2880 bytes, END in every header, axis products in 64 bits.
/// Throws Error{bad_input}; truncation has the test "file_bytes" (have, need). Reads headers only.
void check_fits_layout(const std::filesystem::path& path);

/// The same for bytes in memory; `path` is for messages.
void check_fits_layout(const std::vector<std::byte>& bytes, const std::filesystem::path& path);

/// Whether the file starts like gzip. Throws Error{bad_input} when it is missing or unreadable.
bool is_gzip_file(const std::filesystem::path& path);

/// Unpacks a gzip file. Throws Error{bad_input} when damaged, larger than 8 GiB, or larger than
/// 256 MiB and more than 200 times the packed size.
std::vector<std::byte> gunzip_file(const std::filesystem::path& path);

}  // namespace skyweft::io
