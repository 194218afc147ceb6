// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// The parts of `skyweft export`, one per file.

#include <string>
#include <vector>

#include "io/export_table.hpp"
#include "workflows/archive.hpp"
#include "workflows/star_selection.hpp"

namespace skyweft::workflows {

/// What `skyweft export` was asked.
struct ExportRequest {
  std::string what;
  std::string archive;
  std::string as;      ///< a branch of it; empty: the archive itself
  std::string format;  ///< empty: the first that fits
  std::string output;
  std::vector<std::string> frames;  ///< ids or file names; empty: all
  StarRequest stars;                ///< of `export lc`, as all below
  std::int64_t aperture = -1;
  bool one_file = false;
  std::string stage;     ///< of VARTOOLS text; empty: what TFA was given, else the last
  std::string observer;  ///< AAVSO's code of the observer
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

/// Writes the light curves of the stars of request.stars: one file per star in the folder
/// request.output, or one table of all. Returns the exit code.
int export_lc(const Archive& archive, const ExportRequest& request);

/// The same as VARTOOLS text, with what its -TFA needs beside it: lc_list (file, x, y),
/// trendlist_tfa (file, x, y) with the templates' light curves, and dates_tfa (image id, time); x
/// and y are arcseconds in the plane tangent to the sky amid all stars. Where there are several
/// observing groups each has a folder; where the stars' apertures differ, every list is written per
/// aperture.
int export_lc_vartools(const LightCurveReader& reader, const std::vector<std::int64_t>& rows,
                       const ExportRequest& request);

}  // namespace skyweft::workflows
