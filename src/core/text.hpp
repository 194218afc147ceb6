// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

// What people write in headers, tables and configurations, read the same way everywhere. ASCII
// only: no locale enters.

namespace skyweft {

/// Without blanks, tabs and line ends around it.
std::string_view trimmed(std::string_view text);

std::string lower_case(std::string_view text);

/// The finite number that `text` spells ("060.00", "+62.5", "1.5D3"), or nothing.
std::optional<double> number_spelled(std::string_view text);

/// The value of "-12:30:45.5", "-12 30 45.5" or "-12d30m45.5s" (h for d) in units of its first
/// part, also when that is -00; nothing with fewer than two parts or one out of range.
std::optional<double> sexagesimal_spelled(std::string_view text);

}  // namespace skyweft
