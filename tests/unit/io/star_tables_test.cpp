// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// FITS tables and VOTables, made here byte by byte.
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include <fitsio.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/star_reader.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

const StarMapping kMapping{.keep = {"flag", "rv"}};

std::string base64(const std::string& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k)
      bits = bits << 8U | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      out += i + k <= bytes.size() ? kDigits[bits >> (18U - 6U * static_cast<unsigned>(k)) & 63U]
                                   : '=';
    if (i % 48 == 45) out += "\n  ";
  }
  return out;
}

template <class T>
std::string big_endian(T value) {
  std::string out(reinterpret_cast<const char*>(&value), sizeof value);
  return {out.rbegin(), out.rend()};
}

std::string votable(const std::string& data) {
  return R"(<?xml version="1.0"?>
<!-- two tables; the first has no data -->
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>
<COOSYS ID="sys" system="ICRS" epoch="J2015.5"/>
<TABLE name="empty"><FIELD name="q" datatype="int"/></TABLE>
<TABLE name="stars">
<FIELD name="name" datatype="char" arraysize="*"/>
<FIELD ID="source_id" name="Source" datatype="long"/>
<FIELD name="RA_ICRS" ref="sys" datatype="double" unit="rad"/>
<FIELD name="DE_ICRS" ref="sys" datatype="double" unit="deg"/>
<FIELD name="matrix" datatype="float" arraysize="2x2"/>
<FIELD name="Gmag" datatype="float" unit="mag"><DESCRIPTION>G &lt; 20</DESCRIPTION></FIELD>
<FIELD name="rv" datatype="short"><VALUES null="-999"/></FIELD>
<FIELD name="flag" datatype="boolean"/>
<DATA>)" +
         data + "</DATA></TABLE></RESOURCE></VOTABLE>\n";
}

std::string table_data() {
  return "<TABLEDATA>\n"
         "<TR><TD>a &amp; b</TD><TD>5764607523034234880</TD><TD>1</TD><TD>-45.5</TD>"
         "<TD>1 2 3 4</TD><TD>9.5</TD><TD>-20</TD><TD>T</TD></TR>\n"
         "<TR><TD/><TD></TD><TD>2</TD><TD>1e1</TD><TD>1 2 3 4</TD><TD> 10.5 </TD><TD>-999</TD>"
         "<TD>?</TD></TR>\n</TABLEDATA>";
}

/// The same two rows in bytes; with the flags of BINARY2 the second row's id and flag are null.
std::string rows(bool has_flags) {
  std::string out;
  const auto row = [&](const std::string& name, std::int64_t id, double ra, double dec, float g,
                       std::int16_t rv, char flag, unsigned char nulls) {
    if (has_flags) out += static_cast<char>(nulls);
    out += big_endian(static_cast<std::uint32_t>(name.size())) + name + big_endian(id) +
           big_endian(ra) + big_endian(dec);
    for (int i = 0; i < 4; ++i) out += big_endian(static_cast<float>(i));
    out += big_endian(g) + big_endian(rv) + flag;
  };
  row("a & b", 5764607523034234880, 1.0, -45.5, 9.5F, -20, 'T', 0);
  row("", has_flags ? 77 : 0, 2.0, 10.0, 10.5F, -999, has_flags ? 'F' : '?', 0x41);
  return out;
}

void expect_the_two(const StarCatalog& s) {
  ASSERT_EQ(s.size(), 2);
  EXPECT_EQ(s.id[0], 5764607523034234880);
  EXPECT_EQ(s.id[1], id_from_position({Angle::from_rad(2), Angle::from_deg(10)}));
  EXPECT_DOUBLE_EQ(s.ra_deg[0], 57.29577951308232);
  EXPECT_EQ(s.dec_deg, (std::vector<double>{-45.5, 10.0}));
  EXPECT_EQ(s.mag, (std::vector<float>{9.5F, 10.5F}));
  EXPECT_EQ(s.epoch_yr, 2015.5);
  ASSERT_EQ(s.extra.size(), 2U);
  EXPECT_EQ(s.extra[0].value[0], 1.0F);
  EXPECT_TRUE(std::isnan(s.extra[0].value[1]));
  EXPECT_EQ(s.extra[1].value[0], -20.0F);
  EXPECT_TRUE(std::isnan(s.extra[1].value[1]));
}

