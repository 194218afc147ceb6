// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <vector>

namespace skyweft::bench {

struct Positions {
  std::vector<double> x_px;
  std::vector<double> y_px;
};

/// Two columns (counted from 0) of a text table; lines that begin with '#' and rows that are not
/// numbers are left out. A name ending in .bin holds pairs of doubles. Empty when there is no file.
Positions read_positions(const std::filesystem::path& path, int x_column, int y_column);

/// Those without another one within `radius_px`.
Positions isolated(const Positions& all, double radius_px);

/// Share of the true places with a found one within `radius_px`; the found ones are first moved by
/// the median offset of those within 2 px, for programs do not agree where pixels begin.
/// Collective: no. Throws: never.
double completeness(const Positions& truth, const Positions& found, double radius_px);

}  // namespace skyweft::bench
