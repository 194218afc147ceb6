// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_file.hpp"
#include "io/digest.hpp"
#include "io/star_tiles_write.hpp"
#include "sky/catalog.hpp"
#include "workflows/verbs/catalog_requests.hpp"

namespace skyweft::workflows {
namespace {

/// Puts "ra=RAJ2000" where it belongs.
void read_columns(CatalogImport& request) {
  io::StarMapping& m = request.mapping;
  const std::pair<const char*, std::string*> keys[] = {
      {"id", &m.id},       {"ra", &m.ra},         {"dec", &m.dec},
      {"pm_ra", &m.pm_ra}, {"pm_dec", &m.pm_dec}, {"parallax", &m.parallax},
      {"mag", &m.mag},     {"colour", &m.colour}, {"epoch", &m.epoch}};
  for (const std::string& text : request.columns) {
    const std::size_t sign = text.find('=');
    const auto* const found = std::ranges::find_if(keys, [&](const auto& key) {
      return sign != std::string::npos && text.substr(0, sign) == key.first;
    });
    if (found == std::end(keys) || sign + 1 == text.size())
      throw Error{Errc::usage,
                  fmt::format("--columns '{}' is not KEY=NAME with the key id, ra, dec, pm_ra, "
                              "pm_dec, parallax, mag, colour or epoch (name the tables before it)",
                              printable(text))};
    *found->second = text.substr(sign + 1);
  }
}

/// Reads all tables in batches at one epoch and hands these on.
void read_all(const CatalogImport& request, const auto& epoch_for, const auto& take) {
  for (const std::string& file : request.files) {
    std::int64_t n = 0;
    io::read_star_batches(file, request.mapping, [&](const StarCatalog& batch) {
      n += batch.size();
      const double epoch_yr = epoch_for(batch);
      if (batch.epoch_yr == epoch_yr) {
        take(batch);
        return;
      }
      StarCatalog moved = batch;
      sky::propagate(moved, epoch_yr);
      take(moved);
    });
    fmt::print(stderr, "{}: {} stars\n", printable(file), n);
  }
}

int import_store(const CatalogImport& request) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::string> kept;
  for (std::string name : request.mapping.keep) {
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    kept.push_back(name);
  }
  std::filesystem::path folder{request.output};
  if (!folder.has_filename()) folder = folder.parent_path();
  io::StarTilesWriter writer{
      folder,
      {.name = request.name.empty() ? folder.filename().string() : request.name,
       .software_version = SKYWEFT_VERSION,
       .epoch_yr = request.epoch_yr,
       .extra = kept,
       .faint_limit_mag = request.faint_limit_mag,
       .is_all_sky = request.is_all_sky,
       .memory_bytes = request.memory_mib << 20}};
  read_all(
      request, [&](const StarCatalog& batch) { return writer.epoch_for(batch); },
      [&](const StarCatalog& batch) { writer.add(batch); });
  std::vector<io::StarSource> sources;
  for (const std::string& file : request.files)
    sources.push_back({std::filesystem::path{file}.filename().string(),
                       static_cast<std::int64_t>(std::filesystem::file_size(file)),
                       io::digest_of_file(file)});
  const std::int64_t n_taken = writer.n_taken();
  const io::StarManifest made = writer.finish(std::move(sources));
  const double took_s =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print(stderr, "{:.1f} s, {:.2f} s per million stars; {} left out as duplicates\n", took_s,
             1e6 * took_s / static_cast<double>(n_taken), made.n_duplicate);
  fmt::print("{}: {} stars, epoch {}\n", request.output, made.n_star, made.epoch_yr);
  return 0;
}

void append(StarCatalog& to, const StarCatalog& from, double faint_limit_mag) {
  std::vector<std::int64_t> bright;
  for (std::int64_t i = 0; i < from.size(); ++i)
    if (!(static_cast<double>(from.mag[static_cast<std::size_t>(i)]) > faint_limit_mag))
      bright.push_back(i);
  const StarCatalog part = rows_of(from, bright);
  const auto join = [](auto& a, const auto& b) { a.insert(a.end(), b.begin(), b.end()); };
  // A table without parallaxes, or without a kept column, among others that have them.
  const std::size_t n_before = to.id.size();
  if (!part.parallax_mas.empty()) {
    to.parallax_mas.resize(n_before, 0.0f);
    join(to.parallax_mas, part.parallax_mas);
  }
  for (const NamedColumn& column : part.extra) {
    auto found = std::ranges::find(to.extra, column.name, &NamedColumn::name);
    if (found == to.extra.end()) found = to.extra.insert(found, {column.name, {}});
    found->value.resize(n_before, kNaNf);
    join(found->value, column.value);
  }
  join(to.id, part.id);
  join(to.ra_deg, part.ra_deg);
  join(to.dec_deg, part.dec_deg);
  join(to.pm_ra_mas_yr, part.pm_ra_mas_yr);
  join(to.pm_dec_mas_yr, part.pm_dec_mas_yr);
  join(to.mag, part.mag);
  join(to.colour, part.colour);
}

int import_table(const CatalogImport& request) {
  StarCatalog all;
  all.epoch_yr = request.epoch_yr;
  read_all(
      request,
      [&](const StarCatalog& batch) {
        if (!std::isfinite(all.epoch_yr)) all.epoch_yr = batch.epoch_yr;
        return all.epoch_yr;
      },
      [&](const StarCatalog& batch) { append(all, batch, request.faint_limit_mag); });
  if (!all.parallax_mas.empty()) all.parallax_mas.resize(all.id.size(), 0.0f);
  for (NamedColumn& column : all.extra) column.value.resize(all.id.size(), kNaNf);
  std::vector<std::int64_t> order(all.id.size());
  std::iota(order.begin(), order.end(), 0);
  const auto id = [&](std::int64_t i) { return all.id[static_cast<std::size_t>(i)]; };
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    if (id(a) != id(b)) return id(a) < id(b);
    const float first = all.mag[static_cast<std::size_t>(a)];
    const float second = all.mag[static_cast<std::size_t>(b)];
    return first < second || (std::isnan(second) && !std::isnan(first));
  });
  const auto repeated = std::ranges::unique(order, {}, id);
  order.erase(repeated.begin(), repeated.end());
  const StarCatalog stars = rows_of(all, order);
  io::write_star_table(request.output, stars);
  fmt::print("{}: {} stars, epoch {}\n", request.output, stars.size(), stars.epoch_yr);
  return 0;
}

}  // namespace

int import_catalog(CatalogImport request) {
  read_columns(request);
  return request.output.ends_with(".fits") ? import_table(request) : import_store(request);
}

}  // namespace skyweft::workflows
