// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "io/catalog_file.hpp"
#include "io/star_reader.hpp"
#include "support/io_star_store.hpp"
#include "support/real_data.hpp"

namespace skyweft::io {
namespace {

TEST(RealStarStore, HoldsTheBrightSkyOfTycho2) {
  const auto file = support::real_data_dir() / "catalogs/tycho2_bright_allsky.fits.gz";
  SKYWEFT_NEEDS(file);
  support::TestFolder folder{"tycho_store"};
  StarTilesWriter writer{folder / "tycho", {.name = "Tycho-2"}};
  read_star_batches(file, {}, [&](const StarCatalog& batch) {
    writer.epoch_for(batch);
    writer.add(batch);
  });
  const StarManifest made = writer.finish({});
  // The stars that the reader of single tables keeps; ids shared across the border of two tiles
  // stay in the store, but not in what a query returns.
  const StarCatalog all = read_star_file(file);
  EXPECT_GE(made.n_star, all.size());
  EXPECT_EQ(StarTiles{folder / "tycho"}.cone({}, Angle::from_deg(180.0)).id, all.id);
  EXPECT_TRUE(check_star_tiles(folder / "tycho").empty());
  const StarTiles store{folder / "tycho"};
  // 198583 stars: 64.6 in each of the 3072 cells of order 4, down to a third of that at the poles
  // of the Galaxy.
  EXPECT_EQ(made.coverage_order, 4);
  EXPECT_TRUE(store.covers({}, Angle::from_deg(180.0)).is_complete());
  for (const auto& [ra_deg, dec_deg] :
       {std::pair{0.0, 0.0}, {192.86, 27.13}, {31.04, 46.69}, {10.0, 90.0}, {266.4, -28.9}}) {
    const SkyPos centre{Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)};
    const auto region = StarRegion::cone(centre, Angle::from_deg(5.0));
    const StarCatalog wanted = support::brute_query(
        all, [&](double ra, double dec) { return region.holds(direction_to(ra, dec)); }, 9.0f,
        1 << 20);
    EXPECT_GT(wanted.size(), 50);
    EXPECT_EQ(store.query(region, {.faint_limit_mag = 9.0f}).id, wanted.id);
  }
}

TEST(RealStarStore, HoldsAFieldOfRefCat2) {
  const auto file = support::real_data_dir() / "ey_uma/all_refcat2_ey_uma.ecsv";
  SKYWEFT_NEEDS(file);
  support::TestFolder folder{"refcat_store"};
  StarTilesWriter writer{folder / "refcat", {}};
  read_star_batches(file, {}, [&](const StarCatalog& batch) {
    writer.epoch_for(batch);
    writer.add(batch);
  });
  const StarManifest made = writer.finish({});
  const StarCatalog all = read_star_file(file);
  EXPECT_EQ(made.n_star, all.size());
  const StarTiles store{folder / "refcat"};
  const SkyPos centre{Angle::from_deg(all.ra_deg.front()), Angle::from_deg(all.dec_deg.front())};
  const StarCatalog found = store.cone(centre, Angle::from_deg(3.0));
  EXPECT_EQ(found.id, all.id);
  EXPECT_EQ(found.ra_deg, all.ra_deg);
  EXPECT_EQ(found.mag, all.mag);
  EXPECT_FALSE(
      store.covers({Angle::from_deg(10.0), centre.dec}, Angle::from_deg(1.0)).is_complete());
}

}  // namespace
}  // namespace skyweft::io
