// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/star_selection.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "core/text.hpp"
#include "io/config_file.hpp"
#include "io/files.hpp"
#include "sky/projection.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {
namespace {

/// The numbers of "A,B,…", exactly `n` of them; nothing when it is something else.
std::optional<std::vector<double>> numbers_in(const std::string& text, std::size_t n) {
  std::vector<double> out;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && out.size() < n) {
    double value = kNaN;
    const auto [stop, code] = std::from_chars(at, end, value);
    if (code != std::errc{} || !std::isfinite(value)) return std::nullopt;
    out.push_back(value);
    at = stop;
    if (at != end && *at++ != ',') return std::nullopt;
  }
  if (at != end || out.size() != n || text.back() == ',') return std::nullopt;
  return out;
}

bool is_on_sky(double ra_deg, double dec_deg) {
  return ra_deg >= 0.0 && ra_deg < 360.0 && dec_deg >= -90.0 && dec_deg <= 90.0;
}

SkyPos place_of(const StarCatalog& stars, std::size_t i) {
  return {Angle::from_deg(stars.ra_deg[i]), Angle::from_deg(stars.dec_deg[i])};
}

/// Finds stars by place: sorted by declination, so that a list of many places is quick.
class StarsByPlace {
 public:
  explicit StarsByPlace(const StarCatalog& stars) : stars_(stars), order_(stars.id.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::size_t i) { return stars_.dec_deg[i]; });
  }

  /// Calls visit(row, distance) for every star within `radius`.
  template <class Visit>
  void each(const SkyPos& centre, Angle radius, const Visit& visit) const {
    const double low = centre.dec.deg() - radius.deg();
    auto it =
        std::ranges::lower_bound(order_, low, {}, [&](std::size_t i) { return stars_.dec_deg[i]; });
    for (; it != order_.end() && stars_.dec_deg[*it] <= centre.dec.deg() + radius.deg(); ++it) {
      const Angle away = sky::separation(centre, place_of(stars_, *it));
      if (away <= radius) visit(static_cast<std::int64_t>(*it), away);
    }
  }

  /// -1 when there is none within `radius`; of two at one distance the lower row.
  std::int64_t nearest(const SkyPos& centre, Angle radius) const {
    std::int64_t best = -1;
    Angle least = radius;
    each(centre, radius, [&](std::int64_t row, Angle away) {
      if (away < least || best < 0 || (away == least && row < best)) {
        best = row;
        least = away;
      }
    });
    return best;
  }

 private:
  const StarCatalog& stars_;
  std::vector<std::size_t> order_;
};

/// One line of a list.
struct ListEntry {
  std::optional<StarId> id;
  SkyPos place;
  std::string text;
};

std::vector<std::string> words_of(std::string line) {
  std::ranges::replace_if(
      line, [](char c) { return c == ',' || c == ';' || c == '\r'; }, ' ');
  std::istringstream in{line};
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(std::move(word));
  return out;
}

