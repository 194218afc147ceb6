// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <limits>

#include "core/robust.hpp"
#include "lc/group_offsets.hpp"

namespace skyweft::lc {

Reference merged_reference(std::span<const Reference> groups, const GroupOffsets& offsets,
                           const MagfitConfig& config) {
  constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = groups.empty() ? 0 : groups[0].mag.size();
  Reference out{std::vector<double>(n, kNotANumber), std::vector<double>(n, kNotANumber),
                std::vector<std::uint8_t>(n, 0)};
  for (std::size_t s = 0; s < n; ++s) {
    double sum = 0.0;
    double sum_w = 0.0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (groups[g].used[s] == 0 || !std::isfinite(groups[g].mag[s])) continue;
      const double err = std::isfinite(groups[g].err[s]) ? groups[g].err[s] : 0.0;
      const double sigma = err + config.noise_offset_mag;
      sum += (groups[g].mag[s] - offsets.shift_mag[g][s]) / (sigma * sigma);
      sum_w += 1.0 / (sigma * sigma);
    }
    if (!(sum_w > 0.0)) continue;
    out.mag[s] = sum / sum_w;
    out.err[s] = 1.0 / std::sqrt(sum_w);
    out.used[s] = 1;
  }
  return out;
}

double catalog_shift(const Reference& reference, std::span<const double> catalog_mag) {
  std::vector<double> differences;
  for (std::size_t s = 0; s < catalog_mag.size(); ++s)
    if (reference.used[s] != 0 && std::isfinite(catalog_mag[s] - reference.mag[s]))
      differences.push_back(catalog_mag[s] - reference.mag[s]);
  return differences.empty() ? 0.0 : median_in_place(std::span<double>{differences});
}

}  // namespace skyweft::lc
