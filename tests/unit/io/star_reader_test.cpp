// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_reader.hpp"

#include <cmath>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

class StarReader : public testing::Test {
 protected:
  /// Writes `text` to a file and gives its stars back, all batches in one.
  StarCatalog read(std::string_view text, const StarMapping& mapping = {}) {
    write_text_file(dir_ / "stars.txt", text);
    return read_file("stars.txt", mapping);
  }

  StarCatalog read_file(const std::string& name, const StarMapping& mapping) {
    StarCatalog all;
    n_batch_ = 0;
    read_star_batches(dir_ / name, mapping, [&](const StarCatalog& batch) {
      if (n_batch_++ == 0) {
        all = batch;
        return;
      }
      EXPECT_LE(batch.size(), kStarBatchRows);
      const auto add = [](auto& to, const auto& more) {
        to.insert(to.end(), more.begin(), more.end());
      };
      add(all.id, batch.id);
      add(all.ra_deg, batch.ra_deg);
      add(all.mag, batch.mag);
    });
    return all;
  }

  /// Expects an error of that code whose text holds all words.
  void refused(std::string_view text, const StarMapping& mapping, Errc code,
               const std::vector<std::string>& words) {
    try {
      read(text, mapping);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      for (const std::string& word : words)
        EXPECT_NE(std::string{error.what()}.find(word), std::string::npos) << error.what();
    }
  }

  support::ScratchFolder dir_{"skyweft_star_reader"};
  int n_batch_ = 0;
};

TEST_F(StarReader, TakesGaiaBulkFiles) {
  const std::string text =
      "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n# -\n#   name: source_id\n"
      "#   datatype: int64\n# -\n#   name: ref_epoch\n#   unit: yr\n# -\n#   name: pmra\n"
      "#   unit: mas.yr**-1\n"
      "solution_id,designation,source_id,ref_epoch,ra,dec,parallax,pmra,pmdec,"
      "phot_g_mean_mag,phot_bp_mean_mag,phot_rp_mean_mag,bp_rp,radial_velocity,has_xp\n"
      "1,\"Gaia DR3 4295806720\",4295806720,2016.0,44.99,0.005,0.35,11.9,-3.1,17.6,18.2,16.9,"
      "1.25,null,\"False\"\n"
      "1,\"Gaia DR3 5764607523034234880\",5764607523034234880,2016.0,45.004,0.02,null,null,null,"
      "14.5,,15,null,-12.5,\"True\"\n"
      "1,\"a \"\"b\"\", c\",7,2016.0,45.1,0.1,1,1,1,null,1,1,0,1,\"False\"\n";
  write_text_file(dir_ / "g.csv", text);
  ASSERT_EQ(std::system(fmt::format("gzip '{}'", (dir_ / "g.csv").string()).c_str()), 0);
  const StarCatalog s = read_file(
      "g.csv.gz", {.keep = {"radial_velocity", "xp = has_xp + 1", "BP = phot_bp_mean_mag"}});
  EXPECT_EQ(s.id, (std::vector<StarId>{4295806720, 5764607523034234880}));
  EXPECT_EQ(s.epoch_yr, 2016.0);
  EXPECT_EQ(s.ra_deg, (std::vector<double>{44.99, 45.004}));
  EXPECT_EQ(s.pm_ra_mas_yr, (std::vector<double>{11.9, 0.0}));
  EXPECT_EQ(s.parallax_mas, (std::vector<float>{0.35F, 0.0F}));
  EXPECT_EQ(s.colour[0], 1.25F);
  EXPECT_TRUE(std::isnan(s.colour[1]));
  ASSERT_EQ(s.extra.size(), 3U);
  EXPECT_EQ(s.extra[0].name, "radial_velocity");
  EXPECT_TRUE(std::isnan(s.extra[0].value[0]));
  EXPECT_EQ(s.extra[0].value[1], -12.5F);
  EXPECT_EQ(s.extra[1].value, (std::vector<float>{1.0F, 2.0F}));
  EXPECT_EQ(s.extra[2].name, "bp");
  EXPECT_TRUE(std::isnan(s.extra[2].value[1]));
}

