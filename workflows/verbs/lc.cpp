// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <memory>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "workflows/light_curve.hpp"
#include "workflows/star_selection.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct LcRequest {
  std::string archive;
  std::string as;
  StarRequest stars;
  std::optional<StarId> star;
  std::string position;
  std::string target;
  std::int64_t aperture = -1;
  std::string format = "csv";
  std::string observer;
  std::string output;
};

int write_light_curve(LcRequest request) {
  if (request.star) request.stars.ids.push_back(*request.star);
  if (!request.position.empty()) request.stars.positions.push_back(request.position);
  if (!request.target.empty()) request.stars.targets.push_back(request.target);
  if (!request.stars.names_any())
    throw Error{Errc::usage, "name the star: --star ID, --position RA,DEC or --target NAME"};
  const LightCurveReader reader{open_archive(request.archive, request.as)};
  std::vector<std::string> missing;
  const std::int64_t row = select_stars(reader, request.stars, missing).front();
  const LightCurve curve = reader.read(row, request.aperture);
  if (request.format == "vartools")
    emit_text(as_vartools(curve), request.output);
  else if (request.format == "aavso")
    emit_text(
        as_aavso(curve, request.target.empty() ? fmt::format("{}", curve.star_id) : request.target,
                 request.observer),
        request.output);
  else
    emit_table(request.format == "fits" ? as_fits_table(curve) : as_table(curve), request.format,
               request.output);
  return 0;
}

}  // namespace

void declare_lc(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<LcRequest>();  // shared: lives as long as the parsed command
  app.add_option("archive", request->archive, "archive folder, or ARCHIVE/branches/NAME")
      ->required();
  app.add_option("--as", request->as, "of this branch");
  auto* star = app.add_option("--star", request->star, "star id");
  auto* position =
      app.add_option("--position", request->position, "RA,DEC in degrees: the nearest star")
          ->excludes(star);
  app.add_option("--target", request->target, "a target of the configuration by name")
      ->excludes(star)
      ->excludes(position);
  app.add_option("--radius", request->stars.radius_arcsec,
                 "search radius of --position and --target, arcsec");
  app.add_option("--aperture", request->aperture,
                 "index of the aperture; default: chosen by magnitude");
  app.add_option("--format", request->format, "csv, ecsv, fits, votable, vartools or aavso")
      ->check(CLI::IsMember({"csv", "ecsv", "fits", "votable", "vartools", "aavso"}));
  app.add_option("--observer", request->observer, "aavso: the observer's code");
  app.add_option("-o,--output", request->output, "file to write; default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return write_light_curve(*request); }); };
  });
}

}  // namespace skyweft::workflows
