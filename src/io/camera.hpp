// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "io/header.hpp"

namespace skyweft::io {

using KeyList = std::vector<std::string>;

/// Where one camera's headers say what; the first keyword with a usable value counts. A fixed value
/// (> 0, or not empty) stands above the header.
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
        field("type_keys", &C::type_keys, "", "keywords of the frame type"),
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
              "added to every stamp: shutter delay, wrong clock"),
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
              one_of("|light|bias|dark|flat"))};
  }
};

/// The observer's place; NaN takes the header's.
struct SiteConfig {
  double longitude_deg = kNaN;
  double latitude_deg = kNaN;
  double height_m = kNaN;

  static constexpr auto fields() {
    return std::tuple{field("longitude_deg", &SiteConfig::longitude_deg, "deg",
                            "longitude, positive to the east", between(-180, 360)),
                      field("latitude_deg", &SiteConfig::latitude_deg, "deg",
                            "geodetic latitude, WGS84", between(-90, 90)),
                      field("height_m", &SiteConfig::height_m, "m", "height above the ellipsoid",
                            between(-500, 10000))};
  }
};

/// Says in our units what a header says: type, UTC mid-exposure, exposure, detector, pointing.
///
/// `camera_index` (0 to 63) enters the FrameId. What is optional and absent or doubtful keeps
/// FrameInfo's default (see doubts_about()). A bias needs no exposure.
/// Collective: no. Throws Error{bad_input} naming file and keywords when type, exposure or time
/// cannot be had, or when TIMESYS is not UTC.
FrameInfo understand(const Header& header, const std::string& path, const std::string& camera_name,
                     std::int64_t camera_index, const CameraConfig& config);

/// One sentence for every optional thing the header lacks or leaves in doubt (gain, read noise,
/// saturation, pointing, scale), with the option that settles it. For `init` and `check`.
std::vector<std::string> doubts_about(const Header& header, const CameraConfig& config);

/// The observer's place from configuration, else header (OBSGEO-B/L/H or -X/Y/Z, SITELAT/SITELONG,
/// LAT-OBS/LONG-OBS, LATITUDE/LONGITUD); nothing when longitude or latitude is missing. An unknown
/// height is 0.
std::optional<Site> site_from(const Header& header, const SiteConfig& config);

/// The frame type that a header value spells: lower case, letters only, looked up; unknown
/// otherwise.
FrameType frame_type_of(std::string_view text);

/// A negative id made of the file's name, for frames whose header could not be understood.
FrameId id_of_unreadable(const std::string& path);

}  // namespace skyweft::io
