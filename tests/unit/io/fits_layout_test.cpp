// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "support/io_fits_bytes.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::fits_card;
using support::fits_hdu;

/// n numbers from `first` on.
std::string counted(int first, int n) {
  std::vector<int> values(static_cast<std::size_t>(n));
  std::iota(values.begin(), values.end(), first);
  return support::big_endian_16(values);
}

void expect_refused(const std::filesystem::path& path, const RawLayout& layout,
                    std::string_view test, std::string_view word) {
  try {
    read_image(path, layout);
    ADD_FAILURE() << "accepted; wanted " << test;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    EXPECT_EQ(e.test() ? e.test()->name : "", test) << e.what();
    EXPECT_NE(e.text().find(word), std::string::npos) << e.text();
  }
}

class FitsRawLayout : public testing::Test {
 protected:
  FitsRawLayout() : folder_("fits_layout"), path_(folder_ / "many.fits") {
    // An empty primary, A of 4 x 2 from 100 on, B of 3 x 2 from 200 on, a cube of 2 x 2 x 3 from 0.
    const auto name = [](const std::string& text) { return fits_card("EXTNAME", text); };
    write_text_file(
        path_, fits_hdu(true, 8, {}, "", fits_card("OBSERVER", "'Ann'") + fits_card("GAIN", "1")) +
                   fits_hdu(false, 16, {4, 2}, counted(100, 8),
                            name("'A'") + fits_card("GAIN", "2") + fits_card("BZERO", "0.5")) +
                   fits_hdu(false, 16, {3, 2}, counted(200, 6), name("'sci,2'")) +
                   fits_hdu(false, 16, {2, 2, 3}, counted(0, 12), name("'CUBE'")) +
                   fits_hdu(false, 16, {2, 1, 1, 2}, counted(0, 4), name("'DEEP'")));
  }
  support::ScratchFolder folder_;
  std::filesystem::path path_;
};

TEST_F(FitsRawLayout, DefaultIsTheFirstImage) {
  const RawImage image = read_image(path_);
  ASSERT_EQ(image.adu.nx(), 4);
  ASSERT_EQ(image.adu.ny(), 2);
  EXPECT_EQ(image.adu(3, 1), 107.5f);
  EXPECT_EQ(image.header.integer("GAIN"), 2);
  EXPECT_EQ(image.header.text("OBSERVER"), "Ann");
}

TEST_F(FitsRawLayout, NamedImagesAreStackedAndTheRestIsNoData) {
  const RawImage image = read_image(path_, {.hdus = {"SCI,2", "1"}});
  ASSERT_EQ(image.adu.nx(), 4);
  ASSERT_EQ(image.adu.ny(), 4);
  EXPECT_EQ(image.adu(2, 1), 205.0f);
  EXPECT_EQ(image.adu(3, 0), 0.0f);
  EXPECT_EQ(image.mask(3, 0), mask::no_data);
  EXPECT_EQ(image.mask(3, 1), mask::no_data);
  EXPECT_EQ(image.mask(2, 1), 0);
  EXPECT_EQ(image.adu(0, 2), 100.5f);
  EXPECT_EQ(image.adu(3, 3), 107.5f);
  EXPECT_FALSE(image.header.integer("GAIN") == 2);  // SCI,2 has none of its own
}

TEST_F(FitsRawLayout, ChannelIsTakenAfterStacking) {
  RawLayout layout{.hdus = {"A", "sci,2"}};
  layout.x_start = 1;
  layout.x_step = 2;
  layout.y_start = 1;
  layout.y_step = 2;
  const RawImage image = read_image(path_, layout);
  ASSERT_EQ(image.adu.nx(), 2);  // columns 1 and 3
  ASSERT_EQ(image.adu.ny(), 2);  // rows 1 (A) and 3 (sci,2)
  EXPECT_EQ(image.adu(0, 0), 105.5f);
  EXPECT_EQ(image.adu(1, 0), 107.5f);
  EXPECT_EQ(image.adu(0, 1), 204.0f);
  EXPECT_EQ(image.mask(1, 1), mask::no_data);
  layout.x_start = 4;
  expect_refused(path_, layout, "channel", "4");
  layout.x_start = 0;
  layout.y_step = 0;
  expect_refused(path_, layout, "channel", "step 0");
}

