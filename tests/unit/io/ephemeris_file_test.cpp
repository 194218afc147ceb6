// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/ephemeris_file.hpp"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>
#include <zlib.h>

#include "core/error.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

class ReadEphemerides : public testing::Test {
 protected:
  std::vector<Ephemeris> read(const std::string& text) const {
    std::ofstream{file_, std::ios::binary} << text;
    return read_ephemerides(file_);
  }

  /// What it says when it refuses `text`; `test` gets the failed test.
  std::string refusal(const std::string& text, std::string* test = nullptr) const {
    try {
      read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Errc::bad_input);
      if (test != nullptr) *test = error.test() ? error.test()->name : "";
      return error.text();
    }
    return "read";
  }

  support::ScratchFolder folder_{"skyweft_ephemeris"};
  std::filesystem::path file_ = folder_ / "eros.csv";
};

TEST_F(ReadEphemerides, OfOneTargetIsNamedAsTheFile) {
  const auto all = read("jd_utc,ra_deg,dec_deg\n2459000.5,10.5,-3.25\n2459001.5,11,-3\n");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "eros");
  EXPECT_EQ(all[0].scale, Ephemeris::Scale::utc);
  EXPECT_EQ(all[0].jd, (std::vector<double>{2459000.5, 2459001.5}));
  EXPECT_EQ(all[0].ra_deg, (std::vector<double>{10.5, 11.0}));
  EXPECT_EQ(all[0].dec_deg, (std::vector<double>{-3.25, -3.0}));
}

TEST_F(ReadEphemerides, TakesTheScaleFromTheColumn) {
  const auto one = [&](const std::string& name, const std::string& time) {
    return read(name + ",RA,DEC\n" + time + ",1,2\n").front();
  };
  EXPECT_EQ(one("JD_TDB", "2459000.25").scale, Ephemeris::Scale::tdb);
  EXPECT_EQ(one("mjd_utc", "58999.75").jd.front(), 2459000.25);
  EXPECT_EQ(one("mjd_tdb", "58999.75").jd.front(), 2459000.25);
  EXPECT_EQ(one("MJD_TDB", "58999.75").scale, Ephemeris::Scale::tdb);
}

TEST_F(ReadEphemerides, ReadsAnglesWithSeveralParts) {
  const auto all = read(
      "jd_utc ra dec\n"
      "2459000.5 12:30:00 -00:30:00\n"
      "2459001.5 12h30m36s +01d00m36s\n"
      "2459002.5 187d30m00s 2.5\n");
  EXPECT_EQ(all[0].ra_deg[0], 187.5);
  EXPECT_EQ(all[0].dec_deg[0], -0.5);
  // 36 s are 0.01 h and 0.01 degrees; decimal fractions round.
  EXPECT_NEAR(all[0].ra_deg[1], 187.65, 1e-12);
  EXPECT_NEAR(all[0].dec_deg[1], 1.01, 1e-14);
  EXPECT_EQ(all[0].ra_deg[2], 187.5);
}

TEST_F(ReadEphemerides, KeepsTargetsApartAndSortsEachByTime) {
  const auto all = read(
      "name\tjd_utc\tra\tdec\tmag\n"
      "B\t2459002\t3\t0\t9\nA\t2459001\t1\t0\t\nB\t2459001\t2\t0\tx\nA\t2459003\t4\t0\t9\n");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "B");
  EXPECT_EQ(all[0].jd, (std::vector<double>{2459001.0, 2459002.0}));
  EXPECT_EQ(all[0].ra_deg, (std::vector<double>{2.0, 3.0}));
  EXPECT_EQ(all[1].name, "A");
  EXPECT_EQ(all[1].ra_deg, (std::vector<double>{1.0, 4.0}));
}

TEST_F(ReadEphemerides, UnderstandsEcsvAndItsUnits) {
  const auto all = read(
      "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
      "# - {name: target, datatype: string}\n# - {name: jd_tdb, datatype: float64}\n"
      "# - {name: ra, unit: hourangle, datatype: float64}\n"
      "# - {name: dec, unit: arcmin, datatype: float64}\n"
      "target,jd_tdb,ra,dec\n\"1 Ceres, dwarf\",2459000.5,1.5,-90\n");
  EXPECT_EQ(all[0].name, "1 Ceres, dwarf");
  EXPECT_EQ(all[0].ra_deg[0], 22.5);
  EXPECT_EQ(all[0].dec_deg[0], -1.5);
}

