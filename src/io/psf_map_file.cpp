// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/psf_map_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/h5.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
namespace {

// In the order of PsfKind and PsfView.
constexpr std::array<std::string_view, 4> kKinds{"none", "bicubic", "gaussian", "moffat"};
constexpr std::array<std::string_view, 2> kViews{"psf", "prf"};

Error refused(const fs::path& path, const std::string& why, FailedTest test) {
  return Error{Errc::bad_input,
               fmt::format("{} is no map of star shapes: {}; fit it again", path.string(), why)}
      .because(std::move(test));
}

/// Which of the names a one-text dataset holds.
template <std::size_t n>
std::int32_t index_in(const std::array<std::string_view, n>& names, const H5File& file,
                      const Column<std::string>& column, std::string test, const fs::path& path) {
  const auto texts = file.read(column);
  const std::string text = texts.size() == 1 ? texts.front() : std::string{};
  const auto found = std::ranges::find(names, text);
  if (found == names.end())
    throw refused(path, fmt::format("its {} is \"{}\"", column.path, text),
                  {std::move(test), 0.0, static_cast<double>(n)});
  return static_cast<std::int32_t>(found - names.begin());
}

void check_lines(const std::vector<double>& lines, const fs::path& path) {
  bool ascending = std::isfinite(lines.empty() ? kNaN : lines.front());
  for (std::size_t i = 0; i + 1 < lines.size(); ++i)
    ascending = ascending && lines[i] < lines[i + 1] && std::isfinite(lines[i + 1]);
  if (lines.size() < 3 || !ascending)
    throw refused(path, fmt::format("{} grid lines, ascending or not", lines.size()),
                  {"psf_grid", static_cast<double>(lines.size()), 3.0});
}

void write_stamps(H5File& file, const PsfStamps& stamps) {
  namespace c = psf_column;
  const auto n = static_cast<std::int64_t>(stamps.sample.size());
  if (n == 0) return;
  std::vector<float> samples;
  for (const Grid<float>& one : stamps.sample) {
    if (!same_shape(one, stamps.sample.front()))
      throw Error{Errc::internal, "stamps of a star shape differ in size"};
    samples.insert(samples.end(), one.pixels().begin(), one.pixels().end());
  }
  file.write(c::kStampX, {n}, stamps.x_px);
  file.write(c::kStampY, {n}, stamps.y_px);
  file.write_one(c::kStampStep, stamps.step_px);
  file.write(c::kStamp, {n, stamps.sample.front().ny(), stamps.sample.front().nx()}, samples);
}

}  // namespace

void write_psf_map(const fs::path& path, const PsfMap& map, const ProductStamp& stamp,
                   const PsfStamps& stamps) {
  namespace c = psf_column;
  const std::int64_t n_parameter = map.n_parameter();
  const std::int64_t n_term = map.n_term();
  if (n_term * n_parameter != static_cast<std::int64_t>(map.coefficient.size()))
    throw Error{Errc::internal, "the coefficients of a map of star shapes are no whole rows"};
  AtomicFile target{path};
  H5File file = H5File::create(target.part_name(), stamp);
  file.write(c::kModel, {std::string{kKinds.at(static_cast<std::size_t>(map.kind))}});
  file.write(c::kView, {std::string{kViews.at(static_cast<std::size_t>(map.view))}});
  file.write(c::kTerms, {map.terms});
  file.write(c::kXLine, {static_cast<std::int64_t>(map.x_node_px.size())}, map.x_node_px);
  file.write(c::kYLine, {static_cast<std::int64_t>(map.y_node_px.size())}, map.y_node_px);
  file.write(c::kCoefficient, {n_term, n_parameter}, map.coefficient);
  file.write_one(c::kStars, map.n_star);
  file.write_one(c::kPixels, map.n_pixel);
  file.write_one(c::kRounds, static_cast<std::int32_t>(map.rounds));
  file.write_one(c::kConverged, std::int32_t{map.converged});
  file.write_one(c::kChi2, map.chi2_dof);
  write_stamps(file, stamps);
  file.close();
  target.commit();
}

PsfMap read_psf_map(const fs::path& path) {
  namespace c = psf_column;
  const H5File file = H5File::open(path);
  PsfMap map;
  map.kind = static_cast<PsfKind>(index_in(kKinds, file, c::kModel, "psf_model", path));
  map.view = static_cast<PsfView>(index_in(kViews, file, c::kView, "psf_view", path));
  const auto terms = file.read(c::kTerms);
  map.terms = terms.empty() ? std::string{} : terms.front();
  map.x_node_px = file.read(c::kXLine);
  map.y_node_px = file.read(c::kYLine);
  if (map.kind == PsfKind::bicubic) {
    check_lines(map.x_node_px, path);
    check_lines(map.y_node_px, path);
  }
  const Shape shape = file.shape_of(c::kCoefficient);
  map.coefficient = file.read(c::kCoefficient);
  const std::int64_t n_parameter = map.n_parameter();
  const bool finite =
      std::ranges::all_of(map.coefficient, [](double v) { return std::isfinite(v); });
  if (shape.size() != 2 || shape[1] != n_parameter || !finite ||
      (n_parameter > 0 && map.coefficient.empty()))
    throw refused(path, "its coefficients are not finite, or not those of its model and grid",
                  {"psf_coefficient", static_cast<double>(shape.size() == 2 ? shape[1] : 0),
                   static_cast<double>(n_parameter)});
  map.n_star = file.read_one(c::kStars);
  map.n_pixel = file.read_one(c::kPixels);
  map.rounds = file.read_one(c::kRounds);
  map.converged = file.read_one(c::kConverged) != 0;
  map.chi2_dof = file.read_one(c::kChi2);
  return map;
}

}  // namespace skyweft::io
