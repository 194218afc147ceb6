// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_tiles.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "support/io_star_store.hpp"

namespace skyweft::io {
namespace {

SkyPos at_deg(double ra_deg, double dec_deg) {
  return {Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)};
}

class StarStore : public ::testing::Test {
 protected:
  support::TestFolder folder_{"star_store"};
};

StarCatalog six_stars() {
  StarCatalog stars;
  stars.epoch_yr = 2016.0;
  stars.extra.push_back({"ruwe", {}});
  support::add_star(stars, 50, 10.0, 20.0, 12.5f);
  support::add_star(stars, 40, 10.1, 20.0, kNaNf);
  support::add_star(stars, 30, 10.2, 20.0, 9.0f);
  support::add_star(stars, 20, 10.3, 20.0, 9.0f);
  support::add_star(stars, 50, 10.0, 20.0, 12.0f);  // the same id, brighter
  support::add_star(stars, 10, 200.0, -70.0, 5.0f);
  return stars;
}

TEST_F(StarStore, GivesBackWhatWasPutIn) {
  const StarManifest made = support::make_store(folder_ / "s", six_stars(), {.name = "six"});
  EXPECT_EQ(made.n_star, 5);
  EXPECT_EQ(made.n_duplicate, 1);
  EXPECT_EQ(made.mag_min, 5.0);
  EXPECT_EQ(made.mag_max, 12.0);
  const StarTiles store{folder_ / "s"};
  EXPECT_EQ(store.manifest().name, "six");
  EXPECT_EQ(store.manifest().epoch_yr, 2016.0);
  const StarCatalog near = store.cone(at_deg(10.1, 20.0), Angle::from_deg(1.0));
  StarCatalog wanted;
  wanted.epoch_yr = 2016.0;
  wanted.extra.push_back({"ruwe", {}});
  support::add_star(wanted, 20, 10.3, 20.0, 9.0f);
  support::add_star(wanted, 30, 10.2, 20.0, 9.0f);
  support::add_star(wanted, 40, 10.1, 20.0, kNaNf);
  support::add_star(wanted, 50, 10.0, 20.0, 12.0f);
  EXPECT_TRUE(support::same_stars(near, wanted));
  EXPECT_EQ(store.cone(at_deg(10.1, 20.0), Angle::from_deg(1.0), {.max_stars = 1}).id,
            std::vector<StarId>{20});
  EXPECT_EQ(store.cone(at_deg(10.1, 20.0), Angle::from_deg(1.0), {.faint_limit_mag = 10.0f}).id,
            (std::vector<StarId>{20, 30, 40}));
  EXPECT_EQ(store.cone(at_deg(100.0, 20.0), Angle::from_deg(1.0)).size(), 0);
  EXPECT_TRUE(check_star_tiles(folder_ / "s").empty());
}

TEST_F(StarStore, ReturnsTheBrighterOfTwinsInTwoTiles) {
  StarCatalog stars;
  support::add_star(stars, 7, 10.0, 20.0, 12.0f);
  support::add_star(stars, 7, 16.0, 20.0, 11.0f);
  EXPECT_EQ(support::make_store(folder_ / "s", stars).n_star, 2);
  const StarTiles store{folder_ / "s"};
  EXPECT_EQ(store.cone(at_deg(13.0, 20.0), Angle::from_deg(5.0)).mag, std::vector<float>{11.0f});
  EXPECT_EQ(store.cone(at_deg(10.0, 20.0), Angle::from_deg(1.0)).mag, std::vector<float>{12.0f});
  EXPECT_EQ(store.cone(at_deg(13.0, 20.0), Angle::from_deg(5.0), {.max_stars = 1}).size(), 1);
}

TEST_F(StarStore, LeavesOutFaintStarsAndMovesToNoEpochByItself) {
  StarTilesWriter writer{folder_ / "s", {.epoch_yr = 2020.0, .faint_limit_mag = 9.0}};
  StarCatalog stars = six_stars();
  EXPECT_EQ(writer.epoch_for(stars), 2020.0);
  EXPECT_THROW(writer.add(stars), Error);
  stars.epoch_yr = 2020.0;
  writer.add(stars);
  EXPECT_EQ(writer.finish({}).n_star, 4);  // 9, 9, 5 and the one without magnitude
  EXPECT_TRUE(StarTiles{folder_ / "s"}.manifest().extra.empty());
}

TEST_F(StarStore, SortsATileThatIsLargerThanItsMemoryInRoundsOrSaysSo) {
  // 64 MiB less 40 fixed leave 25.17 MB; a row takes 44 bytes, and 40 more while its tile is being
  // sorted. Two tiles of 200000 would take 25.6 MB at once: two rounds. One of 400000 takes 33.6.
  const auto stars_around = [](std::initializer_list<double> ra_deg, std::size_t n) {
    StarCatalog stars;
    StarId id = 0;
    for (const double ra : ra_deg)
      for (std::size_t i = 0; i < n; ++i, ++id)
        support::add_star(stars, id, ra + 1e-6 * static_cast<double>(i % 1000), 20.0,
                          static_cast<float>(id % 997));
    return stars;
  };
  const StarCatalog two = stars_around({40.0, 43.5}, 200000);
  const auto tile = [](double ra) { return healpix::cell_of(at_deg(ra, 20.0), 5); };
  ASSERT_NE(tile(40.0), tile(43.5));
  ASSERT_EQ(tile(40.0) >> 6, tile(43.5) >> 6);  // one bucket
  support::make_store(folder_ / "rounds", two, {.memory_bytes = std::int64_t{64} << 20});
  support::make_store(folder_ / "once", two);
  EXPECT_EQ(read_text_file(folder_ / "rounds" / kManifestName),
            read_text_file(folder_ / "once" / kManifestName));
  EXPECT_EQ(StarTiles{folder_ / "rounds"}.manifest().n_star, 400000);
  try {
    support::make_store(folder_ / "large", stars_around({40.0}, 400000),
                        {.memory_bytes = std::int64_t{64} << 20});
    FAIL() << "more than the memory";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_config);
    ASSERT_TRUE(error.test().has_value());
    EXPECT_EQ(error.test()->name, "memory_mib");
    // 400000 rows of 84 bytes are 32.04 MiB; 40 fixed and one for rounding.
    EXPECT_EQ(error.test()->threshold, 73.0);
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "large"));
}

