// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/photometry.hpp"
#include "io/shard.hpp"

namespace skyweft::workflows {

/// One aperture of consecutive stars as contiguous series: [star][frame].
struct SeriesTile {
  std::int64_t n_star = 0;
  std::int64_t n_frame = 0;
  std::vector<float> mag;
  std::vector<float> mag_err;

  std::span<float> mag_of(std::int64_t i_star) {
    return {mag.data() + i_star * n_frame, static_cast<std::size_t>(n_frame)};
  }
  std::span<const float> mag_of(std::int64_t i_star) const {
    return {mag.data() + i_star * n_frame, static_cast<std::size_t>(n_frame)};
  }
};

/// Instrumental magnitudes and errors of one aperture of raw photometry.
SeriesTile raw_series(const StarBlock& raw, std::int64_t aperture,
                      std::span<const double> exposure_s);

/// Magnitudes of one aperture after a stage; mag_err stays empty.
SeriesTile stage_series(const io::ShardReader::StageTile& tile, std::int64_t aperture);

/// Puts one aperture's series into a tile to be written.
void put_series(io::ShardReader::StageTile& to, std::int64_t aperture, const SeriesTile& series);

/// An empty tile of NaN to be filled by put_series().
io::ShardReader::StageTile make_stage_tile(std::int64_t n_star, std::int64_t n_frame,
                                           std::int64_t n_ap);

/// The points [frame] of one star's column out of [star][frame].
template <class T>
std::span<T> star_row(std::vector<T>& column, std::int64_t i_star, std::int64_t n_frame) {
  return {column.data() + i_star * n_frame, static_cast<std::size_t>(n_frame)};
}
template <class T>
std::span<const T> star_row(const std::vector<T>& column, std::int64_t i_star,
                            std::int64_t n_frame) {
  return {column.data() + i_star * n_frame, static_cast<std::size_t>(n_frame)};
}

}  // namespace skyweft::workflows
