// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/light_curve.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/iso_utc.hpp"
#include "io/shard.hpp"
#include "io/tables.hpp"
#include "lc/magnitudes.hpp"
#include "sky/projection.hpp"
#include "sky/time.hpp"

namespace skyweft::workflows {
namespace {

template <class T>
std::vector<T> every(const std::vector<T>& values, std::int64_t first, std::int64_t stride,
                     std::int64_t n) {
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i)
    out.push_back(values[static_cast<std::size_t>(first + i * stride)]);
  return out;
}

}  // namespace

const std::vector<float>& LightCurve::best() const {
  for (auto it = mags.rbegin(); it != mags.rend(); ++it)
    if (std::ranges::any_of(*it, [](float v) { return std::isfinite(v); })) return *it;
  return mags.front();
}

LightCurveReader::LightCurveReader(const Archive& archive) : archive_(archive) {
  require_archive(archive);
  if (!std::filesystem::exists(archive.star_table()))
    throw Error{
        Errc::bad_input,
        fmt::format("{} has no light curves yet; `skyweft status {}` says how far the run is",
                    archive.root().string(), archive.root().string())};
  stars_ = io::read_star_table_h5(archive.star_table().string());
  for (auto& record : io::read_frames_table(archive.frames_table().string()))
    if (record.state == FrameState::measured) frames_.push_back(std::move(record));
}

std::int64_t LightCurveReader::row_of(StarId id) const {
  const auto& ids = stars_.stars.id;
  const auto it = std::ranges::lower_bound(ids, id);
  if (it == ids.end() || *it != id)
    throw Error{
        Errc::bad_input,
        fmt::format("{} has no star {}; `skyweft export stars` lists them, --position RA,DEC "
                    "finds the nearest",
                    archive_.root().string(), id)};
  return it - ids.begin();
}

std::int64_t LightCurveReader::row_near(const SkyPos& position, Angle radius) const {
  std::int64_t best = -1;
  Angle least = Angle::from_deg(360.0);
  for (std::int64_t i = 0; i < stars_.stars.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    const SkyPos there{Angle::from_deg(stars_.stars.ra_deg[k]),
                       Angle::from_deg(stars_.stars.dec_deg[k])};
    const Angle away = sky::separation(position, there);
    if (away < least) {
      least = away;
      best = i;
    }
  }
  if (best < 0 || least > radius)
    throw Error{
        Errc::bad_input,
        fmt::format("no star of the archive lies within {:.1f} arcsec of RA {:.5f} Dec "
                    "{:.5f}; the nearest is {:.1f} arcsec away",
                    radius.arcsec(), position.ra.deg(), position.dec.deg(), least.arcsec())};
  return best;
}

LightCurve LightCurveReader::read(std::int64_t row, std::int64_t aperture) const {
  const auto k = static_cast<std::size_t>(row);
  const std::int64_t n_ap = stars_.n_ap();
  LightCurve out;
  out.star_id = stars_.stars.id[k];
  out.position = {Angle::from_deg(stars_.stars.ra_deg[k]),
                  Angle::from_deg(stars_.stars.dec_deg[k])};
  out.mag = static_cast<double>(stars_.stars.mag[k]);
  out.colour = static_cast<double>(stars_.stars.colour[k]);
  out.aperture = aperture < 0 ? stars_.aperture[k] : aperture;
  if (out.aperture >= n_ap)
    throw Error{Errc::usage, fmt::format("aperture {} does not exist; this archive has 0 to {}",
                                         aperture, n_ap - 1)};
  out.aperture_radius_px = stars_.aperture_radius_px[static_cast<std::size_t>(out.aperture)];

  for (std::int64_t i_shard = 0;; ++i_shard) {
    const io::ShardReader raw{archive_.shard("raw", i_shard).string()};
    const io::ShardShape& shape = raw.header().shape;
    if (row >= shape.first_star + shape.n_star) continue;
    const std::int64_t at = row - shape.first_star;
    const StarBlock block = raw.read_raw(at, 1);
    const std::int64_t n = block.n_frame;
    out.frame_id = raw.header().frame_id;
    out.flux_e = every(block.points.flux_e, out.aperture, n_ap, n);
    out.flux_err_e = every(block.points.flux_err_e, out.aperture, n_ap, n);
    out.x_px = block.points.x_px;
    out.y_px = block.points.y_px;
    out.bg_e = block.points.bg_e;
    out.quality = block.points.quality;
    for (std::int64_t f = 0; f < n; ++f) {
      const FrameRecord& record = frames_[static_cast<std::size_t>(f)];
      sky::FrameTime time;
      time.tdb_jd = record.time_tdb_mid_jd;
      std::ranges::copy(record.observer_bary_ls, time.observer_bary_ls.begin());
      out.time_bjd_tdb.push_back(sky::bjd_tdb(time, out.position));
      out.exposure_s.push_back(record.exposure_s);
      const float flux = out.flux_e[static_cast<std::size_t>(f)];
      out.mags[0].push_back(lc::instrumental_mag(flux, record.exposure_s));
      out.mag_err.push_back(
          lc::instrumental_mag_err(flux, out.flux_err_e[static_cast<std::size_t>(f)]));
    }
    for (std::size_t s = 1; s < kStages.size(); ++s) {
      const auto path = archive_.shard(kStages[s], i_shard);
      if (!std::filesystem::exists(path)) {
        out.mags[s].assign(static_cast<std::size_t>(n), kNaNf);
        continue;
      }
      const auto tile = io::ShardReader{path.string()}.read_stage(kStages[s], at, 1);
      out.mags[s] = every(tile.mag, out.aperture, n_ap, n);
      for (std::size_t f = 0; f < out.quality.size(); ++f) out.quality[f] |= tile.quality[f];
    }
    return out;
  }
}

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
  t.extension = {{"STARID", static_cast<std::int64_t>(c.star_id), "star id"},
                 {"RA_OBJ", c.position.ra.deg(), "[deg] right ascension, ICRS"},
                 {"DEC_OBJ", c.position.dec.deg(), "[deg] declination, ICRS"},
                 {"APERTURE", c.aperture, "index of the aperture"},
                 {"APRADIUS", c.aperture_radius_px, "[pixel] its radius"}};
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
      {"APRADIUS", c.aperture_radius_px, "[pixel] its radius"},
      {"SWVERS", std::string{SKYWEFT_VERSION}, "skyweft version"}};
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

std::string as_vartools(const LightCurve& c) {
  std::string out;
  const auto& mag = c.best();
  for (std::size_t i = 0; i < mag.size(); ++i)
    if (std::isfinite(mag[i]) && std::isfinite(c.mag_err[i]))
      out += fmt::format("{:.8f} {:.6f} {:.6f} {}\n", c.time_bjd_tdb[i], mag[i], c.mag_err[i],
                         c.frame_id[i]);
  return out;
}

}  // namespace skyweft::workflows
