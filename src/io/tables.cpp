// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/tables.hpp"

#include <algorithm>
#include <tuple>
#include <type_traits>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/files.hpp"

namespace skyweft::io {
namespace fs = std::filesystem;
namespace {

/// A column of frames.h5 and the member it holds, as a reference.
template <class T, class Get>
struct Bound {
  Column<T> column;
  Get get;
};
template <class T, class Get>
Bound(Column<T>, Get) -> Bound<T, Get>;

/// `get` of every plain column; called with a record, const or not.
constexpr auto bound_columns() {
  namespace c = frame_column;
  return std::tuple{
      Bound{c::kFile, [](auto& r) -> auto& { return r.file; }},
      Bound{c::kStage, [](auto& r) -> auto& { return r.stage; }},
      Bound{c::kReason, [](auto& r) -> auto& { return r.reason; }},
      Bound{c::kTest, [](auto& r) -> auto& { return r.test; }},
      Bound{c::kMeasured, [](auto& r) -> auto& { return r.measured; }},
      Bound{c::kThreshold, [](auto& r) -> auto& { return r.threshold; }},
      Bound{c::kTimeUtc, [](auto& r) -> auto& { return r.time_utc_mid_jd; }},
      Bound{c::kTimeTdb, [](auto& r) -> auto& { return r.time_tdb_mid_jd; }},
      Bound{c::kExposure, [](auto& r) -> auto& { return r.exposure_s; }},
      Bound{c::kCamera, [](auto& r) -> auto& { return r.camera; }},
      Bound{c::kChannel, [](auto& r) -> auto& { return r.channel; }},
      Bound{c::kFilter, [](auto& r) -> auto& { return r.filter; }},
      Bound{c::kNight, [](auto& r) -> auto& { return r.night; }},
      Bound{c::kMasters, [](auto& r) -> auto& { return r.masters; }},
      Bound{c::kObserver[0], [](auto& r) -> auto& { return r.observer_bary_ls[0]; }},
      Bound{c::kObserver[1], [](auto& r) -> auto& { return r.observer_bary_ls[1]; }},
      Bound{c::kObserver[2], [](auto& r) -> auto& { return r.observer_bary_ls[2]; }},
      Bound{c::kZenith[0], [](auto& r) -> auto& { return r.zenith[0]; }},
      Bound{c::kZenith[1], [](auto& r) -> auto& { return r.zenith[1]; }},
      Bound{c::kZenith[2], [](auto& r) -> auto& { return r.zenith[2]; }},
      Bound{c::kAirmass, [](auto& r) -> auto& { return r.airmass; }},
      Bound{c::kHourAngle, [](auto& r) -> auto& { return r.hour_angle_deg; }},
      Bound{c::kZenithDistance, [](auto& r) -> auto& { return r.zenith_distance_deg; }},
      Bound{c::kAzimuth, [](auto& r) -> auto& { return r.azimuth_deg; }},
      Bound{c::kSunAltitude, [](auto& r) -> auto& { return r.sun_altitude_deg; }},
      Bound{c::kMoonAltitude, [](auto& r) -> auto& { return r.moon_altitude_deg; }},
      Bound{c::kMoonSeparation, [](auto& r) -> auto& { return r.moon_separation_deg; }},
      Bound{c::kMoonLit, [](auto& r) -> auto& { return r.moon_lit; }},
      Bound{c::kRa, [](auto& r) -> auto& { return r.ra_deg; }},
      Bound{c::kDec, [](auto& r) -> auto& { return r.dec_deg; }},
      Bound{c::kScale, [](auto& r) -> auto& { return r.scale_arcsec_px; }},
      Bound{c::kRotation, [](auto& r) -> auto& { return r.rotation_deg; }},
      Bound{c::kSources, [](auto& r) -> auto& { return r.n_sources; }},
      Bound{c::kMatched, [](auto& r) -> auto& { return r.n_matched; }},
      Bound{c::kWcsRms, [](auto& r) -> auto& { return r.wcs_rms_px; }},
      Bound{c::kLogOdds, [](auto& r) -> auto& { return r.log_odds; }},
      Bound{c::kSolvedBy, [](auto& r) -> auto& { return r.solved_by; }},
      Bound{c::kFwhm, [](auto& r) -> auto& { return r.fwhm_px; }},
      Bound{c::kElongation, [](auto& r) -> auto& { return r.elongation; }},
      Bound{c::kMasked, [](auto& r) -> auto& { return r.n_masked; }},
      Bound{c::kOverscan, [](auto& r) -> auto& { return r.overscan_adu; }},
      Bound{c::kBackground, [](auto& r) -> auto& { return r.bg_e; }},
      Bound{c::kBackgroundRms, [](auto& r) -> auto& { return r.bg_rms_e; }},
      Bound{c::kPsfModel, [](auto& r) -> auto& { return r.psf_model; }},
      Bound{c::kPsfTerms, [](auto& r) -> auto& { return r.psf_terms; }},
      Bound{c::kPsfStars, [](auto& r) -> auto& { return r.psf_n_star; }},
      Bound{c::kPsfRounds, [](auto& r) -> auto& { return r.psf_rounds; }},
      Bound{c::kPsfChi2, [](auto& r) -> auto& { return r.psf_chi2; }},
      Bound{c::kPsfFwhm, [](auto& r) -> auto& { return r.psf_fwhm_px; }},
      Bound{c::kPsfElongation, [](auto& r) -> auto& { return r.psf_elongation; }},
      Bound{c::kShiftX, [](auto& r) -> auto& { return r.shift_x_px; }},
      Bound{c::kShiftY, [](auto& r) -> auto& { return r.shift_y_px; }},
      Bound{c::kRecentred, [](auto& r) -> auto& { return r.n_recentred; }},
      Bound{c::kPxPerRadius, [](auto& r) -> auto& { return r.px_per_radius; }},
      Bound{c::kZeroPoint, [](auto& r) -> auto& { return r.zero_point; }},
      Bound{c::kZeroPointErr, [](auto& r) -> auto& { return r.zero_point_err; }},
      Bound{c::kZeroPointColour, [](auto& r) -> auto& { return r.zero_point_colour; }},
      Bound{c::kZeroPointScatter, [](auto& r) -> auto& { return r.zero_point_scatter; }},
      Bound{c::kZeroPointStars, [](auto& r) -> auto& { return r.n_zero_point; }},
      Bound{c::kDepth, [](auto& r) -> auto& { return r.depth_mag; }},
      Bound{c::kTransparency, [](auto& r) -> auto& { return r.transparency; }},
      Bound{c::kSdkStars, [](auto& r) -> auto& { return r.sdk.n_star; }},
      Bound{c::kWcsUnit, [](auto& r) -> auto& { return r.wcs.unit_deg; }},
      Bound{c::kWcsOrder, [](auto& r) -> auto& { return r.wcs.order; }},
      Bound{c::kWcsColourZero, [](auto& r) -> auto& { return r.wcs.colour_zero; }},
      Bound{c::kWcsColourX, [](auto& r) -> auto& { return r.wcs.colour_x_px; }},
      Bound{c::kWcsColourY, [](auto& r) -> auto& { return r.wcs.colour_y_px; }},
  };
}

template <class T, class Get>
std::vector<T> column_of(const std::vector<FrameRecord>& records, Get get) {
  std::vector<T> out;
  out.reserve(records.size());
  for (const FrameRecord& record : records) out.push_back(get(record));
  return out;
}

template <class T, class Get>
void write_column(H5File& file, std::string_view group, const Column<T>& column,
                  const std::vector<FrameRecord>& records, Get get) {
  const auto values = column_of<T>(records, get);
  if constexpr (std::is_same_v<T, std::string>)
    file.write(column, values, group);
  else
    file.write(column, {static_cast<std::int64_t>(values.size())}, values, group);
}

template <class T, class Put>
void read_column(const H5File& file, std::string_view group, const Column<T>& column,
                 std::vector<FrameRecord>& records, Put put) {
  const std::vector<T> values = file.read(column, group);
  if (values.size() != records.size())
    throw Error{Errc::bad_input,
                fmt::format("column {} has {} rows and not {}; the file is damaged", column.path,
                            values.size(), records.size())};
  for (std::size_t i = 0; i < records.size(); ++i) put(records[i], values[i]);
}

FrameState frame_state(std::string_view name) {
  for (const FrameState state : {FrameState::pending, FrameState::measured, FrameState::rejected})
    if (name == name_of(state)) return state;
  throw Error{Errc::bad_input, fmt::format("unknown frame state '{}' in a table of frames", name)};
}

void write_wcs(H5File& file, std::string_view group, const std::vector<FrameRecord>& records) {
  namespace c = frame_column;
  std::size_t n_term = 1;
  for (const FrameRecord& record : records) {
    if (record.wcs.cx.size() != record.wcs.cy.size())
      throw Error{Errc::internal,
                  fmt::format("frame {}: plate solution with unequal columns", record.file)};
    n_term = std::max(n_term, record.wcs.cx.size());
  }
  std::vector<double> cx(records.size() * n_term, kNaN);
  std::vector<double> cy(records.size() * n_term, kNaN);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto at = static_cast<std::ptrdiff_t>(i * n_term);
    std::ranges::copy(records[i].wcs.cx, cx.begin() + at);
    std::ranges::copy(records[i].wcs.cy, cy.begin() + at);
  }
  std::vector<std::int32_t> term(n_term);
  for (std::size_t k = 0; k < n_term; ++k) term[k] = static_cast<std::int32_t>(k);
  file.write_scale(c::kWcsTerm, term, group);
  const Shape shape{static_cast<std::int64_t>(records.size()), static_cast<std::int64_t>(n_term)};
  file.write(c::kWcsCx, shape, cx, group);
  file.write(c::kWcsCy, shape, cy, group);
  // Radians: the unit Angle holds, so that nothing is rounded.
  write_column(file, group, c::kWcsRa, records, [](auto& r) { return r.wcs.centre.ra.rad(); });
  write_column(file, group, c::kWcsDec, records, [](auto& r) { return r.wcs.centre.dec.rad(); });
  write_column(file, group, c::kWcsTerms, records,
               [](auto& r) { return static_cast<std::int32_t>(r.wcs.cx.size()); });
}

void read_wcs(const H5File& file, std::string_view group, std::vector<FrameRecord>& records) {
  namespace c = frame_column;
  read_column(file, group, c::kWcsRa, records,
              [](auto& r, double v) { r.wcs.centre.ra = Angle::from_rad(v); });
  read_column(file, group, c::kWcsDec, records,
              [](auto& r, double v) { r.wcs.centre.dec = Angle::from_rad(v); });
  const auto used = file.read(c::kWcsTerms, group);
  const Shape shape = file.shape_of(c::kWcsCx, group);
  const auto cx = file.read(c::kWcsCx, group);
  const auto cy = file.read(c::kWcsCy, group);
  const auto n_term = shape.size() == 2 ? shape[1] : 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (used.at(i) < 0 || used[i] > n_term || cy.size() != cx.size())
      throw Error{Errc::bad_input, "a plate solution in a table of frames is damaged"};
    const auto at = static_cast<std::ptrdiff_t>(i) * n_term;
    records[i].wcs.cx.assign(cx.begin() + at, cx.begin() + at + used[i]);
    records[i].wcs.cy.assign(cy.begin() + at, cy.begin() + at + used[i]);
  }
}

