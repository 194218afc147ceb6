// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace skyweft::workflows {

/// True when gnuplot can be started.
bool have_gnuplot();

/// Runs a gnuplot script in `folder`. False when gnuplot is missing or fails; the report then goes
/// without this picture.
bool draw(const std::filesystem::path& folder, const std::string& script);

}  // namespace skyweft::workflows
