// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/import_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "io/iso_utc.hpp"
#include "sky/projection.hpp"
#include "sky/time.hpp"

namespace skyweft::workflows {
namespace {

constexpr double kMjdZero_jd = 2400000.5;
constexpr double kMostSpread_s = 1.0;

sky::Vec3 direction(const io::PhotometryTable& table, std::size_t row) {
  return sky::unit_vector(
      {Angle::from_deg(table.ra_deg[row]), Angle::from_deg(table.dec_deg[row])});
}

/// The rows of every group, ascending.
std::vector<std::vector<std::size_t>> rows_by(const std::vector<std::int64_t>& group_of_row,
                                              std::size_t n_group) {
  std::vector<std::vector<std::size_t>> out(n_group);
  for (std::size_t row = 0; row < group_of_row.size(); ++row)
    out[static_cast<std::size_t>(group_of_row[row])].push_back(row);
  return out;
}

template <class T>
double median_over(const std::vector<T>& column, const std::vector<std::size_t>& rows) {
  std::vector<double> values;
  for (const std::size_t row : rows)
    if (std::isfinite(column[row])) values.push_back(static_cast<double>(column[row]));
  return values.empty() ? kNaN : median_in_place(std::span<double>{values});
}

/// Stars found so far, in cells of the sphere's cube as wide as the radius.
class NearestStar {
 public:
  explicit NearestStar(Angle radius) : width_(2.0 * std::sin(0.5 * radius.rad())) {}

  /// The nearest star within the radius, or a new one.
  std::int64_t of(const sky::Vec3& v) {
    std::int64_t best = -1;
    double least = width_ * width_;
    const Cell home = cell_of(v);
    for (std::int64_t k = 0; k < 27; ++k) {
      const auto found =
          cells_.find({home[0] + k % 3 - 1, home[1] + k / 3 % 3 - 1, home[2] + k / 9 - 1});
      if (found == cells_.end()) continue;
      for (const std::int64_t star : found->second) {
        const sky::Vec3& w = stars_[static_cast<std::size_t>(star)];
        double away = 0.0;
        for (std::size_t i = 0; i < 3; ++i) away += (v[i] - w[i]) * (v[i] - w[i]);
        if (away > least || (away == least && best >= 0 && best < star)) continue;
        least = away;
        best = star;
      }
    }
    if (best >= 0) return best;
    cells_[home].push_back(std::ssize(stars_));
    stars_.push_back(v);
    return std::ssize(stars_) - 1;
  }