TEST_F(StarReader, MakesAColourOfTwoMagnitudes) {
  EXPECT_EQ(read("ra,dec,gmag,bpmag,rpmag\n1,2,9,10.5,8.25\n").colour[0], 2.25F);
  EXPECT_EQ(read("ra,dec,BT,VT\n1,2,10,9.5\n").colour[0], 0.5F);
  EXPECT_EQ(read("ra,dec,g,r\n1,2,10,9.75\n").mag[0], 10.0F);
  EXPECT_EQ(read("ra,dec,g,r\n1,2,10,9.75\n").colour[0], 0.25F);
  EXPECT_TRUE(std::isnan(read("ra,dec,bt,vt\n1,2,,9.5\n").colour[0]));
  // Short names count only where nothing else holds a magnitude.
  EXPECT_EQ(read("ra,dec,v,mag\n1,2,3,9.5\n5,6,4,\n").size(), 1);
}

TEST_F(StarReader, ComputesWhatTheMappingSays) {
  const StarMapping refcat{.ra = "$1 / 1e8",
                           .dec = "$2/1e8",
                           .pm_ra = "$4 / 100",
                           .mag = "$5",
                           .filter = "$6 != 'x' and $5 < 15",
                           .keep = {"nine = 9", "raw_pm = $4"},
                           .epoch_yr = 2015.5,
                           .format = "csv_no_header"};
  const StarCatalog s = read(
      "12345678901,-4500000001,3,250,12.5,a\n100000000,1,3,1,12.5,x\n1,1,3,1,15.5,a\n1,1,3,1,,a\n",
      refcat);
  ASSERT_EQ(s.size(), 1);
  EXPECT_EQ(s.ra_deg[0], 12345678901 / 1e8);
  EXPECT_EQ(s.dec_deg[0], -4500000001 / 1e8);
  EXPECT_EQ(s.pm_ra_mas_yr[0], 2.5);
  EXPECT_EQ(s.epoch_yr, 2015.5);
  EXPECT_EQ(s.id[0],
            id_from_position({Angle::from_deg(s.ra_deg[0]), Angle::from_deg(s.dec_deg[0])}));
  EXPECT_EQ(s.extra[1].name, "raw_pm");
  EXPECT_EQ(s.extra[1].value[0], 250.0F);
  // Exact case first, then any; other characters than letters and digits are '_'.
  const std::string two = "ra,dec,Gmag,gmag,B-V\n1,2,10,11,0.5\n";
  EXPECT_EQ(read(two, {.mag = "gmag"}).mag[0], 11.0F);
  EXPECT_EQ(read(two, {.mag = "GMAG"}).mag[0], 10.0F);
  EXPECT_EQ(read(two, {.mag = "gmag + 2 * b_v"}).mag[0], 12.0F);
  EXPECT_EQ(read(two, {.colour = "B-V"}).colour[0], 0.5F);
}

TEST_F(StarReader, HeedsUnits) {
  const std::string head =
      "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: ra, unit: rad, datatype: float64}\n"
      "# - name: dec\n#   unit: arcmin\n#   datatype: float64\n"
      "# - {name: pmra, unit: arcsec / yr, datatype: float64}\n"
      "# - {name: plx, unit: arcsec, datatype: float64}\n"
      "# - {name: mag, unit: mmag, datatype: float64}\nra dec pmra plx mag\n";
  const StarCatalog s = read(head + "1 90 0.5 0.25 9500\n");
  EXPECT_DOUBLE_EQ(s.ra_deg[0], 57.29577951308232);
  EXPECT_DOUBLE_EQ(s.dec_deg[0], 1.5);
  EXPECT_DOUBLE_EQ(s.pm_ra_mas_yr[0], 500.0);
  EXPECT_EQ(s.parallax_mas[0], 250.0F);
  EXPECT_EQ(s.mag[0], 9.5F);
  refused("# - {name: ra, unit: furlong}\nra dec mag\n1 2 3\n", {}, Errc::bad_input,
          {"furlong", "ra"});
}

