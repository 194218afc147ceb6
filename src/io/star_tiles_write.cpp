// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_tiles_write.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstring>
#include <limits>

#include <fmt/format.h>
#include <unistd.h>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "io/star_buckets.hpp"
#include "io/star_part_write.hpp"
#include "io/star_region.hpp"
#include "io/star_sort.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxExtra = 64;
constexpr std::int64_t kLeastMemory = std::int64_t{64} << 20;
/// Counts per cell, buffers of files being read and written, and the batch itself.
constexpr std::int64_t kFixedMemory = std::int64_t{40} << 20;

std::string part_prefix(const fs::path& folder) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = 'h';
  return fmt::format("{}.part.{}.", folder.filename().string(), safe_file_part(host.data()));
}

fs::path parent_of(const fs::path& folder) {
  return folder.has_parent_path() ? folder.parent_path() : fs::path{"."};
}

/// Removes what processes of this machine that are no more left behind for the same store.
void remove_leftovers(const fs::path& folder) {
  std::error_code code;
  const std::string prefix = part_prefix(folder);
  std::vector<fs::path> dead;
  for (const auto& entry : fs::directory_iterator(parent_of(folder), code)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    pid_t pid = 0;
    const auto [stop, wrong] =
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), pid);
    if (wrong == std::errc{} && stop == name.data() + name.size() && pid > 0 &&
        ::kill(pid, 0) != 0 && errno == ESRCH)
      dead.push_back(entry.path());
  }
  for (const fs::path& path : dead) fs::remove_all(path, code);
}

void check_settings(const StarStoreSettings& s) {
  if (s.extra.size() > kMaxExtra)
    throw Error{Errc::usage, fmt::format("at most {} columns can be kept", kMaxExtra)};
  for (std::size_t i = 0; i < s.extra.size(); ++i) {
    const std::string& name = s.extra[i];
    const bool plain = !name.empty() && name.size() <= 60 && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    const auto columns = store_columns({});
    if (!plain || std::ranges::count(s.extra, name) > 1 ||
        std::ranges::any_of(columns, [&](const StoreColumn& c) { return c.name == name; }))
      throw Error{Errc::usage,
                  fmt::format("the kept column '{}' needs another name: a-z, 0-9 and _, each name "
                              "once, and not one of the store's own",
                              printable(name))};
  }
  if (s.memory_bytes < kLeastMemory)
    throw Error{Errc::usage, fmt::format("a star store needs {} MiB of memory or more, not {}",
                                         kLeastMemory >> 20, s.memory_bytes >> 20)};
}

}  // namespace

struct StarTilesWriter::State {
  fs::path folder;
  StarStoreSettings settings;
  fs::path part_folder;
  std::unique_ptr<StarBuckets> buckets;  // made when the folder is there
  std::vector<std::int64_t> per_tile;    ///< [tile] rows, duplicates included
  std::vector<std::uint32_t> per_cell;   ///< [cell of kFinestCoverageOrder] rows
  std::int64_t n_taken = 0;

  std::size_t row_bytes() const { return kExtraAt + 4 * settings.extra.size(); }
  void sort_bucket(std::int64_t bucket, StarPartWriter& out, StarManifest& manifest) const;
  std::int64_t end_of_round(std::int64_t first_tile, std::int64_t end_tile) const;
};

StarTilesWriter::StarTilesWriter(fs::path folder, StarStoreSettings settings)
    : state_(std::make_unique<State>()) {
  check_settings(settings);
  while (!folder.has_filename() && folder.has_parent_path()) folder = folder.parent_path();
  if (fs::exists(fs::symlink_status(folder)))
    throw Error{Errc::usage,
                fmt::format("{} exists already; remove it, or name another folder for the store",
                            printable(folder.string()))};
  if (!fs::is_directory(parent_of(folder)))
    throw Error{Errc::io,
                fmt::format("cannot make {}: the folder {} does not exist; create it first",
                            printable(folder.string()), printable(parent_of(folder).string()))};
  remove_leftovers(folder);
  State& s = *state_;
  s.settings = std::move(settings);
  s.folder = folder;
  s.part_folder = parent_of(folder) / fmt::format("{}{}", part_prefix(folder), ::getpid());
  std::error_code code;
  fs::remove_all(s.part_folder, code);
  if (!fs::create_directory(s.part_folder, code) || code)
    throw Error{Errc::io, io_failure_text("make the folder", s.part_folder, code.value())};
  s.buckets = std::make_unique<StarBuckets>(
      s.part_folder, s.row_bytes(),
      static_cast<std::size_t>(s.settings.memory_bytes - kFixedMemory));
  s.per_tile.assign(static_cast<std::size_t>(kTiles), 0);
  s.per_cell.assign(static_cast<std::size_t>(healpix::n_cells(kFinestCoverageOrder)), 0);
}

