// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/catalog_access.hpp"

#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_file.hpp"
#include "io/digest.hpp"
#include "sky/catalog.hpp"

namespace skyweft::workflows {
namespace {

StarCatalog moved_to(StarCatalog stars, double epoch_yr) {
  if (std::isfinite(epoch_yr)) sky::propagate(stars, epoch_yr);
  return stars;
}

}  // namespace

bool is_star_folder(const std::string& path) {
  if (std::filesystem::is_directory(path) && !io::is_star_store(path))
    throw Error{Errc::bad_input,
                fmt::format("{} is a folder without {}, so it is no star store; make one with "
                            "`skyweft catalog import FILES -o FOLDER`",
                            printable(path), io::kManifestName)};
  return io::is_star_store(path);
}

StarCatalog stars_near(const std::string& path, const SkyPos& centre, Angle radius, double epoch_yr,
                       float faint_limit, std::int64_t max_stars) {
  if (is_star_folder(path))
    return moved_to(io::StarTiles{path}.cone(
                        centre, radius, {.faint_limit_mag = faint_limit, .max_stars = max_stars}),
                    epoch_yr);
  return moved_to(
      sky::stars_in_cone(io::read_star_file(path), centre, radius, faint_limit, max_stars),
      epoch_yr);
}

StarCatalog stars_in(const std::string& path, const io::StarRegion& region, double epoch_yr,
                     const io::StarCut& cut) {
  if (is_star_folder(path)) return moved_to(io::StarTiles{path}.query(region, cut), epoch_yr);
  const StarCatalog all = io::read_star_file(path);
  std::vector<std::int64_t> inside;
  for (std::int64_t i = 0; i < all.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (region.holds(io::direction_to(all.ra_deg[k], all.dec_deg[k]))) inside.push_back(i);
  }
  // A cone that holds everything: magnitude limit and number remain to be cut.
  return moved_to(sky::stars_in_cone(rows_of(all, inside), region.centre(), Angle::from_deg(181.0),
                                     cut.faint_limit_mag, cut.max_stars),
                  epoch_yr);
}

std::string catalog_digest(const std::string& path) {
  if (is_star_folder(path))
    return io::digest_of_file(std::filesystem::path{path} / io::kManifestName);
  if (!std::filesystem::is_regular_file(path))
    throw Error{Errc::bad_input, fmt::format("star catalogue {} does not exist", printable(path))};
  return io::digest_of_file(path);
}

std::optional<io::StarCoverage> catalog_coverage(const std::string& path, const SkyPos& centre,
                                                 Angle radius) {
  if (!is_star_folder(path)) return std::nullopt;
  return io::StarTiles{path}.covers(centre, radius);
}

}  // namespace skyweft::workflows
