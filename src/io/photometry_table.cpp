// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/photometry_table.hpp"

#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_names.hpp"
#include "io/column_finder.hpp"
#include "io/header.hpp"
#include "io/table_rows.hpp"
#include "io/time_stamp.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxUsual = 10;
using Usual = std::array<std::string_view, kMaxUsual>;

/// What is read of a row, besides apertures.
enum Quantity : std::size_t {
  kStar,
  kRa,
  kDec,
  kMag,
  kColour,
  kTime,
  kFrame,
  kCamera,
  kFilter,
  kExposure,
  kAirmass,
  kX,
  kY,
  kBackground,
  kFwhm,
  kQuantities
};

constexpr std::array<Usual, kQuantities> kUsual{{
    {"star_id", "source_id", "object_id", "starid"},
    kStarNames[static_cast<std::size_t>(StarColumn::ra)],
    kStarNames[static_cast<std::size_t>(StarColumn::dec)],
    {"catalog_mag"},
    {"colour", "color", "bp_rp", "b_v"},
    {"time_utc_mid_jd", "jd_utc", "jd", "mjd", "date-obs", "date_obs", "time"},
    {"frame_id", "frame", "file", "filename", "image"},
    {"camera"},
    {"filter", "band", "passband"},
    {"exposure_s", "exposure", "exptime"},
    {"airmass"},
    {"x_px", "x", "xcenter", "xcentroid", "x_image"},
    {"y_px", "y", "ycenter", "ycentroid", "y_image"},
    {},
    {},
}};
constexpr Usual kUsualFlux{"flux_e", "flux", "net_flux", "aperture_net_flux"};
constexpr Usual kUsualFluxErr{"flux_err_e", "flux_err", "flux_error", "e_flux"};
constexpr Usual kUsualMag{"mag_raw", "mag_inst", "magnitude"};
constexpr Usual kUsualMagErr{"mag_err", "mag_error", "magnitude_err", "e_mag"};

/// A column of the file or an expression; neither: nothing is known.
struct Source {
  std::optional<std::size_t> slot{};
  std::optional<StarTerm> term{};
  double factor = 1.0;  ///< of the column's unit to degrees
  bool is_known() const noexcept { return slot || term; }
};

/// One set of columns, one of every aperture.
struct ApertureSources {
  std::vector<Source> value{};
  std::vector<Source> error{};
};

[[noreturn]] void misconfigured(const std::string& what) {
  throw Error{Errc::bad_config, what};
}

