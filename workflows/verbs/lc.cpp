// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "workflows/light_curve.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct LcRequest {
  std::string archive;
  std::optional<StarId> star;
  std::string position;
  double radius_arcsec = 20.0;
  std::int64_t aperture = -1;
  std::string format = "csv";
  std::string output;
};

SkyPos parse_position(const std::string& text) {
  double ra = kNaN;
  double dec = kNaN;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%lf,%lf%c", &ra, &dec, &rest) != 2 || !(ra >= 0.0 && ra < 360.0) ||
      !(dec >= -90.0 && dec <= 90.0))
    throw Error{
        Errc::usage,
        fmt::format("--position {} is not RA,DEC in degrees, for example 31.0427,46.6879", text)};
  return {Angle::from_deg(ra), Angle::from_deg(dec)};
}

int write_light_curve(const LcRequest& request) {
  const LightCurveReader reader{Archive{request.archive}};
  if (!request.star && request.position.empty())
    throw Error{Errc::usage, "name the star: --star ID or --position RA,DEC"};
  const std::int64_t row = request.star
                               ? reader.row_of(*request.star)
                               : reader.row_near(parse_position(request.position),
                                                 Angle::from_arcsec(request.radius_arcsec));
  const LightCurve curve = reader.read(row, request.aperture);
  if (request.format == "vartools")
    emit_text(as_vartools(curve), request.output);
  else
    emit_table(request.format == "fits" ? as_fits_table(curve) : as_table(curve), request.format,
               request.output);
  return 0;
}

}  // namespace

void declare_lc(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<LcRequest>();  // shared: lives as long as the parsed command
  app.add_option("archive", request->archive, "archive folder")->required();
  auto* star = app.add_option("--star", request->star, "star id");
  app.add_option("--position", request->position, "RA,DEC in degrees: the nearest star")
      ->excludes(star);
  app.add_option("--radius", request->radius_arcsec, "search radius of --position, arcsec");
  app.add_option("--aperture", request->aperture,
                 "index of the aperture; default: chosen by magnitude");
  app.add_option("--format", request->format, "csv, ecsv, fits or vartools")
      ->check(CLI::IsMember({"csv", "ecsv", "fits", "vartools"}));
  app.add_option("-o,--output", request->output, "file to write; default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return write_light_curve(*request); }); };
  });
}

}  // namespace skyweft::workflows