void write_sdk(H5File& file, std::string_view group, const std::vector<FrameRecord>& records) {
  namespace c = frame_column;
  std::int64_t n_term = 1;
  for (const FrameRecord& record : records) n_term = std::max(n_term, record.sdk.n_term());
  std::vector<std::int32_t> term(static_cast<std::size_t>(n_term));
  for (std::size_t k = 0; k < term.size(); ++k) term[k] = static_cast<std::int32_t>(k);
  file.write_scale(c::kSdkTerm, term, group);
  write_column(file, group, c::kSdkTerms, records,
               [](auto& r) { return r.sdk.n_term() > 0 ? r.sdk.terms : std::string{}; });
  write_column(file, group, c::kSdkUsed, records,
               [](auto& r) { return static_cast<std::int32_t>(r.sdk.n_term()); });
  write_column(file, group, c::kPsfConverged, records,
               [](auto& r) { return static_cast<std::int32_t>(r.psf_converged); });
  for (std::size_t p = 0; p < c::kSdk.size(); ++p) {
    std::vector<double> values(records.size() * term.size(), kNaN);
    for (std::size_t i = 0; i < records.size(); ++i)
      for (std::size_t k = 0; k < static_cast<std::size_t>(records[i].sdk.n_term()); ++k)
        values[i * term.size() + k] = records[i].sdk.coefficient[3 * k + p];
    file.write(c::kSdk[p], {static_cast<std::int64_t>(records.size()), n_term}, values, group);
  }
}

