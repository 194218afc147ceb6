// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/catalog_index.hpp"

#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "io/catalog_file.hpp"
#include "io/sky_index_file.hpp"
#include "support/blind_sky.hpp"

namespace {

using namespace skyweft;

int run(const std::string& line) {
  CLI::App app;
  workflows::Invocation call;
  workflows::declare_catalog_index(app, call);
  try {
    app.parse(line);
  } catch (const CLI::ParseError&) {
    return -1;
  }
  return call.action();
}

TEST(CatalogIndex, MakesAnIndexOfACatalogue) {
  std::mt19937_64 random{1};
  StarCatalog stars;
  support::add_cap(stars, support::at_deg(0.0, 90.0), 180.0, 3000, random);
  sort_by_id(stars);
  io::write_star_table("stars.fits", stars);
  EXPECT_EQ(run("index stars.fits -o stars.skyindex --scales 40,50"), 0);
  const io::SkyIndexFile file{"stars.skyindex"};
  file.verify();
  EXPECT_EQ(file.index().low_deg, 40.0);
  EXPECT_EQ(file.index().high_deg, 50.0);
  EXPECT_GT(file.index().n_quad(), 500);
  EXPECT_EQ(file.index().catalog_digest.size(), 32u);
}

TEST(CatalogIndex, RefusesBadScales) {
  EXPECT_EQ(run("index stars.fits -o x.skyindex --scales 40"), -1);
  EXPECT_EQ(run("index stars.fits -o x.skyindex --scales 40,5"), 2);  // usage
  EXPECT_FALSE(std::filesystem::exists("x.skyindex"));
}

}  // namespace