class StarTables : public testing::Test {
 protected:
  StarCatalog read(const StarMapping& mapping = kMapping) {
    StarCatalog all;
    read_star_batches(file_, mapping, [&](const StarCatalog& batch) { all = batch; });
    return all;
  }
  std::string refusal(const StarMapping& mapping = kMapping) {
    try {
      read(mapping);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::bad_input);
      return error.text();
    }
    return "accepted";
  }
  std::string refusal_of(const std::string& text) {
    write_text_file(file_, text);
    return refusal();
  }

  support::ScratchFolder dir_{"skyweft_star_tables"};
  std::filesystem::path file_ = dir_ / "stars";
};

TEST_F(StarTables, OfVotableAreOneInAllThreeForms) {
  ASSERT_EQ(std::endian::native, std::endian::little);
  write_text_file(file_, votable(table_data()));
  expect_the_two(read());
  for (const bool has_flags : {false, true}) {
    const std::string tag = has_flags ? "BINARY2" : "BINARY";
    write_text_file(
        file_, votable(fmt::format("<{0}><STREAM encoding=\"base64\">\n{1}\n</STREAM></{0}>", tag,
                                   base64(rows(has_flags)))));
    SCOPED_TRACE(tag);
    expect_the_two(read());
  }
}

TEST_F(StarTables, OfVotableAreRefusedWithWords) {
  EXPECT_NE(refusal_of("<VOTABLE><TABLE>").find("no sound XML"), std::string::npos);
  EXPECT_NE(refusal_of("<VOTABLE></VOTABLE>").find("no table with data"), std::string::npos);
  EXPECT_NE(refusal_of("<?xml version='1.0'?><!DOCTYPE v [<!ENTITY a 'aa'>]><VOTABLE>&a;</VOTABLE>")
                .find("entities"),
            std::string::npos);
  EXPECT_NE(refusal_of(votable("<FITS><STREAM/></FITS>")).find("FITS"), std::string::npos);
  EXPECT_NE(refusal_of(votable("<BINARY><STREAM href=\"a\"/></BINARY>")).find("elsewhere"),
            std::string::npos);
  EXPECT_NE(refusal_of(votable("<TABLEDATA><TR><TD>1</TD></TR></TABLEDATA>")).find("8 fields"),
            std::string::npos);
  const std::string cut = base64(rows(false)).substr(0, 80);
  EXPECT_NE(refusal_of(votable("<BINARY><STREAM encoding=\"base64\">" + cut + "</STREAM></BINARY>"))
                .find("row 2"),
            std::string::npos);
  write_text_file(file_, votable(table_data()));
  EXPECT_NE(refusal({.mag = "matrix"}).find("vectors"), std::string::npos);
}

struct Column {
  const char* name;
  const char* form;
  const char* unit;
};