TEST_F(StarReader, ReadsSexagesimalAngles) {
  const StarCatalog s = read(
      "ra;dec;mag\n12:30:45.5;-00:30:00;9\n01 02 03;+10 30 00;8\n187d30m00s;1d30m;7\n15.5;-2.25;6"
      "\n");
  EXPECT_DOUBLE_EQ(s.ra_deg[0], (12.0 + 30.0 / 60 + 45.5 / 3600) * 15);
  EXPECT_DOUBLE_EQ(s.dec_deg[0], -0.5);
  EXPECT_DOUBLE_EQ(s.ra_deg[1], (1.0 + 2.0 / 60 + 3.0 / 3600) * 15);
  EXPECT_DOUBLE_EQ(s.dec_deg[1], 10.5);
  EXPECT_DOUBLE_EQ(s.ra_deg[2], 187.5);
  EXPECT_EQ(s.ra_deg[3], 15.5);
}

TEST_F(StarReader, ReadsTablesOfArchives) {
  // Names, units, dashes, as VizieR writes them.
  const StarCatalog vizier = read(
      "#\n#RESOURCE=yCat\nRAJ2000\tDEJ2000\tVmag\tpmRA\ndeg\tdeg\tmag\tarcsec/yr\n"
      "-------\t-------\t-----\t----\n010.5\t-05.25\t 9.5\t0.25\n011\t-06\t \t\n");
  EXPECT_EQ(vizier.ra_deg, (std::vector<double>{10.5}));
  EXPECT_EQ(vizier.pm_ra_mas_yr[0], 250.0);
  // The header as a comment, blanks in runs.
  const StarCatalog commented = read("# made by hand\n#  ra   dec  mag\n  1   2   3\n 4 5\t6  \n");
  EXPECT_EQ(commented.ra_deg, (std::vector<double>{1.0, 4.0}));
  EXPECT_EQ(read("\xEF\xBB\xBFra|dec|mag\r\n1|2|3\r\n").size(), 1);
  EXPECT_EQ(
      read("1 2 3\n", {.ra = "$1", .dec = "$2", .mag = "$3", .format = "blanks_no_header"}).mag[0],
      3.0F);
}

TEST_F(StarReader, ReadsTycho2AsDistributed) {
  const std::string main =
      "0001 00008 1| |  2.31750494|  2.23184345|  -16.3|   -9.0| 68| 73| 1.7| 1.8|1958.89|1951.94| "
      "4|1.0|1.0|0.9|1.0|12.146|0.158|12.146|0.223|999| |         |  2.31754222|  2.23186444|1.67|"
      "1.54| 88.0|100.8| |-0.2\n"
      "9529 12345 2|X|            |            |       |       |   |   |    |    |       |       | "
      " "
      "|   |   |   |   |10.500|0.158|      |     |999| |  9876 AB|  3.31754222|-82.23186444|1.67|"
      "1.54| 88.0|100.8| |-0.2\n";
  const StarCatalog s = read(main);
  EXPECT_EQ(s.id, (std::vector<StarId>{1000081, 9529123452}));
  EXPECT_EQ(s.ra_deg, (std::vector<double>{2.31750494, 3.31754222}));
  EXPECT_EQ(s.pm_dec_mas_yr, (std::vector<double>{-9.0, 0.0}));
  EXPECT_EQ(s.mag, (std::vector<float>{12.146F, 10.5F}));
  EXPECT_EQ(s.colour[0], 0.0F);
  EXPECT_EQ(s.epoch_yr, 2000.0);
  const StarCatalog supplement = read(
      "0009 01129 1|H|  3.74180833|  1.47275556|  -59.9|  -79.3|  1.1|  0.7| 1.4| 1.0| |12.000|"
      "0.158|11.500|0.223|999| |  1186  \n",
      {.format = "tycho2"});
  EXPECT_EQ(supplement.epoch_yr, 1991.25);
  EXPECT_EQ(supplement.colour[0], 0.5F);
}

