// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/export.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

constexpr auto kTableFormats = std::to_array<std::string_view>({"csv", "ecsv", "fits", "votable"});
constexpr auto kWcsFormats = std::to_array<std::string_view>({"wcs", "text", "copy"});
constexpr auto kCurveFormats =
    std::to_array<std::string_view>({"csv", "ecsv", "fits", "votable", "vartools", "aavso"});

std::span<const std::string_view> formats_of(const std::string& what) {
  if (what == "wcs") return kWcsFormats;
  if (what == "lc") return kCurveFormats;
  return kTableFormats;
}

/// The format asked for, or the first there is.
std::string chosen_format(const ExportRequest& request) {
  const auto known = formats_of(request.what);
  if (request.format.empty()) return std::string{known.front()};
  if (std::ranges::find(known, request.format) == known.end())
    throw Error{Errc::usage, fmt::format("export {} writes {}, not {}", request.what,
                                         fmt::join(known, ", "), request.format)};
  return request.format;
}

int write_export(ExportRequest request) {
  const bool is_wcs = request.what == "wcs";
  const bool is_lc = request.what == "lc";
  request.format = chosen_format(request);
  if (!is_wcs && !request.frames.empty())
    throw Error{Errc::usage, "--frame belongs to `export wcs`"};
  if (!is_lc && (request.stars.names_any() || request.stars.all || request.stars.variable > 0 ||
                 !request.stars.mags.empty() || request.one_file || request.aperture >= 0))
    throw Error{Errc::usage, "choosing stars, --aperture and --one-file belong to `export lc`"};
  const Archive archive = open_archive(request.archive, request.as);
  require_archive(archive);
  if (is_lc) return export_lc(archive, request);
  const auto needed = request.what == "stars" ? archive.star_table() : archive.frames_table();
  if (!std::filesystem::exists(needed))
    throw Error{Errc::bad_input,
                fmt::format("{} is not written yet; `skyweft status {}` says how far the run is",
                            needed.string(), request.archive)};
  if (is_wcs) return export_wcs(archive, request);
  const io::Table table = request.what == "stars" ? stars_table(archive) : frames_table(archive);
  emit_table(table, request.format, request.output);
  return 0;
}

}  // namespace

void declare_export(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<ExportRequest>();  // shared: lives as long as the parsed command
  app.add_option("what", request->what, "stars, frames, lc (light curves) or wcs (plate solutions)")
      ->required()
      ->check(CLI::IsMember({"stars", "frames", "lc", "wcs"}));
  app.add_option("archive", request->archive, "archive folder, or ARCHIVE/branches/NAME")
      ->required();
  app.add_option("--as", request->as, "of this branch");
  app.add_option("--format", request->format,
                 "tables and lc: csv, ecsv, fits or votable; lc also vartools or aavso; wcs: wcs "
                 "(FITS header alone), text (.head) or copy (of the raw frame)")
      ->check(CLI::IsMember(
          {"csv", "ecsv", "fits", "votable", "vartools", "aavso", "wcs", "text", "copy"}));
  app.add_option("--frame", request->frames, "wcs: frames by id or file name; default: all")
      ->take_all();
  app.add_option("-o,--output", request->output,
                 "file to write, default: standard output; lc and wcs: folder to write to");
  StarRequest& stars = request->stars;
  app.add_option("--star", stars.ids, "lc: star ids")->take_all();
  app.add_option("--position", stars.positions, "lc: RA,DEC in degrees: the nearest star")
      ->take_all();
  app.add_option("--list", stars.lists,
                 "lc: files with a star a line: its id, or RA and DEC in degrees")
      ->take_all();
  app.add_option("--cone", stars.cones, "lc: RA,DEC,RADIUS in degrees, degrees, arcsec")
      ->take_all();
  app.add_option("--target", stars.targets, "lc: targets of the configuration by name")->take_all();
  app.add_flag("--all", stars.all, "lc: all stars");
  app.add_option("--radius", stars.radius_arcsec, "lc: search radius of places, arcsec");
  app.add_option("--mag", stars.mags, "lc: A,B: of these only catalogue magnitudes from A to B");
  app.add_option("--variable", stars.variable,
                 "lc: of these the N whose scatter stands out most from stars of like magnitude");
  app.add_option("--aperture", request->aperture,
                 "lc: index of the aperture; default: chosen by magnitude");
  app.add_flag("--one-file", request->one_file, "lc: one table of all, star_id first");
  app.add_option("--stage", request->stage,
                 "vartools: raw, magfit, epd or tfa; default: epd where the run has TFA templates, "
                 "else the last");
  app.add_option("--observer", request->observer, "aavso: the observer's code");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return write_export(*request); }); };
  });
}

}  // namespace skyweft::workflows