/// A table of two rows with columns of all kinds.
void write_table(const std::filesystem::path& path) {
  constexpr auto kColumns = std::to_array<Column>({{"id", "12A", ""},
                                                   {"ra", "1J", "deg"},
                                                   {"dec", "1D", "rad"},
                                                   {"vec", "3E", ""},
                                                   {"mag", "1I", "mag"},
                                                   {"flag", "1L", ""},
                                                   {"rv", "1J", "km/s"},
                                                   {"big", "1K", ""},
                                                   {"ra_text", "12A", ""}});
  std::array<char*, kColumns.size()> names{};
  std::array<char*, kColumns.size()> forms{};
  std::array<char*, kColumns.size()> units{};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    names[i] = const_cast<char*>(kColumns[i].name);
    forms[i] = const_cast<char*>(kColumns[i].form);
    units[i] = const_cast<char*>(kColumns[i].unit);
  }
  fitsfile* f = nullptr;
  int status = 0;
  fits_create_file(&f, ("!" + path.string()).c_str(), &status);
  fits_create_tbl(f, BINARY_TBL, 2, static_cast<int>(kColumns.size()), names.data(), forms.data(),
                  units.data(), "CAT", &status);
  double scale = 1e-7;
  double milli = 1e-3;
  double epoch = 2015.5;
  int null = -999;
  fits_write_key(f, TDOUBLE, "TSCAL2", &scale, "", &status);
  fits_write_key(f, TDOUBLE, "TSCAL5", &milli, "", &status);
  fits_write_key(f, TINT, "TNULL7", &null, "", &status);
  fits_write_key(f, TDOUBLE, "EPOCH", &epoch, "", &status);
  fits_set_hdustruc(f, &status);
  std::array<const char*, 2> ids{"Gaia DR3 42", "EY UMa"};
  std::array<double, 2> ra{123.4567891, 10.0};
  std::array<double, 2> dec{-0.5, 1.25};
  std::array<double, 2> mag{9.5, 10.25};
  std::array<char, 2> flag{1, 0};
  std::array<int, 2> rv{-20, -999};
  std::array<LONGLONG, 2> big{(1LL << 60) + 1, 0};
  std::array<const char*, 2> text{"01:02:03", "12 30 00"};
  fits_write_col(f, TSTRING, 1, 1, 1, 2, static_cast<void*>(ids.data()), &status);
  fits_write_col(f, TDOUBLE, 2, 1, 1, 2, ra.data(), &status);
  fits_write_col(f, TDOUBLE, 3, 1, 1, 2, dec.data(), &status);
  fits_write_col(f, TDOUBLE, 5, 1, 1, 2, mag.data(), &status);
  fits_write_col(f, TLOGICAL, 6, 1, 1, 2, flag.data(), &status);
  fits_write_col(f, TINT, 7, 1, 1, 2, rv.data(), &status);
  fits_write_col(f, TLONGLONG, 8, 1, 1, 2, big.data(), &status);
  fits_write_col(f, TSTRING, 9, 1, 1, 2, static_cast<void*>(text.data()), &status);
  fits_close_file(f, &status);
  ASSERT_EQ(status, 0);
}

TEST_F(StarTables, OfFitsMayHaveColumnsOfAnyKind) {
  write_table(file_);
  const StarCatalog s = read();
  ASSERT_EQ(s.size(), 2);
  EXPECT_EQ(s.id[0], 42);
  EXPECT_EQ(s.id[1], id_from_position({Angle::from_deg(10), Angle::from_rad(1.25)}));
  EXPECT_DOUBLE_EQ(s.ra_deg[0], 123.4567891);
  EXPECT_DOUBLE_EQ(s.dec_deg[0], -28.64788975654116);
  EXPECT_EQ(s.mag, (std::vector<float>{9.5F, 10.25F}));
  EXPECT_EQ(s.epoch_yr, 2015.5);
  EXPECT_EQ(s.extra[0].value, (std::vector<float>{1.0F, 0.0F}));
  EXPECT_EQ(s.extra[1].value[0], -20.0F);
  EXPECT_TRUE(std::isnan(s.extra[1].value[1]));
  const StarCatalog mapped = read({.id = "big", .ra = "ra_text", .filter = "flag"});
  ASSERT_EQ(mapped.size(), 1);
  EXPECT_EQ(mapped.id[0], (1LL << 60) + 1);
  EXPECT_DOUBLE_EQ(mapped.ra_deg[0], (1.0 + 2.0 / 60 + 3.0 / 3600) * 15);
  EXPECT_NE(refusal({.mag = "vec"}).find("vectors"), std::string::npos);
  EXPECT_NE(refusal({.id = "id"}).find("row 2"), std::string::npos);
  EXPECT_NE(refusal({.id = "id"}).find("EY UMa"), std::string::npos);
}

}  // namespace
}  // namespace skyweft::io
