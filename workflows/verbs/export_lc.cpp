// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/export.hpp"

namespace skyweft::workflows {
namespace {

namespace fs = std::filesystem;

std::string ending_of(const std::string& format) {
  if (format == "votable") return "vot";
  if (format == "aavso" || format == "vartools") return "txt";
  return format;
}

/// All light curves as one CSV, written as they are read; the others need memory for all.
void write_one_csv(const LightCurveReader& reader, const std::vector<std::int64_t>& rows,
                   const ExportRequest& request) {
  const auto write = [&](std::ostream& to) {
    bool has_header = false;
    reader.each(rows, request.aperture, [&](std::int64_t, const LightCurve& curve) {
      const std::string text = io::to_csv(with_star_id(curve));
      to << std::string_view{text}.substr(has_header ? text.find('\n') + 1 : 0);
      has_header = true;
    });
    to.flush();
    if (!to)
      throw Error{Errc::io,
                  io::io_failure_text(
                      "write", request.output.empty() ? "standard output" : request.output, errno)};
  };
  if (request.output.empty()) return write(std::cout);
  io::AtomicFile file{request.output};
  {
    std::ofstream to{file.part_name(), std::ios::binary};
    write(to);
  }
  file.commit();
}

void write_one_table(const LightCurveReader& reader, const std::vector<std::int64_t>& rows,
                     const ExportRequest& request) {
  std::optional<io::Table> all;
  reader.each(rows, request.aperture, [&](std::int64_t, const LightCurve& curve) {
    if (all)
      append_rows(*all, with_star_id(curve));
    else
      all = with_star_id(curve);
  });
  emit_table(*all, request.format, request.output);
}

}  // namespace

int export_lc(const Archive& archive, const ExportRequest& request) {
  const LightCurveReader reader{archive};
  std::vector<std::string> missing;
  const std::vector<std::int64_t> rows = select_stars(reader, request.stars, missing);
  if (!missing.empty())
    fmt::print(stderr, "{} of the list are not in {}, first {}\n", missing.size(),
               archive.root().string(), missing.front());
  if (request.one_file) {
    if (request.format == "vartools" || request.format == "aavso")
      throw Error{Errc::usage, fmt::format("--one-file writes csv, ecsv, fits or votable, not {}",
                                           request.format)};
    if (request.format == "csv")
      write_one_csv(reader, rows, request);
    else
      write_one_table(reader, rows, request);
    fmt::print(stderr, "{} light curves of {} points each\n", rows.size(), reader.frames().size());
    return 0;
  }
  if (request.output.empty())
    throw Error{Errc::usage,
                "export lc writes one file per star: -o FOLDER; --one-file makes one table"};
  make_folder(request.output);
  if (request.format == "vartools") return export_lc_vartools(reader, rows, request);
  reader.each(rows, request.aperture, [&](std::int64_t, const LightCurve& curve) {
    const fs::path path =
        fs::path{request.output} / fmt::format("{}.{}", curve.star_id, ending_of(request.format));
    if (request.format == "aavso")
      emit_text(as_aavso(curve, fmt::format("{}", curve.star_id), request.observer), path.string());
    else
      emit_table(request.format == "fits" ? as_fits_table(curve) : as_table(curve), request.format,
                 path.string());
  });
  fmt::print(stderr, "{} light curves of {} points each written to {}\n", rows.size(),
             reader.frames().size(), request.output);
  return 0;
}

}  // namespace skyweft::workflows