void read_sdk(const H5File& file, std::string_view group, std::vector<FrameRecord>& records) {
  namespace c = frame_column;
  read_column(file, group, c::kPsfConverged, records,
              [](auto& r, std::int32_t v) { r.psf_converged = v != 0; });
  const auto terms = file.read(c::kSdkTerms, group);
  const auto used = file.read(c::kSdkUsed, group);
  const Shape shape = file.shape_of(c::kSdk[0], group);
  const std::int64_t n_term = shape.size() == 2 ? shape[1] : 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (used.at(i) < 0 || used[i] > n_term)
      throw Error{Errc::bad_input, "the star shapes in a table of frames are damaged"};
    if (used[i] == 0) continue;
    records[i].sdk.kind = PsfKind::gaussian;
    records[i].sdk.terms = terms.at(i);
    records[i].sdk.coefficient.resize(3 * static_cast<std::size_t>(used[i]));
  }
  for (std::size_t p = 0; p < c::kSdk.size(); ++p) {
    const auto values = file.read(c::kSdk[p], group);
    for (std::size_t i = 0; i < records.size(); ++i)
      for (std::size_t k = 0; k < static_cast<std::size_t>(used[i]); ++k)
        records[i].sdk.coefficient[3 * k + p] = values.at(i * static_cast<std::size_t>(n_term) + k);
  }
}