class PhotometryRows final : public TableRows {
 public:
  PhotometryRows(const std::filesystem::path& path, const TableOptions& options)
      : TableRows(path,
                  StarMapping{.ra = options.ra, .dec = options.dec, .format = options.format}),
        options_(options) {
    if (options.time_scale == "bjd_tdb" && options.frame.empty())
      misconfigured(
          "table.time_scale = bjd_tdb needs table.frame: barycentric times of one exposure differ "
          "from star to star");
    lookup_ = [this](std::string_view name) {
      const auto& names = evaluated_->expression.names();
      for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name) return value_of(cells()[evaluated_->slots[i]]);
      return Value{};
    };
  }

  void start(StarTableHead head) override {
    head_ = std::move(head);
    const ColumnFinder finder{head_, path(), "table"};
    const std::array<const std::string*, kQuantities> asked{
        &options_.star,   &options_.ra,         &options_.dec,     &options_.mag,
        &options_.colour, &options_.time,       &options_.frame,   &options_.camera,
        &options_.filter, &options_.exposure,   &options_.airmass, &options_.x,
        &options_.y,      &options_.background, &options_.fwhm};
    for (std::size_t q = 0; q < kQuantities; ++q)
      sources_[q] = source(finder, *asked[q], kUsual[q]);
    for (const auto& [q, key] : {std::pair{kRa, "ra"}, {kDec, "dec"}, {kTime, "time"}})
      if (!sources_[q].is_known())
        throw Error{Errc::bad_input,
                    fmt::format("table {} has no column that is known to hold {}; name it in "
                                "table.{}",
                                printable(path().string()), key, key)};
    for (const Quantity q : {kRa, kDec})
      if (sources_[q].slot) {
        const std::string& unit = head_.columns[*sources_[q].slot].unit;
        const auto factor = unit_factor(StarColumn::ra, unit);
        if (!factor)
          throw Error{Errc::bad_input, fmt::format("table {}: positions have the unit '{}', which "
                                                   "is not known; map an expression",
                                                   printable(path().string()), printable(unit))};
        sources_[q].factor = *factor;
      }
    find_apertures(finder);
    if (!trimmed(options_.select).empty()) select_ = finder.term(trimmed(options_.select));
    std::vector<std::size_t*> slots;
    const auto visit = [&](Source& one) {
      if (one.slot) slots.push_back(&*one.slot);
      if (one.term)
        for (std::size_t& slot : one.term->slots) slots.push_back(&slot);
    };
    for (Source& one : sources_) visit(one);
    for (auto* list : {&apertures_.value, &apertures_.error})
      for (Source& one : *list) visit(one);
    if (select_)
      for (std::size_t& slot : select_->slots) slots.push_back(&slot);
    want(number_slots(slots));
    table.n_ap = static_cast<std::int64_t>(apertures_.value.size());
  }

  void add(std::int64_t i_row) override {
    try {
      if (!add_row()) ++table.n_left_out;
    } catch (Error& error) {
      error.during(
          fmt::format("table {} {} {}", printable(path().string()), head_.row_word, i_row));
      throw;
    }
  }

  PhotometryTable table;

 private:
  Source source(const ColumnFinder& finder, std::string_view asked, const Usual& usual) const {
    Source out;
    const std::string_view entry = trimmed(asked);
    if (!entry.empty()) {
      if (const auto found = finder.find(entry))
        out.slot = finder.usable(*found);
      else
        out.term = finder.term(entry);
      return out;
    }
    for (const std::string_view name : usual)
      if (const auto found = name.empty() ? std::nullopt : finder.find(name); found && !out.slot)
        out.slot = finder.usable(*found);
    return out;
  }

  std::vector<Source> list(const ColumnFinder& finder, const std::vector<std::string>& asked,
                           const Usual& usual) const {
    std::vector<Source> out;
    for (const std::string& entry : asked) out.push_back(source(finder, entry, {}));
    if (!asked.empty()) return out;
    if (const Source one = source(finder, {}, usual); one.is_known()) out.push_back(one);
    return out;
  }

  /// The columns of the apertures: fluxes where there are any, else magnitudes.
  void find_apertures(const ColumnFinder& finder) {
    if (!options_.flux.empty() && !options_.magnitude.empty())
      misconfigured("give table.flux or table.magnitude, not both");
    if (options_.magnitude.empty()) apertures_.value = list(finder, options_.flux, kUsualFlux);
    table.is_flux = !apertures_.value.empty();
    if (!table.is_flux) apertures_.value = list(finder, options_.magnitude, kUsualMag);
    if (apertures_.value.empty())
      throw Error{Errc::bad_input,
                  fmt::format("table {} has no column that is known to hold fluxes or magnitudes; "
                              "name it in table.flux or table.magnitude",
                              printable(path().string()))};
    const bool flux_errors = table.is_flux && options_.magnitude_err.empty();
    if (flux_errors) apertures_.error = list(finder, options_.flux_err, kUsualFluxErr);
    table.error_is_mag = apertures_.error.empty();
    if (table.error_is_mag) apertures_.error = list(finder, options_.magnitude_err, kUsualMagErr);
    const std::size_t n = apertures_.value.size();
    if (apertures_.error.size() != n)
      misconfigured(
          fmt::format("table {} has {} column(s) of {} and {} of errors; name them in "
                      "table.flux_err or table.magnitude_err",
                      printable(path().string()), n, table.is_flux ? "fluxes" : "magnitudes",
                      apertures_.error.size()));
    if (options_.radii_px.size() != n && (n > 1 || !options_.radii_px.empty()))
      misconfigured(fmt::format("table.radii_px has {} value(s) for {} aperture(s)",
                                options_.radii_px.size(), n));
  }

  Value evaluated(const StarTerm& term) {
    evaluated_ = &term;
    return term.expression.evaluate(lookup_);
  }

  /// The cell of a source; texts live until the next call.
  StarCell cell(const Source& source) {
    using Kind = StarCell::Kind;
    if (source.slot) return cells()[*source.slot];
    if (!source.term) return {};
    value_ = evaluated(*source.term);
    if (const auto* number = std::get_if<double>(&value_))
      return {.kind = Kind::number, .number = *number};
    if (is_missing(value_)) return {};
    return {.kind = Kind::spelled, .text = std::get<std::string>(value_)};
  }

  double number(const Source& source) {
    const StarCell one = cell(source);
    const auto value = number_of(one);
    if (!value)
      throw Error{Errc::bad_input, fmt::format("'{}' is not a number", printable(one.text))};
    return *value;
  }
  float single(Quantity q) { return static_cast<float>(number(sources_[q])); }

  double angle(Quantity q) {
    const StarCell one = cell(sources_[q]);
    bool was_sexagesimal = false;
    const auto value = angle_of(one, q == kRa, was_sexagesimal);
    if (!value)
      throw Error{Errc::bad_input, fmt::format("'{}' is not an angle", printable(one.text))};
    return was_sexagesimal ? *value : *value * sources_[q].factor;
  }

  double time() {
    const StarCell one = cell(sources_[kTime]);
    if (one.kind == StarCell::Kind::missing) return kNaN;
    if (const auto given = number_of(one)) {
      const double days = *given + options_.time_offset_d;
      if (!std::isfinite(days)) return kNaN;
      if (days >= 2400000.5 && days < 2400000.5 + kEndOfTime_mjd) return days;
      if (days >= 10000.0 && days < kEndOfTime_mjd) return days + 2400000.5;
      throw Error{Errc::bad_input,
                  fmt::format("the time {} is no JD or MJD; set table.time_offset_d", days)};
    }
    const auto stamp = parse_time_stamp(one.text);
    if (!stamp || !stamp->has_time)
      throw Error{Errc::bad_input, fmt::format("'{}' is no time: ISO date and time, JD or MJD",
                                               printable(one.text))};
    return stamp->time.jd();
  }

  void add_name(NameColumn& column, Quantity q) {
    const StarCell one = cell(sources_[q]);
    if (one.kind == StarCell::Kind::missing) {
      column.of_row.push_back(-1);
      return;
    }
    std::string text{one.text};
    if (one.kind == StarCell::Kind::whole) text = fmt::format("{}", one.whole);
    if (one.kind == StarCell::Kind::number) text = fmt::format("{}", one.number);
    const auto [at, is_new] =
        numbers_[q].emplace(std::move(text), static_cast<std::int32_t>(column.names.size()));
    if (is_new) column.names.push_back(at->first);
    column.of_row.push_back(at->second);
  }

  /// False when the row is left out.
  bool add_row() {
    if (select_) {
      evaluated_ = &*select_;
      if (!select_->expression.holds(lookup_)) return false;
    }
    StarId star = 0;
    if (sources_[kStar].is_known()) {
      const StarCell one = cell(sources_[kStar]);
      const auto id = id_of(one);
      if (!id && one.kind != StarCell::Kind::missing)
        throw Error{Errc::bad_input,
                    fmt::format("the star '{}' has no number; name another column in table.star, "
                                "or an expression",
                                printable(one.text))};
      if (!id) return false;
      star = *id;
    }
    const double ra_deg = angle(kRa);
    const double dec_deg = angle(kDec);
    const double time_jd = time();
    if (!std::isfinite(ra_deg) || !std::isfinite(dec_deg) || !std::isfinite(time_jd)) return false;
    if (ra_deg < 0.0 || ra_deg > 360.0 || std::abs(dec_deg) > 90.0)
      throw Error{Errc::bad_input,
                  fmt::format("RA {} Dec {} is no place on the sky", ra_deg, dec_deg)};
    table.star.push_back(star);
    table.ra_deg.push_back(ra_deg);
    table.dec_deg.push_back(dec_deg);
    table.time_jd.push_back(time_jd);
    add_name(table.frame, kFrame);
    add_name(table.camera, kCamera);
    add_name(table.filter, kFilter);
    for (const auto& [column, q] : {std::pair{&table.mag, kMag},
                                    {&table.colour, kColour},
                                    {&table.exposure_s, kExposure},
                                    {&table.airmass, kAirmass},
                                    {&table.x_px, kX},
                                    {&table.y_px, kY},
                                    {&table.background_adu, kBackground},
                                    {&table.fwhm_px, kFwhm}})
      column->push_back(sources_[q].is_known() ? single(q) : kNaNf);
    for (const Source& one : apertures_.value) table.value.push_back(number(one));
    for (const Source& one : apertures_.error) table.error.push_back(number(one));
    return true;
  }

  const TableOptions& options_;
  StarTableHead head_;
  std::array<Source, kQuantities> sources_;
  std::array<std::map<std::string, std::int32_t>, kQuantities> numbers_;
  ApertureSources apertures_;
  std::optional<StarTerm> select_;
  const StarTerm* evaluated_ = nullptr;
  Lookup lookup_;
  Value value_;
};

}  // namespace

PhotometryTable read_photometry_table(const std::filesystem::path& path,
                                      const TableOptions& options) {
  PhotometryRows rows{path, options};
  read_table_rows(rows);
  if (rows.table.n_row() == 0)
    throw Error{Errc::bad_input, fmt::format("table {} has no row with star, place and time ({} "
                                             "left out); see table.select",
                                             printable(path.string()), rows.table.n_left_out)};
  return std::move(rows.table);
}

}  // namespace skyweft::io
