// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "io/fits_bytes.hpp"

namespace skyweft::io {

/// Checks that a FITS file is as long as its headers promise, without trusting any of them:
/// starts with SIMPLE, whole blocks of 2880 bytes, END in every header, axis products in 64 bits.
/// Throws Error{bad_input}; truncation has the test "file_bytes" (have, need). Reads headers only.
void check_fits_layout(const FitsBytes& bytes);

/// Throws Error{bad_input} with test "file_bytes": `have` bytes where `need` are needed.
[[noreturn]] void fail_truncated(const std::filesystem::path& path, std::int64_t have,
                                 std::int64_t need);

/// Throws Error{bad_input} with test "is_fits".
[[noreturn]] void fail_fits_layout(const std::filesystem::path& path, std::string_view why);

}  // namespace skyweft::io
