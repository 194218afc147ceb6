// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <memory>

#include "workflows/verbs/catalog_index.hpp"
#include "workflows/verbs/catalog_requests.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {
namespace {

void declare_import(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<CatalogImport>();  // shared: lives as long as the parsed command
  app.add_option("files", request->files, "tables to read: CSV, ECSV, FITS …, also gzipped")
      ->required();
  app.add_option("-o,--output", request->output,
                 "folder for the star store, or NAME.fits for one table of up to 40 million stars")
      ->required();
  app.add_option("--columns", request->columns,
                 "which column, or expression over columns, holds what: id, ra, dec, pm_ra, "
                 "pm_dec, parallax, mag, colour or epoch = NAME")
      ->type_name("KEY=NAME ...");
  app.add_option("--keep", request->mapping.keep, "further columns to keep: NAME,NAME …")
      ->delimiter(',');
  app.add_option("--filter", request->mapping.filter, "keep the rows where this expression holds");
  app.add_option("--input-format", request->mapping.format, "of the tables, when it is not found");
  app.add_option("--input-epoch", request->mapping.epoch_yr,
                 "epoch of the tables' positions, Julian year, when they do not tell");
  app.add_option("--faint-limit", request->faint_limit_mag, "leave out fainter stars, mag");
  app.add_option("--epoch", request->epoch_yr,
                 "move the stars to this epoch, Julian year; default: that of the first table");
  app.add_flag("--all-sky", request->is_all_sky,
               "the tables hold the whole sky: where no star is, none is missing");
  app.add_option("--name", request->name, "what the store calls itself");
  app.add_option("--memory-mib", request->memory_mib, "memory for sorting")
      ->check(CLI::Range(64, 1 << 20))
      ->capture_default_str();
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return import_catalog(*request); }); };
  });
}

void declare_query(CLI::App& app, Invocation& call) {
  auto request = std::make_shared<CatalogQuery>();  // shared: lives as long as the parsed command
  app.add_option("path", request->path, "star store or table")->required();
  auto* cone = app.add_option("--cone", request->cone, "RA,DEC,RADIUS in degrees");
  app.add_option("--polygon", request->polygon,
                 "RA,DEC,RA,DEC,RA,DEC … in degrees; sides are great circles")
      ->excludes(cone);
  app.add_option("--faint-limit", request->faint_limit_mag, "leave out fainter stars, mag");
  app.add_option("--max-stars", request->max_stars, "the brightest of these many")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--epoch", request->epoch_yr, "move the stars to this epoch, Julian year");
  app.add_option("--format", request->format, "csv, ecsv or fits")
      ->check(CLI::IsMember({"csv", "ecsv", "fits"}));
  app.add_option("-o,--output", request->output, "file to write; default: standard output");
  app.callback([request, &call] {
    call.action = [request] { return guarded([&] { return query_catalog(*request); }); };
  });
}

void declare_path(CLI::App& app, Invocation& call, const char* meaning,
                  int (*action)(const std::string&)) {
  auto path = std::make_shared<std::string>();  // shared: lives as long as the parsed command
  app.add_option("path", *path, meaning)->required();
  app.callback([path, action, &call] {
    call.action = [path, action] { return guarded([&] { return action(*path); }); };
  });
}

}  // namespace

void declare_catalog(CLI::App& app, Invocation& call) {
  app.require_subcommand(1);
  declare_import(*app.add_subcommand("import", "make a local star catalogue of tables"), call);
  declare_path(*app.add_subcommand("info", "what a catalogue holds"), call, "star store or table",
               describe_catalog);
  declare_query(*app.add_subcommand("query", "the stars in a cone or a polygon"), call);
  declare_catalog_index(app, call);
  declare_path(*app.add_subcommand("check", "read a star store and compare it with its digests"),
               call, "folder of the star store", check_catalog);
}

}  // namespace skyweft::workflows
