// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "io/iso_utc.hpp"
#include "workflows/light_curve.hpp"

namespace skyweft::workflows {
namespace {

using io::TableColumn;

/// What follows the fixed columns.
std::vector<TableColumn> further_columns(const LightCurve& c) {
  std::vector<TableColumn> out{{"group", "", "observing group", "meta.id", c.group},
                               {"airmass", "", "of the star", "obs.airMass", c.airmass}};
  static constexpr std::array<const char*, 3> kNames{"s", "d", "k"};
  static constexpr std::array<const char*, 3> kMeanings{
      "S of the star shape exp(-(S(dx^2+dy^2)+D(dx^2-dy^2)+2K dx dy)/2): 1/width^2",
      "D: elongation along the axes", "K: elongation along the diagonals"};
  if (!c.sdk[0].empty())
    for (std::size_t i = 0; i < 3; ++i)
      out.push_back({kNames[i], "pixel-2", kMeanings[i], "instr.det.psf", c.sdk[i]});
  out.push_back({"bg_err_e", "electron", "error of the background per pixel",
                 "stat.error;instr.background", c.bg_err_e});
  for (const ExtraColumn& e : c.extra) {
    const PointExtra& what = point_extra(e.name);
    out.push_back({e.name, std::string{what.unit}, std::string{what.meaning}, "", e.value});
  }
  return out;
}

}  // namespace

io::Table as_table(const LightCurve& c) {
  io::Table t;
  t.name = "LIGHTCURVE";
  t.columns = {
      {"time_bjd_tdb", "d", "mid-exposure barycentric Julian date, TDB", "time.epoch",
       c.time_bjd_tdb},
      {"frame_id", "", "exposure", "meta.id", c.frame_id},
      {"mag_raw", "mag", "instrumental magnitude, 25 - 2.5 log10(e-/s)", "phot.mag", c.mags[0]},
      {"mag_magfit", "mag", "after magnitude fitting", "phot.mag", c.mags[1]},
      {"mag_epd", "mag", "after external parameter decorrelation", "phot.mag", c.mags[2]},
      {"mag_tfa", "mag", "after trend filtering", "phot.mag", c.mags[3]},
      {"mag_err", "mag", "formal error of the magnitude", "stat.error;phot.mag", c.mag_err},
      {"flux_e", "electron", "background-subtracted flux in the aperture", "phot.flux", c.flux_e},
      {"flux_err_e", "electron", "its error", "stat.error;phot.flux", c.flux_err_e},
      {"x_px", "pixel", "0-based column, pixel centres at integers", "pos.cartesian.x;instr.det",
       c.x_px},
      {"y_px", "pixel", "0-based row, pixel centres at integers", "pos.cartesian.y;instr.det",
       c.y_px},
      {"bg_e", "electron", "background per pixel", "instr.background", c.bg_e},
      {"quality", "", "bits, see README", "meta.code.qual", c.quality}};
  for (TableColumn& column : further_columns(c)) t.columns.push_back(std::move(column));
  t.extension = {{"STARID", static_cast<std::int64_t>(c.star_id), "star id"},
                 {"RA_OBJ", c.position.ra.deg(), "[deg] right ascension, ICRS"},
                 {"DEC_OBJ", c.position.dec.deg(), "[deg] declination, ICRS"},
                 {"APERTURE", c.aperture, "index of the aperture"}};
  if (std::isfinite(c.aperture_radius_px))
    t.extension.push_back({"APRADIUS", c.aperture_radius_px, "[pixel] its radius"});
  return t;
}

void append_rows(io::Table& table, const io::Table& more) {
  if (table.columns.size() != more.columns.size())
    throw Error{Errc::internal, "tables with different columns cannot be joined"};
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    std::visit(
        [&](auto& to) {
          const auto& from = std::get<std::decay_t<decltype(to)>>(more.columns[c].values);
          to.insert(to.end(), from.begin(), from.end());
        },
        table.columns[c].values);
}

io::Table with_star_id(const LightCurve& c) {
  io::Table t = as_table(c);
  t.name = "LIGHTCURVES";
  t.extension.clear();
  t.columns.insert(t.columns.begin(),
                   {"star_id", "", "star id", "meta.id;meta.main",
                    std::vector<std::int64_t>(static_cast<std::size_t>(c.size()), c.star_id)});
  return t;
}

io::Table as_fits_table(const LightCurve& c) {
  constexpr double kReference = 2457000.0;
  io::Table t;
  t.name = "LIGHTCURVE";
  std::vector<double> time;
  std::vector<float> flux;
  std::vector<float> flux_err;
  for (std::size_t i = 0; i < c.time_bjd_tdb.size(); ++i) {
    time.push_back(c.time_bjd_tdb[i] - kReference);
    flux.push_back(static_cast<float>(static_cast<double>(c.flux_e[i]) / c.exposure_s[i]));
    flux_err.push_back(static_cast<float>(static_cast<double>(c.flux_err_e[i]) / c.exposure_s[i]));
  }
  // Cadence numbers count from the first frame; the full ids are in FRAME_ID.
  std::vector<std::int32_t> cadence;
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(time.size()); ++i) cadence.push_back(i);
  t.columns = {
      {"TIME", "d", "mid-exposure BJD_TDB - 2457000", "time.epoch", time},
      {"FLUX", "electron/s", "background-subtracted flux in the aperture", "phot.flux", flux},
      {"FLUX_ERR", "electron/s", "its error", "stat.error;phot.flux", flux_err},
      {"QUALITY", "", "bits", "meta.code.qual", c.quality},
      {"CADENCENO", "", "number of the frame in this file", "meta.id", cadence},
      {"FRAME_ID", "", "exposure", "meta.id", c.frame_id},
      {"MAG_RAW", "mag", "instrumental magnitude, 25 - 2.5 log10(e-/s)", "phot.mag", c.mags[0]},
      {"MAG_MAGFIT", "mag", "after magnitude fitting", "phot.mag", c.mags[1]},
      {"MAG_EPD", "mag", "after external parameter decorrelation", "phot.mag", c.mags[2]},
      {"MAG_TFA", "mag", "after trend filtering", "phot.mag", c.mags[3]},
      {"MAG_ERR", "mag", "formal error", "stat.error;phot.mag", c.mag_err},
      {"MOM_CENTR1", "pixel", "column, 0-based pixel centres", "pos.cartesian.x;instr.det", c.x_px},
      {"MOM_CENTR2", "pixel", "row, 0-based pixel centres", "pos.cartesian.y;instr.det", c.y_px},
      {"SAP_BKG", "electron", "background per pixel and exposure", "instr.background", c.bg_e}};
  for (TableColumn& column : further_columns(c)) {
    for (char& letter : column.name)
      if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    t.columns.push_back(std::move(column));
  }
  t.primary = {{"OBJECT", fmt::format("{}", c.star_id), "star id"},
               {"TELESCOP", std::string{"skyweft"}, "ground-based; see the archive"},
               {"INSTRUME", std::string{"CCD"}, ""},
               {"RA_OBJ", c.position.ra.deg(), "[deg] right ascension"},
               {"DEC_OBJ", c.position.dec.deg(), "[deg] declination"},
               {"RADESYS", std::string{"ICRS"}, ""},
               {"EQUINOX", 2000.0, ""},
               {"STARID", static_cast<std::int64_t>(c.star_id), "star id"}};
  if (std::isfinite(c.mag)) t.primary.push_back({"CATMAG", c.mag, "[mag] catalogue magnitude"});
  t.extension = {
      {"BJDREFI", static_cast<std::int64_t>(2457000), "integer part of the time reference"},
      {"BJDREFF", 0.0, "its fraction"},
      {"JDREFI", static_cast<std::int64_t>(2457000), "the same, standard keyword"},
      {"JDREFF", 0.0, "the same, standard keyword"},
      {"TIMESYS", std::string{"TDB"}, "time scale"},
      {"TREFPOS", std::string{"BARYCENTER"}, "where times are valid"},
      {"TIMEUNIT", std::string{"d"}, ""},
      {"EXPOSURE", c.exposure_s.empty() ? 0.0 : c.exposure_s.front(),
       "[s] exposure of the first frame"},
      {"APERTURE", c.aperture, "index of the aperture"},
      {"SWVERS", std::string{SKYWEFT_VERSION}, "skyweft version"}};
  if (std::isfinite(c.aperture_radius_px))
    t.extension.push_back({"APRADIUS", c.aperture_radius_px, "[pixel] its radius"});
  if (!c.time_bjd_tdb.empty()) {
    // In the time scale of TIMESYS, as the standard asks.
    const double half_first_d = 0.5 * c.exposure_s.front() / kSecondsPerDay;
    const double half_last_d = 0.5 * c.exposure_s.back() / kSecondsPerDay;
    t.extension.push_back({"DATE-BEG", io::iso_utc(c.time_bjd_tdb.front() - half_first_d),
                           "start of the first exposure"});
    t.extension.push_back(
        {"DATE-END", io::iso_utc(c.time_bjd_tdb.back() + half_last_d), "end of the last exposure"});
  }
  return t;
}

