// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/calibrated_file.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/camera_raw.hpp"
#include "io/digest.hpp"
#include "io/wcs_cards.hpp"

namespace skyweft::io {
namespace {

/// Keywords that stay true after calibration.
bool stays_true(std::string_view key) {
  constexpr std::array<std::string_view, 74> kKept{
      "OBJECT",   "OBSERVER", "OBSERVAT", "TELESCOP", "INSTRUME", "FILTER",   "FILTER1",
      "FILTER2",  "INSFILTE", "FILT",     "IMAGETYP", "OBSTYPE",  "FRAMETYP", "IMGTYPE",
      "EXPTYPE",  "RA",       "DEC",      "OBJCTRA",  "OBJCTDEC", "OBJCTALT", "OBJCTAZ",
      "OBJCTHA",  "RADESYS",  "RADECSYS", "EQUINOX",  "AIRMASS",  "HA",       "LST",
      "ST",       "ALT",      "AZ",       "ALTITUDE", "AZIMUTH",  "LATITUDE", "LONGITUD",
      "SITENAME", "SITELAT",  "SITELONG", "SITEELEV", "LAT-OBS",  "LONG-OBS", "ALT-OBS",
      "OBSGEO-X", "OBSGEO-Y", "OBSGEO-Z", "OBSGEO-B", "OBSGEO-L", "OBSGEO-H", "CCD-TEMP",
      "SET-TEMP", "CCDTEMP",  "ISOSPEED", "XBINNING", "YBINNING", "CCDSUM",   "BINNING",
      "FOCALLEN", "APTDIA",   "FOCUSPOS", "FOCUSTEM", "PIXSCALE", "SECPIX",   "XPIXSZ",
      "YPIXSZ",   "PIERSIDE", "ROTATANG", "MOONANGL", "MOONPHAS", "AMBTEMP",  "HUMIDITY",
      "PRESSURE", "WINDSPD",  "PROPID",   "PROGRAM"};
  return std::ranges::find(kKept, key) != kKept.end();
}

/// One FITS value is 68 letters at most; longer texts are cut where names and notes are concerned.
std::string short_text(std::string_view text) {
  return printable(text).substr(0, 68);
}

void add_master(Header& cards, const std::string& key, const AppliedMaster& master) {
  if (master.name.empty()) return;
  cards.add_text(key, short_text(master.name), "master applied");
  cards.add_text(key + "DIG", short_text(master.digest), "its digest");
}

Header cards_of(const Frame& frame, const CalibratedOrigin& origin) {
  Header cards;
  for (const HeaderCard& card : origin.raw.cards())
    if (stays_true(card.key) && !cards.has(card.key) && !(origin.wcs && is_wcs_key(card.key)))
      cards.add({card.key, short_text(card.value), {}, card.is_text || !number_in(card.value)});
  if (!origin.date_obs.empty())
    cards.add_text("DATE-OBS", short_text(origin.date_obs), "start of the exposure");
  cards.add_text("TIMESYS", "UTC");
  if (frame.time_utc_mid_jd > 0.0)
    cards.add_number("MJD-AVG", frame.time_utc_mid_jd - 2400000.5, "[d] mid of the exposure");
  cards.add_number("EXPTIME", frame.exposure_s, "[s]");
  cards.add_number("GAIN", frame.gain_e_per_adu, "[electron/adu] applied already");
  cards.add_number("RDNOISE", frame.read_noise_e, "[electron] read noise");
  const std::string raw_name = std::filesystem::path{origin.raw_file}.filename().string();
  cards.add_text("RAWFNAME", short_text(raw_name), "raw file");
  cards.add_text("CLRCHNL", short_text(origin.channel), "colour channel");
  cards.add_integer("CHNLXOFF", origin.layout.x_start, "first column of the channel");
  cards.add_integer("CHNLXSTP", origin.layout.x_step, "every which column");
  cards.add_integer("CHNLYOFF", origin.layout.y_start, "first row of the channel");
  cards.add_integer("CHNLYSTP", origin.layout.y_step, "every which row");
  cards.add_text("ORIGIN", "skyweft");
  cards.add_text("SWVERS", short_text(origin.software_version), "skyweft version");
  cards.add_text("CFGDIG", short_text(origin.config_digest), "digest of the settings");
  add_master(cards, "MBIAS", origin.bias);
  add_master(cards, "MDARK", origin.dark);
  add_master(cards, "MFLAT", origin.flat);
  for (const std::string& line : origin.history)
    cards.add({"HISTORY", short_text(line), {}, false});
  if (origin.wcs) {
    const Header solution = wcs_cards(*origin.wcs);
    for (const HeaderCard& card : solution.cards()) cards.add(card);
  }
  return cards;
}

}  // namespace

void write_calibrated(const std::filesystem::path& path, const Frame& frame,
                      const CalibratedOrigin& origin, const Packing& packing) {
  Grid<float> error{frame.nx(), frame.ny()};
  std::ranges::transform(frame.variance_e2.pixels(), error.pixels().begin(),
                         [](float v) { return std::sqrt(v); });
  write_image(path,
              {{"VALUE", &frame.signal_e, "electron"},
               {"ERROR", &error, "electron"},
               {"MASK", &frame.mask, ""}},
              cards_of(frame, origin), packing);
}

std::string calibrated_name(const std::filesystem::path& raw, std::string_view channel,
                            bool is_packed) {
  std::filesystem::path stem = raw.filename();
  for (const std::string_view packed : {".gz", ".fz"})
    if (lower_case(stem.extension().string()) == packed) stem = stem.stem();
  const std::string ending = lower_case(stem.extension().string());
  if (ending == ".fits" || ending == ".fit" || ending == ".fts" || is_camera_raw(stem))
    stem = stem.stem();
  std::string name = safe_file_part(stem.string());
  if (name.empty() || name != stem.string())
    name += "-" + digest_of_text(raw.filename().string()).substr(0, 8);
  if (!channel.empty()) name += "_" + safe_file_part(channel);
  return name + (is_packed ? ".fits.fz" : ".fits");
}

}  // namespace skyweft::io
