// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/units.hpp"
#include "io/catalog_columns.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

using Unit = std::pair<std::string_view, double>;

constexpr auto kAngles = std::to_array<Unit>({{"deg", 1.0},
                                              {"degree", 1.0},
                                              {"degrees", 1.0},
                                              {"d", 1.0},
                                              {"rad", 1.0 / kRadPerDeg},
                                              {"radian", 1.0 / kRadPerDeg},
                                              {"radians", 1.0 / kRadPerDeg},
                                              {"h", 15.0},
                                              {"hr", 15.0},
                                              {"hour", 15.0},
                                              {"hours", 15.0},
                                              {"hourangle", 15.0},
                                              {"arcmin", 1.0 / 60.0},
                                              {"arcsec", 1.0 / 3600.0},
                                              {"mas", 1.0 / 3.6e6},
                                              {"uas", 1.0 / 3.6e9}});
constexpr auto kAnglesMas = std::to_array<Unit>({{"mas", 1.0},
                                                 {"uas", 1e-3},
                                                 {"arcsec", 1e3},
                                                 {"as", 1e3},
                                                 {"\"", 1e3},
                                                 {"arcmin", 6e4},
                                                 {"deg", 3.6e6},
                                                 {"rad", 3.6e6 / kRadPerDeg}});
constexpr auto kYears = std::to_array<Unit>(
    {{"yr", 1.0}, {"a", 1.0}, {"year", 1.0}, {"years", 1.0}, {"time[julianyears]", 1.0}});

std::optional<double> factor_in(std::span<const Unit> units, std::string_view unit) {
  const auto found = std::ranges::find(units, unit, &Unit::first);
  return found == units.end() ? std::nullopt : std::optional{found->second};
}

/// The unit in lower case without blanks, quotes and format words as ‘"h:m:s"’.
std::string plain(std::string_view unit) {
  std::string out = lower_case(trimmed(unit));
  std::erase_if(out, [](char c) { return c == ' ' || c == '\''; });
  if (out == "\"h:m:s\"" || out == "\"d:m:s\"" || out == "h:m:s" || out == "d:m:s" ||
      out == "hms" || out == "dms" || out == "---" || out == "-" || out == "none")
    return {};  // the cells themselves are sexagesimal, or there is no unit
  return out;
}

}  // namespace

std::optional<double> unit_factor(StarColumn quantity, std::string_view unit) {
  std::string name = plain(unit);
  if (name.empty()) return 1.0;
  switch (quantity) {
    case StarColumn::id:
      return 1.0;
    case StarColumn::ra:
    case StarColumn::dec:
      return factor_in(kAngles, name);
    case StarColumn::mag:
    case StarColumn::colour:
      return name == "mmag" || name == "0.001mag" ? 1e-3 : 1.0;
    case StarColumn::epoch:
      return factor_in(kYears, name);
    case StarColumn::parallax:
      return factor_in(kAnglesMas, name);
    case StarColumn::pm_ra:
    case StarColumn::pm_dec:
      break;
  }
  for (const std::string_view per :
       {"/years", "/year", "/yr", "/a", ".yr**-1", ".yr^-1", ".yr-1", "yr**-1", "yr^-1", "yr-1",
        "*yr**-1", "*yr^-1", "*yr-1", ".a-1"})
    if (name.ends_with(per)) {
      name.resize(name.size() - per.size());
      while (name.ends_with('.') || name.ends_with('*')) name.pop_back();
      return factor_in(kAnglesMas, name);
    }
  return std::nullopt;
}

}  // namespace skyweft::io
