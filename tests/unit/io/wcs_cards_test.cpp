// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/wcs_cards.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "data/frame.hpp"
#include "io/calibrated_file.hpp"
#include "io/files.hpp"
#include "io/fits.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

/// Order 2, all numbers different and none of them short.
TanSip example() {
  TanSip sip;
  sip.centre = {Angle::from_deg(1.0 / 3.0), Angle::from_deg(-70.0 / 3.0)};
  sip.reference = {511.5, 255.5};
  sip.cd = {-1e-3 / 3.0, 2e-5 / 7.0, 3e-5 / 7.0, 1e-3 / 2.9};
  sip.order = 2;
  sip.inverse_order = 1;
  sip.a = {0.0, 0.0, 0.0, 1e-6 / 3.0, -2e-6 / 3.0, 4e-6 / 3.0};
  sip.b = {0.0, 0.0, 0.0, 5e-6 / 3.0, 7e-6 / 3.0, -8e-6 / 3.0};
  sip.ap = {0.1 / 3.0, -1e-4 / 3.0, 2e-4 / 3.0};
  sip.bp = {-0.2 / 3.0, 3e-4 / 3.0, -4e-4 / 3.0};
  sip.forward_error_px = 4e-4;
  sip.round_trip_error_px = 0.0123;
  return sip;
}

/// Pixels with a header that has been given coordinates before, in three different ways.
void write_raw(const std::filesystem::path& path, const Packing& packing = {}) {
  Grid<float> value{40, 30, 1.5f};
  for (std::int64_t i = 0; i < value.size(); ++i)
    value.pixels()[static_cast<std::size_t>(i)] = static_cast<float>(i % 17);
  Mask mask{40, 30};
  mask(3, 4) = mask::hot;
  Header cards;
  cards.add_text("OBJECT", "M 42");
  cards.add_text("CTYPE1", "RA---TPV");
  cards.add_text("CTYPE2", "DEC--TPV");
  cards.add_number("CRVAL1", 99.0);
  cards.add_number("CDELT1", -0.5);
  cards.add_number("CROTA2", 12.0);
  cards.add_number("PC1_2", 0.1);
  cards.add_number("PV1_4", 0.01);
  cards.add_integer("A_ORDER", 3);
  cards.add_number("A_0_3", 1e-9);
  cards.add_number("AP_1_0", 1e-9);
  cards.add_text("WAT1_001", "wtype=tnx");
  cards.add_number("EQUINOX", 1950.0);
  cards.add_text("CTYPE1A", "PIXEL");
  cards.add_number("PCOUNTER", 7.0);
  cards.add_number("EXPTIME", 30.0);
  cards.add({"COMMENT", "CD1_1 is mentioned here only", {}, false});
  write_image(path, {{"VALUE", &value, "adu"}, {"MASK", &mask, ""}}, cards, packing);
}

std::vector<std::string> lines_of(const std::string& cards) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < cards.size(); at += 80) out.push_back(cards.substr(at, 80));
  return out;
}

bool is_new_or_sum(const std::string& line) {
  const std::string key = line.substr(0, line.find_first_of(" ="));
  return is_wcs_key(key) || key == "CHECKSUM" || key == "DATASUM" ||
         line.starts_with("COMMENT skyweft: ");
}

std::vector<std::string> without_wcs(const std::filesystem::path& path) {
  std::vector<std::string> lines = lines_of(header_cards(path));
  std::erase_if(lines, is_new_or_sum);
  return lines;
}

TEST(WcsKey, IsToldFromOthers) {
  for (const char* key :
       {"CTYPE1",   "CTYPE2",  "CRVAL1",   "CRPIX2",  "CDELT1",   "CROTA2",   "CUNIT1",  "CD1_1",
        "CD2_2",    "PC1_2",   "PV1_0",    "PV2_39",  "PS1_0",    "A_ORDER",  "B_ORDER", "AP_ORDER",
        "BP_ORDER", "A_2_0",   "B_0_9",    "AP_1_0",  "BP_3_2",   "A_DMAX",   "WCSAXES", "LONPOLE",
        "LATPOLE",  "RADESYS", "RADECSYS", "EQUINOX", "WAT0_001", "WAT2_003", "CPDIS1",  "DQ2"})
    EXPECT_TRUE(is_wcs_key(key)) << key;
  for (const char* key :
       {"",       "CTYPE", "CTYPE1A",  "CD", "CD1_",   "CD1_1A", "CDS",     "PCOUNT",
        "PVALUE", "A_",    "A_1",      "AP", "B_VIEW", "RA",     "DEC",     "EPOCH",
        "NAXIS1", "DPI",   "CCD-TEMP", "PC", "TCTYP2", "LTV1",   "WCSAXESA"})
    EXPECT_FALSE(is_wcs_key(key)) << key;
}

