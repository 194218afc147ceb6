// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/reference_file.hpp"

#include "io/files.hpp"
#include "io/h5.hpp"

namespace skyweft::io {

void write_reference_table(const std::filesystem::path& path, const ReferenceTable& t,
                           const ProductStamp& stamp) {
  namespace c = reference_column;
  AtomicFile target{path};
  H5File file = H5File::create(target.part_name(), stamp);
  file.write_scale(star_column::kId, t.star_id);
  file.write_scale(star_column::kRadius, t.aperture_radius_px);
  file.write(magfit_column::kGroup, t.group);
  const Shape all{static_cast<std::int64_t>(t.group.size()),
                  static_cast<std::int64_t>(t.aperture_radius_px.size()),
                  static_cast<std::int64_t>(t.star_id.size())};
  file.write(c::kMag, all, t.mag);
  file.write(c::kErr, all, t.mag_err);
  file.write(c::kScatter, all, t.scatter_mag);
  file.write(c::kPoints, all, t.n_points);
  file.write(c::kUsed, all, t.used);
  file.close();
  target.commit();
}

ReferenceTable read_reference_table(const std::filesystem::path& path) {
  namespace c = reference_column;
  const H5File file = H5File::open(path);
  return {.group = file.read(magfit_column::kGroup),
          .aperture_radius_px = file.read(star_column::kRadius),
          .star_id = file.read(star_column::kId),
          .mag = file.read(c::kMag),
          .mag_err = file.read(c::kErr),
          .scatter_mag = file.read(c::kScatter),
          .n_points = file.read(c::kPoints),
          .used = file.read(c::kUsed)};
}

}  // namespace skyweft::io
