// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "io/star_reader.hpp"

namespace skyweft::workflows {

/// What `skyweft catalog import` was asked for.
struct CatalogImport {
  std::vector<std::string> files;
  std::string output;                ///< a folder: a star store; NAME.fits: one table
  std::string name;                  ///< empty: that of the output
  std::vector<std::string> columns;  ///< "ra=RAJ2000"
  io::StarMapping mapping;
  double faint_limit_mag = kNaN;
  double epoch_yr = kNaN;  ///< of the result; NaN: that of the first file
  bool is_all_sky = false;
  std::int64_t memory_mib = 1024;
};

/// What `skyweft catalog query` was asked for.
struct CatalogQuery {
  std::string path;
  std::string cone;     ///< "RA,DEC,RADIUS"
  std::string polygon;  ///< "RA,DEC,RA,DEC,RA,DEC…"
  double faint_limit_mag = kNaN;
  std::int64_t max_stars = std::numeric_limits<std::int64_t>::max();
  double epoch_yr = kNaN;
  std::string format = "csv";
  std::string output;
};

/// Each does what was asked and returns the exit code; throws Error.
int import_catalog(CatalogImport request);
int query_catalog(const CatalogQuery& request);
int describe_catalog(const std::string& path);
int check_catalog(const std::string& folder);

}  // namespace skyweft::workflows
