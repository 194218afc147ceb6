// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "sky/catalog.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/catalog_file.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

struct ImportRequest {
  std::vector<std::string> files;
  std::string output;
  double faint_limit_mag = 99.0;
};

void append(StarCatalog& to, const StarCatalog& from) {
  const auto join = [](auto& a, const auto& b) { a.insert(a.end(), b.begin(), b.end()); };
  join(to.id, from.id);
  join(to.ra_deg, from.ra_deg);
  join(to.dec_deg, from.dec_deg);
  join(to.pm_ra_mas_yr, from.pm_ra_mas_yr);
  join(to.pm_dec_mas_yr, from.pm_dec_mas_yr);
  join(to.mag, from.mag);
  join(to.colour, from.colour);
}

int import(const ImportRequest& request) {
  StarCatalog all;
  bool first = true;
  for (const auto& file : request.files) {
    StarCatalog part = io::read_star_file(file);
    if (first)
      all.epoch_yr = part.epoch_yr;
    else if (part.epoch_yr != all.epoch_yr)
      sky::propagate(part, all.epoch_yr);
    first = false;
    std::vector<std::int64_t> keep;
    for (std::int64_t i = 0; i < part.size(); ++i)
      if (!(static_cast<double>(part.mag[static_cast<std::size_t>(i)]) > request.faint_limit_mag))
        keep.push_back(i);
    append(all, rows_of(part, keep));
    fmt::print(stderr, "{}: {} stars, {} kept\n", file, part.size(), keep.size());
  }
  sort_by_id(all);
  io::write_star_table(request.output, all);
  fmt::print("{}: {} stars, epoch {}\n", request.output, all.size(), all.epoch_yr);
  return 0;
}

int info(const std::string& file) {
  const StarCatalog stars = io::read_star_file(file);
  std::vector<float> mags;
  for (const float m : stars.mag)
    if (std::isfinite(m)) mags.push_back(m);
  fmt::print("{}: {} stars, epoch {}\n", file, stars.size(), stars.epoch_yr);
  if (stars.size() == 0) return 0;
  const auto [dec_low, dec_high] = std::ranges::minmax(stars.dec_deg);
  fmt::print("  Dec {:.4f} to {:.4f} deg\n", dec_low, dec_high);
  if (!mags.empty()) {
    const auto [bright, faint] = std::ranges::minmax(mags);
    fmt::print("  magnitude {:.3f} to {:.3f}\n", bright, faint);
  }
  return 0;
}

}  // namespace

void declare_catalog(CLI::App& app, Invocation& call) {
  app.require_subcommand(1);
  auto request = std::make_shared<ImportRequest>();  // shared: lives as long as the parsed command
  CLI::App* import_app = app.add_subcommand(
      "import", "make one catalogue of Gaia-style CSV, ECSV, FITS or Tycho-2 tables");
  import_app->add_option("files", request->files, "tables to read")->required();
  import_app->add_option("-o,--output", request->output, "catalogue to write (FITS table)")
      ->required();
  import_app->add_option("--faint-limit", request->faint_limit_mag, "leave out fainter stars, mag");
  import_app->callback([request, &call] {
    call.action = [request] { return guarded([&] { return import(*request); }); };
  });

  auto file = std::make_shared<std::string>();  // shared: lives as long as the parsed command
  CLI::App* info_app = app.add_subcommand("info", "what a catalogue holds");
  info_app->add_option("file", *file, "catalogue")->required();
  info_app->callback(
      [file, &call] { call.action = [file] { return guarded([&] { return info(*file); }); }; });
}

}  // namespace skyweft::workflows
