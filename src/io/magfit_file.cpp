// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/magfit_file.hpp"

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/h5.hpp"

namespace skyweft::io {
namespace {

std::string one_text(const H5File& file, const Column<std::string>& column) {
  const auto texts = file.read(column);
  return texts.size() == 1 ? texts.front() : std::string{};
}

}  // namespace

void write_magfit_table(const std::filesystem::path& path, const MagfitTable& t,
                        const ProductStamp& stamp) {
  namespace c = magfit_column;
  AtomicFile target{path};
  H5File file = H5File::create(target.part_name(), stamp);
  const auto n_group = static_cast<std::int64_t>(t.group.size());
  const auto n_frame = static_cast<std::int64_t>(t.frame_id.size());
  const auto n_ap = static_cast<std::int64_t>(t.aperture_radius_px.size());
  file.write_scale(c::kFrame, t.frame_id);
  file.write_scale(c::kRadius, t.aperture_radius_px);
  file.write(c::kGroup, t.group);
  file.write(c::kReferenceFrame, {n_group}, t.reference_frame_id);
  file.write(c::kRounds, {n_group}, t.rounds);
  file.write(c::kConverged, {n_group}, t.converged);
  file.write(c::kGroupOfFrame, {n_frame}, t.group_of_frame);
  file.write(c::kExcluded, {n_frame}, t.excluded);
  file.write(c::kTerms, t.terms);
  file.write(c::kSplit, {t.split});
  file.write(c::kFrameRms, {n_frame, n_ap}, t.rms_mag);
  file.write(c::kFrameShift, {n_frame, n_ap}, t.zero_shift_mag);
  const Shape parts{n_frame, n_ap, t.n_part};
  file.write(c::kPart, parts, t.part);
  file.write(c::kLevel, parts, t.level);
  file.write(c::kUsed, parts, t.n_used);
  file.write(c::kCoefficient, {n_frame, n_ap, t.n_part, t.n_term}, t.coefficient);
  file.write(c::kLow, {n_frame, n_ap, t.n_part, 3}, t.low);
  file.write(c::kHigh, {n_frame, n_ap, t.n_part, 3}, t.high);
  file.write(c::kGroupTerms, {t.group_terms});
  file.write(c::kGroupCoefficient, {n_group, n_ap, t.n_group_term}, t.group_coefficient);
  file.write(c::kAnchor, {n_ap}, t.anchor_mag);
  file.close();
  target.commit();
}

MagfitTable read_magfit_table(const std::filesystem::path& path) {
  namespace c = magfit_column;
  const H5File file = H5File::open(path);
  MagfitTable t{.group = file.read(c::kGroup),
                .reference_frame_id = file.read(c::kReferenceFrame),
                .rounds = file.read(c::kRounds),
                .converged = file.read(c::kConverged),
                .frame_id = file.read(c::kFrame),
                .group_of_frame = file.read(c::kGroupOfFrame),
                .excluded = file.read(c::kExcluded),
                .terms = file.read(c::kTerms),
                .split = one_text(file, c::kSplit),
                .aperture_radius_px = file.read(c::kRadius),
                .rms_mag = file.read(c::kFrameRms),
                .zero_shift_mag = file.read(c::kFrameShift),
                .part = file.read(c::kPart),
                .level = file.read(c::kLevel),
                .n_used = file.read(c::kUsed),
                .coefficient = file.read(c::kCoefficient),
                .low = file.read(c::kLow),
                .high = file.read(c::kHigh),
                .group_terms = one_text(file, c::kGroupTerms),
                .group_coefficient = file.read(c::kGroupCoefficient),
                .anchor_mag = file.read(c::kAnchor)};
  const Shape terms = file.shape_of(c::kCoefficient);
  const Shape group_terms = file.shape_of(c::kGroupCoefficient);
  if (terms.size() != 4 || group_terms.size() != 3)
    throw Error{Errc::bad_input,
                fmt::format("{} is no table of magnitude fits: its coefficients have {} axes and "
                            "not 4; run the magnitude fit again",
                            path.string(), terms.size())}
        .because({"magfit_axes", static_cast<double>(terms.size()), 4.0});
  t.n_part = terms[2];
  t.n_term = terms[3];
  t.n_group_term = group_terms[2];
  return t;
}

}  // namespace skyweft::io
