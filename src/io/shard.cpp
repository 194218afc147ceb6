// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/shard.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/star_table.hpp"
#include "io/files.hpp"
#include "io/tables.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
namespace {

void require_shape(const ShardHeader& header, const fs::path& path) {
  const ShardShape& shape = header.shape;
  const auto n_frame = static_cast<std::size_t>(shape.n_frame);
  if (header.stars.size() != shape.n_star || header.frame_id.size() != n_frame ||
      header.time_utc_mid_jd.size() != n_frame ||
      header.aperture_radius_px.size() != static_cast<std::size_t>(shape.n_ap))
    throw Error{Errc::internal,
                fmt::format("shard {}: header columns do not have the shape {} x {} x {}",
                            path.string(), shape.n_star, shape.n_frame, shape.n_ap)};
}

}  // namespace

void make_shard_file(const fs::path& path, const ShardHeader& header, std::string_view group,
                     const ProductStamp& stamp) {
  require_shape(header, path);
  const ShardShape& shape = header.shape;
  H5File file = H5File::create(path, stamp);
  detail::write_stars(file, header.stars, header.aperture_radius_px);
  file.write_scale(shard_column::kFrameId, header.frame_id);
  file.write(shard_column::kTimeUtc, {shape.n_frame}, header.time_utc_mid_jd);
  file.write_one(shard_column::kFirstStar, shape.first_star);
  const Shape points{shape.n_star, shape.n_frame};
  const Shape points_ap{shape.n_star, shape.n_frame, shape.n_ap};
  const H5Layout layout{.chunk = {kChunkStars, kChunkFrames}, .early = true};
  const H5Layout layout_ap{.chunk = {kChunkStars, kChunkFrames, shape.n_ap}, .early = true};
  if (group == kRawGroup) {
    namespace c = raw_column;
    if (!header.segment.empty()) file.write(shard_column::kSegment, header.segment);
    for (const auto* column : {&c::kFlux, &c::kFluxErr})
      file.make(*column, points_ap, group, layout_ap);
    for (const auto* column : {&c::kX, &c::kY, &c::kBg, &c::kBgErr})
      file.make(*column, points, group, layout);
    file.make(c::kQuality, points, group, layout);
    file.describe_quality(c::kQuality, group);
    for (const std::string& name : header.extra)
      file.make(extra_column(name, Axes::star_frame), points, group, layout);
    file.write_attribute(group, kRawMagAttribute, kRawMagFormula);
  } else if (std::ranges::find(kStages, group) != kStages.end()) {
    namespace c = stage_column;
    file.make(c::kMag, points_ap, group, layout_ap);
    if (group == kGroupWithErrors) file.make(c::kMagErr, points_ap, group, layout_ap);
    file.make(c::kQuality, points, group, layout);
    file.describe_quality(c::kQuality, group);
  } else {
    throw Error{Errc::internal, fmt::format("the star store has no group '{}'", group)};
  }
  file.close();
}

ShardReader::ShardReader(const fs::path& path) : file_(H5File::open(path)) {
  header_.stars = detail::read_stars(file_);
  header_.frame_id = file_.read(shard_column::kFrameId);
  header_.time_utc_mid_jd = file_.read(shard_column::kTimeUtc);
  header_.aperture_radius_px = file_.read(star_column::kRadius);
  header_.shape = {.first_star = file_.read_one(shard_column::kFirstStar),
                   .n_star = header_.stars.size(),
                   .n_frame = static_cast<std::int64_t>(header_.frame_id.size()),
                   .n_ap = static_cast<std::int64_t>(header_.aperture_radius_px.size())};
  for (const PointExtra& e : kPointExtras)
    if (file_.has(std::string{kRawGroup} + "/" + std::string{e.name}))
      header_.extra.emplace_back(e.name);
}

bool ShardReader::has(std::string_view group) const {
  return file_.has(group);
}

StarBlock ShardReader::read_raw(std::int64_t first_row, std::int64_t n) const {
  namespace c = raw_column;
  const auto read = [&](const auto& column) {
    return file_.read_rows(column, first_row, n, kRawGroup);
  };
  StarBlock block{.n_star = n,
                  .n_frame = header_.shape.n_frame,
                  .n_ap = header_.shape.n_ap,
                  .points = {.flux_e = read(c::kFlux),
                             .flux_err_e = read(c::kFluxErr),
                             .x_px = read(c::kX),
                             .y_px = read(c::kY),
                             .bg_e = read(c::kBg),
                             .bg_err_e = read(c::kBgErr),
                             .quality = read(c::kQuality)}};
  for (const std::string& name : header_.extra)
    block.points.extra.push_back({name, read(extra_column(name, Axes::star_frame))});
  return block;
}

ShardReader::StageTile ShardReader::read_stage(std::string_view group, std::int64_t first_row,
                                               std::int64_t n) const {
  namespace c = stage_column;
  StageTile tile{.n_star = n,
                 .n_frame = header_.shape.n_frame,
                 .n_ap = header_.shape.n_ap,
                 .mag = file_.read_rows(c::kMag, first_row, n, group),
                 .quality = file_.read_rows(c::kQuality, first_row, n, group)};
  if (group == kGroupWithErrors) tile.mag_err = file_.read_rows(c::kMagErr, first_row, n, group);
  return tile;
}

namespace {

/// Adds links to a file's columns that identify stars and frames, and to its groups of magnitudes.
void link_file(H5File& index, const std::string& group, const fs::path& relative,
               const H5File& file, bool with_identity) {
  const auto link = [&](std::string_view name) {
    index.link_to(group + "/" + std::string{name}, relative, "/" + std::string{name});
  };
  if (with_identity)
    for (const std::string_view name :
         {star_column::kId.path, star_column::kRa.path, star_column::kDec.path,
          star_column::kMag.path, star_column::kColour.path, star_column::kRadius.path,
          shard_column::kFrameId.path, shard_column::kTimeUtc.path, shard_column::kFirstStar.path})
      link(name);
  for (const std::string_view stage : kStages)
    if (file.has(stage)) link(stage);
}

}  // namespace

void write_light_curve_index(const fs::path& index, const std::vector<fs::path>& raw_blocks,
                             const std::vector<fs::path>& shard_files, const ProductStamp& stamp) {
  const fs::path folder = fs::absolute(index).parent_path();
  const auto relative = [&](const fs::path& path) {
    return fs::absolute(path).lexically_relative(folder);
  };
  AtomicFile target{index};
  H5File file = H5File::create(target.part_name(), stamp);
  for (const fs::path& path : raw_blocks) {
    std::string name = path.stem().string();
    if (name.starts_with("raw-")) name.erase(0, 4);
    link_file(file, "raw/" + name, relative(path), H5File::open(path), true);
  }
  std::map<std::int64_t, std::vector<fs::path>> files_of;  // by first star
  for (const fs::path& path : shard_files)
    files_of[H5File::open(path).read_one(shard_column::kFirstStar)].push_back(path);
  std::int64_t i_shard = 0;
  for (const auto& [first_star, paths] : files_of) {
    const std::string group = fmt::format("shard{:04}", i_shard++);
    for (const fs::path& path : paths)
      link_file(file, group, relative(path), H5File::open(path), path == paths.front());
  }
  file.close();
  target.commit();
}

}  // namespace skyweft::io
