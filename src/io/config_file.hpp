// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/fields.hpp"

namespace skyweft::io {

/// Reads a TOML file into dotted keys with origins like "night.toml:12". Files above 1 MiB are
/// refused. Collective: no. Throws Error{bad_config} with file, line and column.
ConfigTable read_config(const std::filesystem::path& path);

/// Reads TOML text; `origin` names it in messages. Values are booleans, numbers, texts, and lists
/// of numbers or of texts (an empty list is a list of texts); all else is refused.
ConfigTable parse_config(std::string_view text, std::string_view origin);

/// Sets one key from "key=value" as given to `--set`. The value is read as TOML; what is no TOML
/// value is taken as text. Throws Error{usage} when there is no '=' or the key is malformed.
void set_override(ConfigTable& table, std::string_view key_equals_value);

/// A TOML file with one section per dotted prefix and, above each option, its meaning, unit and
/// origin; read_config() gives the same values back. Options that are NaN (not set) become
/// comments.
std::string to_config_text(const std::vector<OptionText>& options,
                           const std::map<std::string, std::string, std::less<>>& origins = {});

}  // namespace skyweft::io
