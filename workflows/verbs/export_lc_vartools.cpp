// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/files.hpp"
#include "sky/projection.hpp"
#include "workflows/verbs/export.hpp"

namespace skyweft::workflows {
namespace {

namespace fs = std::filesystem;

/// Group and aperture of a set of templates.
using TemplateSet = std::pair<std::string, std::int64_t>;

/// The cells of a line of CSV.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (is_quoted && i + 1 < line.size() && line[i + 1] == '"')
        out.back() += line[i++];
      else
        is_quoted = !is_quoted;
    } else if (line[i] == ',' && !is_quoted) {
      out.emplace_back();
    } else {
      out.back() += line[i];
    }
  }
  return out;
}

/// The templates' ids that the run wrote down; empty when it did not filter trends.
std::map<TemplateSet, std::vector<StarId>> read_templates(const fs::path& path) {
  std::map<TemplateSet, std::vector<StarId>> out;
  if (!fs::exists(path)) return out;
  std::istringstream in{io::read_text_file(path)};
  std::map<std::string, std::size_t> column;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> cells = cells_of(line);
    if (column.empty()) {
      for (std::size_t i = 0; i < cells.size(); ++i) column[cells[i]] = i;
      for (const char* name : {"group", "aperture", "star_id"})
        if (!column.contains(name))
          throw Error{Errc::bad_input,
                      fmt::format("{} has no column {}; run again", path.string(), name)};
      continue;
    }
    if (cells.size() != column.size()) continue;
    out[{cells[column["group"]], std::stoll(cells[column["aperture"]])}].push_back(
        std::stoll(cells[column["star_id"]]));
  }
  return out;
}

/// The plane in which all stars of the archive have their places.
sky::TangentPlane plane_of(const StarCatalog& stars) {
  sky::Vec3 sum{0.0, 0.0, 0.0};
  for (std::size_t i = 0; i < stars.id.size(); ++i) {
    const sky::Vec3 v =
        sky::unit_vector({Angle::from_deg(stars.ra_deg[i]), Angle::from_deg(stars.dec_deg[i])});
    for (std::size_t k = 0; k < 3; ++k) sum[k] += v[k];
  }
  return sky::TangentPlane{sky::direction_of(sum)};
}

std::string list_line(const std::string& file, const SkyPos& place,
                      const sky::TangentPlane& plane) {
  const auto at = plane.project(place).value_or(sky::PlanePos{});
  return fmt::format("{} {:.3f} {:.3f}\n", file, 3600.0 * at.xi_deg, 3600.0 * at.eta_deg);
}

/// The points of one group.
LightCurve part_of(const LightCurve& curve, const std::string& group, bool is_whole) {
  if (is_whole) return curve;
  LightCurve out = curve;
  const auto keep = [&](auto& column) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < column.size(); ++i)
      if (curve.group[i] == group) column[n++] = column[i];
    column.resize(n);
  };
  keep(out.time_bjd_tdb);
  keep(out.frame_id);
  keep(out.mag_err);
  for (auto& mag : out.mags) keep(mag);
  return out;
}

std::optional<std::size_t> stage_for(const std::string& wish, bool has_templates) {
  if (wish.empty() && !has_templates) return std::nullopt;
  const auto at = std::ranges::find(kStages, wish.empty() ? std::string_view{"epd"} : wish);
  if (at == kStages.end())
    throw Error{Errc::usage,
                fmt::format("--stage {}: there are {}", wish, fmt::join(kStages, ", "))};
  return static_cast<std::size_t>(at - kStages.begin());
}

}  // namespace

int export_lc_vartools(const LightCurveReader& reader, const std::vector<std::int64_t>& rows,
                       const ExportRequest& request) {
  const auto templates = read_templates(reader.archive().template_table());
  const auto stage = stage_for(request.stage, !templates.empty());
  const sky::TangentPlane plane = plane_of(reader.stars().stars);
  std::set<std::int64_t> apertures;
  for (const std::int64_t row : rows)
    apertures.insert(request.aperture >= 0
                         ? request.aperture
                         : reader.stars().aperture[static_cast<std::size_t>(row)]);
  std::map<std::string, fs::path> folders;  // by group
  const LightCurve first = reader.read(rows.front(), request.aperture);
  for (const std::string& group : first.group) folders[group];
  const bool is_whole = folders.size() == 1;
  const auto suffix = [&](std::int64_t aperture) {
    return apertures.size() == 1 ? std::string{} : fmt::format("_ap{}", aperture);
  };
  for (auto& [group, folder] : folders) {
    folder = fs::path{request.output};
    if (!is_whole) folder /= safe_file_part(group);
    make_folder(folder);
    std::string dates;
    for (std::size_t i = 0; i < first.group.size(); ++i)
      if (first.group[i] == group)
        dates += fmt::format("{} {:.8f}\n", first.frame_id[i], first.time_bjd_tdb[i]);
    io::write_text_file(folder / "dates_tfa", dates);
  }
  std::map<fs::path, std::string> lists;
  reader.each(rows, request.aperture, [&](std::int64_t, const LightCurve& curve) {
    for (const auto& [group, folder] : folders) {
      const fs::path file = folder / fmt::format("{}.txt", curve.star_id);
      io::write_text_file(file, as_vartools(part_of(curve, group, is_whole), stage));
      lists[folder / ("lc_list" + suffix(curve.aperture))] +=
          list_line(file.string(), curve.position, plane);
    }
  });
  for (const auto& [set, ids] : templates) {
    const auto& [group, aperture] = set;
    const auto folder = folders.find(group);
    if (folder == folders.end() || !apertures.contains(aperture)) continue;
    std::vector<std::int64_t> template_rows;
    for (const StarId id : ids) template_rows.push_back(reader.row_of(id));
    std::ranges::sort(template_rows);
    const fs::path own = folder->second / ("templates" + suffix(aperture));
    make_folder(own);
    reader.each(template_rows, aperture, [&](std::int64_t, const LightCurve& curve) {
      const fs::path file = own / fmt::format("{}.txt", curve.star_id);
      io::write_text_file(file, as_vartools(part_of(curve, group, is_whole), stage));
      lists[folder->second / ("trendlist_tfa" + suffix(aperture))] +=
          list_line(file.string(), curve.position, plane);
    });
  }
  for (const auto& [path, text] : lists) io::write_text_file(path, text);
  fmt::print(stderr, "{} light curves after {} written to {}{}\n", rows.size(),
             kStages[stage.value_or(first.last_stage())], request.output,
             templates.empty() ? "; the run has no TFA templates" : "");
  if (!templates.empty())
    fmt::print(stderr,
               "again: vartools -l {0}/lc_list -inputlcformat t:1,mag:2,err:3,id:4:string "
               "-matchstringid -TFA {0}/trendlist_tfa {0}/dates_tfa ARCSEC xycol 2 3 1 0 0 -rms\n",
               folders.begin()->second.string());
  return 0;
}

}  // namespace skyweft::workflows