TEST_F(StarReader, HandsOutBatchesOfOneEpochInFileOrder) {
  std::string text = "id,ra,dec,mag\n";
  for (int i = 0; i <= kStarBatchRows; ++i) text += fmt::format("{},1,2,3\n", 100000 - i);
  const StarCatalog many = read(text);
  EXPECT_EQ(n_batch_, 2);
  EXPECT_EQ(many.size(), kStarBatchRows + 1);
  EXPECT_EQ(many.id[0], 100000);
  EXPECT_EQ(many.id[kStarBatchRows], 100000 - kStarBatchRows);
  std::vector<double> epochs;
  write_text_file(dir_ / "e.csv",
                  "ra,dec,mag,ref_epoch\n1,2,3,2016\n2,2,3,2015.5\n3,2,3,2015.5\n4,2,3,\n");
  const auto note = [&](const StarCatalog& batch) { epochs.push_back(batch.epoch_yr); };
  read_star_batches(dir_ / "e.csv", {}, note);
  EXPECT_EQ(epochs, (std::vector<double>{2016.0, 2015.5, 2000.0}));
  epochs.clear();
  read_star_batches(dir_ / "e.csv", {.epoch_yr = 1991.25}, note);
  EXPECT_EQ(epochs, (std::vector<double>{1991.25}));
  EXPECT_THROW(read_star_file(dir_ / "e.csv"), Error);
}

TEST_F(StarReader, KeepsTheFurtherColumnsOfOurTables) {
  const StarCatalog stars{.epoch_yr = 2016.0,
                          .id = {5, 1LL << 60},
                          .ra_deg = {10.0, 359.9999999},
                          .dec_deg = {-89.5, 1e-9},
                          .pm_ra_mas_yr = {1.25, 0.0},
                          .pm_dec_mas_yr = {-3.0, 0.0},
                          .mag = {7.5F, 12.0F},
                          .colour = {0.5F, -0.25F},
                          .parallax_mas = {1.5F, 0.0F},
                          .extra = {{"gmag", {3.0F, 4.0F}}, {"ref_epoch", {1.0F, 2.0F}}}};
  write_star_table(dir_ / "s.fits", stars);
  EXPECT_EQ(read_star_file(dir_ / "s.fits"), stars);
  EXPECT_TRUE(read_file("s.fits", {}).extra.empty());
  EXPECT_EQ(read_file("s.fits", {.keep = {"*"}}).extra, stars.extra);
  StarCatalog twice = stars;
  twice.extra[0].name = "mag";
  EXPECT_THROW(write_star_table(dir_ / "t.fits", twice), Error);
}

TEST_F(StarReader, NamesFileLineAndColumn) {
  const std::string head = "id,ra,dec,mag,pmra\n";
  refused(head + "1,2,3,4,5\n1,2,3,4,x7\n", {}, Errc::bad_input,
          {"stars.txt", "line 3", "x7", "pmra"});
  refused(head + "1,2,3,4\n", {}, Errc::bad_input, {"line 2", "4 columns", "5"});
  refused(head + "star,2,3,4,5\n", {}, Errc::bad_input, {"line 2", "star", "id"});
  refused(head + "1,361,3,4,5\n", {}, Errc::bad_input, {"line 2", "361"});
  refused(head, {.ra = "pmr"}, Errc::bad_config, {"pmr", "did you mean pmra"});
  refused(head, {.ra = "$6"}, Errc::bad_config, {"$6", "5 columns"});
  refused(head, {.ra = "ra +"}, Errc::bad_config, {"ra +"});
  refused(head, {.filter = "bright"}, Errc::bad_config, {"bright"});
  refused(head, {.keep = {"a b"}}, Errc::bad_config, {"a b"});
  refused(head, {.keep = {"mag", "MAG"}}, Errc::bad_config, {"twice"});
  refused(head, {.format = "cvs"}, Errc::bad_config, {"cvs", "csv"});
  refused("1,2,3\n", {}, Errc::bad_input, {"_no_header"});
  refused(head + "1,2,3,4,'a'\n", {.pm_ra = "pmra + 1"}, Errc::bad_input, {"line 2", "pmra + 1"});
  refused("ra,dec,mag,ref_epoch\n1,2,3,57000\n", {}, Errc::bad_input, {"line 2", "57000"});
}

}  // namespace
}  // namespace skyweft::io
