// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/blind_stages.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "io/sky_index_file.hpp"
#include "sky/blind.hpp"
#include "sky/sky_index.hpp"
#include "support/blind_sky.hpp"

namespace skyweft::bench {
namespace {

constexpr double kHigh_deg = 25.0;
constexpr int kFields = 24;

/// Drops the file's pages from the cache, as far as the system does it when asked.
void drop_pages(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

}  // namespace

void time_blind_stages(const Options& options, std::int64_t n_quad, Table& table) {
  // 8 quads in a square of the shortest |AB|, half as many in each band above: 16 in all.
  const double shortest_deg = std::sqrt(16.0 * 41253.0 / static_cast<double>(n_quad));
  const sky::SkyIndexRecipe recipe{.low_deg = shortest_deg / 0.2, .high_deg = kHigh_deg};
  std::mt19937_64 random{5};
  StarCatalog stars;
  // 12 stars where 10 are wanted.
  support::add_cap(stars, support::at_deg(0.0, 90.0), 180.0,
                   std::llround(12.0 * 41253.0 / shortest_deg / shortest_deg), random);
  const std::filesystem::path path = options.folder / "bench.skyindex";
  std::int64_t n_made = 0;
  const Cost making = median_cost(1, [&] {
    io::SkyIndexWriter writer{path,
                              {.low_deg = recipe.low_deg,
                               .high_deg = recipe.high_deg,
                               .catalog_digest = "",
                               .bands = {}}};
    for (const double low : sky::index_bands_rad(recipe)) {
      const sky::SkyIndexBand band = sky::make_index_band(stars, low, recipe);
      n_made += static_cast<std::int64_t>(band.codes.size());
      writer.add(band.view());
    }
    writer.close();
  });
  const std::string amount = fmt::format("{:.3g} M quads", 1e-6 * static_cast<double>(n_made));
  Row made = make_row("blind", "index making", amount, making, Clock::cpu,
                      1e-6 * static_cast<double>(n_made), "Mquad/s");
  made.note = fmt::format("{} stars, {:.0f} MB, fields {:.2f} to {:.0f} deg", stars.size(),
                          1e-6 * static_cast<double>(std::filesystem::file_size(path)),
                          recipe.low_deg, recipe.high_deg);
  table.add(made);
  table.add(make_row("blind", "index load", amount,
                     median_cost(options.n_run, [&] { keep(io::SkyIndexFile{path}.index()); }),
                     Clock::wall, 1.0, "1/s"));

  std::vector<support::SkyField> fields;
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (int i = 0; i < kFields; ++i) {
    support::BlindFrameOptions o;
    o.field_deg = recipe.low_deg * std::pow(kHigh_deg / recipe.low_deg, uniform(random));
    fields.push_back(
        support::make_blind_frame(stars, support::random_direction(random), o, random));
  }
  drop_pages(path);
  const io::SkyIndexFile file{path};
  int n_found = 0;
  const auto solve = [&](const support::SkyField& f) {
    const auto match =
        sky::solve_blind(f.sources, f.nx, f.ny, file.index(), {}, sky::BlindConfig{}, nullptr);
    n_found += match.has_value();
  };
  table.add(make_row("blind", "solve, first of all", "cold pages",
                     median_cost(1, [&] { solve(fields[0]); }), Clock::wall, 1.0, "frame/s"));
  n_found = 0;
  std::vector<Cost> costs;
  for (const auto& f : fields) costs.push_back(median_cost(1, [&] { solve(f); }));
  std::ranges::sort(costs, {}, &Cost::cpu_s);
  Row typical = make_row("blind", "solve, median", "0.5-1 % distorted, half false",
                         costs[kFields / 2], Clock::cpu, 1.0, "frame/s");
  typical.note = fmt::format("{} of {} found", n_found, kFields);
  table.add(typical);
  table.add(make_row("blind", "solve, slowest", fmt::format("of {}", kFields), costs.back(),
                     Clock::cpu, 1.0, "frame/s"));
  support::SkyField nothing = fields[0];
  support::scramble_sources(nothing, 100, 3);
  table.add(make_row("blind", "give up", "scrambled frame",
                     median_cost(options.n_run, [&] { solve(nothing); }), Clock::cpu, 1.0,
                     "frame/s"));
  std::filesystem::remove(path);
}

}  // namespace skyweft::bench
