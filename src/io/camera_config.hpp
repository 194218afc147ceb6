// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"

namespace skyweft::io {

using KeyList = std::vector<std::string>;

/// Where one camera's headers say what; the first entry with a usable value counts. An entry of
/// letters, digits, '_' and '-' is a keyword ('_' also matches '-', '.' and blank, so HIERARCH keys
/// are reached); anything else is an Expression over keywords and FILENAME (of the file, without
/// folder), FOLDER (name of the folder), PATH. Entries of *_section_keys that start with '[' are
/// fixed sections. A fixed value (> 0, or not empty) stands above the header.
struct CameraConfig {
  KeyList type_keys{"IMAGETYP", "OBSTYPE", "FRAMETYP", "IMGTYPE", "EXPTYPE"};
  KeyList start_keys{"DATE-OBS", "DATE-BEG", "MJD-OBS", "MJD-BEG", "JD-OBS", "JD", "MJD"};
  KeyList start_time_keys{"TIME-OBS", "UT", "UTSTART", "UT-OBS", "UTC-OBS"};
  KeyList mid_keys{"DATE-AVG", "MJD-AVG"};
  KeyList exposure_keys{"EXPTIME", "XPOSURE", "EXPOSURE", "ELAPTIME"};
  KeyList filter_keys{"FILTER", "FILTER1", "INSFILTE", "FILT"};
  KeyList gain_keys{"EGAIN", "CCDGAIN", "GAIN"};
  KeyList read_noise_keys{"RDNOISE", "READNOIS", "ENOISE", "RON"};
  KeyList saturation_keys{"SATURATE", "MAXLIN", "SATLEVEL", "DATAMAX"};
  KeyList temperature_keys{"CCD-TEMP", "CCDTEMP", "DET-TEMP", "CCDATEMP", "CAMTEMP", "SET-TEMP"};
  KeyList ra_keys{"RA", "OBJCTRA", "CRVAL1", "RA-MNT", "TELRA", "TEL-RA", "CMD-RA"};
  KeyList dec_keys{"DEC", "OBJCTDEC", "CRVAL2", "DEC-MNT", "TELDEC", "TEL-DEC", "CMD-DEC"};
  KeyList scale_keys{"PIXSCALE", "SECPIX", "SECPIX1", "SCALE", "CCDSCALE", "IM_SCALE"};
  KeyList end_keys{"DATE-END"};
  KeyList data_section_keys{"TRIMSEC", "DATASEC"};
  KeyList overscan_section_keys{"BIASSEC"};
  KeyList detector_section_keys{"DETSEC", "CCDSEC"};
  KeyList x_binning_keys{"XBINNING", "CCDXBIN", "CCDSUM", "BINNING"};
  KeyList y_binning_keys{"YBINNING", "CCDYBIN", "CCDSUM", "BINNING"};
  KeyList window_x_keys;
  KeyList window_y_keys;
  KeyList hdus;
  std::string cube = "refuse";
  double cube_cadence_s = 0.0;
  KeyList channels;
  KeyList amplifiers;
  bool trim = true;
  std::int64_t window_base = 1;
  std::string when;
  double clock_utc_offset_h = kNaN;
  std::vector<double> linearity;
  double nonlinear_adu = kNaN;
  std::string read_out = "y-";
  std::string bad_pixels;
  std::string shutter_map;
  std::string temperature_unit = "auto";
  std::string ra_unit = "auto";
  std::string time_reference = "start";
  double time_offset_s = 0.0;
  double exposure_s = 0.0;
  double gain_e_per_adu = 0.0;
  double read_noise_e = 0.0;
  double saturation_adu = 0.0;
  double scale_arcsec_px = 0.0;
  std::string filter;
  std::string type;