/// The statistics per stage, and where a star table keeps them.
struct StageColumns {
  std::array<Column<float>, kStages.size()> columns;
  StageMatrices StarTable::*member;
};
constexpr std::array<StageColumns, 7> kStageColumns{{
    {star_column::kScatter, &StarTable::scatter},
    {star_column::kRms, &StarTable::rms},
    {star_column::kPointToPoint, &StarTable::point_to_point},
    {star_column::kWhiteNoise, &StarTable::white_noise},
    {star_column::kRedNoise, &StarTable::red_noise},
    {star_column::kBeta, &StarTable::beta},
    {star_column::kFinite, &StarTable::n_finite},
}};

/// The column as stored: missing values when it is empty.
template <class T>
std::vector<T> filled(const std::vector<T>& column, std::int64_t n, T missing) {
  return column.empty() ? std::vector<T>(static_cast<std::size_t>(n), missing) : column;
}

}  // namespace

namespace detail {

void write_records(H5File& file, std::string_view group, const std::vector<FrameRecord>& records,
                   bool as_scale) {
  namespace c = frame_column;
  if (as_scale)
    file.write_scale(c::kId, column_of<FrameId>(records, [](auto& r) { return r.id; }), group);
  else
    write_column(file, group, c::kId, records, [](auto& r) { return r.id; });
  write_column(file, group, c::kState, records,
               [](auto& r) { return std::string{name_of(r.state)}; });
  std::apply([&](const auto&... b) { (write_column(file, group, b.column, records, b.get), ...); },
             bound_columns());
  write_wcs(file, group, records);
  write_sdk(file, group, records);
}

std::vector<FrameRecord> read_records(const H5File& file, std::string_view group) {
  namespace c = frame_column;
  const auto id = file.read(c::kId, group);
  std::vector<FrameRecord> records(id.size());
  for (std::size_t i = 0; i < id.size(); ++i) records[i].id = id[i];
  read_column(file, group, c::kState, records,
              [](auto& r, const std::string& v) { r.state = frame_state(v); });
  std::apply(
      [&](const auto&... b) {
        (read_column(file, group, b.column, records,
                     [&b](auto& r, const auto& v) { b.get(r) = v; }),
         ...);
      },
      bound_columns());
  read_wcs(file, group, records);
  read_sdk(file, group, records);
  return records;
}

void write_stars(H5File& file, const StarCatalog& stars,
                 const std::vector<double>& aperture_radius_px) {
  namespace c = star_column;
  const Shape shape{stars.size()};
  file.write_scale(c::kId, stars.id);
  file.write_scale(c::kRadius, aperture_radius_px);
  file.write_one(c::kEpoch, stars.epoch_yr);
  file.write(c::kRa, shape, stars.ra_deg);
  file.write(c::kDec, shape, stars.dec_deg);
  file.write(c::kPmRa, shape, filled(stars.pm_ra_mas_yr, stars.size(), 0.0));
  file.write(c::kPmDec, shape, filled(stars.pm_dec_mas_yr, stars.size(), 0.0));
  file.write(c::kMag, shape, filled(stars.mag, stars.size(), kNaNf));
  file.write(c::kColour, shape, filled(stars.colour, stars.size(), kNaNf));
}

StarCatalog read_stars(const H5File& file) {
  namespace c = star_column;
  return {.epoch_yr = file.read_one(c::kEpoch),
          .id = file.read(c::kId),
          .ra_deg = file.read(c::kRa),
          .dec_deg = file.read(c::kDec),
          .pm_ra_mas_yr = file.read(c::kPmRa),
          .pm_dec_mas_yr = file.read(c::kPmDec),
          .mag = file.read(c::kMag),
          .colour = file.read(c::kColour)};
}

}  // namespace detail

