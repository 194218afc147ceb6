// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// The parts of `skyweft export`, one per file.

#include <string>
#include <vector>

#include "io/export_table.hpp"
#include "workflows/archive.hpp"

namespace skyweft::workflows {

/// What `skyweft export` was asked.
struct ExportRequest {
  std::string what;
  std::string archive;
  std::string format;  ///< empty: the first that fits
  std::string output;
  std::vector<std::string> frames;  ///< ids or file names; empty: all
};

/// One row per star: identity, scatter after every stage, expectations.
io::Table stars_table(const Archive& archive);

/// One row per frame: state, solution, quality.
io::Table frames_table(const Archive& archive);

/// Writes the plate solutions of solved frames into the folder request.output: as header-only FITS
/// files (format "wcs"), as lines of text ("text", .head) or into copies of the raw frames
/// ("copy"). Frames without a solution, and copies that cannot be, are named on stderr. Returns the
/// exit code: 4 when nothing was written. Throws Error{bad_input} for a frame nobody knows.
int export_wcs(const Archive& archive, const ExportRequest& request);

}  // namespace skyweft::workflows
