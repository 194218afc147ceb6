// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/catalog_index.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/sky_index_file.hpp"
#include "sky/sky_index.hpp"
#include "workflows/catalog_access.hpp"

namespace skyweft::workflows {
namespace {

struct Request {
  std::string file;
  std::string output;
  std::vector<double> scales_deg;
  double epoch_yr = kNaN;
  double faint_limit_mag = 99.0;
  int quads = 8;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int make_index(const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  sky::SkyIndexRecipe recipe{.low_deg = request.scales_deg.front(),
                             .high_deg = request.scales_deg.back(),
                             .quads_per_size = static_cast<double>(request.quads)};
  const std::vector<double> bands = sky::index_bands_rad(recipe);
  const StarCatalog stars = stars_near(
      request.file, SkyPos{}, Angle::from_deg(180.0), request.epoch_yr,
      static_cast<float>(request.faint_limit_mag), std::numeric_limits<std::int64_t>::max());
  if (stars.size() < 4)
    throw Error{Errc::bad_input, fmt::format("{}: {} stars make no quads; raise --faint-limit",
                                             request.file, stars.size())}
        .because({"n_star", static_cast<double>(stars.size()), 4.0});
  io::SkyIndexWriter writer{request.output,
                            {.epoch_yr = stars.epoch_yr,
                             .low_deg = recipe.low_deg,
                             .high_deg = recipe.high_deg,
                             .catalog_digest = catalog_digest(request.file),
                             .bands = {}}};
  std::size_t n_quad = 0;
  for (const double low_rad : bands) {
    const sky::SkyIndexBand band = sky::make_index_band(stars, low_rad, recipe);
    writer.add(band.view());
    n_quad += band.codes.size();
    fmt::print(stderr, "quads of {:.3f} to {:.3f} deg: {} of {} stars\n", low_rad / kRadPerDeg,
               low_rad / kRadPerDeg * std::sqrt(2.0), band.codes.size(), band.stars.size());
  }
  writer.close();
  fmt::print("{}: {} quads of {} stars, epoch {}, for fields of {:g} to {:g} deg, {:.1f} s\n",
             request.output, n_quad, stars.size(), stars.epoch_yr, recipe.low_deg, recipe.high_deg,
             seconds_since(start));
  return 0;
}

}  // namespace

void declare_catalog_index(CLI::App& catalog_app, Invocation& call) {
  auto request = std::make_shared<Request>();  // shared: lives as long as the parsed command
  CLI::App* app = catalog_app.add_subcommand(
      "index", "make the all-sky index that blind solving needs of a catalogue");
  app->add_option("file", request->file, "catalogue")->required();
  app->add_option("-o,--output", request->output, "index to write")->required();
  app->add_option("--scales", request->scales_deg,
                  "smallest and largest field, the shorter side in deg: 5,25")
      ->delimiter(',')
      ->expected(2)
      ->required();
  app->add_option("--epoch", request->epoch_yr, "move the stars to this year first");
  app->add_option("--faint-limit", request->faint_limit_mag, "leave out fainter stars, mag");
  app->add_option("--quads", request->quads, "quads per square as large as a quad")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app->callback([request, &call] {
    call.action = [request] { return guarded([&] { return make_index(*request); }); };
  });
}

}  // namespace skyweft::workflows
