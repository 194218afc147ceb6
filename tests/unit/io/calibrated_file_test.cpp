// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/calibrated_file.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "support/io_store.hpp"
#include "support/sky_python.hpp"

namespace skyweft::io {
namespace {

constexpr float kSigma = 12.0f;

/// Gaussian noise on a level of 1000 e, one pixel NaN and masked, one exactly zero.
Frame noisy_frame(std::int64_t nx, std::int64_t ny) {
  Frame frame{.signal_e = Grid<float>{nx, ny},
              .variance_e2 = Grid<float>{nx, ny, kSigma * kSigma},
              .mask = Mask{nx, ny}};
  std::mt19937 random{11};
  std::normal_distribution<float> noise{1000.0f, kSigma};
  for (float& v : frame.signal_e.pixels()) v = noise(random);
  frame.signal_e(3, 4) = std::numeric_limits<float>::quiet_NaN();
  frame.mask(3, 4) = mask::no_data | mask::user;
  frame.signal_e(5, 6) = 0.0f;
  frame.exposure_s = 30.0;
  frame.gain_e_per_adu = 1.6;
  frame.read_noise_e = 5.25;
  frame.time_utc_mid_jd = 2460000.75;
  return frame;
}

CalibratedOrigin origin() {
  CalibratedOrigin o;
  o.raw.add_integer("NAXIS1", 9999);
  o.raw.add_number("BZERO", 32768.0);
  o.raw.add_text("ZIMAGE", "T");
  o.raw.add_text("BIASSEC", "[1:2,3:4]");
  o.raw.add_text("OBJECT", "../../M 42\n\x1b[2J");
  o.raw.add_text("FILTER", "it's V");
  o.raw.add_text("OBSERVER", std::string(500, 'q'));
  o.raw.add({"RA", "10.25", "", false});
  o.raw.add({"DEC", "not a number", "", false});
  o.raw.add_text("TIMESYS", "LOCAL");
  o.raw_file = "/secret/place/raw\x07.fits";
  o.channel = "R";
  o.layout.x_start = 1;
  o.layout.x_step = o.layout.y_step = 2;
  o.date_obs = "2023-02-25T05:59:45.000";
  o.bias = {.name = "bias.fits", .digest = "0123456789abcdef0123456789abcdef"};
  o.software_version = "1.2.3";
  o.config_digest = "feed";
  o.history = {"overscan subtracted", "bias subtracted"};
  return o;
}

TEST(CalibratedFrame, ComesBackWithItsKeywords) {
  const support::ScratchFolder folder{"calibrated"};
  const Frame frame = noisy_frame(70, 50);
  for (const char* method : {"none", "rice", "gzip", "hcompress"}) {
    const auto path = folder / (std::string{method} + ".fits");
    write_calibrated(path, frame, origin(), {.method = method});
    const Grid<float> value = read_plane(path, "VALUE");
    for (std::int64_t i = 0; i < value.size(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      const float wanted = frame.signal_e.pixels()[at];
      ASSERT_TRUE(value.pixels()[at] == wanted || std::isnan(wanted)) << method << " " << i;
    }
    EXPECT_TRUE(std::isnan(value(3, 4))) << method;
    EXPECT_EQ(read_plane(path, "ERROR"), (Grid<float>{70, 50, kSigma})) << method;
    EXPECT_EQ(read_mask_plane(path, "MASK"), frame.mask) << method;
    const Header header = read_header(path);
    EXPECT_EQ(header.text("EXTNAME"), "VALUE");
    EXPECT_EQ(header.integer("NAXIS1"), 70);
    EXPECT_EQ(header.text("BUNIT"), "electron");
    EXPECT_EQ(header.text("OBJECT"), "../../M 42\\x0a\\x1b[2J");
    EXPECT_EQ(header.text("FILTER"), "it's V");
    EXPECT_EQ(header.text("OBSERVER"), std::string(68, 'q'));
    EXPECT_EQ(header.number("RA"), 10.25);
    EXPECT_EQ(header.text("DEC"), "not a number");
    EXPECT_EQ(header.text("TIMESYS"), "UTC");
    EXPECT_EQ(header.number("MJD-AVG"), 60000.25);
    EXPECT_EQ(header.number("RDNOISE"), 5.25);
    EXPECT_EQ(header.text("RAWFNAME"), "raw\\x07.fits");
    EXPECT_EQ(header.integer("CHNLXOFF"), 1);
    EXPECT_EQ(header.integer("CHNLYSTP"), 2);
    EXPECT_EQ(header.text("MBIASDIG"), "0123456789abcdef0123456789abcdef");
    EXPECT_FALSE(header.has("MDARK"));
    EXPECT_FALSE(header.has("BIASSEC"));
    EXPECT_FALSE(header.has("DATE"));
    const std::string bytes = read_text_file(path);
    EXPECT_NE(bytes.find("HISTORY overscan subtracted"), std::string::npos);
    EXPECT_EQ(bytes.find("secret"), std::string::npos);
    EXPECT_NE(bytes.find("MSKB15"), std::string::npos);
  }
}

TEST(CalibratedFrame, EqualContentGivesEqualBytes) {
  const support::ScratchFolder folder{"calibrated_bytes"};
  const Frame frame = noisy_frame(70, 50);
  for (const Packing& packing :
       {Packing{}, Packing{.method = "gzip"}, Packing{.method = "rice", .q = 16},
        Packing{.method = "hcompress", .q = 4}}) {
    write_calibrated(folder / "a.fits", frame, origin(), packing);
    ::usleep(1100000);  // a date, or a dither from the clock, would differ now
    write_calibrated(folder / "b.fits", frame, origin(), packing);
    EXPECT_EQ(read_text_file(folder / "a.fits"), read_text_file(folder / "b.fits"))
        << packing.method;
  }
}

TEST(PackedFrame, ErrorStaysBelowHalfAStep) {
  // A step is a tile's noise / q. The noise is estimated from one row of 500 pixels by the median
  // of third differences (Stoehr et al. 2007), good to about 1.5 / sqrt(500) = 7 %; the lowest of
  // three such estimates is taken. Five such errors above: 1.35 σ / q is the largest step.
  const support::ScratchFolder folder{"calibrated_lossy"};
  const Frame frame = noisy_frame(500, 60);
  for (const double q : {4.0, 16.0})
    for (const bool dither : {true, false}) {
      const auto path = folder / "q.fits";
      write_calibrated(path, frame, origin(), {.method = "rice", .q = q, .dither = dither});
      const Grid<float> value = read_plane(path, "VALUE");
      double worst = 0.0;
      double sum = 0.0;
      for (std::int64_t i = 0; i < value.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (std::isnan(frame.signal_e.pixels()[at])) continue;
        const double off = double{value.pixels()[at]} - double{frame.signal_e.pixels()[at]};
        worst = std::max(worst, std::abs(off));
        sum += off;
      }
      const double half_step = 0.5 * 1.35 * double{kSigma} / q;
      EXPECT_LE(worst, half_step) << q << dither;
      EXPECT_GT(worst, 0.0) << "nothing was rounded";
      // Rounding errors are uniform: the mean of 30000 has sigma half_step / sqrt(3 · 30000).
      EXPECT_LT(std::abs(sum / 30000.0), 5.0 * half_step / 300.0) << q << dither;
      EXPECT_TRUE(std::isnan(value(3, 4)));
      EXPECT_TRUE(!dither || value(5, 6) == 0.0f);
      EXPECT_EQ(read_mask_plane(path, "MASK"), frame.mask);
    }
}

TEST(PackedFrame, RefusesUnknownMethods) {
  const support::ScratchFolder folder{"calibrated_method"};
  const Frame frame = noisy_frame(10, 10);
  EXPECT_THROW(write_calibrated(folder / "x", frame, origin(), {.method = "zip"}), Error);
  EXPECT_THROW(write_calibrated(folder / "x", frame, origin(), {.method = "rice", .q = -1}), Error);
}

TEST(CalibratedFrame, IsReadByAstropy) {
  SKYWEFT_NEEDS_ASTROPY;
  const support::ScratchFolder folder{"calibrated_astropy"};
  const Frame frame = noisy_frame(70, 50);
  for (const char* method : {"none", "rice", "gzip", "hcompress"}) {
    const auto path = folder / "a.fits";
    write_calibrated(path, frame, origin(), {.method = method});
    // checksum=True warns when CHECKSUM or DATASUM is wrong; warnings are made errors.
    const auto rows = support::rows_from_python(
        fmt::format("path = '{}'\n"
                    "import warnings; warnings.simplefilter('error')\n"
                    "import numpy as np\n"
                    "from astropy.io import fits\n"
                    "f = fits.open(path, checksum=True)\n"
                    "v, e, m = f['VALUE'], f['ERROR'].data, f['MASK'].data\n"
                    "v.verify('exception')\n"
                    "print('row', v.data[9, 8], e[2, 1], m[4, 3], v.data.shape[1],\n"
                    "      v.header['MJD-AVG'], len(v.header['HISTORY']))\n",
                    path.string()),
        {});
    ASSERT_EQ(rows.size(), 1u) << method;
    // Python prints a float32 with as many digits as tell it apart.
    EXPECT_EQ(static_cast<float>(rows[0][0]), frame.signal_e(8, 9)) << method;
    EXPECT_EQ(rows[0][1], double{kSigma});
    EXPECT_EQ(rows[0][2], double{mask::no_data | mask::user});
    EXPECT_EQ(rows[0][3], 70.0);
    EXPECT_EQ(rows[0][4], 60000.25);
    EXPECT_EQ(rows[0][5], 2.0);
  }
}

TEST(CalibratedFrame, PassesFitsverify) {
  if (std::system("command -v fitsverify > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "fitsverify is absent";
  const support::ScratchFolder folder{"calibrated_verify"};
  for (const char* method : {"none", "rice", "gzip", "hcompress"}) {
    const auto path = folder / "a.fits";
    write_calibrated(path, noisy_frame(70, 50), origin(), {.method = method, .q = 8});
    EXPECT_EQ(std::system(("fitsverify -q '" + path.string() + "' > /dev/null").c_str()), 0)
        << method;
  }
}

TEST(CalibratedName, IsSafeAndTellsFilesApart) {
  EXPECT_EQ(calibrated_name("night1/frame-01.FITS.fz", "", false), "frame-01.fits");
  EXPECT_EQ(calibrated_name("frame-01.fit.gz", "R", true), "frame-01_R.fits.fz");
  EXPECT_EQ(calibrated_name("IMG_7.CR2", "G1", false), "IMG_7_G1.fits");
  EXPECT_EQ(calibrated_name("a.b.fits", "", false), "a.b.fits");
  const std::string one = calibrated_name("sky \xc3\xa9.fits", "../x", false);
  const std::string two = calibrated_name("sky \xc3\xa8.fits", "../x", false);
  EXPECT_NE(one, two);
  EXPECT_EQ(one.find('/'), std::string::npos);
  const std::string stem(70, 'n');
  EXPECT_NE(calibrated_name(stem + "1.fits", "", false),
            calibrated_name(stem + "2.fits", "", false));
  EXPECT_LT(calibrated_name(stem + "1.fits", stem, true).size(), 200u);
}

}  // namespace
}  // namespace skyweft::io
