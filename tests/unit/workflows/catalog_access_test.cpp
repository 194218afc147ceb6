// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/catalog_access.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/catalog_file.hpp"
#include "io/digest.hpp"
#include "support/io_star_store.hpp"

namespace skyweft::workflows {
namespace {

constexpr float kNoLimit = std::numeric_limits<float>::infinity();

class CatalogAccess : public ::testing::Test {
 protected:
  void SetUp() override {
    // Numbers that are floats already, no twins: a table and a store can say the same.
    StarCatalog stars;
    stars.epoch_yr = 2000.0;
    std::mt19937_64 random{12};
    std::uniform_real_distribution<double> unit{0.0, 1.0};
    for (StarId id = 1; id <= 3000; ++id)
      support::add_star(stars, id, 360.0 * unit(random), 88.0 + 2.0 * unit(random),
                        static_cast<float>(8.0 + 6.0 * unit(random)));
    table_ = folder_ / "stars.fits";
    store_ = folder_ / "store";
    io::write_star_table(table_, stars);
    support::make_store(store_, stars);
  }
  support::TestFolder folder_{"catalog_access"};
  std::string table_;
  std::string store_;
};

TEST_F(CatalogAccess, TableAndStoreGiveTheSameStars) {
  const SkyPos centre{Angle::from_deg(10.0), Angle::from_deg(89.5)};
  for (const double epoch_yr : {kNaN, 2000.0, 2025.5})
    for (const float limit : {kNoLimit, 11.0f})
      for (const std::int64_t most : {std::int64_t{1} << 40, std::int64_t{40}}) {
        const Angle radius = Angle::from_deg(1.0);
        StarCatalog a = stars_near(table_, centre, radius, epoch_yr, limit, most);
        StarCatalog b = stars_near(store_, centre, radius, epoch_yr, limit, most);
        EXPECT_GT(a.size(), 30);
        EXPECT_EQ(a.epoch_yr, std::isnan(epoch_yr) ? 2000.0 : epoch_yr);
        a.parallax_mas.clear();  // a table may have been written without
        b.parallax_mas.clear();
        EXPECT_TRUE(support::same_stars(a, b));
      }
  const auto region = io::StarRegion::polygon({{Angle::from_deg(0.0), Angle::from_deg(89.0)},
                                               {Angle::from_deg(120.0), Angle::from_deg(89.0)},
                                               {Angle::from_deg(240.0), Angle::from_deg(89.0)}});
  StarCatalog a = stars_in(table_, region, 2010.0, {.faint_limit_mag = 12.0f, .max_stars = 100});
  StarCatalog b = stars_in(store_, region, 2010.0, {.faint_limit_mag = 12.0f, .max_stars = 100});
  a.parallax_mas.clear();
  b.parallax_mas.clear();
  EXPECT_EQ(a.size(), 100);
  EXPECT_TRUE(support::same_stars(a, b));
}

TEST_F(CatalogAccess, DigestIsThatOfTheFileOrTheManifest) {
  EXPECT_EQ(catalog_digest(table_), io::digest_of_file(table_));
  EXPECT_EQ(catalog_digest(store_), io::digest_of_file(folder_ / "store" / "manifest.json"));
  EXPECT_THROW(catalog_digest(folder_ / "nothing"), Error);
}

TEST_F(CatalogAccess, OnlyAStoreKnowsItsCoverage) {
  const SkyPos pole{Angle::from_deg(0.0), Angle::from_deg(90.0)};
  EXPECT_FALSE(catalog_coverage(table_, pole, Angle::from_deg(0.5)).has_value());
  // A cap of 2° (12.6 square degrees) with 3000 stars, denser towards the pole.
  const auto inside = catalog_coverage(store_, pole, Angle::from_deg(0.5));
  ASSERT_TRUE(inside.has_value());
  EXPECT_TRUE(inside->is_complete());
  EXPECT_FALSE(catalog_coverage(store_, pole, Angle::from_deg(5.0))->is_complete());
}

TEST_F(CatalogAccess, AFolderWithoutManifestIsNoCatalogue) {
  std::filesystem::create_directory(folder_ / "empty");
  const SkyPos pole{Angle::from_deg(0.0), Angle::from_deg(90.0)};
  try {
    stars_near(folder_ / "empty", pole, Angle::from_deg(1.0), kNaN, kNoLimit, 10);
    FAIL() << "an empty folder is no catalogue";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_input);
    EXPECT_NE(error.text().find("catalog import"), std::string::npos);
  }
  EXPECT_THROW(stars_near(folder_ / "nothing", pole, Angle::from_deg(1.0), kNaN, kNoLimit, 10),
               Error);
}

}  // namespace
}  // namespace skyweft::workflows
