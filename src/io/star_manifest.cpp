// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_manifest.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "core/log.hpp"
#include "io/digest.hpp"
#include "io/files.hpp"
#include "io/star_part.hpp"

namespace skyweft::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "skyweft star store";
constexpr std::int64_t kMaxRows = std::int64_t{1} << 40;
constexpr std::size_t kMaxExtra = 64;
constexpr int kFinestCoverage = 12;

Json or_null(double v) {
  return std::isfinite(v) ? Json(v) : Json(nullptr);
}
double number_or_nan(const Json& v) {
  return v.is_null() ? kNaN : v.get<double>();
}

Json to_json(const StarManifest& m) {
  Json columns = Json::array();
  for (const StoreColumn& c : store_columns(m.extra))
    columns.push_back({{"name", c.name}, {"form", c.form}, {"unit", c.unit}});
  Json runs = Json::array();
  for (const auto& [first, last] : m.covered) runs.push_back({first, last});
  Json sources = Json::array();
  for (const StarSource& s : m.sources)
    sources.push_back({{"file", printable(s.file)}, {"bytes", s.n_byte}, {"digest", s.digest}});
  Json parts = Json::array();
  for (const StarPart& p : m.parts)
    parts.push_back({{"file", p.file},
                     {"bytes", p.n_byte},
                     {"rows", p.n_row},
                     {"tiles", p.n_tile},
                     {"marks", p.n_mark},
                     {"first_tile", p.first_tile},
                     {"last_tile", p.last_tile},
                     {"digest", p.digest}});
  return {{"format", kFormat},
          {"format_version", kStarStoreVersion},
          {"software_version", m.software_version},
          {"name", printable(m.name)},
          {"ordering", "NESTED"},
          {"order", kTileOrder},
          {"stars", m.n_star},
          {"duplicates_left_out", m.n_duplicate},
          {"epoch_yr", m.epoch_yr},
          {"mag_min", or_null(m.mag_min)},
          {"mag_max", or_null(m.mag_max)},
          {"faint_limit_mag", or_null(m.faint_limit_mag)},
          {"columns", columns},
          {"kept_columns", m.extra},
          {"coverage", {{"all_sky", m.is_all_sky}, {"order", m.coverage_order}, {"cells", runs}}},
          {"sources", sources},
          {"parts", parts}};
}

StarManifest from_json(const Json& j) {
  StarManifest m;
  m.software_version = j.at("software_version").get<std::string>();
  m.name = j.at("name").get<std::string>();
  m.n_star = j.at("stars").get<std::int64_t>();
  m.n_duplicate = j.at("duplicates_left_out").get<std::int64_t>();
  m.epoch_yr = j.at("epoch_yr").get<double>();
  m.mag_min = number_or_nan(j.at("mag_min"));
  m.mag_max = number_or_nan(j.at("mag_max"));
  m.faint_limit_mag = number_or_nan(j.at("faint_limit_mag"));
  m.extra = j.at("kept_columns").get<std::vector<std::string>>();
  m.is_all_sky = j.at("coverage").at("all_sky").get<bool>();
  m.coverage_order = j.at("coverage").at("order").get<int>();
  for (const Json& run : j.at("coverage").at("cells"))
    m.covered.emplace_back(run.at(0).get<std::int64_t>(), run.at(1).get<std::int64_t>());
  for (const Json& s : j.at("sources"))
    m.sources.push_back({s.at("file").get<std::string>(), s.at("bytes").get<std::int64_t>(),
                         s.at("digest").get<std::string>()});
  for (const Json& p : j.at("parts"))
    m.parts.push_back({.file = p.at("file").get<std::string>(),
                       .n_byte = p.at("bytes").get<std::int64_t>(),
                       .n_row = p.at("rows").get<std::int64_t>(),
                       .n_tile = p.at("tiles").get<std::int64_t>(),
                       .n_mark = p.at("marks").get<std::int64_t>(),
                       .first_tile = p.at("first_tile").get<std::int64_t>(),
                       .last_tile = p.at("last_tile").get<std::int64_t>(),
                       .digest = p.at("digest").get<std::string>()});
  return m;
}

/// What contradicts what; empty: nothing.
std::string contradiction_in(const StarManifest& m) {
  std::int64_t n_star = 0;
  std::int64_t tile = -1;
  if (m.extra.size() > kMaxExtra) return "names too many kept columns";
  for (const StarPart& p : m.parts) {
    if (p.file.empty() || p.file.find('/') != std::string::npos) return "names a part elsewhere";
    if (p.first_tile <= tile || p.last_tile < p.first_tile || p.last_tile >= kTiles)
      return fmt::format("has part {} out of order", p.file);
    tile = p.last_tile;
    if (p.n_row < 1 || p.n_row > kMaxRows || p.n_tile < 1 ||
        p.n_tile > p.last_tile - p.first_tile + 1 || p.n_mark < 1 || p.n_mark > p.n_row)
      return fmt::format("has part {} with an impossible number of rows", p.file);
    n_star += p.n_row;
  }
  if (n_star != m.n_star) return fmt::format("counts {} stars of {}", n_star, m.n_star);
  if (!std::isfinite(m.epoch_yr)) return "has no epoch";
  if (m.coverage_order < 0 || m.coverage_order > kFinestCoverage) return "has an odd coverage";
  std::int64_t cell = -1;
  for (const auto& [first, last] : m.covered) {
    if (first <= cell || last < first || last >= healpix::n_cells(m.coverage_order))
      return "has an odd coverage";
    cell = last;
  }
  return {};
}

std::string digest_of_json(const Json& j) {
  return digest_of_text(j.dump());
}

}  // namespace

void write_star_manifest(const std::filesystem::path& folder, const StarManifest& manifest) {
  Json j = to_json(manifest);
  j["digest"] = digest_of_json(j);
  write_text_file(folder / kManifestName, j.dump(1) + "\n");
}

StarManifest read_star_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kManifestName;
  const auto refuse = [&](const std::string& what) -> Error {
    return Error{Errc::bad_input,
                 fmt::format("{} {}; make the store anew with `skyweft catalog import`, or copy it "
                             "again",
                             printable(path.string()), what)};
  };
  if (!std::filesystem::is_regular_file(path))
    throw refuse("does not exist, so this folder is no star store");
  const std::string text = read_text_file(path);
  StarManifest manifest;
  try {
    Json j = Json::parse(text);
    if (j.at("format").get<std::string>() != kFormat)
      throw refuse("is no manifest of a star store");
    const std::string digest = j.at("digest").get<std::string>();
    if (const int version = j.at("format_version").get<int>(); version != kStarStoreVersion)
      throw refuse(
          fmt::format("has format version {}, this program knows {}", version, kStarStoreVersion));
    if (j.at("order").get<int>() != kTileOrder) throw refuse("has tiles of another order");
    j.erase("digest");
    if (digest_of_json(j) != digest)
      throw refuse("is damaged or was edited: its digest does not fit");
    manifest = from_json(j);
  } catch (const Json::exception& error) {
    throw refuse(fmt::format("cannot be read ({})", printable(error.what())));
  }
  if (const std::string what = contradiction_in(manifest); !what.empty()) throw refuse(what);
  return manifest;
}

}  // namespace skyweft::io
