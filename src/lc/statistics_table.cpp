// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics_table.hpp"

#include <cmath>
#include <map>

#include "core/robust.hpp"

namespace skyweft::lc {

std::vector<MagnitudeBin> scatter_by_magnitude(std::span<const float> mag,
                                               std::span<const float> scatter,
                                               std::span<const float> model, double width_mag) {
  struct Values {
    std::vector<double> scatter;
    std::vector<double> ratio;
  };
  std::map<std::int64_t, Values> bins;
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!std::isfinite(mag[i]) || !std::isfinite(scatter[i])) continue;
    Values& bin =
        bins[static_cast<std::int64_t>(std::floor(static_cast<double>(mag[i]) / width_mag))];
    bin.scatter.push_back(static_cast<double>(scatter[i]));
    if (!model.empty() && std::isfinite(model[i]) && model[i] > 0.0F)
      bin.ratio.push_back(static_cast<double>(scatter[i]) / static_cast<double>(model[i]));
  }
  std::vector<MagnitudeBin> out;
  for (auto& [number, bin] : bins)
    out.push_back({.from_mag = static_cast<double>(number) * width_mag,
                   .n_star = std::ssize(bin.scatter),
                   .scatter = median_in_place(std::span<double>{bin.scatter}),
                   .ratio_to_model = median_in_place(std::span<double>{bin.ratio})});
  return out;
}

}  // namespace skyweft::lc
