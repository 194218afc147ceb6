// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/star_choice.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/expression.hpp"
#include "core/text.hpp"
#include "io/catalog_file.hpp"
#include "io/files.hpp"
#include "io/star_tiles.hpp"
#include "sky/catalog.hpp"
#include "workflows/catalog_access.hpp"

namespace skyweft::workflows {
namespace {

Value value_of(double number) {
  return std::isfinite(number) ? Value{number} : Value{};
}

/// One star's columns by name.
Value column(const StarCatalog& stars, std::size_t i, std::string_view name) {
  if (name == "id") return value_of(static_cast<double>(stars.id[i]));
  if (name == "ra_deg") return value_of(stars.ra_deg[i]);
  if (name == "dec_deg") return value_of(stars.dec_deg[i]);
  if (name == "pm_ra_mas_yr") return value_of(stars.pm_ra_mas_yr[i]);
  if (name == "pm_dec_mas_yr") return value_of(stars.pm_dec_mas_yr[i]);
  if (name == "mag") return value_of(static_cast<double>(stars.mag[i]));
  if (name == "colour") return value_of(static_cast<double>(stars.colour[i]));
  if (name == "parallax_mas" && !stars.parallax_mas.empty())
    return value_of(static_cast<double>(stars.parallax_mas[i]));
  const std::string wanted = lower_case(name);
  for (const NamedColumn& c : stars.extra)
    if (c.name == wanted) return value_of(static_cast<double>(c.value[i]));
  return {};
}

/// Throws Error{bad_config} for a name that no star of this catalogue has.
Expression parse_over(const std::string& text, const std::string& key, const StarCatalog& stars) {
  static const std::set<std::string, std::less<>> kAlways{
      "id", "ra_deg", "dec_deg", "pm_ra_mas_yr", "pm_dec_mas_yr", "mag", "colour", "parallax_mas"};
  const Expression expression = Expression::parse(text);
  for (const std::string& name : expression.names()) {
    if (kAlways.contains(name)) continue;
    std::string known;
    bool found = false;
    for (const NamedColumn& c : stars.extra) {
      found = found || c.name == lower_case(name);
      known += " " + c.name;
    }
    if (!found)
      throw Error{Errc::bad_config,
                  fmt::format("{} = \"{}\": the catalogue keeps no column {}; it has id ra_deg "
                              "dec_deg pm_ra_mas_yr pm_dec_mas_yr parallax_mas mag colour{}; see "
                              "`skyweft catalog import --keep`",
                              key, text, name, known)};
  }
  return expression;
}

float number_of(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? static_cast<float>(*number) : kNaNf;
}

/// Stars of a folder, magnitude, colour and filter by expressions over its columns.
StarCatalog by_expressions(StarCatalog stars, const StarOptions& options) {
  std::vector<std::int64_t> keep;
  std::vector<float> mag = stars.mag, colour = stars.colour;
  const auto parse = [&](const std::string& text, const char* key) {
    return text.empty() ? std::nullopt : std::optional{parse_over(text, key, stars)};
  };
  const auto magnitude = parse(options.magnitude, "stars.magnitude");
  const auto colours = parse(options.colour, "stars.colour");
  const auto filter = parse(options.filter, "stars.filter");
  for (std::size_t i = 0; i < stars.id.size(); ++i) {
    const Lookup lookup = [&](std::string_view name) { return column(stars, i, name); };
    if (filter && !filter->holds(lookup)) continue;
    if (magnitude) mag[i] = number_of(magnitude->evaluate(lookup));
    if (colours) colour[i] = number_of(colours->evaluate(lookup));
    if (magnitude && std::isnan(mag[i])) continue;
    keep.push_back(static_cast<std::int64_t>(i));
  }
  stars.mag = std::move(mag);
  stars.colour = std::move(colour);
  return rows_of(stars, keep);
}

/// The stars of a folder near a place; cut already where no expression changes what is cut.
StarCatalog from_folder(const std::string& path, const StarOptions& options, const SkyPos& centre,
                        Angle radius) {
  io::StarCut cut;
  if (options.magnitude.empty()) {
    cut.faint_limit_mag = static_cast<float>(options.faint_limit_mag);
    if (options.filter.empty() && options.list.empty()) cut.max_stars = options.max_stars;
  }
  return by_expressions(io::StarTiles{path}.cone(centre, radius, cut), options);
}

StarCatalog from_table(const std::string& path, const StarOptions& options) {
  io::StarMapping mapping;
  mapping.mag = options.magnitude;
  mapping.colour = options.colour;
  mapping.filter = options.filter;
  return io::read_star_file(path, mapping);
}

/// The numbers at the beginning of the lines of a file, a heading left out.
std::set<StarId> listed(const std::string& path) {
  std::set<StarId> ids;
  std::string text = io::read_text_file(path);
  std::int64_t line = 0;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view word = std::string_view{text}.substr(at, end - at);
    at = end + 1;
    word = trimmed(word.substr(0, word.find_first_of("#,; \t")));
    if (word.empty()) continue;
    StarId id = 0;
    const auto [stop, code] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (code != std::errc{} || stop != word.data() + word.size()) {
      if (line == 0) continue;  // a heading
      throw Error{Errc::bad_input,
                  fmt::format("{} line {}: '{}' is no star number", path, line + 1, word)};
    }
    ids.insert(id);
  }
  return ids;
}

}  // namespace

StarCatalog choose_stars(const std::string& path, const StarOptions& options, const SkyPos& centre,
                         Angle radius, double epoch_yr) {
  StarCatalog stars =
      is_star_folder(path) ? from_folder(path, options, centre, radius) : from_table(path, options);
  if (!options.list.empty()) {
    const std::set<StarId> wanted = listed(options.list);
    std::vector<std::int64_t> keep;
    for (std::int64_t i = 0; i < stars.size(); ++i)
      if (wanted.contains(stars.id[static_cast<std::size_t>(i)])) keep.push_back(i);
    stars = rows_of(stars, keep);
  }
  stars = sky::stars_in_cone(stars, centre, radius, static_cast<float>(options.faint_limit_mag),
                             options.max_stars);
  if (std::isfinite(epoch_yr)) sky::propagate(stars, epoch_yr);
  return stars;
}

}  // namespace skyweft::workflows
