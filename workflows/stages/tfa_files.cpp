// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/tfa_files.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include "core/error.hpp"
#include "mpi/collectives.hpp"
#include "workflows/stages/detrend.hpp"

namespace skyweft::workflows {
namespace {

[[noreturn]] void fail(std::string_view what, const std::filesystem::path& path) {
  throw Error{Errc::io,
              fmt::format("cannot {} {}: check the disk and its quota", what, path.string())};
}

std::filesystem::path series_file(const std::filesystem::path& folder, std::int64_t rank) {
  return folder / fmt::format("series-{}.bin", rank);
}

template <class T>
void put(std::ofstream& file, const T* values, std::int64_t n) {
  file.write(reinterpret_cast<const char*>(values),
             static_cast<std::streamsize>(n * static_cast<std::int64_t>(sizeof(T))));
}
template <class T>
void take(std::ifstream& file, T* values, std::int64_t n) {
  file.read(reinterpret_cast<char*>(values),
            static_cast<std::streamsize>(n * static_cast<std::int64_t>(sizeof(T))));
}

template <class T>
void put_list(std::ofstream& file, const std::vector<T>& values) {
  const auto n = static_cast<std::int64_t>(values.size());
  put(file, &n, 1);
  put(file, values.data(), n);
}
template <class T>
void take_list(std::ifstream& file, std::vector<T>& values) {
  std::int64_t n = 0;
  take(file, &n, 1);
  values.resize(static_cast<std::size_t>(n));
  take(file, values.data(), n);
}

void put_matrix(std::ofstream& file, const Eigen::MatrixXd& m) {
  const std::int64_t shape[2] = {m.rows(), m.cols()};
  put(file, shape, 2);
  put(file, m.data(), m.size());
}
void take_matrix(std::ifstream& file, Eigen::MatrixXd& m) {
  std::int64_t shape[2] = {0, 0};
  take(file, shape, 2);
  m.resize(shape[0], shape[1]);
  take(file, m.data(), m.size());
}

}  // namespace

std::vector<SeriesPlace> write_pool_series(const RunContext& run, const RunState& state,
                                           const std::vector<TemplatePool>& pools,
                                           const std::filesystem::path& folder) {
  std::map<std::int64_t, std::vector<std::pair<std::int64_t, std::int64_t>>> wanted;  // by star
  for (std::size_t p = 0; p < pools.size(); ++p)
    for (std::size_t m = 0; m < pools[p].rows.size(); ++m)
      wanted[pools[p].rows[m]].emplace_back(static_cast<std::int64_t>(p),
                                            static_cast<std::int64_t>(m));
  const std::filesystem::path path = series_file(folder, run.world.rank());
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  std::vector<SeriesPlace> mine;
  std::int64_t offset = 0;
  each_tile_of_mine(run, state, [&](std::int64_t i_shard, std::int64_t, const Tile& tile) {
    for (auto it = wanted.lower_bound(tile.first_star);
         it != wanted.end() && it->first < tile.first_star + tile.n; ++it) {
      const Tile one{.first_row = tile.first_row + it->first - tile.first_star,
                     .first_star = it->first,
                     .n = 1};
      const auto in = read_stage(run, "epd", i_shard, one);
      for (const auto& [i_pool, i_member] : it->second) {
        const TemplatePool& pool = pools[static_cast<std::size_t>(i_pool)];
        const auto& frames = state.groups.frames[static_cast<std::size_t>(pool.group)];
        const auto series = at_frames<float>(stage_series(in, pool.aperture).mag, frames);
        put(file, series.data(), static_cast<std::int64_t>(series.size()));
        mine.push_back({i_pool, i_member, run.world.rank(), offset});
        offset += static_cast<std::int64_t>(series.size());
      }
    }
  });
  file.close();
  if (!file) fail("write", path);
  std::vector<SeriesPlace> all =
      mpi::allgatherv_rows(run.world, std::span<const SeriesPlace>{mine});
  std::ranges::sort(all, {}, [](const SeriesPlace& s) { return std::tuple{s.i_pool, s.i_member}; });
  run.world.barrier();
  return all;
}

std::vector<float> read_pool_series(const std::vector<SeriesPlace>& places, std::int64_t i_pool,
                                    std::size_t n_frame, const std::filesystem::path& folder) {
  std::vector<float> out;
  const auto [first, last] = std::ranges::equal_range(places, i_pool, {}, &SeriesPlace::i_pool);
  for (auto it = first; it != last; ++it) {
    const std::filesystem::path path = series_file(folder, it->rank);
    std::ifstream file{path, std::ios::binary};
    file.seekg(it->offset * static_cast<std::int64_t>(sizeof(float)));
    const std::size_t at = out.size();
    out.resize(at + n_frame);
    take(file, out.data() + at, static_cast<std::int64_t>(n_frame));
    if (!file) fail("read", path);
  }
  return out;
}

void write_set(const std::filesystem::path& path, const lc::TemplateSet& set) {
  std::ofstream file{path, std::ios::binary | std::ios::trunc};
  put_list(file, set.star_row);
  put_list(file, set.at);
  put(file, &set.n_frame, 1);
  put(file, &set.rank, 1);
  put_matrix(file, set.basis);
  put_matrix(file, set.to_term);
  put_list(file, set.dropped);
  put_matrix(file, set.of_dropped);
  put(file, &set.is_classic, 1);
  put(file, &set.event_loss, 1);
  file.close();
  if (!file) fail("write", path);
}

lc::TemplateSet read_set(const std::filesystem::path& path) {
  lc::TemplateSet set;
  std::ifstream file{path, std::ios::binary};
  take_list(file, set.star_row);
  take_list(file, set.at);
  take(file, &set.n_frame, 1);
  take(file, &set.rank, 1);
  take_matrix(file, set.basis);
  take_matrix(file, set.to_term);
  take_list(file, set.dropped);
  take_matrix(file, set.of_dropped);
  take(file, &set.is_classic, 1);
  take(file, &set.event_loss, 1);
  if (!file) fail("read", path);
  set.narrow_basis = set.basis.cast<float>();
  return set;
}

}  // namespace skyweft::workflows