TEST_F(StarStore, LeavesNothingBehindUnlessFinished) {
  {
    StarTilesWriter writer{folder_ / "s", {.extra = {"ruwe"}}};
    writer.add(six_stars());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / ""));
  {
    StarTilesWriter writer{folder_ / "s", {}};
    EXPECT_THROW(writer.finish({}), Error);  // no stars
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / ""));
  support::make_store(folder_ / "s", six_stars());
  EXPECT_THROW((StarTilesWriter{folder_ / "s", {}}), Error);  // exists
  // Nothing but the store: no part folder, no buckets.
  int n_file = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / ""))
    n_file += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(n_file, 2);
}

TEST_F(StarStore, RemovesWhatADeadProcessLeft) {
  // Process numbers end at 2^22 on Linux.
  std::array<char, 256> host{};
  ASSERT_EQ(::gethostname(host.data(), host.size() - 1), 0);
  const std::string dead = fmt::format("s.part.{}.4194999", host.data());
  const std::string mine = fmt::format("s.part.{}.{}", host.data(), ::getppid());
  std::filesystem::create_directory(folder_ / dead);
  std::filesystem::create_directory(folder_ / mine);
  std::ofstream{folder_ / dead / "bucket-000"} << "rows";
  support::make_store(folder_ / "s", six_stars());
  EXPECT_FALSE(std::filesystem::exists(folder_ / dead));
  EXPECT_TRUE(std::filesystem::exists(folder_ / mine));
}