StarTilesWriter::~StarTilesWriter() {
  std::error_code ignored;
  if (!state_->part_folder.empty()) fs::remove_all(state_->part_folder, ignored);
}

double StarTilesWriter::epoch_for(const StarCatalog& batch) noexcept {
  if (!std::isfinite(state_->settings.epoch_yr)) state_->settings.epoch_yr = batch.epoch_yr;
  return state_->settings.epoch_yr;
}

std::int64_t StarTilesWriter::n_taken() const noexcept {
  return state_->n_taken;
}

void StarTilesWriter::add(const StarCatalog& batch) {
  State& s = *state_;
  if (batch.epoch_yr != epoch_for(batch))
    throw Error{Errc::bad_input, fmt::format("stars at epoch {} cannot go into a store at epoch {}",
                                             batch.epoch_yr, s.settings.epoch_yr)};
  const std::size_t n = batch.id.size();
  std::vector<const NamedColumn*> extra;
  for (const std::string& name : s.settings.extra) {
    const auto found = std::ranges::find(batch.extra, name, &NamedColumn::name);
    extra.push_back(found != batch.extra.end() ? &*found : nullptr);
  }
  bool equal = batch.parallax_mas.empty() || batch.parallax_mas.size() == n;
  for (const std::size_t length :
       {batch.ra_deg.size(), batch.dec_deg.size(), batch.mag.size(), batch.pm_ra_mas_yr.size(),
        batch.pm_dec_mas_yr.size(), batch.colour.size()})
    equal = equal && length == n;
  for (const NamedColumn* column : extra)
    equal = equal && (column == nullptr || column->value.size() == n);
  if (!equal) throw Error{Errc::bad_input, "star catalogue columns differ in length"};
  for (std::size_t i = 0; i < n; ++i) {
    const auto mag = static_cast<double>(batch.mag[i]);
    if (mag > s.settings.faint_limit_mag) continue;
    if (!(batch.ra_deg[i] >= 0.0 && batch.ra_deg[i] <= 360.0 && std::abs(batch.dec_deg[i]) <= 90.0))
      throw Error{Errc::bad_input, fmt::format("star {} at RA {} Dec {} is no place on the sky",
                                               batch.id[i], batch.ra_deg[i], batch.dec_deg[i])};
    const std::int64_t cell =
        healpix::cell_of(direction_to(batch.ra_deg[i], batch.dec_deg[i]), kFinestCoverageOrder);
    const std::int64_t tile = cell >> 2 * (kFinestCoverageOrder - kTileOrder);
    auto& count = s.per_cell[static_cast<std::size_t>(cell)];
    if (count < std::numeric_limits<std::uint32_t>::max()) ++count;
    ++s.per_tile[static_cast<std::size_t>(tile)];
    encode_row(batch, i, extra, s.buckets->add(static_cast<std::int32_t>(tile)));
    ++s.n_taken;
  }
}

/// The tile behind the last that fits into the memory together with `first_tile`.
std::int64_t StarTilesWriter::State::end_of_round(std::int64_t first_tile,
                                                  std::int64_t end_tile) const {
  const std::int64_t budget = settings.memory_bytes - kFixedMemory;
  std::int64_t n_row = 0;
  std::int64_t largest = 0;
  for (std::int64_t tile = first_tile; tile < end_tile; ++tile) {
    const std::int64_t n = per_tile[static_cast<std::size_t>(tile)];
    n_row += n;
    largest = std::max(largest, n);
    const std::int64_t needed =
        n_row * static_cast<std::int64_t>(row_bytes()) + largest * kSortBytesPerRow;
    if (needed <= budget && n_row <= std::numeric_limits<std::int32_t>::max()) continue;
    if (tile > first_tile) return tile;
    const auto mib = static_cast<double>((needed + kFixedMemory) >> 20) + 1.0;
    throw Error{Errc::bad_config,
                fmt::format("the {} stars of one tile need {} MiB of memory, {} are allowed; give "
                            "--memory-mib {}",
                            n, mib, settings.memory_bytes >> 20, mib)}
        .because({"memory_mib", static_cast<double>(settings.memory_bytes >> 20), mib});
  }
  return end_tile;
}

