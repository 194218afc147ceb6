// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/log.hpp"

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("M 35, 60 s ~!"), "M 35, 60 s ~!");
  EXPECT_EQ(printable(""), "");
  EXPECT_EQ(printable("K\u00f6nigstuhl \u03b1 \U0001d11e"), "K\u00f6nigstuhl \u03b1 \U0001d11e");
}

TEST(Printable, DisarmsLineBreaksAndTerminalEscapes) {
  EXPECT_EQ(printable("a\nb\r\t"), "a\\x0ab\\x0d\\x09");
  EXPECT_EQ(printable("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(printable(std::string_view{"\0\x7f", 2}), "\\x00\\x7f");
}

TEST(Printable, DisarmsTheEightBitEscapeOfUtf8AndLatin1) {
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            "\\xc2\\x9b2J");
  EXPECT_EQ(printable("\x9b"
                      "2J"),
            "\\x9b2J");
}

TEST(Printable, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("M\xfcller"), "M\\xfcller");
  EXPECT_EQ(printable("a\xc3"), "a\\xc3");
  EXPECT_EQ(printable("a\xc3(\x80"), "a\\xc3(\\x80");
}

TEST(SafeFilePart, KeepsLettersDigitsAndFourSigns) {
  EXPECT_EQ(safe_file_part("TrES-3b_R+1.fits"), "TrES-3b_R+1.fits");
}

TEST(SafeFilePart, NeverLeavesTheFolder) {
  EXPECT_EQ(safe_file_part("../../etc/passwd"), "_._.._etc_passwd");
  EXPECT_EQ(safe_file_part(".."), "_.");
  EXPECT_EQ(safe_file_part("."), "_");
}

TEST(SafeFilePart, NeverLooksLikeAnOption) {
  EXPECT_EQ(safe_file_part("-rf"), "_rf");
}

TEST(SafeFilePart, ReplacesEverythingAShellOrTerminalReads) {
  EXPECT_EQ(safe_file_part("a b$(c);\n\x1b*"),
            "a_b__c____"
            "_");
  EXPECT_EQ(safe_file_part("\u03b1"), "__");
}

TEST(SafeFilePart, IsAtMost64CharactersLong) {
  EXPECT_EQ(safe_file_part(std::string(1000, 'x')), std::string(64, 'x'));
  EXPECT_EQ(safe_file_part(""), "");
}

}  // namespace
