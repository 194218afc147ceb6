// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// astropy opens the parts of a star store and reads the same numbers.
#include <gtest/gtest.h>

#include "io/star_part.hpp"
#include "support/io_star_store.hpp"
#include "support/sky_python.hpp"

namespace skyweft::io {
namespace {

TEST(StarStoreOracle, PartsAreFitsTablesToAstropy) {
  SKYWEFT_NEEDS_ASTROPY;
  support::TestFolder folder{"oracle_store"};
  const StarCatalog stars = support::awkward_stars(3000, 4);
  const StarManifest made = support::make_store(folder / "s", stars);
  ASSERT_EQ(made.parts.size(), 1U);
  const auto path = folder / "s" / made.parts.front().file;
  // The id in two halves: the rows that are printed go through doubles.
  const std::string script = fmt::format(R"(
import numpy as np
from astropy.io import fits
with fits.open("{}") as f:
    f.verify("exception")
    s, t, m = f["STARS"], f["TILES"], f["MARKS"]
    assert s.columns["ra_deg"].unit == "deg" and s.columns["pm_ra_mas_yr"].unit == "mas/yr"
    assert s.columns["parallax_mas"].unit == "mas" and s.columns.names[-1] == "ruwe"
    print("row", s.header["EPOCH"], s.header["ORDER"], len(s.data), len(t.data), len(m.data))
    assert t.data["n_row"].sum() == len(s.data)
    for tile, first, n, n_mag, mark in t.data:
        mag = s.data["mag"][first:first + n]
        assert np.all(np.diff(mag[:n_mag]) >= 0) and np.all(np.isnan(mag[n_mag:]))
        assert np.array_equal(m.data["mag"][mark:mark + (n + 255) // 256], mag[::256], equal_nan=True)
    for r in s.data:
        print("row", r["star_id"] >> 32, r["star_id"] & 0xffffffff, repr(float(r["ra_deg"])),
              repr(float(r["dec_deg"])), float(r["parallax_mas"]), float(r["ruwe"]))
)",
                                         path.string());
  const auto rows = support::rows_from_python(script, {});
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(made.n_star) + 1);
  EXPECT_EQ(rows[0], (std::vector<double>{2016.0, 5.0, static_cast<double>(made.n_star),
                                          static_cast<double>(made.parts[0].n_tile),
                                          static_cast<double>(made.parts[0].n_mark)}));
  const StarCatalog all = StarTiles{folder / "s"}.cone({}, Angle::from_deg(180.0));
  std::map<StarId, std::size_t> place;
  for (std::size_t i = 0; i < all.id.size(); ++i) place[all.id[i]] = i;
  std::size_t n_same = 0;
  for (std::size_t r = 1; r < rows.size(); ++r) {
    const auto id = static_cast<StarId>(rows[r][0]) << 32 | static_cast<StarId>(rows[r][1]);
    ASSERT_TRUE(place.contains(id));
    const std::size_t i = place[id];
    if (all.ra_deg[i] != rows[r][2]) continue;  // a twin in another tile
    ++n_same;
    EXPECT_EQ(all.dec_deg[i], rows[r][3]);
    EXPECT_EQ(static_cast<double>(all.parallax_mas[i]), rows[r][4]);
    EXPECT_EQ(static_cast<double>(all.extra[0].value[i]), rows[r][5]);
  }
  EXPECT_EQ(n_same, all.id.size());
}

}  // namespace
}  // namespace skyweft::io