template <class T>
std::optional<T> number(const std::string& word) {
  T value{};
  const auto [stop, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (code != std::errc{} || stop != word.data() + word.size()) return std::nullopt;
  return value;
}

std::vector<ListEntry> read_list(const std::string& path) {
  std::istringstream in{io::read_text_file(path, std::int64_t{1} << 30)};
  std::vector<ListEntry> out;
  std::int64_t i_line = 0;
  bool is_first = true;
  std::optional<std::size_t> id_at;
  std::optional<std::size_t> ra_at;
  std::optional<std::size_t> dec_at;
  for (std::string line; std::getline(in, line);) {
    ++i_line;
    line = line.substr(0, line.find('#'));
    const std::vector<std::string> words = words_of(line);
    if (words.empty()) continue;
    const auto refuse = [&] {
      throw Error{Errc::bad_input,
                  fmt::format("{} line {}: '{}' is neither a star id nor RA and DEC in degrees",
                              path, i_line, printable(line.substr(0, 60)))};
    };
    if (is_first && !number<double>(words.front())) {
      for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == "star_id" || (words[i] == "id" && !id_at)) id_at = i;
        if (words[i] == "ra_deg" || (words[i] == "ra" && !ra_at)) ra_at = i;
        if (words[i] == "dec_deg" || (words[i] == "dec" && !dec_at)) dec_at = i;
      }
      if (!id_at && !(ra_at && dec_at)) refuse();
      is_first = false;
      continue;
    }
    if (is_first && words.size() == 1) id_at = 0;
    if (is_first && words.size() == 2) {
      ra_at = 0;
      dec_at = 1;
    }
    is_first = false;
    ListEntry entry{.id = {}, .place = {}, .text = fmt::format("{}", fmt::join(words, ","))};
    if (id_at && *id_at < words.size()) entry.id = number<StarId>(words[*id_at]);
    if (!entry.id) {
      if (!ra_at || !dec_at || std::max(*ra_at, *dec_at) >= words.size()) refuse();
      const auto ra = number<double>(words[*ra_at]);
      const auto dec = number<double>(words[*dec_at]);
      if (!ra || !dec || !is_on_sky(*ra, *dec)) refuse();
      entry.place = {Angle::from_deg(*ra), Angle::from_deg(*dec)};
    }
    out.push_back(std::move(entry));
  }
  return out;
}

/// The place of a target in the archive's configuration, of which nothing else is looked at.
SkyPos place_of_target(const Archive& archive, const std::string& name) {
  const ConfigTable table = io::read_config(archive.config());
  TargetOptions target;
  std::set<std::string, std::less<>> used;
  read_section(table, fmt::format("target.{}", name), target, used);
  if (used.empty()) {
    std::set<std::string> names;
    for (const auto& [key, value] : table)
      if (key.starts_with("target.")) names.insert(key.substr(7, key.find('.', 7) - 7));
    throw Error{Errc::bad_input,
                fmt::format("the configuration of {} has no target '{}'; it has: {}",
                            archive.root().string(), printable(name),
                            names.empty() ? std::string{"none"}
                                          : fmt::format("{}", fmt::join(names, ", ")))};
  }
  return {Angle::from_deg(target.ra_deg), Angle::from_deg(target.dec_deg)};
}

float chosen(const std::vector<float>& matrix, const StarTable& table, std::size_t star) {
  const std::size_t at = star * static_cast<std::size_t>(table.n_ap()) +
                         static_cast<std::size_t>(table.aperture[star]);
  return at < matrix.size() ? matrix[at] : kNaNf;
}

}  // namespace

SkyPos parse_position(const std::string& text, const std::string& option) {
  const auto place = numbers_in(text, 2);
  if (!place || !is_on_sky((*place)[0], (*place)[1]))
    throw Error{
        Errc::usage,
        fmt::format("{} {} is not RA,DEC in degrees, for example 31.0427,46.6879", option, text)};
  return {Angle::from_deg((*place)[0]), Angle::from_deg((*place)[1])};
}

std::vector<double> variability(const StarTable& table) {
  constexpr std::size_t kHalf = 50;
  const std::size_t n = table.stars.id.size();
  std::vector<double> ratio(n, kNaN);
  for (std::size_t stage = kStages.size(); stage-- > 0;) {
    for (std::size_t i = 0; i < n; ++i) {
      const double scatter = static_cast<double>(chosen(table.scatter[stage], table, i));
      const double model = static_cast<double>(chosen(table.noise_model, table, i));
      if (std::isfinite(table.stars.mag[i])) ratio[i] = model > 0.0 ? scatter / model : scatter;
    }
    if (std::ranges::any_of(ratio, [](double r) { return std::isfinite(r); })) break;
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < n; ++i)
    if (std::isfinite(ratio[i])) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return table.stars.mag[i]; });
  std::vector<double> out(n, kNaN);
  for (std::size_t k = 0; k < order.size(); ++k) {
    const std::size_t from = k > kHalf ? k - kHalf : 0;
    const std::size_t to = std::min(order.size(), k + kHalf + 1);
    std::vector<double> like;
    for (std::size_t j = from; j < to; ++j) like.push_back(ratio[order[j]]);
    const double usual = median_in_place(std::span<double>{like});
    out[order[k]] = usual > 0.0 ? ratio[order[k]] / usual : kNaN;
  }
  return out;
}

