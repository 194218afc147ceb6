// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace skyweft::io {

/// The value of "-12:30:45.5", "-12 30 45.5" or "-12d30m45.5s" (h for d) in units of its first
/// part, also when that is -00; nothing when the text has fewer than two parts or one out of range.
std::optional<double> parse_sexagesimal(std::string_view text);

}  // namespace skyweft::io
