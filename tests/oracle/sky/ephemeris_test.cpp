// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/ephemeris.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "support/sky_python.hpp"

namespace {

using namespace skyweft;

// The apparent ways of Mars, Venus and Jupiter from the Earth's centre, four rows a day, with
// astropy's built-in ephemeris; light time left out.
constexpr const char* kScript = R"(
import warnings
import numpy as np
from astropy.time import Time
from astropy.coordinates import get_body_barycentric, SkyCoord
warnings.simplefilter('ignore')
for number, body in enumerate(['mars', 'venus', 'jupiter']):
    for k in range(241):
        jd = 2459100.0 + 0.25 * k
        t = Time(2459100.0, 0.25 * k, format='jd', scale='tdb')
        way = (get_body_barycentric(body, t, ephemeris='builtin')
               - get_body_barycentric('earth', t, ephemeris='builtin'))
        x, y, z = way.xyz.to_value('au')
        print('row', number, repr(jd), repr(float(np.degrees(np.arctan2(y, x)) % 360.0)),
              repr(float(np.degrees(np.arctan2(z, np.hypot(x, y))))))
)";

}  // namespace

// Every fourth row makes the table. The fourth difference of the rows is h⁴ times the fourth
// derivative somewhere among five of them, so its largest, with the same beyond the ends, bounds
// the error by 3/128 of it; 5 % for what lies between the rows, 1e-9 deg for rounding of JD (a
// planet goes 1 deg in 5e-10 d).
TEST(EphemerisOracle, AgreesWithAPlanetsWayBetweenItsRows) {
  SKYWEFT_NEEDS_ASTROPY;
  const auto rows = support::rows_from_python(kScript, {});
  ASSERT_EQ(rows.size(), 3u * 241u);
  for (std::size_t body = 0; body < 3; ++body) {
    const auto row = [&](std::size_t k) { return rows[body * 241 + k]; };
    Ephemeris table{.name = "planet", .scale = Ephemeris::Scale::tdb};
    for (std::size_t k = 0; k < 241; k += 4) {
      table.jd.push_back(row(k)[1]);
      table.ra_deg.push_back(row(k)[2]);
      table.dec_deg.push_back(row(k)[3]);
    }
    const sky::EphemerisPath path{table};
    double bend = 0.0;
    for (std::size_t i = 2; i + 2 < table.jd.size(); ++i) {
      double square = 0.0;
      for (const auto* column : {&table.ra_deg, &table.dec_deg}) {
        const auto& c = *column;
        const double fourth = c[i - 2] - 4 * c[i - 1] + 6 * c[i] - 4 * c[i + 1] + c[i + 2];
        square += fourth * fourth;  // RA without cos δ: an upper bound
      }
      bend = std::max(bend, std::sqrt(square));
    }
    double worst = 0.0;
    for (std::size_t k = 4; k < 236; ++k) {
      const SkyPos truth{Angle::from_deg(row(k)[2]), Angle::from_deg(row(k)[3])};
      worst = std::max(worst, sky::separation(path.at(row(k)[1]), truth).deg());
    }
    RecordProperty("worst_mas_" + std::to_string(body), std::to_string(3.6e6 * worst));
    EXPECT_LE(worst, 1.05 * bend * 3.0 / 128.0 + 1e-9) << body;
  }
}
