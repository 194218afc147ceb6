// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "io/export_table.hpp"

namespace skyweft::workflows {

/// Writes text to a file (atomically), or to standard output when `output` is empty.
void emit_text(const std::string& text, const std::string& output);

/// Writes a table as csv, ecsv, votable or fits. Throws Error{usage} for FITS without a file.
void emit_table(const io::Table& table, const std::string& format, const std::string& output);

}  // namespace skyweft::workflows
