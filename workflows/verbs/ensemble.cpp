// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/ensemble.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "lc/aperture_merit.hpp"
#include "workflows/load_config.hpp"
#include "workflows/verbs/emit.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

/// Light curves of a star in one aperture after another, and the best of them.
struct Measured {
  EnsembleFluxes fluxes;
  EnsembleCurve curve;
};

Measured measure(const LightCurveReader& reader, EnsembleField& field, std::int64_t aperture,
                 const EnsembleRequest& request) {
  EnsembleFluxes fluxes = read_fluxes(reader, field, aperture);
  EnsembleCurve curve = ensemble_curve(fluxes, field, reader, request);
  return {std::move(fluxes), std::move(curve)};
}

/// Aperture and comparison stars together: each aperture with the stars chosen for it, judged on
/// the points outside of the event.
Measured best_of_all(const LightCurveReader& reader, EnsembleField& field,
                     const EnsembleRequest& request) {
  const auto merit = lc::merit_of_name(request.merit);
  const std::int64_t n_ap = reader.stars().n_ap();
  std::vector<std::vector<double>> curves;
  std::vector<std::uint8_t> outside;
  std::string failure = "the archive has no aperture";
  for (std::int64_t k = 0; k < n_ap; ++k) {
    curves.emplace_back();
    try {
      Measured m = measure(reader, field, k, request);
      curves.back() = std::move(m.curve.flux_rel);
      outside.resize(m.curve.is_outside.size(), 0);
      for (std::size_t f = 0; f < outside.size(); ++f) outside[f] |= m.curve.is_outside[f];
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      failure = error.text();
    }
  }
  for (auto& curve : curves) curve.resize(outside.size(), kNaN);
  const std::vector<double> merits = lc::aperture_merits(curves, outside, merit);
  const std::int64_t best = lc::best_aperture(merits);
  if (best < 0)
    throw Error{Errc::bad_input, fmt::format("no aperture gives a light curve: {}", failure)};
  fmt::print(stderr, "{} by aperture:", lc::name_of(merit));
  for (std::size_t k = 0; k < merits.size(); ++k)
    fmt::print(stderr, "{} {:.2f} px {:.3g}", k == 0 ? "" : ";",
               reader.stars().aperture_radius_px[k], merits[k]);
  fmt::print(stderr, "\n");
  return measure(reader, field, best, request);
}

std::int64_t aperture_of(const std::string& text) {
  if (text.empty()) return -1;
  std::int64_t out = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < 0)
    throw Error{Errc::usage,
                fmt::format("--aperture {} is neither an index nor `best`", printable(text))};
  return out;
}

int write_ensemble(EnsembleRequest request) {
  const LightCurveReader reader{Archive{request.archive}};
  const RunConfig config = config_of_archive(request.archive);
  if (!request.mag_range.empty()) {
    const auto range = numbers_of(request.mag_range, "--mag-range", 2, 2);
    request.comparison.brightest_mag = std::min(range[0], range[1]);
    request.comparison.faintest_mag = std::max(range[0], range[1]);
  }
  const std::int64_t aperture = request.aperture == "best" ? -1 : aperture_of(request.aperture);
  EnsembleField field = ensemble_field(reader, config, request);
  const Measured m = request.aperture == "best" ? best_of_all(reader, field, request)
                                                : measure(reader, field, aperture, request);
  fmt::print(stderr, "{}", ensemble_summary(m.curve, m.fluxes));
  if (!request.explain.empty()) {
    const std::string& path = request.explain;
    emit_table(candidates_table(m.curve, field, reader),
               path.ends_with(".fits")   ? "fits"
               : path.ends_with(".ecsv") ? "ecsv"
                                         : "csv",
               path);
  }
  emit_table(ensemble_table(m.curve, m.fluxes, field, reader, request), request.format,
             request.output);
  return 0;
}

}  // namespace

void declare_ensemble(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<EnsembleRequest>();  // shared: lives as long as the command
  lc::ComparisonConfig& limits = request->comparison;
  app.add_option("archive", request->archive, "archive folder")->required();
  auto* star = app.add_option("--star", request->star, "star id");
  auto* position =
      app.add_option("--position", request->position, "RA,DEC in degrees: the nearest star")
          ->excludes(star);
  app.add_option("--target", request->target,
                 "[target.NAME] of the archive's configuration, with its event")
      ->excludes(star)
      ->excludes(position);
  app.add_option("--radius", request->radius_arcsec, "search radius of positions, arcsec");
  app.add_option("--aperture", request->aperture,
                 "index of the aperture, or best; default: chosen by magnitude");
  app.add_option("--merit", request->merit,
                 "what `--aperture best` makes least: pont, stddiff, binned or stability")
      ->check(CLI::IsMember({"pont", "stddiff", "binned", "stability"}));
  app.add_option("--mode", request->mode,
                 "broeg, or the formulae of prose or eloy with their faults")
      ->check(CLI::IsMember({"broeg", "prose", "eloy"}));
  app.add_option("--exclude", request->exclude, "star ids that are no comparison stars")
      ->take_all();
  app.add_option("--force", request->force, "star ids that are comparison stars in any case")
      ->take_all();
  app.add_option("--max-colour-difference", limits.max_colour_difference,
                 "of comparison stars to the target, mag");
  app.add_option("--max-distance", limits.max_distance_deg, "from the target, deg");
  app.add_option("--mag-range", request->mag_range, "BRIGHT,FAINT: magnitudes of comparison stars");
  app.add_option("--max-saturated", limits.max_saturated, "share of saturated points at most")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--max-candidates", request->max_candidates,
                 "stars nearest in magnitude, place and colour that are looked at")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{5000}));
  app.add_option("--validation", request->n_validation,
                 "similar stars that are treated like the target")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--event", request->event,
                 "MID,DURATION_H[,PERIOD_D] in BJD_TDB: kept out of level, noise and aperture "
                 "choice");
  app.add_option("--clip", request->clip_sigma, "flag points further off than this; 0: none")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--bin", request->bin_min, "bins of so many minutes instead of single points")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--format", request->format, "csv, ecsv or fits")
      ->check(CLI::IsMember({"csv", "ecsv", "fits"}));
  app.add_option("-o,--output", request->output, "file to write; default: standard output");
  app.add_option("--explain", request->explain,
                 "table of all candidates: numbers, fate, reason (.csv, .ecsv or .fits)");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return write_ensemble(*request); }); };
  });
}

}  // namespace skyweft::workflows
