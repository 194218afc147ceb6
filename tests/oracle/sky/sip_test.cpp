// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sip.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <wcslib/wcslib.h>

#include "io/wcs_cards.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"
#include "support/io_store.hpp"
#include "support/sky_python.hpp"
#include "support/sky_wcs.hpp"

namespace {

using namespace skyweft;

// 1e-3 px is what the fit promises (its own worst error is below that); the readers add rounding.
constexpr double kForward_px = 1e-3;
constexpr double kRoundTrip_px = 0.02;
constexpr int kSide = 9;

// One header per lens in FOLDER/N.head; rows of lens, x, y and our RA, Dec there. Out: the RA and
// Dec that astropy sees at the pixel, the pixel where it puts our RA and Dec, and that pixel by AP
// and BP alone.
constexpr const char* kScript = R"(
import sys, warnings
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
warnings.simplefilter('error')
rows = np.loadtxt(sys.argv[1], ndmin=2)
for lens in np.unique(rows[:, 0]):
    with open('@FOLDER@/%d.head' % lens) as f:
        header = fits.Header.fromstring(f.read(), sep='\n')
    w = WCS(header)
    r = rows[rows[:, 0] == lens]
    sky = w.all_pix2world(r[:, 1], r[:, 2], 0)
    pix = w.all_world2pix(r[:, 3], r[:, 4], 0, tolerance=1e-6, maxiter=50)
    f, g = np.array(w.wcs_world2pix(r[:, 3], r[:, 4], 0)) + 1 - w.wcs.crpix[:, None]
    quick = [f, g]
    if w.sip is not None:
        n = w.sip.ap_order + 1
        for axis, c in enumerate((w.sip.ap, w.sip.bp)):
            quick[axis] = quick[axis] + sum(c[p, q] * f**p * g**q for p in range(n) for q in range(n - p))
    quick = np.array(quick) - 1 + w.wcs.crpix[:, None]
    for i in range(len(r)):
        print('row', *('%.17g' % v for v in (sky[0][i], sky[1][i], pix[0][i], pix[1][i],
                                             quick[0][i], quick[1][i])))
)";

std::string script_for(const std::filesystem::path& folder) {
  std::string script = kScript;
  const std::string mark = "@FOLDER@";
  return script.replace(script.find(mark), mark.size(), folder.string());
}

TEST(TanSipCards, AreReadByAstropyAsMeant) {
  SKYWEFT_NEEDS_ASTROPY;
  const support::ScratchFolder folder{"sip_oracle"};
  const auto lenses = support::many_lenses();
  std::vector<std::vector<double>> input;
  std::vector<std::pair<std::size_t, PixelPos>> asked;
  for (std::size_t i = 0; i < lenses.size(); ++i) {
    const Wcs wcs = support::wcs_of(lenses[i]);
    std::ofstream{folder / (std::to_string(i) + ".head")}
        << io::wcs_text(sky::fit_tan_sip(wcs, lenses[i].nx, lenses[i].ny));
    for (const PixelPos& p : support::pixels_of(lenses[i], kSide)) {
      const SkyPos truth = sky::to_sky(wcs, p);
      input.push_back({static_cast<double>(i), p.x_px, p.y_px, truth.ra.deg(), truth.dec.deg()});
      asked.emplace_back(i, p);
    }
  }
  const auto rows = support::rows_from_python(script_for(folder.path()), input);
  ASSERT_EQ(rows.size(), asked.size());
  double worst_sky = 0.0;
  double worst_pixel = 0.0;
  double worst_quick = 0.0;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto& [i, p] = asked[k];
    const PixelPos seen =
        sky::to_pixel(support::wcs_of(lenses[i]), support::at_deg(rows[k][0], rows[k][1]));
    const double sky_px = std::hypot(seen.x_px - p.x_px, seen.y_px - p.y_px);
    const double pixel_px = std::hypot(rows[k][2] - p.x_px, rows[k][3] - p.y_px);
    const double quick_px = std::hypot(rows[k][4] - p.x_px, rows[k][5] - p.y_px);
    EXPECT_LT(sky_px, kForward_px) << i;
    EXPECT_LT(pixel_px, kForward_px) << i;
    EXPECT_LT(quick_px, kRoundTrip_px) << i;
    worst_sky = std::max(worst_sky, sky_px);
    worst_pixel = std::max(worst_pixel, pixel_px);
    worst_quick = std::max(worst_quick, quick_px);
  }
  std::printf("astropy: pixel to sky %.2g px, sky to pixel %.2g px, by AP and BP %.2g px\n",
              worst_sky, worst_pixel, worst_quick);
}

