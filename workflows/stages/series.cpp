// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/series.hpp"

#include "core/units.hpp"
#include "lc/magnitudes.hpp"

namespace skyweft::workflows {

SeriesTile raw_series(const StarBlock& raw, std::int64_t aperture,
                      std::span<const double> exposure_s) {
  SeriesTile out{.n_star = raw.n_star, .n_frame = raw.n_frame, .mag = {}, .mag_err = {}};
  const auto n_point = static_cast<std::size_t>(raw.n_star * raw.n_frame);
  out.mag.reserve(n_point);
  out.mag_err.reserve(n_point);
  for (std::size_t p = 0; p < n_point; ++p) {
    const std::size_t at =
        p * static_cast<std::size_t>(raw.n_ap) + static_cast<std::size_t>(aperture);
    const auto flux = static_cast<double>(raw.points.flux_e[at]);
    out.mag.push_back(
        lc::instrumental_mag(flux, exposure_s[p % static_cast<std::size_t>(raw.n_frame)]));
    out.mag_err.push_back(
        lc::instrumental_mag_err(flux, static_cast<double>(raw.points.flux_err_e[at])));
  }
  return out;
}

SeriesTile stage_series(const io::ShardReader::StageTile& tile, std::int64_t aperture) {
  SeriesTile out{.n_star = tile.n_star, .n_frame = tile.n_frame, .mag = {}, .mag_err = {}};
  const auto n_point = static_cast<std::size_t>(tile.n_star * tile.n_frame);
  out.mag.reserve(n_point);
  for (std::size_t p = 0; p < n_point; ++p)
    out.mag.push_back(
        tile.mag[p * static_cast<std::size_t>(tile.n_ap) + static_cast<std::size_t>(aperture)]);
  return out;
}

void put_series(io::ShardReader::StageTile& to, std::int64_t aperture, const SeriesTile& series) {
  for (std::size_t p = 0; p < series.mag.size(); ++p) {
    const std::size_t at =
        p * static_cast<std::size_t>(to.n_ap) + static_cast<std::size_t>(aperture);
    to.mag[at] = series.mag[p];
    if (!to.mag_err.empty() && !series.mag_err.empty()) to.mag_err[at] = series.mag_err[p];
  }
}

io::ShardReader::StageTile make_stage_tile(std::int64_t n_star, std::int64_t n_frame,
                                           std::int64_t n_ap) {
  return {.n_star = n_star,
          .n_frame = n_frame,
          .n_ap = n_ap,
          .mag = std::vector<float>(static_cast<std::size_t>(n_star * n_frame * n_ap), kNaNf),
          .quality = std::vector<QualityBits>(static_cast<std::size_t>(n_star * n_frame), 0),
          .mag_err = {}};
}

}  // namespace skyweft::workflows