TEST_F(ReadEphemerides, TakesAHeaderInARemarkAndBlankLines) {
  const auto all = read(
      "# of the moon\n#  jd_utc   ra_deg dec_deg\n\n 2459000.5  10  20\n# half time\n"
      "\n 2459001.5  11  21\r\n");
  EXPECT_EQ(all[0].ra_deg, (std::vector<double>{10.0, 11.0}));
}

TEST_F(ReadEphemerides, ReadsGzip) {
  const std::string text = "jd_utc;ra;dec\n2459000.5;1;2\n";
  gzFile packed = gzopen(file_.c_str(), "wb");
  gzwrite(packed, text.data(), static_cast<unsigned>(text.size()));
  gzclose(packed);
  EXPECT_EQ(read_ephemerides(file_)[0].dec_deg[0], 2.0);
}

TEST_F(ReadEphemerides, SaysWhichLineAndColumnIsWrong) {
  const std::string head = "jd_utc,ra_deg,dec_deg\n2459000.5,1,2\n";
  const auto expect = [&](const std::string& row, const std::string& words) {
    const std::string text = refusal(head + row);
    EXPECT_NE(text.find("line 3"), std::string::npos) << text;
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  expect("2459001.5,abc,2\n", "column ra_deg (2) is no angle: 'abc'");
  expect("2459001.5,,2\n", "column ra_deg (2) is missing");
  expect("2459001.5,1,nan\n", "column dec_deg (3) is missing");
  expect("2459001.5,1,90.5\n", "column dec_deg (3) is off the sphere: '90.5'");
  expect("2459001.5,361,0\n", "column ra_deg (2) is off the sphere");
  expect("2459001.5,-1,0\n", "column ra_deg (2) is off the sphere");
  expect("x,1,0\n", "column jd_utc (1) is no number: 'x'");
  expect(",1,0\n", "column jd_utc (1) is missing");
  expect("2459001.5,1\n", "2 cells where the header has 3");
  expect("2459001.5,1,2,3\n", "4 cells where the header has 3");
  EXPECT_NE(refusal("name,jd_utc,ra,dec\n,2459001.5,1,2\n").find("column name (1) is missing"),
            std::string::npos);
}

TEST_F(ReadEphemerides, RefusesTimesThatMeanSomethingElse) {
  std::string test;
  EXPECT_NE(refusal("jd_utc,ra,dec\n58999.75,1,2\n", &test).find("is no JD"), std::string::npos);
  EXPECT_EQ(test, "ephemeris_time");
  EXPECT_NE(refusal("mjd_utc,ra,dec\n2459000.25,1,2\n", &test).find("is no MJD"),
            std::string::npos);
  EXPECT_EQ(test, "ephemeris_time");
  refusal("jd_utc,ra,dec\n2459000.25,1,2\n2459001,1,2\n2459000.25,1,3\n", &test);
  EXPECT_EQ(test, "ephemeris_times");
}

TEST_F(ReadEphemerides, RefusesTablesThatDoNotSay) {
  EXPECT_NE(refusal("jd,ra,dec\n2459000,1,2\n").find("jd alone does not tell"), std::string::npos);
  EXPECT_NE(refusal("jd_utc,jd_tdb,ra,dec\n").find("both jd_utc and jd_tdb"), std::string::npos);
  EXPECT_NE(refusal("jd_utc,ra\n").find("no column dec_deg (or dec)"), std::string::npos);
  EXPECT_NE(refusal("jd_utc,dec\n").find("no column ra_deg (or ra)"), std::string::npos);
  EXPECT_NE(refusal("jd_utc,ra,ra,dec\n").find("columns 2 and 3 are both ra"), std::string::npos);
  EXPECT_NE(refusal("# %ECSV 1.0\n# - {name: ra, unit: furlong}\njd_utc,ra,dec\n").find("furlong"),
            std::string::npos);
  EXPECT_NE(refusal("").find("has no rows"), std::string::npos);
  EXPECT_NE(refusal("jd_utc,ra,dec\n").find("has no rows"), std::string::npos);
  EXPECT_THROW(read_ephemerides(folder_ / "absent"), Error);
}

}  // namespace
}  // namespace skyweft::io