TEST(WcsCards, SayTheSolutionBitForBit) {
  const TanSip sip = example();
  const Header cards = wcs_cards(sip);
  EXPECT_EQ(cards.text("CTYPE1"), "RA---TAN-SIP");
  EXPECT_EQ(cards.text("CTYPE2"), "DEC--TAN-SIP");
  EXPECT_EQ(cards.text("RADESYS"), "ICRS");
  EXPECT_EQ(cards.number("LONPOLE"), 180.0);
  EXPECT_EQ(cards.number("CRPIX1"), 512.5);  // files count from 1
  EXPECT_EQ(cards.number("CRPIX2"), 256.5);
  EXPECT_EQ(cards.number("CRVAL1"), sip.centre.ra.deg());
  EXPECT_EQ(cards.number("CRVAL2"), sip.centre.dec.deg());
  EXPECT_EQ(cards.number("CD1_1"), sip.cd[0]);
  EXPECT_EQ(cards.number("CD1_2"), sip.cd[1]);
  EXPECT_EQ(cards.number("CD2_1"), sip.cd[2]);
  EXPECT_EQ(cards.number("CD2_2"), sip.cd[3]);
  EXPECT_EQ(cards.integer("A_ORDER"), 2);
  EXPECT_EQ(cards.integer("AP_ORDER"), 1);
  EXPECT_EQ(cards.number("A_2_0"), sip.a[3]);
  EXPECT_EQ(cards.number("A_1_1"), sip.a[4]);
  EXPECT_EQ(cards.number("B_0_2"), sip.b[5]);
  EXPECT_EQ(cards.number("AP_0_0"), sip.ap[0]);
  EXPECT_EQ(cards.number("BP_0_1"), sip.bp[2]);
  EXPECT_EQ(cards.number("SIPERR"), 4e-4);
  EXPECT_EQ(cards.number("SIPINERR"), 0.0123);
  for (const char* key : {"A_0_0", "A_1_0", "A_0_1", "PV1_1", "PC1_1", "CDELT1", "EQUINOX"})
    EXPECT_FALSE(cards.has(key)) << key;
  EXPECT_THROW(wcs_cards(TanSip{}), Error);
}

TEST(WcsCards, WithoutDistortionAreTan) {
  TanSip sip = example();
  sip.order = 1;
  sip.inverse_order = 0;
  sip.a.clear();
  const Header cards = wcs_cards(sip);
  EXPECT_EQ(cards.text("CTYPE1"), "RA---TAN");
  for (const HeaderCard& card : cards.cards()) EXPECT_FALSE(card.key.starts_with("A_")) << card.key;
}

TEST(WcsCards, SpeakOfTheColourThatIsLeftOut) {
  TanSip sip = example();
  sip.left_out_px_per_mag = {0.02, -0.01};
  sip.colour_zero = 0.8;
  const std::string text = wcs_text(sip);
  EXPECT_NE(text.find("(0.0200, -0.0100) pixel per magnitude"), std::string::npos);
  EXPECT_EQ(wcs_text(example()).find("colour"), std::string::npos);
}

TEST(WcsText, IsLinesOfEightyWithEndLast) {
  const std::string text = wcs_text(example());
  ASSERT_EQ(text.size() % 81, 0u);
  std::string last;
  for (std::size_t at = 0; at < text.size(); at += 81) {
    ASSERT_EQ(text[at + 80], '\n');
    last = text.substr(at, 80);
    EXPECT_EQ(last.find('\n'), std::string::npos);
  }
  EXPECT_EQ(last, "END" + std::string(77, ' '));
  EXPECT_NE(text.find("CRPIX1  =                512.5 / "), std::string::npos);
}

TEST(WcsFile, IsAHeaderAlone) {
  const support::ScratchFolder folder{"wcs_file"};
  write_wcs_file(folder / "a.wcs", example(), 1024, 512);
  const std::string bytes = read_text_file(folder / "a.wcs");
  ASSERT_GT(bytes.size(), 0u);
  EXPECT_EQ(bytes.size() % 2880, 0u);
  for (const char* card : {"NAXIS   =                    0", "IMAGEW  =                 1024",
                           "IMAGEH  =                  512", "CTYPE1  = 'RA---TAN-SIP'"})
    EXPECT_NE(bytes.find(card), std::string::npos) << card;
  write_wcs_file(folder / "b.wcs", example(), 1024, 512);
  EXPECT_EQ(read_text_file(folder / "b.wcs"), bytes);
}

