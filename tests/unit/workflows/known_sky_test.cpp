// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/known_sky.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace {

TEST(KnownSky, ComesBackToTheLastBit) {
  KnownSky sky;
  sky.centre = SkyPos{Angle::from_rad(0.1 + 0.2), Angle::from_rad(-1.0 / 3.0)};
  sky.aligned = true;
  sky.reference = "a \"b\"\n.fits";
  sky.frame_digest = "0123";
  sky.solutions["main/"] = Wcs{.centre = *sky.centre,
                               .unit_deg = 2.0 / 7.0,
                               .order = 1,
                               .cx = {1e-300, 1.0 / 9.0, -5e17},
                               .cy = {0.1, 0.7, 1.0 / 3.0},
                               .colour_zero = 0.3,
                               .colour_x_px = 1.0 / 11.0,
                               .colour_y_px = -0.1};
  const KnownSky again = parse_known_sky(known_sky_text(sky));
  EXPECT_EQ(again.centre, sky.centre);
  EXPECT_TRUE(again.aligned);
  EXPECT_EQ(again.reference, sky.reference);
  EXPECT_EQ(again.frame_digest, sky.frame_digest);
  EXPECT_EQ(again.solutions, sky.solutions);
}

TEST(KnownSky, DamagedTextIsAnError) {
  for (const char* text : {"", "{}", "[1,2", "{\"centre_rad\": 3, \"aligned\": true}"})
    EXPECT_THROW(parse_known_sky(text), Error) << text;
}

}  // namespace
}  // namespace skyweft::workflows
