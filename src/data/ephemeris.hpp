// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skyweft {

/// Where one moving target stands at given times, as the observer sees it: light time and parallax
/// are in it. Columns of equal length, times ascending.
struct Ephemeris {
  enum class Scale : std::uint8_t { utc, tdb };

  std::string name{};
  Scale scale = Scale::utc;
  std::vector<double> jd{};  ///< in `scale`; UTC in days of 86400 s
  std::vector<double> ra_deg{};
  std::vector<double> dec_deg{};

  bool operator==(const Ephemeris&) const = default;
};

}  // namespace skyweft