TEST(WcsCopy, ReplacesTheOldCoordinatesAndNothingElse) {
  const support::ScratchFolder folder{"wcs_copy"};
  for (const char* method : {"none", "rice", "gzip"}) {
    const auto raw = folder / (std::string{method} + ".fits");
    const auto copy = folder / (std::string{method} + "-copy.fits");
    write_raw(raw, {.method = method});
    write_wcs_copy(raw, {}, copy, example());
    const Header header = read_header(copy);
    const Header expected = wcs_cards(example());
    for (const HeaderCard& card : expected.cards())
      if (card.key != "COMMENT") {
        EXPECT_EQ(header.text(card.key), card.value) << card.key;
      }
    for (const char* gone : {"CDELT1", "CROTA2", "PC1_2", "PV1_4", "A_0_3", "WAT1_001", "EQUINOX"})
      EXPECT_FALSE(header.has(gone)) << gone;
    EXPECT_EQ(header.text("CTYPE1A"), "PIXEL");
    EXPECT_EQ(without_wcs(copy), without_wcs(raw)) << method;
    // Both verify their checksums while they read.
    EXPECT_EQ(read_plane(copy, "VALUE"), read_plane(raw, "VALUE"));
    EXPECT_EQ(read_image(copy).adu, read_image(raw).adu);
    EXPECT_EQ(read_mask_plane(copy, "MASK"), read_mask_plane(raw, "MASK"));
    // What follows the image's header is the same to the last byte.
    const std::string before = read_text_file(raw);
    const std::string after = read_text_file(copy);
    const std::size_t n_tail = before.size() - before.find("XTENSION", 80);
    EXPECT_GT(n_tail, 2880u);
    if (std::string{method} == "none") {
      EXPECT_EQ(before.substr(before.size() - n_tail), after.substr(after.size() - n_tail));
    }
    // Again: nothing piles up.
    write_wcs_copy(copy, {}, folder / "twice.fits", example());
    EXPECT_EQ(read_text_file(folder / "twice.fits"), after) << method;
  }
}

TEST(WcsCopy, UnpacksGz) {
  const support::ScratchFolder folder{"wcs_copy_gz"};
  write_raw(folder / "raw.fits");
  write_wcs_copy(folder / "raw.fits", {}, folder / "plain.fits", example());
  ASSERT_EQ(std::system(fmt::format("gzip -k '{}'", (folder / "raw.fits").string()).c_str()), 0);
  write_wcs_copy(folder / "raw.fits.gz", {}, folder / "copy.fits", example());
  EXPECT_EQ(read_text_file(folder / "copy.fits"), read_text_file(folder / "plain.fits"));
}

TEST(WcsCopy, IsOfTheImageThatTheLayoutNames) {
  const support::ScratchFolder folder{"wcs_copy_hdu"};
  write_raw(folder / "raw.fits");
  const RawLayout layout{.hdus = {"MASK"}};
  write_wcs_copy(folder / "raw.fits", layout, folder / "copy.fits", example());
  EXPECT_EQ(read_header(folder / "copy.fits").text("CTYPE1"), "RA---TPV");
  EXPECT_NE(header_cards(folder / "copy.fits", layout).find("CTYPE1  = 'RA---TAN-SIP'"),
            std::string::npos);
  EXPECT_THROW(write_wcs_copy(folder / "raw.fits", {.hdus = {"VALUE", "MASK"}}, folder / "no.fits",
                              example()),
               Error);
  EXPECT_THROW(write_wcs_copy(folder / "raw.nef", {}, folder / "no.fits", example()), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "no.fits"));
}

TEST(HeaderCards, OfAnExtensionAreFollowedByThoseOfThePrimary) {
  const support::ScratchFolder folder{"header_cards"};
  write_raw(folder / "raw.fits");
  const auto lines = lines_of(header_cards(folder / "raw.fits", {.hdus = {"MASK"}}));
  const auto place = [&](const std::string& start) {
    return std::ranges::find_if(lines, [&](const auto& l) { return l.starts_with(start); });
  };
  EXPECT_TRUE(lines.front().starts_with("XTENSION= 'IMAGE"));
  ASSERT_NE(place("OBJECT  = 'M 42"), lines.end());
  EXPECT_LT(place("MSKB0"), place("OBJECT"));
  EXPECT_EQ(std::ranges::count_if(lines, [](const auto& l) { return l.starts_with("BITPIX"); }), 1);
}

TEST(CalibratedFrame, CarriesItsPlateSolution) {
  const support::ScratchFolder folder{"calibrated_wcs"};
  const Frame frame{.signal_e = Grid<float>{40, 30, 1.0f},
                    .variance_e2 = Grid<float>{40, 30, 1.0f},
                    .mask = Mask{40, 30}};
  CalibratedOrigin origin;
  origin.raw.add_text("RADECSYS", "FK5");
  origin.raw.add_number("EQUINOX", 1975.0);
  origin.raw.add_text("OBJECT", "M 42");
  write_calibrated(folder / "without.fits", frame, origin);
  EXPECT_EQ(read_header(folder / "without.fits").number("EQUINOX"), 1975.0);
  EXPECT_FALSE(read_header(folder / "without.fits").has("CTYPE1"));
  origin.wcs = example();
  write_calibrated(folder / "with.fits", frame, origin);
  const Header header = read_header(folder / "with.fits");
  EXPECT_EQ(header.text("CTYPE1"), "RA---TAN-SIP");
  EXPECT_EQ(header.number("A_2_0"), example().a[3]);
  EXPECT_EQ(header.text("RADESYS"), "ICRS");
  EXPECT_EQ(header.text("OBJECT"), "M 42");
  EXPECT_FALSE(header.has("RADECSYS"));
  EXPECT_FALSE(header.has("EQUINOX"));
}

}  // namespace
}  // namespace skyweft::io
