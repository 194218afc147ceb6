// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// A star store answers as looking at every star does.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "support/io_star_store.hpp"

namespace skyweft::io {
namespace {

constexpr std::uint64_t kSeed = 20160101;
constexpr auto kAll = std::numeric_limits<std::int64_t>::max();

using Vec = std::array<double, 3>;
Vec vec(double ra_deg, double dec_deg) {
  const double a = ra_deg * kRadPerDeg, d = dec_deg * kRadPerDeg;
  return {std::cos(d) * std::cos(a), std::cos(d) * std::sin(a), std::sin(d)};
}
double dot(const Vec& a, const Vec& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Vec cross(const Vec& a, const Vec& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

/// Haversine (another formula than the store's): right to rounding below 170°.
double separation_deg(double ra1, double dec1, double ra2, double dec2) {
  const double sd = std::sin(0.5 * (dec2 - dec1) * kRadPerDeg);
  const double sa = std::sin(0.5 * (ra2 - ra1) * kRadPerDeg);
  const double h = sd * sd + std::cos(dec1 * kRadPerDeg) * std::cos(dec2 * kRadPerDeg) * sa * sa;
  return 2.0 * std::asin(std::min(1.0, std::sqrt(h))) / kRadPerDeg;
}

/// Whether the angles to the corners, seen from the star, go once around (another way than the
/// store's counting of crossings). The polygon is smaller than a hemisphere around its middle.
bool goes_around(const std::vector<SkyPos>& corners, double ra_deg, double dec_deg) {
  const Vec p = vec(ra_deg, dec_deg);
  Vec sum{};
  double turn = 0.0;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const SkyPos& c = corners[i];
    const SkyPos& n = corners[(i + 1) % corners.size()];
    const Vec a = vec(c.ra.deg(), c.dec.deg());
    const Vec b = vec(n.ra.deg(), n.dec.deg());
    for (std::size_t k = 0; k < 3; ++k) sum[k] += a[k];
    const Vec pa = cross(p, a);
    const Vec pb = cross(p, b);
    turn += std::atan2(dot(p, cross(pa, pb)), dot(pa, pb));
  }
  return dot(p, sum) > 0.0 && std::abs(turn) > kPi;
}

struct Place {
  double ra_deg;
  double dec_deg;
};
Place somewhere(std::mt19937_64& random) {
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  switch (random() % 6) {
    case 0:
      return {360.0 * unit(random), 90.0 - 2.0 * unit(random)};
    case 1:
      return {360.0 * unit(random), -90.0 + 2.0 * unit(random)};
    case 2:
      return {unit(random) < 0.5 ? unit(random) : 360.0 - unit(random), 3.0 * unit(random) - 1.5};
    case 3:
      return {120.0 + 3.0 * unit(random), 40.0 + 3.0 * unit(random)};
    case 4:
      return {0.0, unit(random) < 0.5 ? 90.0 : -90.0};
    default:
      return {360.0 * unit(random), std::asin(2.0 * unit(random) - 1.0) / kRadPerDeg};
  }
}

class StarTilesProperty : public ::testing::Test {
 protected:
  void SetUp() override {
    SCOPED_TRACE(kSeed);
    all_ = support::awkward_stars(30000, kSeed);
    // Floats on disk: numbers that are floats already come back as they were.
    made_ = support::make_store(folder_ / "store", all_, {.max_part_bytes = 300000});
    kept_ = support::without_tile_twins(all_);
  }
  support::TestFolder folder_{"star_tiles_property"};
  StarCatalog all_;
  StarCatalog kept_;
  StarManifest made_;
};

TEST_F(StarTilesProperty, KeepTheBrighterOfTwinsInOneTile) {
  EXPECT_EQ(made_.n_star, kept_.size());
  EXPECT_EQ(made_.n_star + made_.n_duplicate, all_.size());
  EXPECT_GT(made_.n_duplicate, 0);
  EXPECT_GT(made_.parts.size(), 3U);
  EXPECT_TRUE(check_star_tiles(folder_ / "store").empty());
}

TEST_F(StarTilesProperty, ConesHoldWhatASearchFinds) {
  const StarTiles store{folder_ / "store"};
  std::mt19937_64 random{kSeed + 1};
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  std::int64_t n_found = 0;
  for (int k = 0; k < 150; ++k) {
    const Place at = somewhere(random);
    const double radius_deg = k % 10 == 0 ? 160.0 * unit(random) : 12.0 * std::pow(unit(random), 2);
    const float limit = k % 3 == 0 ? std::numeric_limits<float>::infinity()
                                   : static_cast<float>(8.0 + 10.0 * unit(random));
    const std::int64_t most = k % 4 == 0 ? static_cast<std::int64_t>(random() % 400) : kAll;
    const StarCatalog found =
        store.cone({Angle::from_deg(at.ra_deg), Angle::from_deg(at.dec_deg)},
                   Angle::from_deg(radius_deg), {.faint_limit_mag = limit, .max_stars = most});
    const StarCatalog wanted = support::brute_query(
        kept_,
        [&](double ra, double dec) {
          return separation_deg(at.ra_deg, at.dec_deg, ra, dec) <= radius_deg;
        },
        limit, most);
    ASSERT_TRUE(support::same_stars(found, wanted))
        << "cone " << k << " at " << at.ra_deg << " " << at.dec_deg << " radius " << radius_deg
        << ": " << found.size() << " of " << wanted.size();
    n_found += found.size();
  }
  EXPECT_GT(n_found, 15000);
}

TEST_F(StarTilesProperty, AWholeSkyIsFound) {
  const StarTiles store{folder_ / "store"};
  const auto everywhere = [](double, double) { return true; };
  const float none = std::numeric_limits<float>::infinity();
  const SkyPos centre{Angle::from_deg(77.0), Angle::from_deg(-12.0)};
  EXPECT_TRUE(support::same_stars(store.cone(centre, Angle::from_deg(180.0)),
                                  support::brute_query(kept_, everywhere, none, kAll)));
  for (const std::int64_t most : {0, 1, 255, 256, 257, 5000, 29000})
    EXPECT_TRUE(support::same_stars(store.cone(centre, Angle::from_deg(180.0), {.max_stars = most}),
                                    support::brute_query(kept_, everywhere, none, most)))
        << most;
}

TEST_F(StarTilesProperty, PolygonsHoldWhatASearchFinds) {
  const StarTiles store{folder_ / "store"};
  std::mt19937_64 random{kSeed + 2};
  std::uniform_real_distribution<double> unit{0.0, 1.0};
  std::int64_t n_found = 0;
  for (int k = 0; k < 80; ++k) {
    // Corners around a middle, each at its own distance: a star-shaped polygon, mostly not convex.
    const Place at = somewhere(random);
    const double size = (k % 10 == 0 ? 60.0 : 8.0) * (0.1 + 0.9 * unit(random));
    const Vec m = vec(at.ra_deg, at.dec_deg);
    const Vec east{-std::sin(at.ra_deg * kRadPerDeg), std::cos(at.ra_deg * kRadPerDeg), 0.0};
    const Vec north = cross(m, east);
    const std::size_t n = 3 + random() % 7;
    std::vector<SkyPos> corners;
    for (std::size_t i = 0; i < n; ++i) {
      const double angle =
          2.0 * kPi * (static_cast<double>(i) + 0.6 * unit(random)) / static_cast<double>(n);
      const double r = size * (0.4 + 0.6 * unit(random)) * kRadPerDeg;
      Vec v{};
      for (std::size_t c = 0; c < 3; ++c)
        v[c] = std::cos(r) * m[c] +
               std::sin(r) * (std::cos(angle) * east[c] + std::sin(angle) * north[c]);
      corners.push_back({Angle::from_rad(std::atan2(v[1], v[0])),
                         Angle::from_rad(std::atan2(v[2], std::hypot(v[0], v[1])))});
    }
    if (k % 2 == 0) std::ranges::reverse(corners);
    const float limit = k % 2 == 0 ? 16.0f : std::numeric_limits<float>::infinity();
    const std::int64_t most = k % 5 == 0 ? 100 : kAll;
    const StarCatalog found = store.polygon(corners, {.faint_limit_mag = limit, .max_stars = most});
    const StarCatalog wanted = support::brute_query(
        kept_, [&](double ra, double dec) { return goes_around(corners, ra, dec); }, limit, most);
    ASSERT_TRUE(support::same_stars(found, wanted))
        << "polygon " << k << " around " << at.ra_deg << " " << at.dec_deg << " size " << size
        << ": " << found.size() << " of " << wanted.size();
    n_found += found.size();
  }
  EXPECT_GT(n_found, 3000);
}

TEST_F(StarTilesProperty, BytesDoNotDependOnMemoryOrOrder) {
  StarCatalog shuffled = all_;
  std::vector<std::int64_t> order(all_.id.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::int64_t>(i);
  std::mt19937_64 random{kSeed + 3};
  std::ranges::shuffle(order, random);
  support::make_store(folder_ / "other", rows_of(all_, order),
                      {.memory_bytes = std::int64_t{64} << 20, .max_part_bytes = 300000});
  for (const StarPart& part : made_.parts)
    EXPECT_EQ(read_text_file(folder_ / "store" / part.file),
              read_text_file(folder_ / "other" / part.file));
  EXPECT_EQ(read_text_file(folder_ / "store" / kManifestName),
            read_text_file(folder_ / "other" / kManifestName));
}

}  // namespace
}  // namespace skyweft::io