/// Writes the tiles of one bucket; counts duplicates and extends the magnitudes of `manifest`.
void StarTilesWriter::State::sort_bucket(std::int64_t bucket, StarPartWriter& out,
                                         StarManifest& manifest) const {
  const std::int64_t per_bucket = kTiles / StarBuckets::kBuckets;
  const std::int64_t end_bucket = (bucket + 1) * per_bucket;
  const std::size_t bytes = row_bytes();
  std::vector<std::byte> rows;
  std::vector<std::int64_t> begin;  // [tile of the round] its first row in `rows`; one more
  for (std::int64_t first = bucket * per_bucket; first < end_bucket;) {
    const std::int64_t end = end_of_round(first, end_bucket);
    begin.assign(1, 0);
    for (std::int64_t tile = first; tile < end; ++tile)
      begin.push_back(begin.back() + per_tile[static_cast<std::size_t>(tile)]);
    if (begin.back() > 0) {
      std::vector<std::byte>{}.swap(rows);
      rows.resize(static_cast<std::size_t>(begin.back()) * bytes);
      std::vector<std::int64_t> next = begin;
      buckets->read(bucket, [&](std::int32_t tile, const std::byte* row) {
        if (tile < first || tile >= end) return;
        const std::int64_t place = next[static_cast<std::size_t>(tile - first)]++;
        std::memcpy(rows.data() + static_cast<std::size_t>(place) * bytes, row, bytes);
      });
      for (std::int64_t tile = first; tile < end; ++tile) {
        const auto k = static_cast<std::size_t>(tile - first);
        const std::byte* at = rows.data() + static_cast<std::size_t>(begin[k]) * bytes;
        const TileOrder sorted =
            sort_tile(at, static_cast<std::size_t>(begin[k + 1] - begin[k]), bytes);
        out.add(static_cast<std::int32_t>(tile), at, sorted.order, sorted.n_mag);
        manifest.n_duplicate += sorted.n_duplicate;
        if (sorted.n_mag == 0) continue;
        const auto mag_of = [&](std::int64_t i) {
          const std::size_t row = sorted.order[static_cast<std::size_t>(i)];
          return static_cast<double>(big_endian<float>(at + row * bytes + kMagAt));
        };
        manifest.mag_min = std::fmin(manifest.mag_min, mag_of(0));
        manifest.mag_max = std::fmax(manifest.mag_max, mag_of(sorted.n_mag - 1));
      }
    }
    first = end;
  }
}

StarManifest StarTilesWriter::finish(std::vector<StarSource> sources) {
  State& s = *state_;
  if (s.n_taken == 0)
    throw Error{Errc::bad_input,
                "no star with a position was left for the store; see the columns "
                "that were named, the filter and the faint limit"};
  s.buckets->flush();
  CoveredCells covered = covered_cells(std::move(s.per_cell));
  StarManifest manifest{.name = s.settings.name,
                        .software_version = s.settings.software_version,
                        .epoch_yr = s.settings.epoch_yr,
                        .faint_limit_mag = s.settings.faint_limit_mag,
                        .extra = s.settings.extra,
                        .is_all_sky = s.settings.is_all_sky,
                        .coverage_order = covered.order,
                        .covered = std::move(covered.runs),
                        .sources = std::move(sources),
                        .parts = {}};
  StarPartWriter out{s.part_folder, s.settings.extra, s.settings.epoch_yr,
                     s.settings.max_part_bytes};
  for (std::int64_t bucket = 0; bucket < StarBuckets::kBuckets; ++bucket) {
    s.sort_bucket(bucket, out, manifest);
    s.buckets->drop(bucket);
  }
  manifest.n_star = s.n_taken - manifest.n_duplicate;
  manifest.parts = out.finish();
  write_star_manifest(s.part_folder, manifest);
  if (::rename(s.part_folder.c_str(), s.folder.c_str()) != 0)
    throw Error{Errc::io, io_failure_text("rename onto", s.folder, errno)};
  s.part_folder.clear();
  sync_dir(parent_of(s.folder));
  return manifest;
}

}  // namespace skyweft::io
