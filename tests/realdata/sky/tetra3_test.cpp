// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Four frames of 11.4 x 8.6 degrees of which nothing is known, solved blind with Tycho-2 and then
// judged by a catalogue fit that knows nothing of the index.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "detect/background.hpp"
#include "detect/detect.hpp"
#include "io/catalog_file.hpp"
#include "sky/blind.hpp"
#include "sky/catalog.hpp"
#include "sky/refine.hpp"
#include "sky/sky_index.hpp"
#include "sky/wcs.hpp"
#include "support/real_data.hpp"
#include "support/tiff16.hpp"

namespace {

using namespace skyweft;

SourceList sources_of(const Grid<float>& adu) {
  Frame frame;
  frame.signal_e = adu;
  frame.variance_e2 = Grid<float>(adu.nx(), adu.ny(), 1.0f);
  frame.mask = Mask(adu.nx(), adu.ny(), 0);
  return detect::detect_sources(frame, detect::estimate_background(frame)).sources;
}

TEST(SolveBlind, SolvesFourWideFieldsWithTycho) {
  const auto folder = support::real_data_dir();
  SKYWEFT_NEEDS(folder / "tetra3");
  SKYWEFT_NEEDS(folder / "catalogs");
  const StarCatalog stars =
      io::read_star_file(folder / "catalogs" / "tycho2_bright_allsky.fits.gz");
  const sky::SkyIndexRecipe recipe{.low_deg = 5.0, .high_deg = 25.0};
  std::vector<sky::SkyIndexBand> bands;
  SkyIndex index{.low_deg = 5.0, .high_deg = 25.0, .catalog_digest = "", .bands = {}};
  for (const double low : sky::index_bands_rad(recipe))
    bands.push_back(sky::make_index_band(stars, low, recipe));
  for (const auto& band : bands) index.bands.push_back(band.view());

  int n_frame = 0;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder / "tetra3"})
    if (entry.path().extension() == ".tiff") files.push_back(entry.path());
  std::ranges::sort(files);
  for (const auto& file : files) {
    const Grid<float> adu = support::read_tiff16(file);
    const SourceList sources = sources_of(adu);
    sky::BlindAttempts tried;
    const auto match =
        sky::solve_blind(sources, adu.nx(), adu.ny(), index, {}, sky::BlindConfig{}, &tried);
    ASSERT_TRUE(match.has_value()) << file << ": best ln odds " << tried.best_log_odds;
    ++n_frame;
    const PixelPos middle{0.5 * static_cast<double>(adu.nx() - 1),
                          0.5 * static_cast<double>(adu.ny() - 1)};
    const SkyPos centre = sky::to_sky(match->rough, middle);
    const StarCatalog near = sky::stars_in_cone(stars, centre, Angle::from_deg(8.0), 9.5f, 4000);
    const sky::Solution fine = sky::refine(match->rough, sources, adu.nx(), adu.ny(), near,
                                           sky::bright_first(near), sky::SolveConfig{});
    std::printf(
        "%s: RA %.3f Dec %.3f, %.2f arcsec/px, mirrored %d; %ld quads, %ld hits, %ld checked, ln "
        "odds %.0f, order %d; refined %ld of %ld sources, rms %.3f px\n",
        file.filename().c_str(), centre.ra.deg(), centre.dec.deg(),
        sky::scale_arcsec_px(fine.wcs, middle), sky::is_mirrored(fine.wcs),
        static_cast<long>(tried.n_quad), static_cast<long>(tried.n_hit),
        static_cast<long>(tried.n_checked), match->log_odds, match->rough.order,
        static_cast<long>(fine.n_matched), static_cast<long>(sources.size()), fine.rms_px);
    // 11.4 deg on 1024 pixels is 40.1 arcsec/px; the set is of one camera.
    EXPECT_NEAR(sky::scale_arcsec_px(fine.wcs, middle), 40.1, 0.4);
    // The frames are no deeper than the catalogue: a right solution has a star for nearly every
    // detection, a wrong one of 0.01 stars per square match radius for hardly any.
    EXPECT_GE(static_cast<double>(fine.n_matched), 0.9 * static_cast<double>(sources.size()));
    // Undersampled stars of 16-bit frames: half a pixel is the gate of every frame.
    EXPECT_LT(fine.rms_px, 0.5);
  }
  EXPECT_EQ(n_frame, 4);
}

}  // namespace