  static constexpr auto fields() {
    using C = CameraConfig;
    return std::tuple{
        field("type_keys", &C::type_keys, "", "keywords of the frame type, or expressions"),
        field("start_keys", &C::start_keys, "", "keywords of the time stamp (ISO date, MJD or JD)"),
        field("start_time_keys", &C::start_time_keys, "",
              "keywords of the time where the stamp is a date only"),
        field("mid_keys", &C::mid_keys, "", "keywords of the mid-exposure time; these win"),
        field("exposure_keys", &C::exposure_keys, "", "keywords of the exposure time in seconds"),
        field("filter_keys", &C::filter_keys, "", "keywords of the filter's name"),
        field("gain_keys", &C::gain_keys, "", "keywords of the gain in electrons per ADU"),
        field("read_noise_keys", &C::read_noise_keys, "",
              "keywords of the read noise in electrons"),
        field("saturation_keys", &C::saturation_keys, "",
              "keywords of the saturation level in ADU"),
        field("temperature_keys", &C::temperature_keys, "",
              "keywords of the detector's temperature"),
        field("ra_keys", &C::ra_keys, "", "keywords of the right ascension, paired with dec_keys"),
        field("dec_keys", &C::dec_keys, "", "keywords of the declination"),
        field("scale_keys", &C::scale_keys, "", "keywords of the scale in arcseconds per pixel"),
        field("temperature_unit", &C::temperature_unit, "",
              "unit of the temperature; auto takes > 150 as kelvin", one_of("auto|celsius|kelvin")),
        field("ra_unit", &C::ra_unit, "",
              "unit of a right ascension written as one number; auto ignores those <= 24",
              one_of("auto|degrees|hours")),
        field("time_reference", &C::time_reference, "", "what the stamp marks",
              one_of("start|mid|end")),
        field("time_offset_s", &C::time_offset_s, "s",
              "added to every stamp: shutter delay, wrong clock", between(-1e9, 1e9)),
        field("exposure_s", &C::exposure_s, "s", "exposure time; 0 takes the header's",
              non_negative),
        field("gain_e_per_adu", &C::gain_e_per_adu, "e-/ADU", "gain; 0 takes the header's",
              non_negative),
        field("read_noise_e", &C::read_noise_e, "e-", "read noise; 0 takes the header's",
              non_negative),
        field("saturation_adu", &C::saturation_adu, "ADU", "saturation level; 0 takes the header's",
              non_negative),
        field("scale_arcsec_px", &C::scale_arcsec_px, "arcsec/px",
              "pixel scale; 0 takes the header's", non_negative),
        field("filter", &C::filter, "", "filter; empty takes the header's"),
        field("type", &C::type, "",
              "frame type when the header has none; empty refuses such frames",
              one_of("|light|bias|dark|flat")),
        field("when", &C::when, "",
              "condition on the header for frames of this camera; empty takes every frame"),
        field("hdus", &C::hdus, "",
              "names or numbers of the HDUs that make one raw image; \"*\" for all; empty: the "
              "first image"),
        field("cube", &C::cube, "",
              "of a cube: refuse it, take its planes as frames of their own, or the first only",
              one_of("refuse|frames|first")),
        field("cube_cadence_s", &C::cube_cadence_s, "s",
              "from plane to plane of a cube; 0 takes the exposure time", between(0, 864000)),
        field("channels", &C::channels, "",
              "pixels of a mosaic that make a channel, \"G1: x=1 y=0 step=2\" (from 0; also xstep, "
              "ystep, plane)"),
        field(
            "amplifiers", &C::amplifiers, "",
            "\"A: data=[1:1024,1:2048] overscan=[1025:1040,1:2048] frame=[1:1024,1:2048] gain=1.2 "
            "read_noise=3 saturation=65000\""),
        field("trim", &C::trim, "", "cut frames as the header's sections say"),
        field("data_section_keys", &C::data_section_keys, "",
              "keywords of the light-sensitive section, [x1:x2,y1:y2], or a section"),
        field("overscan_section_keys", &C::overscan_section_keys, "",
              "keywords of the overscan section, or a section"),
        field("detector_section_keys", &C::detector_section_keys, "",
              "keywords of the place on the detector in unbinned pixels, or a section"),
        field("x_binning_keys", &C::x_binning_keys, "",
              "keywords of the binning along x; '2 2' and '2x2' are understood"),
        field("y_binning_keys", &C::y_binning_keys, "", "keywords of the binning along y"),
        field("window_x_keys", &C::window_x_keys, "px",
              "keywords of the frame's first column on the detector, in binned pixels; above "
              "detector_section_keys"),
        field("window_y_keys", &C::window_y_keys, "px", "keywords of the frame's first row"),
        field("window_base", &C::window_base, "",
              "what window_x_keys call the detector's first column", between(0, 1)),
        field("end_keys", &C::end_keys, "", "keywords of the exposure's end, for a check"),
        field("clock_utc_offset_h", &C::clock_utc_offset_h, "h",
              "local clock − UTC of dates without zone; nan: they are UTC", between(-14, 14)),
        field("linearity", &C::linearity, "",
              "c0, c1 … of true = a (1 + c0 a + c1 a² + …), a in ADU above bias; empty: linear"),
        field("nonlinear_adu", &C::nonlinear_adu, "ADU",
              "raw values above it are marked; nan: none", positive),
        field("read_out", &C::read_out, "", "way the charge moves in the frame",
              one_of("x-|x+|y-|y+")),
        field("bad_pixels", &C::bad_pixels, "", "file that marks faulty pixels"),
        field("shutter_map", &C::shutter_map, "",
              "file with the shutter's delay in seconds, pixel by pixel")};
  }
};

/// The observer's place; NaN takes the header's.
struct SiteConfig {
  double longitude_deg = kNaN;
  double latitude_deg = kNaN;
  double height_m = kNaN;
  KeyList longitude_keys{"OBSGEO-L", "SITELONG", "LONG-OBS", "LONGITUD", "LONGITUDE", "OBSLONG"};
  KeyList latitude_keys{"OBSGEO-B", "SITELAT", "LAT-OBS", "LATITUDE", "OBSLAT"};
  KeyList height_keys{"OBSGEO-H", "SITEALT", "SITEELEV", "ALT-OBS", "ELEV-OBS", "OBSALT"};

  static constexpr auto fields() {
    return std::tuple{field("longitude_deg", &SiteConfig::longitude_deg, "deg",
                            "longitude, positive to the east", between(-180, 360)),
                      field("latitude_deg", &SiteConfig::latitude_deg, "deg",
                            "geodetic latitude, WGS84", between(-90, 90)),
                      field("height_m", &SiteConfig::height_m, "m", "height above the ellipsoid",
                            between(-500, 10000)),
                      field("longitude_keys", &SiteConfig::longitude_keys, "",
                            "keywords or expressions of the longitude, positive to the east"),
                      field("latitude_keys", &SiteConfig::latitude_keys, "",
                            "keywords or expressions of the latitude"),
                      field("height_keys", &SiteConfig::height_keys, "",
                            "keywords or expressions of the height; not ALTITUDE, which is often "
                            "where the telescope points")};
  }
};

}  // namespace skyweft::io
