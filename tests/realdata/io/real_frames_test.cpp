// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/camera.hpp"
#include "io/catalog_file.hpp"
#include "io/fits.hpp"
#include "support/real_data.hpp"

namespace skyweft::io {
namespace {

TEST(MicroObservatoryFrame, IsUnderstoodDespiteLocalDate) {
  const auto path = support::real_data_dir() / "hatp32/HATP-32171220013343.FITS";
  SKYWEFT_NEEDS(path);
  CameraConfig config;
  config.type = "light";
  config.scale_arcsec_px = 5.164;
  // 2017-12-20T01:33:43.317 + 30 s; a double JD resolves 40 µs.
  const double expected_jd = 2458107.5 + (5623.317 + 30.0) / 86400.0;
  const FrameInfo zoned = understand(read_header(path), path.string(), "c", 0, config);
  config.start_keys = {"UT-OBS"};
  const FrameInfo info = understand(read_header(path), path.string(), "c", 0, config);
  EXPECT_NEAR(info.time_utc_mid_jd, expected_jd, 1e-9);
  EXPECT_EQ(info.id, (58107LL * 86400000 + 5653317) * 64);
  EXPECT_EQ(zoned.id, info.id);
  EXPECT_EQ(info.exposure_s, 60.0);
  EXPECT_EQ(info.nx, 650);
  EXPECT_NEAR(info.pointing->ra.deg(), 31.312099, 1e-9);
  EXPECT_NEAR(info.temperature_c, -2.15, 1e-9);
}

TEST(CompressedFrame, HasItsOwnAxes) {
  const auto path = support::real_data_dir() / "ngts/observeField_IMAGE80220150320023345.fits.fz";
  SKYWEFT_NEEDS(path);
  const RawImage image = read_image(path);
  EXPECT_EQ(image.adu.nx(), 2088);
  EXPECT_EQ(image.adu.ny(), 2048);
  const FrameInfo info = understand(image.header, "x", "c", 0, {});
  EXPECT_EQ(info.raw_nx, 2088);
  EXPECT_EQ(info.nx, 2048);  // TRIMSEC [21:2068,4:2048]
  EXPECT_EQ(info.ny, 2045);
  EXPECT_EQ(info.exposure_s, 10.0);
  EXPECT_EQ(info.type, FrameType::light);
}

TEST(ScaledFrame, HasPhysicalValues) {
  const auto path = support::real_data_dir() / "skycamz/z_e_20130610_210_1_1_1.fits";
  SKYWEFT_NEEDS(path);
  const RawImage image = read_image(path);
  const FrameInfo info = understand(image.header, "x", "c", 0, {});
  EXPECT_NEAR(*info.scale_arcsec_px, 3.5666776736, 1e-9);
  EXPECT_NEAR(info.pointing->ra.deg(), 256.1674625, 1e-6);
  EXPECT_NE(image.adu(10, 10), std::round(image.adu(10, 10)));  // BSCALE is no whole number
}

TEST(EveryRealFits, IsReadOrHasNoImage) {
  const auto data = support::real_data_dir();
  SKYWEFT_NEEDS(data);
  int n_read = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{data}) {
    std::string name = lower_case(entry.path().filename().string());
    for (const std::string_view packed : {".fz", ".gz"})
      if (name.ends_with(packed)) name.resize(name.size() - packed.size());
    if (!name.ends_with(".fits") && !name.ends_with(".fit")) continue;
    try {
      const RawImage image = read_image(entry.path());
      EXPECT_EQ(image.adu.nx(), image.header.integer("NAXIS1")) << entry.path();
      EXPECT_EQ(image.adu.ny(), image.header.integer("NAXIS2")) << entry.path();
      const auto n_good = std::ranges::count(image.mask.pixels(), MaskBits{0});
      EXPECT_GT(n_good, image.adu.size() / 2) << entry.path();
      ++n_read;
    } catch (const Error& e) {                         // tables are FITS too
      if (e.test() && e.test()->name == "checksum") {  // cropped by somebody who left it as it was
        EXPECT_NO_THROW((ImageReader{entry.path(), {}, kMaxPixels, Verify::no}));
        continue;
      }
      EXPECT_NE(e.text().find("holds no 2-D image"), std::string::npos) << e.what();
    }
  }
  EXPECT_GT(n_read, 100);
}

TEST(StarLists, OfAllKindsAreRead) {
  const auto data = support::real_data_dir();
  SKYWEFT_NEEDS(data / "catalogs");
  EXPECT_EQ(read_star_file(data / "hatp32/catalog_tycho2.csv").size(), 187);
  // 199217 rows, of which components of double stars share their HIP number: the brighter stays.
  EXPECT_EQ(read_star_file(data / "catalogs/tycho2_bright_allsky.fits.gz").size(), 198583);
  const StarCatalog refcat = read_star_file(data / "ey_uma/all_refcat2_ey_uma.ecsv");
  EXPECT_GT(refcat.size(), 50);
  EXPECT_GT(refcat.id.back(), 1LL << 40);
}

}  // namespace
}  // namespace skyweft::io
