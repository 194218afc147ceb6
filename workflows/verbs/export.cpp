// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/export.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::array<std::string_view, 3> kTableFormats{"csv", "ecsv", "fits"};
constexpr std::array<std::string_view, 3> kWcsFormats{"wcs", "text", "copy"};

/// The format asked for, or the first of `known`.
std::string chosen_format(const ExportRequest& request,
                          const std::array<std::string_view, 3>& known) {
  if (request.format.empty()) return std::string{known.front()};
  if (std::ranges::find(known, request.format) == known.end())
    throw Error{Errc::usage, fmt::format("export {} writes {}, not {}", request.what,
                                         fmt::join(known, ", "), request.format)};
  return request.format;
}

int write_export(ExportRequest request) {
  const bool is_table = request.what != "wcs";
  request.format = chosen_format(request, is_table ? kTableFormats : kWcsFormats);
  if (is_table && !request.frames.empty())
    throw Error{Errc::usage, "--frame belongs to `export wcs`"};
  const Archive archive{request.archive};
  require_archive(archive);
  const auto needed = request.what == "stars" ? archive.star_table() : archive.frames_table();
  if (!std::filesystem::exists(needed))
    throw Error{Errc::bad_input,
                fmt::format("{} is not written yet; `skyweft status {}` says how far the run is",
                            needed.string(), request.archive)};
  if (!is_table) return export_wcs(archive, request);
  const io::Table table = request.what == "stars" ? stars_table(archive) : frames_table(archive);
  emit_table(table, request.format, request.output);
  return 0;
}

}  // namespace

void declare_export(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<ExportRequest>();  // shared: lives as long as the parsed command
  app.add_option("what", request->what, "stars, frames or wcs (plate solutions)")
      ->required()
      ->check(CLI::IsMember({"stars", "frames", "wcs"}));
  app.add_option("archive", request->archive, "archive folder")->required();
  app.add_option("--format", request->format,
                 "tables: csv, ecsv or fits; wcs: wcs (FITS header alone), text (.head) or copy "
                 "(of the raw frame)")
      ->check(CLI::IsMember({"csv", "ecsv", "fits", "wcs", "text", "copy"}));
  app.add_option("--frame", request->frames, "wcs: frames by id or file name; default: all")
      ->take_all();
  app.add_option("-o,--output", request->output,
                 "file to write, default: standard output; wcs: folder to write to");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return write_export(*request); }); };
  });
}

}  // namespace skyweft::workflows
