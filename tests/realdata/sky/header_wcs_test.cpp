// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/header_wcs.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "io/files.hpp"
#include "io/fits.hpp"
#include "io/wcs_cards.hpp"
#include "sky/sip.hpp"
#include "sky/wcs.hpp"
#include "support/io_store.hpp"
#include "support/real_data.hpp"
#include "support/sky_python.hpp"

namespace {

using namespace skyweft;
namespace fs = std::filesystem;

// In: x, y, and the RA and Dec that we see there. Out: the pixel where astropy puts them by the
// file's own header.
constexpr const char* kScript = R"(
import sys, warnings
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
warnings.simplefilter('ignore')
rows = np.loadtxt(sys.argv[1], ndmin=2)
with fits.open('@FILE@') as f:
    image = next(h for h in f if h.header.get('CTYPE1'))
    w = WCS(image.header)
pix = w.all_world2pix(rows[:, 2], rows[:, 3], 0, tolerance=1e-5, maxiter=50)
for x, y in zip(*pix):
    print('row', '%.17g %.17g' % (x, y))
)";

std::string with_file(std::string script, const fs::path& file) {
  const std::string mark = "@FILE@";
  return script.replace(script.find(mark), mark.size(), file.string());
}

void compare(const fs::path& file) {
  SKYWEFT_NEEDS(file);
  SKYWEFT_NEEDS_ASTROPY;
  const io::Header header = io::read_header(file);
  const std::int64_t nx = header.integer("NAXIS1").value();
  const std::int64_t ny = header.integer("NAXIS2").value();
  double reached = 0.0;
  const auto wcs = sky::wcs_from_header(io::header_cards(file), nx, ny, &reached);
  ASSERT_TRUE(wcs.has_value());
  std::vector<std::vector<double>> rows;
  for (int j = 0; j <= 10; ++j)
    for (int i = 0; i <= 10; ++i) {
      const PixelPos p{static_cast<double>(nx) * i / 10 - 0.5,
                       static_cast<double>(ny) * j / 10 - 0.5};
      const SkyPos sky = sky::to_sky(*wcs, p);
      rows.push_back({p.x_px, p.y_px, sky.ra.deg(), sky.dec.deg()});
    }
  const auto pixels = support::rows_from_python(with_file(kScript, file), rows);
  ASSERT_EQ(pixels.size(), rows.size());
  double worst = 0.0;
  for (std::size_t k = 0; k < rows.size(); ++k)
    worst = std::max(worst, std::hypot(pixels[k][0] - rows[k][0], pixels[k][1] - rows[k][1]));
  EXPECT_LT(reached, 0.01);
  EXPECT_LT(worst, 0.01);  // what wcs_from_header promises; astropy's own inverse stops at 1e-5
  std::printf("%s: order %d, says %.2g px, astropy %.2g px\n", file.filename().c_str(), wcs->order,
              reached, worst);
}

const fs::path kNgts =
    support::real_data_dir() / "ngts/observeField_IMAGE80220150320023345.fits.fz";

TEST(WcsFromRealHeader, OfNgtsIsAstropys) {
  compare(kNgts);
}

TEST(WcsFromRealHeader, OfPanoptesAtThePoleIsAstropys) {
  compare(support::real_data_dir() / "panoptes/pole.fits");
}

TEST(WcsFromRealHeader, OfSkycamzIsAstropys) {
  compare(support::real_data_dir() / "skycamz/z_e_20130610_210_1_1_1.fits");
}

TEST(WcsFromRealHeader, OfAnUnsolvedFrameIsNone) {
  int n = 0;
  for (const char* name : {"panoptes/unsolved.fits", "panoptes/noheader.fits",
                           "hd189733/light/CCD Image 119.fit.fz"}) {
    const fs::path file = support::real_data_dir() / name;
    if (!fs::exists(file)) continue;
    EXPECT_FALSE(sky::wcs_from_header(io::header_cards(file), 100, 100, nullptr)) << name;
    ++n;
  }
  if (n == 0) GTEST_SKIP() << "real data absent (set SKYWEFT_DATA)";
}

// Says "row 1" when copy and raw file differ in the WCS of the image alone, data bytes included.
constexpr const char* kSameScript = R"(
import sys
from astropy.io import fits
from astropy.io.fits.verify import VerifyError
import warnings
warnings.simplefilter('ignore')
ours = ('CTYPE', 'CUNIT', 'CRVAL', 'CRPIX', 'CD1_', 'CD2_', 'A_', 'B_', 'AP_', 'BP_', 'WCSAXES', 'LONPOLE',
        'RADESYS', 'SIPERR', 'SIPINERR', 'CHECKSUM', 'DATASUM')
with fits.open('@FILE@', disable_image_compression=True) as a, \
        fits.open('@FILE@.copy', disable_image_compression=True) as b:
    same = len(a) == len(b)
    for x, y in zip(a, b):
        keep = [[c.image for c in h.header.cards if not c.keyword.startswith(ours)
                 and not c.image.startswith('COMMENT skyweft: ')] for h in (x, y)]
        same = same and keep[0] == keep[1]
        same = same and x.fileinfo()['datSpan'] == y.fileinfo()['datSpan']
        for h, name in ((x, '@FILE@'), (y, '@FILE@.copy')):
            with open(name, 'rb') as f:
                f.seek(h.fileinfo()['datLoc'])
                h.raw_bytes = f.read(h.fileinfo()['datSpan'])
        same = same and x.raw_bytes == y.raw_bytes
with fits.open('@FILE@.copy', checksum=True) as b:
    image = next(h for h in b if h.header.get('CTYPE1'))
    print('row', int(same), float(image.data.astype(float).sum()), image.header['CRPIX1'])
)";

TEST(WcsCopyOfRealFile, ChangesTheHeaderOfAPackedFrameAlone) {
  SKYWEFT_NEEDS(kNgts);
  SKYWEFT_NEEDS_ASTROPY;
  const support::ScratchFolder folder{"wcs_copy_real"};
  const fs::path raw = folder / "raw.fits.fz";
  fs::copy_file(kNgts, raw);
  const auto wcs = sky::wcs_from_header(io::header_cards(raw), 2088, 2048, nullptr);
  ASSERT_TRUE(wcs.has_value());
  // As if frame pixel (0, 0) were raw pixel (20, 3).
  const TanSip sip =
      sky::in_file_pixels(sky::fit_tan_sip(*wcs, 2048, 2045), {.x_start = 20.0, .y_start = 3.0});
  io::write_wcs_copy(raw, {}, raw.string() + ".copy", sip);
  std::string script = kSameScript;
  for (int i = 0; i < 5; ++i) script = with_file(script, raw);
  const auto rows = support::rows_from_python(script, {{0.0}});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0][0], 1.0);
  EXPECT_EQ(rows[0][2], 1023.5 + 20.0 + 1.0);
  const io::RawImage image = io::read_image(raw);
  double sum = 0.0;
  for (const float v : image.adu.pixels()) sum += v;
  EXPECT_EQ(rows[0][1], sum);  // whole numbers below 2^53: exact
}

}  // namespace