 private:
  using Cell = std::array<std::int64_t, 3>;
  Cell cell_of(const sky::Vec3& v) const {
    Cell out{};
    for (std::size_t i = 0; i < 3; ++i)
      out[i] = static_cast<std::int64_t>(std::floor(v[i] / width_));
    return out;
  }
  double width_;
  std::map<Cell, std::vector<std::int64_t>> cells_;
  std::vector<sky::Vec3> stars_;
};

/// UTC of a time in the table's scale, for an observer who sees `star`.
double to_utc(double jd, const std::string& scale, const Site& site, const SkyPos& star,
              const sky::LeapSeconds& leap_seconds) {
  if (scale == "utc") return jd;
  double utc = jd;
  // Each round leaves the change of the difference over the last step: below 1 us after three.
  for (int round = 0; round < 3; ++round) {
    const sky::FrameTime time = sky::frame_time(utc, site, leap_seconds);
    const double there = scale == "bjd_tdb" ? sky::bjd_tdb(time, star) : time.tdb_jd;
    utc = jd - (there - utc);
  }
  return utc;
}

std::string name_at(const io::NameColumn& column, std::size_t row) {
  const std::int32_t i = column.of_row[row];
  return i < 0 ? std::string{} : column.names[static_cast<std::size_t>(i)];
}

std::int64_t ms_of(double jd) {
  return std::llround((jd - kMjdZero_jd) * kSecondsPerDay * 1000.0);
}

}  // namespace

TableStars stars_of_table(const io::PhotometryTable& table, const io::TableOptions& options) {
  TableStars out;
  const auto n_row = static_cast<std::size_t>(table.n_row());
  std::vector<std::int64_t> group(n_row);
  std::vector<StarId> ids = table.star;
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  const bool is_numbered = ids.front() != 0 || ids.size() > 1;
  NearestStar nearest{Angle::from_arcsec(options.group_arcsec)};
  std::int64_t n_star = std::ssize(ids);
  if (!is_numbered) n_star = 0;
  for (std::size_t row = 0; row < n_row; ++row) {
    group[row] = is_numbered ? std::ranges::lower_bound(ids, table.star[row]) - ids.begin()
                             : nearest.of(direction(table, row));
    n_star = std::max(n_star, group[row] + 1);
  }
  const auto rows = rows_by(group, static_cast<std::size_t>(n_star));
  StarCatalog& stars = out.stars;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    sky::Vec3 sum{0.0, 0.0, 0.0};
    for (const std::size_t row : rows[s]) {
      const sky::Vec3 v = direction(table, row);
      for (std::size_t i = 0; i < 3; ++i) sum[i] += v[i];
    }
    const SkyPos place = sky::direction_of(sum);
    stars.id.push_back(is_numbered ? ids[s] : id_from_position(place));
    stars.ra_deg.push_back(place.ra.deg());
    stars.dec_deg.push_back(place.dec.deg());
    stars.pm_ra_mas_yr.push_back(0.0);
    stars.pm_dec_mas_yr.push_back(0.0);
    stars.mag.push_back(static_cast<float>(median_over(table.mag, rows[s])));
    stars.colour.push_back(static_cast<float>(median_over(table.colour, rows[s])));
  }
  std::vector<std::int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {},
                           [&](std::int64_t s) { return stars.id[static_cast<std::size_t>(s)]; });
  std::vector<std::int64_t> place_of(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    place_of[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  sort_by_id(stars);
  for (const std::int64_t g : group)
    out.star_of_row.push_back(place_of[static_cast<std::size_t>(g)]);
  return out;
}

TableFrames frames_of_table(const io::PhotometryTable& table, const io::TableOptions& options,
                            const Site& site, const sky::LeapSeconds& leap_seconds) {
  TableFrames out;
  const auto n_row = static_cast<std::size_t>(table.n_row());
  // What tells exposures apart: the name or the time, camera and filter.
  using Key = std::tuple<std::int64_t, std::int32_t, std::int32_t>;
  std::map<Key, std::int64_t> number_of;
  std::vector<std::int64_t> group(n_row);
  for (std::size_t row = 0; row < n_row; ++row) {
    const std::int32_t name = table.frame.of_row[row];
    // Times in ms are far above any count of names.
    const Key key{name >= 0 ? name : ms_of(table.time_jd[row]), table.camera.of_row[row],
                  table.filter.of_row[row]};
    group[row] = number_of.emplace(key, std::ssize(number_of)).first->second;
  }
  const auto rows = rows_by(group, number_of.size());
  std::map<std::pair<std::string, std::string>, std::int64_t> detectors;
  for (const auto& of_frame : rows) {
    const std::size_t first = of_frame.front();
    std::string camera = name_at(table.camera, first);
    if (camera.empty()) camera = "main";
    detectors.emplace(std::pair{std::move(camera), name_at(table.filter, first)}, 0);
  }
  if (detectors.size() > 64)
    throw Error{Errc::bad_input,
                fmt::format("the table has {} cameras and filters, 64 at most are told apart; see "
                            "table.camera and table.filter",
                            detectors.size())};
  std::int64_t i_detector = 0;
  for (auto& [names, number] : detectors) number = i_detector++;

  const double share = options.time_reference == "start" ? 0.5
                       : options.time_reference == "end" ? -0.5
                                                         : 0.0;
  for (const auto& of_frame : rows) {
    const std::size_t first = of_frame.front();
    FrameRecord record;
    record.file = name_at(table.frame, first);
    record.camera = name_at(table.camera, first);
    if (record.camera.empty()) record.camera = "main";
    record.filter = name_at(table.filter, first);
    record.exposure_s = median_over(table.exposure_s, of_frame);
    if (!(record.exposure_s > 0.0)) {
      out.exposure_is_known = false;
      record.exposure_s = 1.0;
    }
    std::vector<double> times;
    for (const std::size_t row : of_frame)
      times.push_back(to_utc(
          table.time_jd[row] + share * record.exposure_s / kSecondsPerDay, options.time_scale, site,
          {Angle::from_deg(table.ra_deg[row]), Angle::from_deg(table.dec_deg[row])}, leap_seconds));
    const auto [low, high] = std::ranges::minmax(times);
    if ((high - low) * kSecondsPerDay > kMostSpread_s)
      throw Error{Errc::bad_input,
                  fmt::format("the rows of frame {} span {:.1f} s: table.frame names several "
                              "exposures alike",
                              printable(record.file), (high - low) * kSecondsPerDay)}
          .because({"frame_span_s", (high - low) * kSecondsPerDay, kMostSpread_s});
    record.time_utc_mid_jd = median_in_place(std::span<double>{times});
    if (record.file.empty())
      record.file = fmt::format("{}{}{}", io::iso_utc(record.time_utc_mid_jd),
                                record.filter.empty() ? "" : " ", record.filter);
    record.id = ms_of(record.time_utc_mid_jd) * 64 + detectors.at({record.camera, record.filter});
    record.n_sources = std::ssize(of_frame);
    record.state = FrameState::measured;
    out.records.push_back(std::move(record));
  }
  std::vector<std::int64_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {},
                    [&](std::int64_t f) { return out.records[static_cast<std::size_t>(f)].id; });
  std::vector<FrameRecord> sorted;
  std::vector<std::int64_t> place_of(order.size());
  for (const std::int64_t f : order) {
    FrameRecord& record = out.records[static_cast<std::size_t>(f)];
    if (!sorted.empty() && sorted.back().id == record.id)
      throw Error{Errc::bad_input,
                  fmt::format("the frames {} and {} have one time, camera and filter",
                              printable(sorted.back().file), printable(record.file))};
    place_of[static_cast<std::size_t>(f)] = std::ssize(sorted);
    sorted.push_back(std::move(record));
  }
  out.records = std::move(sorted);
  for (const std::int64_t g : group)
    out.frame_of_row.push_back(place_of[static_cast<std::size_t>(g)]);
  return out;
}

}  // namespace skyweft::workflows
