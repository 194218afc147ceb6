// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/header_wcs.hpp"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/wcs_cards.hpp"
#include "sky/header_cards.hpp"
#include "sky/sip.hpp"
#include "sky/wcs.hpp"
#include "support/sky_wcs.hpp"

namespace {

using namespace skyweft;

constexpr std::uint64_t kSeed = 27182818;
constexpr int kMutants = 5000;

std::string card(std::string text) {
  text.resize(80, ' ');
  return text;
}

std::vector<std::string> examples() {
  std::vector<std::string> out;
  const auto lenses = support::many_lenses();
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}, std::size_t{4}})
    out.push_back(support::joined(
        io::wcs_text(sky::fit_tan_sip(support::wcs_of(lenses[i]), lenses[i].nx, lenses[i].ny))));
  std::string old = card("CTYPE1  = 'RA---ZPN'") + card("CTYPE2  = 'DEC--ZPN'") +
                    card("CUNIT1  = 'degree'") + card("CRVAL1  = 120.0") + card("CRVAL2  = -5.0") +
                    card("CRPIX1  = 100") + card("CRPIX2  = 50") + card("CDELT1  = -1.0D-2") +
                    card("CDELT2  = 0.01") + card("CROTA2  = 12") + card("PV2_1   = 1.0") +
                    card("PV2_3   = 0.1") + card("EQUINOX = 2015.5") + card("RADESYS = 'FK5'");
  out.push_back(old);
  out.push_back(card("CTYPE1  = 'RA---TPV'") + card("CTYPE2  = 'DEC--TPV'") +
                card("CRVAL1  = 120.0") + card("CRVAL2  = -5.0") + card("CRPIX1  = 100") +
                card("CRPIX2  = 50") + card("CD1_1   = -0.001") + card("CD2_2   = 0.001") +
                card("PV1_1   = 1.0") + card("PV1_39  = 0.1") + card("PV2_1   = 1.0") +
                card("END"));
  return out;
}

std::string mutated(std::string text, std::mt19937_64& random) {
  const auto upto = [&](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  };
  static const std::vector<std::string> kValues{
      "1e308",      "-1e29",          "nan",        "inf",        "0",
      "9",          "99999999999",    "'GLON-TAN'", "'RA---TAB'", "'DEC--CAR'",
      "'xxxx-LOG'", "'FREQ-F2W'",     "-0.0",       "1e-300",     "'RA---HPX'",
      "'DEC--COE'", "'RA---TAN-DIS'", "''",         "'"};
  const std::size_t n_change = 1 + upto(4);
  for (std::size_t c = 0; c < n_change && text.size() >= 160; ++c) {
    const std::size_t line = 80 * upto(text.size() / 80);
    switch (upto(6)) {
      case 0:
        text[upto(text.size())] = static_cast<char>(upto(256));
        break;
      case 1: {
        const std::string& value = kValues[upto(kValues.size())];
        text.replace(line + 9, 71, card(" " + value).substr(0, 71));
        break;
      }
      case 2:
        text.erase(line, 80);
        break;
      case 3:
        text.insert(line, text.substr(80 * upto(text.size() / 80), 80));
        break;
      case 4:
        text.resize(upto(text.size()) + 1);
        break;
      default: {  // another index: A_9_9, PV1_99, CD9_9
        const std::size_t digit = text.find_first_of("0123456789", line);
        if (digit != std::string::npos) text[digit] = static_cast<char>('0' + upto(10));
        break;
      }
    }
  }
  return text;
}

TEST(WcsFromHeader, SurvivesMutatedHeaders) {
  std::mt19937_64 random{kSeed};
  const std::vector<std::string> good = examples();
  int n_read = 0;
  int n_none = 0;
  int n_refused = 0;
  for (int k = 0; k < kMutants; ++k) {
    const std::string text = mutated(good[static_cast<std::size_t>(k) % good.size()], random);
    try {
      double error_px = -1.0;
      const auto wcs = sky::wcs_from_header(text, 200, 100, &error_px);
      if (!wcs) {
        ++n_none;
        continue;
      }
      ++n_read;
      ASSERT_GE(wcs->order, 1);
      ASSERT_TRUE(error_px >= 0.0) << "seed " << kSeed << " mutant " << k;
      // What it says of itself is true in the middle, unless it is no fit at all.
      if (error_px < 0.01) {
        const PixelPos at = sky::to_pixel(*wcs, wcs->centre);
        EXPECT_LT(std::hypot(at.x_px - 99.5, at.y_px - 49.5), 0.02)
            << "seed " << kSeed << " mutant " << k;
      }
    } catch (const Error& error) {
      ++n_refused;
      EXPECT_EQ(error.code(), Errc::bad_input);
      ASSERT_TRUE(error.test().has_value());
      EXPECT_EQ(error.test()->name, "header_wcs");
    }
  }
  std::printf("%d read, %d without, %d refused\n", n_read, n_none, n_refused);
  // All three ways are met, or the mutations are too tame or too wild.
  EXPECT_GT(n_read, kMutants / 20);
  EXPECT_GT(n_none, kMutants / 50);
  EXPECT_GT(n_refused, kMutants / 50);
}

TEST(WcsFromHeader, LetsOnlySaneCardsReachTheLibrary) {
  std::string text = card("CTYPE1  = 'RA---TAN'") + card("CTYPE2  = 'DEC--TAN'") +
                     card("WCSAXES = 32000") + card("PV1_9999= 1.0") + card("A_ORDER = 9") +
                     card("A_0_2   = 1.0") + card("DP1     = 'NAXES: 2'") + card("PS1_0   = 'x'") +
                     card("CRVAL1  = 1e31") + card("CRPIX1  = nan") + card("NAXIS   = 999");
  const auto known = sky::wcs_cards_of(text);
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->text.size(), 4u * 80u);  // WCSAXES 2, two CTYPE, END
  EXPECT_NE(known->text.find("WCSAXES =                    2"), std::string::npos);
}

TEST(WcsFromHeader, HasNothingToSayWithoutCoordinates) {
  double error_px = 0.0;
  EXPECT_FALSE(sky::wcs_from_header("", 100, 100, &error_px).has_value());
  EXPECT_FALSE(sky::wcs_from_header(card("SIMPLE  = T") + card("END"), 100, 100, nullptr));
  EXPECT_FALSE(sky::wcs_from_header(card("CTYPE1  = 'LINEAR'") + card("CTYPE2  = 'LINEAR'"), 100,
                                    100, nullptr));
  EXPECT_FALSE(sky::wcs_from_header(std::string(79, '='), 100, 100, nullptr));
}

}  // namespace