std::string as_vartools(const LightCurve& c, std::optional<std::size_t> i_stage) {
  std::string out;
  const auto& mag = c.mags[i_stage.value_or(c.last_stage())];
  for (std::size_t i = 0; i < mag.size(); ++i)
    if (std::isfinite(mag[i]) && std::isfinite(c.mag_err[i]))
      out += fmt::format("{:.8f} {:.6f} {:.6f} {}\n", c.time_bjd_tdb[i], mag[i], c.mag_err[i],
                         c.frame_id[i]);
  return out;
}

std::string as_aavso(const LightCurve& c, const std::string& star_name,
                     const std::string& observer) {
  const double zero_point = median_of_finite(std::span<const double>{c.zero_point});
  if (!std::isfinite(zero_point))
    throw Error{Errc::bad_input,
                "no frame has a zero point, and the AAVSO's format wants magnitudes of the sky; "
                "give the run a catalogue"};
  std::string out = fmt::format(
      "#TYPE=EXTENDED\n#OBSCODE={}\n#SOFTWARE=skyweft {}\n#DELIM=,\n#DATE=JD\n#OBSTYPE=CCD\n"
      "#NAME,DATE,MAG,MERR,FILT,TRANS,MTYPE,CNAME,CMAG,KNAME,KMAG,AMASS,GROUP,CHART,NOTES\n",
      observer, SKYWEFT_VERSION);
  const auto& mag = c.best();
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!std::isfinite(mag[i])) continue;
    const auto number = [](double value, int digits) {
      return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : std::string{"na"};
    };
    out += fmt::format("{},{:.6f},{:.4f},{},{},NO,STD,ENSEMBLE,na,na,na,{},na,na,na\n", star_name,
                       c.time_utc_jd[i], static_cast<double>(mag[i]) + zero_point,
                       number(static_cast<double>(c.mag_err[i]), 4),
                       c.filter[i].empty() ? "CV" : c.filter[i],
                       number(static_cast<double>(c.airmass[i]), 3));
  }
  return out;
}

}  // namespace skyweft::workflows