TEST_F(StarStore, RefusesWhatMakesNoSense) {
  EXPECT_THROW((StarTilesWriter{folder_ / "s", {.extra = {"MAG"}}}), Error);
  EXPECT_THROW((StarTilesWriter{folder_ / "s", {.extra = {"mag"}}}), Error);
  EXPECT_THROW((StarTilesWriter{folder_ / "s", {.extra = {"a", "a"}}}), Error);
  EXPECT_THROW((StarTilesWriter{folder_ / "s", {.memory_bytes = 1000}}), Error);
  EXPECT_THROW((StarTilesWriter{folder_ / "no" / "s", {}}), Error);
  StarTilesWriter writer{folder_ / "s", {}};
  StarCatalog stars = six_stars();
  stars.dec_deg[1] = 90.5;
  EXPECT_THROW(writer.add(stars), Error);
  stars = six_stars();
  stars.mag.pop_back();
  EXPECT_THROW(writer.add(stars), Error);
  EXPECT_THROW((StarTiles{folder_ / "nothing"}), Error);
}

TEST_F(StarStore, KnowsWhatItCovers) {
  // 40000 stars in a square of 20° × 20° on the equator: 100 per square degree. A cell of order 6
  // has 0.839 square degrees, 84 stars; one of order 7 a quarter, too few.
  StarCatalog stars;
  std::mt19937_64 random{5};
  std::uniform_real_distribution<double> place{-10.0, 10.0};
  for (StarId id = 1; id <= 40000; ++id) {
    const double ra = place(random);
    support::add_star(stars, id, ra < 0.0 ? ra + 360.0 : ra, place(random), 10.0f);
  }
  support::make_store(folder_ / "s", stars);
  const StarTiles store{folder_ / "s"};
  EXPECT_EQ(store.manifest().coverage_order, 6);
  const StarCoverage inside = store.covers(at_deg(359.0, 1.0), Angle::from_deg(7.0));
  EXPECT_TRUE(inside.is_complete());
  // 154 square degrees; cells that are touched reach a cell's size further.
  EXPECT_GT(inside.n_cell, 183);
  EXPECT_LT(inside.n_cell, 300);
  const StarCoverage rim = store.covers(at_deg(5.0, 0.0), Angle::from_deg(7.0));
  EXPECT_FALSE(rim.is_complete());
  EXPECT_GT(rim.n_covered, rim.n_cell / 2);
  EXPECT_GT(rim.first_gap.ra.deg(), 9.0);
  EXPECT_LT(rim.first_gap.ra.deg(), 14.0);
  EXPECT_EQ(store.covers(at_deg(100.0, 50.0), Angle::from_deg(1.0)).n_covered, 0);
  EXPECT_FALSE(store.covers(at_deg(0.0, 0.0), Angle::from_deg(180.0)).is_complete());
  support::make_store(folder_ / "all", stars, {.is_all_sky = true});
  EXPECT_TRUE(
      StarTiles{folder_ / "all"}.covers(at_deg(9.0, 80.0), Angle::from_deg(30.0)).is_complete());
}

TEST_F(StarStore, CheckNamesWhatIsDamaged) {
  StarCatalog stars = support::awkward_stars(3000, 9);
  const StarManifest made = support::make_store(folder_ / "s", stars);
  const auto path = folder_ / "s" / made.parts.front().file;
  const std::string good = read_text_file(path);
  std::string bad = good;
  bad[2880 * 5 + 44 * 100 + 36] ^= 0x40;  // within the rows
  std::ofstream{path, std::ios::binary} << bad;
  const auto problems = check_star_tiles(folder_ / "s");
  ASSERT_FALSE(problems.empty());
  EXPECT_NE(problems.front().find("digest"), std::string::npos);
  std::ofstream{path, std::ios::binary} << good.substr(0, good.size() - 2880);
  EXPECT_EQ(check_star_tiles(folder_ / "s").size(), 1U);
  EXPECT_THROW((StarTiles{folder_ / "s"}), Error);
  std::filesystem::remove(path);
  EXPECT_EQ(check_star_tiles(folder_ / "s").size(), 1U);
}

}  // namespace
}  // namespace skyweft::io
