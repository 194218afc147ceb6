// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/cosmic_rays.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "support/calib_cosmics.hpp"
#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

// Full medians, masked 5×5 medians for cleaning, and the contrast on S' N/F, which is at most half
// of L+/F (see cosmic_rays.hpp): 2.5 there is 5 here.
const std::string kScript = R"(
import sys, numpy as np, astroscrappy

rows = np.loadtxt(sys.argv[1], ndmin=2)
nx, ny = int(rows[0][0]), int(rows[0][1])
a = rows[1:, 0].reshape(ny, nx).astype('f4')
v = rows[1:, 1].reshape(ny, nx).astype('f4')
m, _ = astroscrappy.detect_cosmics(a, invar=v, sigclip=4.5, sigfrac=0.3, objlim=2.5, satlevel=1e9,
                                   niter=4, sepmed=False, cleantype='medmask')
for y, x in zip(*np.nonzero(m)): print('row', x, y)
)";

// What is the same: N, S, S', growth, rounds. What is not: the contrast of a pixel is S' N/F there,
// L+/F = 2 S N/F here, so that pixels with med5(S) > 0 may pass here alone and the marked pixels
// there are, but for the rounds that follow, among those here; the edge is treated in another way,
// so that 10 px of it are left out. Hits on the sky (most) have F far below L+/5 and are marked by
// both: differences come from the 5 % or so of pixels on or beside a star, or at the end of
// a hit that is cleaned a little differently. Wanted: 95 % of the union in common.
TEST(CosmicRays, AreThoseOfAstroscrappy) {
  if (std::system("/usr/bin/python3 -c 'import astroscrappy' > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "astroscrappy is absent (/usr/bin/python3)";
  for (const double fwhm_px : {2.5, 4.0}) {
    auto scene = support::cosmic_scene({.nx = 400,
                                        .ny = 380,
                                        .fwhm_px = fwhm_px,
                                        .n_star = 120,
                                        .n_hit = 150,
                                        .star_flux_e = 1e3,
                                        .seed = 31});
    Frame& f = scene.frame;
    std::vector<std::vector<double>> input{
        {static_cast<double>(f.nx()), static_cast<double>(f.ny())}};
    for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i)
      input.push_back({static_cast<double>(f.signal_e.pixels()[i]),
                       static_cast<double>(f.variance_e2.pixels()[i])});
    const auto theirs = support::rows_from_python(kScript, input);
    ASSERT_FALSE(theirs.empty());
    calib::mark_cosmic_rays(f, {}, fwhm_px, {.cosmics = true});
    Grid<char> seen(f.nx(), f.ny(), 0);
    for (const auto& row : theirs)
      seen(static_cast<std::int64_t>(row[0]), static_cast<std::int64_t>(row[1])) = 1;
    int both = 0, ours_alone = 0, theirs_alone = 0;
    for (std::int64_t y = 10; y < f.ny() - 10; ++y)
      for (std::int64_t x = 10; x < f.nx() - 10; ++x) {
        const bool ours = f.mask(x, y) != 0, its = seen(x, y) != 0;
        both += ours && its;
        ours_alone += ours && !its;
        theirs_alone += its && !ours;
      }
    EXPECT_GT(both, 400);
    EXPECT_GE(both, 0.95 * (both + ours_alone + theirs_alone))
        << fwhm_px << ": " << both << " both, " << ours_alone << " ours, " << theirs_alone;
    RecordProperty("both_ours_theirs_" + std::to_string(static_cast<int>(fwhm_px)),
                   fmt::format("{} {} {}", both, ours_alone, theirs_alone));
  }
}

}  // namespace