TEST_F(FitsRawLayout, PlaneOfACube) {
  const RawLayout layout{.hdus = {"CUBE"}, .plane = 2};
  const RawImage image = read_image(path_, layout);
  ASSERT_EQ(image.adu.size(), 4);
  EXPECT_EQ(image.adu(0, 0), 8.0f);
  EXPECT_EQ(image.adu(1, 1), 11.0f);
  EXPECT_EQ(image.header.integer("NAXIS3"), 3);
  expect_refused(path_, {.hdus = {"CUBE"}, .plane = 3}, "plane", "3 planes");
  expect_refused(path_, {.hdus = {"A"}, .plane = 1}, "plane", "1 planes");
  expect_refused(path_, {.hdus = {"DEEP"}}, "n_axes", "4 axes");
}

TEST_F(FitsRawLayout, MissingHduListsWhatThereIs) {
  expect_refused(path_, {.hdus = {"B"}}, "n_images", "HDU 2 (sci,2)");
  expect_refused(path_, {.hdus = {"0"}}, "n_images", "HDU 1 (A)");  // the primary has no image
  expect_refused(path_, {.hdus = {"17"}}, "n_images", "17");
}

TEST_F(FitsRawLayout, HeadersOfNamedAndAllImages) {
  EXPECT_EQ(read_headers(path_, {}).size(), 1u);
  const std::vector<std::string> two{"cube", "A"};
  const auto named = read_headers(path_, two);
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].text("EXTNAME"), "CUBE");
  EXPECT_EQ(named[0].integer("GAIN"), 1);  // the primary's
  EXPECT_EQ(named[1].integer("GAIN"), 2);
  const std::vector<std::string> all{"*"};
  const auto every = read_headers(path_, all);
  ASSERT_EQ(every.size(), 3u);  // not DEEP
  EXPECT_EQ(every[1].integer("NAXIS1"), 3);
}

TEST_F(FitsRawLayout, StripsOfAnyHeightEqualTheWhole) {
  RawLayout layout{.hdus = {"A", "sci,2", "A"}};
  for (const std::int64_t step : {1, 2, 3}) {
    layout.y_step = step;
    layout.x_step = step;
    const RawImage whole = read_image(path_, layout);
    const ImageReader reader{path_, layout, kMaxPixels, Verify::no};
    for (std::int64_t n = 1; n <= reader.ny(); ++n) {
      std::vector<float> rows(static_cast<std::size_t>(n * reader.nx()));
      for (std::int64_t first = 0; first + n <= reader.ny(); ++first) {
        reader.read_rows(first, n, rows);
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const auto at = static_cast<std::size_t>(first * reader.nx()) + i;
          if (whole.mask.pixels()[at] == 0)
            EXPECT_EQ(rows[i], whole.adu.pixels()[at]);
          else
            EXPECT_TRUE(std::isnan(rows[i]));
        }
      }
    }
  }
}

TEST_F(FitsRawLayout, PixelCapCountsTheWholeMosaic) {
  EXPECT_NO_THROW(read_image(path_, {.hdus = {"A", "A"}}, 16));
  EXPECT_THROW(read_image(path_, {.hdus = {"A", "A"}}, 15), Error);
}

TEST_F(FitsRawLayout, VerifyNoSkipsTheChecksum) {
  const Grid<std::uint16_t> raw{10, 10, 7};
  const auto path = folder_ / "sum.fits";
  write_image(path, {{"RAW", &raw, ""}});
  std::string text = read_text_file(path);
  text[2880 + 2880 * (text.size() / 2880 - 2) + 1] ^= 1;
  write_text_file(path, text);
  expect_refused(path, {}, "checksum", "damaged");
  EXPECT_NO_THROW((ImageReader{path, {}, kMaxPixels, Verify::no}));
}

}  // namespace
}  // namespace skyweft::io
