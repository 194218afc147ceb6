// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/catalog_stages.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include <fmt/format.h>

#include "io/star_tiles.hpp"
#include "io/star_tiles_write.hpp"

namespace skyweft::bench {
namespace {

constexpr std::int64_t kBatch = 65536;
constexpr double kRowBytes = 44.0;

/// Stars that crowd towards a plane tilted as the Galaxy's, its pole at RA 270° (density 1 + 9
/// exp(−|b|/12°), about Gaia's contrast to G = 15) and double in number per magnitude and a bit
/// (10^0.36 m).
class Sky {
 public:
  explicit Sky(std::uint64_t seed) : random_(seed) {}

  void fill(StarCatalog& stars, std::int64_t n) {
    std::uniform_real_distribution<double> unit{0.0, 1.0};
    stars = {};
    stars.epoch_yr = 2016.0;
    while (stars.size() < n) {
      const double z = 2.0 * unit(random_) - 1.0;
      const double turn = 2.0 * kPi * unit(random_);
      const double b_deg = std::asin(z) / kRadPerDeg;
      if (10.0 * unit(random_) > 1.0 + 9.0 * std::exp(-std::abs(b_deg) / 12.0)) continue;
      // The pole of the Galaxy at Dec 27.13°: tilted by 62.87° about the x axis.
      const double flat = std::sqrt(1.0 - z * z);
      const double x = flat * std::cos(turn);
      const double y = flat * std::sin(turn) * kCosTilt - z * kSinTilt;
      const double up = flat * std::sin(turn) * kSinTilt + z * kCosTilt;
      const double ra = std::atan2(y, x) / kRadPerDeg;
      stars.id.push_back(static_cast<StarId>(random_() >> 1));
      stars.ra_deg.push_back(ra < 0.0 ? ra + 360.0 : ra);
      stars.dec_deg.push_back(std::asin(std::clamp(up, -1.0, 1.0)) / kRadPerDeg);
      stars.pm_ra_mas_yr.push_back(20.0 * (unit(random_) - 0.5));
      stars.pm_dec_mas_yr.push_back(20.0 * (unit(random_) - 0.5));
      stars.parallax_mas.push_back(static_cast<float>(3.0 * unit(random_)));
      stars.mag.push_back(
          static_cast<float>(std::max(3.0, 15.0 + std::log10(unit(random_)) / 0.36)));
      stars.colour.push_back(static_cast<float>(2.0 * unit(random_)));
    }
  }

 private:
  static constexpr double kCosTilt = 0.45601;
  static constexpr double kSinTilt = 0.88998;
  std::mt19937_64 random_;
};

}  // namespace

void time_catalog_stages(const Options& options, const Floors& floors, Table& table) {
  const std::int64_t n_star = options.n_catalog_star;
  const std::filesystem::path folder = options.folder / "star-store";
  const auto million = static_cast<double>(n_star) * 1e-6;
  const std::string amount = fmt::format("{:.3g} M stars", million);

  // One batch over and over with other ids would be too kind to the sort: every batch is new, but
  // is made before the clock of its add() runs.
  double add_cpu_s = 0.0;
  double add_wall_s = 0.0;
  std::optional<io::StarTilesWriter> writer;
  writer.emplace(folder, io::StarStoreSettings{.name = "benchmark", .is_all_sky = true});
  Sky sky{1};
  StarCatalog batch;
  for (std::int64_t done = 0; done < n_star; done += batch.size()) {
    sky.fill(batch, std::min(kBatch, n_star - done));
    writer->epoch_for(batch);
    const Cost cost = median_cost(1, [&] { writer->add(batch); });
    add_cpu_s += cost.cpu_s;
    add_wall_s += cost.wall_s;
  }
  const Cost sorting = median_cost(1, [&] { keep(writer->finish({})); });
  writer.reset();
  const double n_byte = kRowBytes * static_cast<double>(n_star);
  Row row = make_row("catalogue", "import", amount,
                     {add_cpu_s + sorting.cpu_s, add_wall_s + sorting.wall_s}, Clock::wall, million,
                     "Mstar/s");
  compare(row, "write + fsync", write_floor_mb_s(options, static_cast<std::int64_t>(n_byte)),
          "MB/s", 1e-6 * n_byte);
  row.note = fmt::format("{:.2f} s per million without parsing; {:.2f} of them sorting",
                         (add_wall_s + sorting.wall_s) / million, sorting.wall_s / million);
  table.add(row);

  table.add(make_row("catalogue", "open", amount,
                     median_cost(options.n_run, [&] { keep(io::StarTiles{folder}); }), Clock::wall,
                     million, "Mstar/s"));
  const io::StarTiles store{folder};
  struct Query {
    const char* name;
    SkyPos centre;
    double radius_deg;
    io::StarCut cut;
  };
  const auto at = [](double ra_deg, double dec_deg) {
    return SkyPos{Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)};
  };
  // A square field of 10° has its corners 7.07° from the centre.
  for (const Query& query :
       {Query{"10 deg field G<14", at(270.0, 27.0), 7.07, {.faint_limit_mag = 14.0f}},
        Query{"the same in the plane", at(0.0, 0.0), 7.07, {.faint_limit_mag = 14.0f}},
        Query{"25 deg, brightest 20000", at(0.0, 0.0), 17.7, {.max_stars = 20000}},
        Query{"1 deg, all", at(0.0, 0.0), 0.7, {}}}) {
    std::int64_t n_found = 0;
    const Cost cost = median_cost(options.n_run, [&] {
      n_found = store.cone(query.centre, Angle::from_deg(query.radius_deg), query.cut).size();
    });
    Row one = make_row("catalogue", query.name, fmt::format("{} stars", n_found), cost, Clock::wall,
                       1e-6 * static_cast<double>(n_found), "Mstar/s");
    compare(one, "cached read", floors.cached_read_mb_s, "MB/s",
            1e-6 * kRowBytes * static_cast<double>(n_found));
    table.add(std::move(one));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace skyweft::bench
