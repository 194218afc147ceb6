// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace skyweft {

enum class LogLevel { debug, info, warning, error };

/// Where messages go. Science rooms never log; drivers are handed a sink and call it.
using LogSink = std::function<void(LogLevel, std::string_view)>;

/// Replaces control characters (newlines, terminal escapes, C1) and bytes that are not UTF-8 of
/// untrusted text by \xNN.
std::string printable(std::string_view text);

/// Letters, digits, '.', '_', '+', '-' of `text`, everything else '_'; no leading '-' or '.', at
/// most 64 characters: safe as part of a file name.
std::string safe_file_part(std::string_view text);

}  // namespace skyweft