TEST(TanSipCards, AreReadByWcslibAsMeant) {
  double worst = 0.0;
  for (const support::Lens& lens : support::many_lenses()) {
    const Wcs wcs = support::wcs_of(lens);
    std::string cards = support::joined(io::wcs_text(sky::fit_tan_sip(wcs, lens.nx, lens.ny)));
    wcsprm* all = nullptr;
    int n = 0;
    int n_rejected = 0;
    ASSERT_EQ(wcspih(cards.data(), static_cast<int>(cards.size() / 80), WCSHDR_reject, 0,
                     &n_rejected, &n, &all),
              0);
    ASSERT_EQ(n, 1);
    EXPECT_EQ(n_rejected, 0);
    ASSERT_EQ(wcsset(all), 0);
    for (const PixelPos& p : support::pixels_of(lens, kSide)) {
      const double pixel[2] = {p.x_px + 1.0, p.y_px + 1.0};
      double plane[2], phi, theta, world[2], back[2];
      int stat[2] = {0, 0};
      ASSERT_EQ(wcsp2s(all, 1, 2, pixel, plane, &phi, &theta, world, stat), 0);
      const PixelPos seen = sky::to_pixel(wcs, support::at_deg(world[0], world[1]));
      const double forward = std::hypot(seen.x_px - p.x_px, seen.y_px - p.y_px);
      EXPECT_LT(forward, kForward_px);
      const SkyPos truth = sky::to_sky(wcs, p);
      const double star[2] = {truth.ra.deg(), truth.dec.deg()};
      ASSERT_EQ(wcss2p(all, 1, 2, star, &phi, &theta, plane, back, stat), 0);
      const double inverse = std::hypot(back[0] - pixel[0], back[1] - pixel[1]);
      EXPECT_LT(inverse, kForward_px);
      worst = std::max({worst, forward, inverse});
    }
    wcsvfree(&n, &all);
  }
  std::printf("wcslib: worst %.2g px\n", worst);
}

TEST(TangentPlane, AgreesWithWcslibDirectly) {
  // The projection alone: a header whose pixels are degrees about the centre.
  double worst_deg = 0.0;
  for (const double dec : {-90.0, -89.99, -45.0, 0.0, 30.0, 89.99, 90.0})
    for (const double ra : {0.0, 123.0, 359.999}) {
      wcsprm wcs{};
      wcs.flag = -1;
      ASSERT_EQ(wcsini(1, 2, &wcs), 0);
      std::snprintf(wcs.ctype[0], 72, "RA---TAN");
      std::snprintf(wcs.ctype[1], 72, "DEC--TAN");
      wcs.crval[0] = ra;
      wcs.crval[1] = dec;
      wcs.lonpole = 180.0;
      ASSERT_EQ(wcsset(&wcs), 0);
      const sky::TangentPlane about{support::at_deg(ra, dec)};
      for (double xi = -30.0; xi <= 30.0; xi += 7.5)
        for (double eta = -30.0; eta <= 30.0; eta += 7.5) {
          const double pixel[2] = {xi, eta};  // CRPIX 0, CDELT 1
          double plane[2], phi, theta, world[2];
          int stat[2] = {0, 0};
          ASSERT_EQ(wcsp2s(&wcs, 1, 2, pixel, plane, &phi, &theta, world, stat), 0);
          const double off =
              sky::separation(about.deproject({xi, eta}), support::at_deg(world[0], world[1]))
                  .deg();
          // Trigonometry of angles up to 360°: some 1e-14 rad in wcslib, stretched near a pole by
          // acos of numbers near one; 1e-11 deg = 0.04 microarcsec.
          EXPECT_LT(off, 1e-11) << ra << ' ' << dec << ' ' << xi << ' ' << eta;
          worst_deg = std::max(worst_deg, off);
        }
      wcsfree(&wcs);
    }
  std::printf("worst %.2g deg\n", worst_deg);
}

}  // namespace