void write_frames_table(const fs::path& path, const std::vector<FrameRecord>& records,
                        const ProductStamp& stamp) {
  AtomicFile target{path};
  H5File file = H5File::create(target.part_name(), stamp);
  detail::write_records(file, "", records, true);
  file.close();
  target.commit();
}

std::vector<FrameRecord> read_frames_table(const fs::path& path) {
  return detail::read_records(H5File::open(path), "");
}

void write_star_table_h5(const fs::path& path, const StarTable& table, const ProductStamp& stamp) {
  namespace c = star_column;
  AtomicFile target{path};
  H5File file = H5File::create(target.part_name(), stamp);
  detail::write_stars(file, table.stars, table.aperture_radius_px);
  const std::int64_t n = table.stars.size();
  const std::int64_t n_all = n * table.n_ap();
  const Shape matrix{n, table.n_ap()};
  file.write(c::kPoints, {n}, filled<std::int64_t>(table.n_points, n, 0));
  file.write(c::kAperture, {n}, filled<std::int32_t>(table.aperture, n, 0));
  file.write(c::kMedianMag, matrix, filled(table.median_mag, n_all, kNaNf));
  for (const auto& [columns, member] : kStageColumns)
    for (std::size_t i = 0; i < kStages.size(); ++i)
      file.write(columns[i], matrix, filled((table.*member)[i], n_all, kNaNf));
  file.write(c::kNoiseModel, matrix, filled(table.noise_model, n_all, kNaNf));
  file.write(c::kExpectedLoss, {n}, filled(table.expected_loss, n, kNaNf));
  file.write(c::kGroup, table.group);
  const Shape by_group{n, table.n_group()};
  file.write(c::kPointsGroup, by_group,
             filled<std::int32_t>(table.n_points_group, n * table.n_group(), 0));
  file.write(c::kScatterGroup, by_group, filled(table.scatter_group, n * table.n_group(), kNaNf));
  file.close();
  target.commit();
}

StarTable read_star_table_h5(const fs::path& path) {
  namespace c = star_column;
  const H5File file = H5File::open(path);
  StarTable table;
  table.stars = detail::read_stars(file);
  table.aperture_radius_px = file.read(c::kRadius);
  table.n_points = file.read(c::kPoints);
  table.aperture = file.read(c::kAperture);
  table.median_mag = file.read(c::kMedianMag);
  for (const auto& [columns, member] : kStageColumns)
    for (std::size_t i = 0; i < kStages.size(); ++i) (table.*member)[i] = file.read(columns[i]);
  table.noise_model = file.read(c::kNoiseModel);
  table.expected_loss = file.read(c::kExpectedLoss);
  table.group = file.read(c::kGroup);
  table.n_points_group = file.read(c::kPointsGroup);
  table.scatter_group = file.read(c::kScatterGroup);
  return table;
}

}  // namespace skyweft::io
