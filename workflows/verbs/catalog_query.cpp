// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/text.hpp"
#include "io/catalog_file.hpp"
#include "io/star_tiles.hpp"
#include "workflows/catalog_access.hpp"
#include "workflows/verbs/catalog_requests.hpp"
#include "workflows/verbs/emit.hpp"

namespace skyweft::workflows {
namespace {

/// The numbers of "10.5,-3,2".
std::vector<double> numbers_in(const std::string& text, const char* option) {
  std::vector<double> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const auto value = number_spelled(std::string_view{text}.substr(at, comma - at));
    if (!value)
      throw Error{Errc::usage,
                  fmt::format("{} {}: '{}' is not a number; give degrees with commas "
                              "between, without blanks",
                              option, printable(text), printable(text.substr(at, comma - at)))};
    out.push_back(*value);
    at = comma + 1;
  }
  return out;
}

SkyPos place(double ra_deg, double dec_deg) {
  if (!(ra_deg >= -360.0 && ra_deg <= 360.0 && std::abs(dec_deg) <= 90.0))
    throw Error{Errc::usage,
                fmt::format("RA {} Dec {} is no place on the sky; give degrees", ra_deg, dec_deg)};
  return {Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)};
}

io::StarRegion region_of(const CatalogQuery& request) {
  if (request.cone.empty() == request.polygon.empty())
    throw Error{Errc::usage, "say where: --cone RA,DEC,RADIUS or --polygon RA,DEC,RA,DEC,RA,DEC"};
  if (!request.cone.empty()) {
    const auto v = numbers_in(request.cone, "--cone");
    if (v.size() != 3)
      throw Error{Errc::usage, fmt::format("--cone {} is not RA,DEC,RADIUS", request.cone)};
    return io::StarRegion::cone(place(v[0], v[1]), Angle::from_deg(v[2]));
  }
  const auto v = numbers_in(request.polygon, "--polygon");
  if (v.size() % 2 != 0)
    throw Error{Errc::usage, fmt::format("--polygon {} has an RA without Dec", request.polygon)};
  std::vector<SkyPos> vertices;
  for (std::size_t i = 0; i < v.size(); i += 2) vertices.push_back(place(v[i], v[i + 1]));
  return io::StarRegion::polygon(vertices);
}

io::Table table_of(const StarCatalog& stars) {
  std::vector<float> parallax = stars.parallax_mas;
  parallax.resize(stars.id.size(), 0.0f);
  io::Table t;
  t.name = "STARS";
  t.columns = {{"star_id", "", "star id", "meta.id;meta.main", stars.id},
               {"ra_deg", "deg", "right ascension, ICRS, at ref_epoch", "pos.eq.ra", stars.ra_deg},
               {"dec_deg", "deg", "declination, ICRS, at ref_epoch", "pos.eq.dec", stars.dec_deg},
               {"pm_ra_mas_yr", "mas/yr", "proper motion in RA, times cos Dec; 0: unknown",
                "pos.pm;pos.eq.ra", stars.pm_ra_mas_yr},
               {"pm_dec_mas_yr", "mas/yr", "proper motion in Dec; 0: unknown", "pos.pm;pos.eq.dec",
                stars.pm_dec_mas_yr},
               {"parallax_mas", "mas", "parallax; 0: unknown", "pos.parallax", std::move(parallax)},
               {"mag", "mag", "magnitude", "phot.mag", stars.mag},
               {"colour", "mag", "colour index", "phot.color", stars.colour},
               {"ref_epoch", "yr", "epoch of the position", "time.epoch",
                std::vector<double>(stars.id.size(), stars.epoch_yr)}};
  for (const NamedColumn& column : stars.extra)
    t.columns.push_back({column.name, "", "kept from the imported table", "", column.value});
  t.extension = {{"EPOCH", stars.epoch_yr, "epoch of the positions, Julian year"}};
  return t;
}

void describe_store(const std::string& path) {
  const io::StarTiles store{path};
  const io::StarManifest& m = store.manifest();
  fmt::print("{}: {} stars, epoch {}\n", path, m.n_star, m.epoch_yr);
  if (std::isfinite(m.mag_min)) fmt::print("  magnitude {:.3f} to {:.3f}\n", m.mag_min, m.mag_max);
  std::int64_t n_covered = 0;
  for (const auto& [first, last] : m.covered) n_covered += last - first + 1;
  const double share = m.is_all_sky ? 1.0
                                    : static_cast<double>(n_covered) /
                                          static_cast<double>(healpix::n_cells(m.coverage_order));
  fmt::print("  covers {:.4g} % of the sky ({} cells of order {})\n", 100.0 * share, n_covered,
             m.coverage_order);
  std::int64_t n_byte = 0;
  for (const io::StarPart& part : m.parts) n_byte += part.n_byte;
  fmt::print("  {} part(s), {:.1f} MB\n", m.parts.size(), 1e-6 * static_cast<double>(n_byte));
  if (!m.extra.empty()) fmt::print("  kept columns: {}\n", fmt::join(m.extra, ", "));
  fmt::print("  '{}', made by skyweft {} of\n", m.name, m.software_version);
  for (const io::StarSource& source : m.sources)
    fmt::print("    {}, {} bytes, {}\n", source.file, source.n_byte, source.digest);
}

void describe_table(const std::string& path) {
  const StarCatalog stars = io::read_star_file(path);
  std::vector<float> mags;
  for (const float m : stars.mag)
    if (std::isfinite(m)) mags.push_back(m);
  fmt::print("{}: {} stars, epoch {}\n", path, stars.size(), stars.epoch_yr);
  if (stars.size() == 0) return;
  const auto [dec_low, dec_high] = std::ranges::minmax(stars.dec_deg);
  fmt::print("  Dec {:.4f} to {:.4f} deg\n", dec_low, dec_high);
  if (!mags.empty()) {
    const auto [bright, faint] = std::ranges::minmax(mags);
    fmt::print("  magnitude {:.3f} to {:.3f}\n", bright, faint);
  }
}

}  // namespace

int query_catalog(const CatalogQuery& request) {
  const StarCatalog stars =
      stars_in(request.path, region_of(request), request.epoch_yr,
               {.faint_limit_mag = std::isnan(request.faint_limit_mag)
                                       ? std::numeric_limits<float>::infinity()
                                       : static_cast<float>(request.faint_limit_mag),
                .max_stars = request.max_stars});
  emit_table(table_of(stars), request.format, request.output);
  fmt::print(stderr, "{} stars, epoch {}\n", stars.size(), stars.epoch_yr);
  return 0;
}

int describe_catalog(const std::string& path) {
  if (io::is_star_store(path))
    describe_store(path);
  else
    describe_table(path);
  return 0;
}

int check_catalog(const std::string& folder) {
  std::vector<std::string> problems;
  try {
    problems = io::check_star_tiles(folder);
  } catch (const Error& error) {
    // No store at all is a wrong argument; a store with a damaged manifest failed the check.
    if (error.code() != Errc::bad_input || !io::is_star_store(folder)) throw;
    problems.push_back(error.text());
  }
  for (const std::string& problem : problems) fmt::print("  problem  {}\n", problem);
  if (!problems.empty()) {
    fmt::print("{}: {} problem(s); copy the store again, or import it anew\n", folder,
               problems.size());
    return static_cast<int>(ExitCode::verification_failed);
  }
  const io::StarManifest manifest = io::read_star_manifest(folder);
  fmt::print("{}: {} stars in {} part(s), all as they were written\n", folder, manifest.n_star,
             manifest.parts.size());
  return 0;
}

}  // namespace skyweft::workflows