std::vector<std::int64_t> select_stars(const LightCurveReader& reader, const StarRequest& request,
                                       std::vector<std::string>& missing) {
  if (!request.names_any() && !request.all && request.mags.empty() && request.variable <= 0)
    throw Error{Errc::usage,
                "name the stars: --star, --position, --list, --cone, --target, --mag, --variable "
                "or --all"};
  std::set<std::int64_t> rows;
  const Angle radius = Angle::from_arcsec(request.radius_arcsec);
  for (const StarId id : request.ids) rows.insert(reader.row_of(id));
  for (const std::string& text : request.positions)
    rows.insert(reader.row_near(parse_position(text), radius));
  for (const std::string& name : request.targets)
    rows.insert(reader.row_near(place_of_target(reader.archive(), name), radius));
  if (!request.cones.empty() || !request.lists.empty()) {
    const StarCatalog& stars = reader.stars().stars;
    const StarsByPlace places{stars};
    for (const std::string& text : request.cones) {
      const auto cone = numbers_in(text, 3);
      if (!cone || !is_on_sky((*cone)[0], (*cone)[1]) || !((*cone)[2] > 0.0))
        throw Error{
            Errc::usage,
            fmt::format("--cone {} is not RA,DEC,RADIUS in degrees, degrees and arcseconds", text)};
      const std::size_t before = rows.size();
      places.each({Angle::from_deg((*cone)[0]), Angle::from_deg((*cone)[1])},
                  Angle::from_arcsec((*cone)[2]),
                  [&](std::int64_t row, Angle) { rows.insert(row); });
      if (rows.size() == before && request.cones.size() == 1 && before == 0)
        throw Error{Errc::bad_input, fmt::format("no star lies in the cone {}", text)};
    }
    for (const std::string& path : request.lists)
      for (const ListEntry& entry : read_list(path)) {
        std::int64_t row = -1;
        if (entry.id) {
          const auto at = std::ranges::lower_bound(stars.id, *entry.id);
          if (at != stars.id.end() && *at == *entry.id) row = at - stars.id.begin();
        } else {
          row = places.nearest(entry.place, radius);
        }
        if (row >= 0)
          rows.insert(row);
        else
          missing.push_back(entry.text);
      }
  }
  if (!request.names_any())
    for (std::int64_t row = 0; row < reader.n_star(); ++row) rows.insert(rows.end(), row);
  std::vector<std::int64_t> out(rows.begin(), rows.end());
  if (!request.mags.empty()) {
    const auto range = numbers_in(request.mags, 2);
    if (!range || (*range)[0] > (*range)[1])
      throw Error{Errc::usage, fmt::format("--mag {} is not A,B: from the bright to the faint end",
                                           request.mags)};
    const StarCatalog& stars = reader.stars().stars;
    std::erase_if(out, [&](std::int64_t row) {
      const double mag = static_cast<double>(stars.mag[static_cast<std::size_t>(row)]);
      return !(mag >= (*range)[0] && mag <= (*range)[1]);
    });
  }
  if (request.variable > 0) {
    const std::vector<double> how_much = variability(reader.stars());
    const auto of = [&](std::int64_t row) { return how_much[static_cast<std::size_t>(row)]; };
    std::erase_if(out, [&](std::int64_t row) { return !std::isfinite(of(row)); });
    std::ranges::stable_sort(out, [&](auto a, auto b) { return of(a) > of(b); });
    if (std::ssize(out) > request.variable) out.resize(static_cast<std::size_t>(request.variable));
    std::ranges::sort(out);
  }
  if (out.empty())
    throw Error{Errc::bad_input,
                fmt::format("no star of {} is left of this choice; `skyweft export stars` lists "
                            "them",
                            reader.archive().root().string())};
  return out;
}

}  // namespace skyweft::workflows
