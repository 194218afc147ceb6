// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/magfit_stars.hpp"

#include <algorithm>
#include <utility>

#include "lc/magnitudes.hpp"
#include "mpi/gather.hpp"
#include "workflows/stages/series.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::size_t kNumbers = 5;  // of a StarStatistic

/// The parts of a series that are of one group.
template <class T>
void pick(std::span<const T> series, const std::vector<std::int64_t>& frames, std::vector<T>& to) {
  to.clear();
  for (const std::int64_t f : frames) to.push_back(series[static_cast<std::size_t>(f)]);
}

}  // namespace

StarCorrections::StarCorrections(const MagfitInputs& inputs_, const FitsOfFrames& fits,
                                 std::vector<std::uint8_t> excluded_)
    : inputs(inputs_),
      corrections(fits, inputs_.model),
      excluded(std::move(excluded_)),
      exposure_s_(exposures_of(inputs_.state)) {}

io::ShardReader::StageTile StarCorrections::correct(const Tile& tile, const StarBlock& raw) const {
  auto out = make_stage_tile(tile.n, raw.n_frame, raw.n_ap);
  out.mag_err.assign(out.mag.size(), kNaNf);
  const auto n_frame = static_cast<std::size_t>(raw.n_frame);
  const auto n_ap = static_cast<std::size_t>(raw.n_ap);
  const std::vector<std::int32_t>& group_of = inputs.state.groups.of_frame;
  std::vector<float> mag(n_ap * n_frame);
  std::vector<double> shift(shift_mag.empty() ? 0 : n_ap * n_frame);
  for (std::int64_t s = 0; s < tile.n; ++s) {
    const std::int64_t row = tile.first_star + s;
    const auto star = static_cast<std::size_t>(row);
    const std::size_t first = static_cast<std::size_t>(s) * n_frame;
    for (std::size_t f = 0; f < n_frame; ++f)
      for (std::size_t a = 0; a < n_ap; ++a) {
        const std::size_t at = (first + f) * n_ap + a;
        const auto flux = static_cast<double>(raw.points.flux_e[at]);
        mag[a * n_frame + f] = lc::instrumental_mag(flux, exposure_s_[f]);
        out.mag_err[at] =
            lc::instrumental_mag_err(flux, static_cast<double>(raw.points.flux_err_e[at]));
        if (!shift.empty())
          shift[a * n_frame + f] = shift_mag[a][static_cast<std::size_t>(group_of[f])][star];
      }
    const auto x_px = star_row(raw.points.x_px, s, raw.n_frame);
    const auto y_px = star_row(raw.points.y_px, s, raw.n_frame);
    lc::NamedColumns points = inputs.variables.for_star(row);
    std::vector<double> bg_e;
    std::array<std::vector<double>, 3> shape;
    if (inputs.names_bg) {
      const auto bg = star_row(raw.points.bg_e, s, raw.n_frame);
      bg_e.assign(bg.begin(), bg.end());
      points.add("bg", bg_e);
    }
    if (inputs.shapes) {
      shape = inputs.shapes->along(std::vector<double>(x_px.begin(), x_px.end()),
                                   std::vector<double>(y_px.begin(), y_px.end()));
      for (std::size_t k = 0; k < 3; ++k) points.add(ShapeVariables::kNames[k], shape[k]);
    }
    const auto quality = star_row(out.quality, s, raw.n_frame);
    corrections.correct_star(points, inputs.variables.mag()[star], x_px, y_px, mag, quality, shift);
    for (std::size_t f = 0; f < n_frame; ++f) {
      if (excluded[f] != 0) quality[f] |= quality::frame_outlier;
      for (std::size_t a = 0; a < n_ap; ++a) out.mag[(first + f) * n_ap + a] = mag[a * n_frame + f];
    }
  }
  return out;
}

void measure_stars(const StarCorrections& c, std::span<const std::uint8_t> active,
                   StatisticsOfGroups& statistics) {
  const RunState& state = c.inputs.state;
  const auto n_ap = static_cast<std::size_t>(c.inputs.n_ap());
  std::vector<std::size_t> groups;
  for (std::size_t g = 0; g < active.size(); ++g)
    if (active[g] != 0) groups.push_back(g);
  const std::size_t row_length = groups.size() * n_ap * kNumbers;
  std::vector<std::int64_t> rows;
  std::vector<double> numbers;
  std::vector<float> mag;
  std::vector<float> of_group;
  std::vector<QualityBits> quality;
  std::vector<QualityBits> bits;
  each_tile_of_mine(c.inputs.run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    const StarBlock raw = read_raw(c.inputs.run, state, i_shard, tile);
    const auto corrected = c.correct(tile, raw);
    const auto n_frame = static_cast<std::size_t>(raw.n_frame);
    for (std::int64_t s = 0; s < tile.n; ++s) {
      rows.push_back(tile.first_star + s);
      const auto raw_bits = star_row(raw.points.quality, s, raw.n_frame);
      bits.assign(raw_bits.begin(), raw_bits.end());
      for (std::size_t f = 0; f < n_frame; ++f)
        if (c.excluded[f] != 0) bits[f] |= quality::frame_outlier;
      for (const std::size_t g : groups) {
        pick<QualityBits>(bits, state.groups.frames[g], quality);
        for (std::size_t a = 0; a < n_ap; ++a) {
          mag.resize(n_frame);
          for (std::size_t f = 0; f < n_frame; ++f)
            mag[f] = corrected.mag[(static_cast<std::size_t>(s) * n_frame + f) * n_ap + a];
          pick<float>(mag, state.groups.frames[g], of_group);
          const lc::StarStatistic one = lc::star_statistic(of_group, quality);
          numbers.insert(numbers.end(),
                         {one.median, one.scatter, one.medianmeddev,
                          static_cast<double>(one.n_full), static_cast<double>(one.n_kept)});
        }
      }
    }
  });
  const std::vector<double> all = mpi::gather_rows_in_order(
      c.inputs.run.world, state.stars.size(), static_cast<std::int64_t>(row_length), rows, numbers);
  statistics.resize(active.size());
  const auto n_star = static_cast<std::size_t>(state.stars.size());
  for (std::size_t k = 0; k < groups.size(); ++k) {
    auto& of_apertures = statistics[groups[k]];
    of_apertures.assign(n_ap, {});
    for (std::size_t a = 0; a < n_ap; ++a)
      for (std::size_t s = 0; s < n_star; ++s) {
        const double* v = all.data() + s * row_length + (k * n_ap + a) * kNumbers;
        of_apertures[a].push_back({.median = v[0],
                                   .scatter = v[1],
                                   .medianmeddev = v[2],
                                   .n_full = static_cast<std::int64_t>(v[3]),
                                   .n_kept = static_cast<std::int64_t>(v[4])});
      }
  }
}

}  // namespace skyweft::workflows
