// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/segments.hpp"

#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/h5.hpp"
#include "io/tables.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
namespace c = segment_column;
namespace {

Segment read_stars_of(const H5File& file, std::int64_t first_star, std::int64_t n_star) {
  Segment segment;
  segment.records = detail::read_records(file, kRecordsGroup);
  segment.aperture_radius_px = file.read(star_column::kRadius);
  FrameBlock& block = segment.photometry;
  block.n_frame = static_cast<std::int64_t>(segment.records.size());
  block.n_star = n_star;
  block.n_ap = static_cast<std::int64_t>(segment.aperture_radius_px.size());
  const auto read = [&](const auto& column) {
    return file.read_rows(column, first_star, n_star, {}, 1);
  };
  block.points = {.flux_e = read(c::kFlux),
                  .flux_err_e = read(c::kFluxErr),
                  .x_px = read(c::kX),
                  .y_px = read(c::kY),
                  .bg_e = read(c::kBg),
                  .bg_err_e = read(c::kBgErr),
                  .quality = read(c::kQuality)};
  for (const PointExtra& e : kPointExtras)
    if (file.has(e.name))
      block.points.extra.push_back(
          {std::string{e.name}, read(extra_column(e.name, Axes::frame_star))});
  return segment;
}

}  // namespace

void write_segment(const fs::path& path, const Segment& segment, const ProductStamp& stamp) {
  const FrameBlock& block = segment.photometry;
  if (block.n_frame != static_cast<std::int64_t>(segment.records.size()) ||
      block.n_ap != static_cast<std::int64_t>(segment.aperture_radius_px.size()))
    throw Error{Errc::internal,
                fmt::format("segment {}: {} records, {} radii for {} frames and {} apertures",
                            path.string(), segment.records.size(),
                            segment.aperture_radius_px.size(), block.n_frame, block.n_ap)};
  AtomicFile target{path};
  H5File file = H5File::create(target.part_name(), stamp);
  std::vector<std::int64_t> star(static_cast<std::size_t>(block.n_star));
  std::iota(star.begin(), star.end(), 0);
  std::vector<std::int64_t> frame;
  for (const FrameRecord& record : segment.records) frame.push_back(record.id);
  file.write_scale(c::kFrame, frame);
  file.write_scale(c::kStarRow, star);
  file.write_scale(star_column::kRadius, segment.aperture_radius_px);
  detail::write_records(file, kRecordsGroup, segment.records, false);
  const Shape per_ap{block.n_frame, block.n_star, block.n_ap};
  const Shape per_star{block.n_frame, block.n_star};
  const PointColumns& points = block.points;
  file.write(c::kFlux, per_ap, points.flux_e);
  file.write(c::kFluxErr, per_ap, points.flux_err_e);
  file.write(c::kX, per_star, points.x_px);
  file.write(c::kY, per_star, points.y_px);
  file.write(c::kBg, per_star, points.bg_e);
  file.write(c::kBgErr, per_star, points.bg_err_e);
  file.write(c::kQuality, per_star, points.quality);
  file.describe_quality(c::kQuality);
  for (const ExtraColumn& e : points.extra)
    file.write(extra_column(e.name, Axes::frame_star), per_star, e.value);
  file.close();
  target.commit();
}

Segment read_segment(const fs::path& path) {
  const H5File file = H5File::open(path);
  return read_stars_of(file, 0, file.shape_of(c::kStarRow).front());
}

Segment read_segment(const fs::path& path, std::int64_t first_star, std::int64_t n_star) {
  return read_stars_of(H5File::open(path), first_star, n_star);
}

std::vector<FrameRecord> read_segment_records(const fs::path& path) {
  return detail::read_records(H5File::open(path), kRecordsGroup);
}

}  // namespace skyweft::io
