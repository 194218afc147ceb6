// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/star_reader.hpp"
#include "support/real_data.hpp"
#include "support/sky_python.hpp"

namespace skyweft::io {
namespace {

// Counts rows with numbers in three columns, and sums them: number, RA, Dec, magnitude.
constexpr const char* kScript = R"(
import sys
import numpy as np
from astropy.table import Table
t = Table.read('{}', format='{}')
c = [np.ma.filled(np.ma.asarray(t[n]).astype(float), np.nan) for n in '{}'.split()]
good = np.isfinite(c[0]) & np.isfinite(c[1]) & np.isfinite(c[2])
print('row', good.sum(), *('%.17g' % v[good].sum() for v in c))
)";

struct Case {
  const char* file;
  const char* format;
  const char* columns;  ///< RA, Dec, magnitude
};

TEST(StarLists, HoldWhatAstropyFinds) {
  const auto data = support::real_data_dir();
  SKYWEFT_NEEDS(data / "ey_uma");
  SKYWEFT_NEEDS_ASTROPY;
  const std::vector<Case> cases{
      {"hatp32/catalog_tycho2.csv", "csv", "ra_deg dec_deg VT_mag"},
      {"skycamz/catalog_tycho2.csv", "csv", "ra_deg dec_deg VT_mag"},
      {"ey_uma/all_refcat2_ey_uma.ecsv", "ascii.ecsv", "RA_ICRS DE_ICRS gmag"},
      {"ey_uma/all_apass_ey_uma.ecsv", "ascii.ecsv", "RAJ2000 DEJ2000 Vmag"},
      {"ey_uma/comp_stars.fits", "fits", "ra dec mag"},
      {"ey_uma/unclipped_ey_uma_vsx.fits", "fits", "ra dec mag"},
      {"ey_uma/low_error_apass_ey_uma_sorted_ra_first_20.fits", "fits", "RAJ2000 DEJ2000 Vmag"},
      {"catalogs/tycho2_bright_allsky.fits.gz", "fits", "ra_deg dec_deg VT_mag"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    const std::string columns = c.columns;
    const std::string magnitude = columns.substr(columns.rfind(' ') + 1);
    double n = 0.0;
    double ra = 0.0;
    double dec = 0.0;
    double mag = 0.0;
    read_star_batches(data / c.file, {.mag = magnitude}, [&](const StarCatalog& batch) {
      n += static_cast<double>(batch.size());
      ra = std::accumulate(batch.ra_deg.begin(), batch.ra_deg.end(), ra);
      dec = std::accumulate(batch.dec_deg.begin(), batch.dec_deg.end(), dec);
      mag = std::accumulate(batch.mag.begin(), batch.mag.end(), mag);
    });
    const auto rows = support::rows_from_python(
        fmt::format(kScript, (data / c.file).string(), c.format, c.columns), {});
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(n, rows[0][0]);
    EXPECT_GT(n, 0.0);
    // Sums of n doubles in another order: n · 2⁻⁵³ of the sum of sizes; magnitudes are floats.
    EXPECT_NEAR(ra, rows[0][1], n * 360.0 * n * 1.2e-16);
    EXPECT_NEAR(dec, rows[0][2], n * 90.0 * n * 1.2e-16);
    EXPECT_NEAR(mag, rows[0][3], n * 25.0 * 6e-8);
  }
}

}  // namespace
}  // namespace skyweft::io
