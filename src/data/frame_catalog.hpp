// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"
#include "data/detector.hpp"
#include "data/psf_map.hpp"
#include "data/wcs.hpp"

namespace skyweft {

/// Stable across runs: milliseconds of UTC mid-exposure since MJD 0, times 64, plus the camera's
/// index. Negative for files whose header could not be understood (a hash of the name).
using FrameId = std::int64_t;

enum class FrameType { light, bias, dark, flat, unknown };
std::string_view name_of(FrameType type) noexcept;

enum class FrameState { pending, measured, rejected };
std::string_view name_of(FrameState state) noexcept;

/// The observer's place, WGS84; longitude positive to the east.
struct Site {
  Angle longitude;
  Angle latitude;
  double height_m = 0.0;
  bool operator==(const Site&) const = default;
};

/// What the header of one exposure says, in our units; decided before any pixel is read.
struct FrameInfo {
  FrameId id = 0;
  std::string path;
  std::string camera;
  std::string channel;  ///< of a mosaic or cube; "" when there is only one
  std::string filter;
  FrameType type = FrameType::unknown;
  double time_utc_mid_jd = kNaN;
  double exposure_s = kNaN;
  std::int64_t nx = 0;  ///< of the assembled frame: without overscan, amplifiers joined
  std::int64_t ny = 0;
  std::int64_t raw_nx = 0;  ///< of the raw image
  std::int64_t raw_ny = 0;
  std::int64_t x_binning = 1;
  std::int64_t y_binning = 1;
  std::int64_t window_x0 = 0;  ///< the frame's pixel (0,0) in the full detector's frame, 0-based,
  std::int64_t window_y0 = 0;  ///< in binned pixels
  bool window_known = false;   ///< the header or the configuration says where it lies
  RawLayout layout;
  std::vector<Amplifier> amplifiers;  ///< empty: the raw image is the frame
  DetectorTraits traits;
  double gain_e_per_adu = 1.0;
  double read_noise_e = 0.0;
  double saturation_adu = kNaN;
  double temperature_c = kNaN;
  std::optional<SkyPos> pointing;
  std::optional<double> scale_arcsec_px;
  bool operator==(const FrameInfo&) const = default;
};

/// The amplifier's own number, or the frame's where it has none.
inline double gain_of(const Amplifier& amplifier, const FrameInfo& info) noexcept {
  return amplifier.gain_e_per_adu > 0.0 ? amplifier.gain_e_per_adu : info.gain_e_per_adu;
}
inline double read_noise_of(const Amplifier& amplifier, const FrameInfo& info) noexcept {
  return amplifier.read_noise_e > 0.0 ? amplifier.read_noise_e : info.read_noise_e;
}

/// One row of frames.h5: what became of one exposure.
struct FrameRecord {
  FrameId id = 0;
  std::string file;  ///< file name without folder
  FrameState state = FrameState::pending;
  std::string stage;   ///< where it was set aside; empty when measured
  std::string reason;  ///< the message; empty when measured
  std::string test;    ///< name of the failed test, when there is one
  double measured = kNaN;
  double threshold = kNaN;

  double time_utc_mid_jd = kNaN;
  double time_tdb_mid_jd = kNaN;
  double exposure_s = kNaN;
  std::string camera;
  std::string channel;
  std::string filter;
  std::string night;    ///< local date of the evening it began, as 20171220
  std::string masters;  ///< what it was corrected with and what was missing, in words
  double observer_bary_ls[3] = {kNaN, kNaN,
                                kNaN};    ///< observer from the barycentre, ICRS, light seconds
  double zenith[3] = {kNaN, kNaN, kNaN};  ///< unit vector to the zenith, ICRS
  double airmass = kNaN;                  ///< at the frame's centre
  double hour_angle_deg = kNaN;           ///< at the frame's centre
  double zenith_distance_deg = kNaN;      ///< at the frame's centre, without refraction
  double azimuth_deg = kNaN;              ///< at the frame's centre, east of north
  double sun_altitude_deg = kNaN;
  double moon_altitude_deg = kNaN;
  double moon_separation_deg = kNaN;  ///< from the frame's centre
  double moon_lit = kNaN;             ///< lit fraction of the disc

  double ra_deg = kNaN;  ///< of the frame's centre
  double dec_deg = kNaN;
  double scale_arcsec_px = kNaN;
  double rotation_deg = kNaN;  ///< position angle of +y, east of north
  std::int64_t n_sources = 0;
  std::int64_t n_matched = 0;
  double wcs_rms_px = kNaN;
  double log_odds = kNaN;  ///< ln, of the plate solution; of the best attempt when unsolved
  std::string solved_by;   ///< previous, header, hint, blind, reference; empty when unsolved
  double fwhm_px = kNaN;
  double elongation = kNaN;    ///< median major / minor axis
  std::int64_t n_masked = 0;   ///< pixels that are not used
  double overscan_adu = kNaN;  ///< level of the first amplifier's overscan
  double bg_e = kNaN;          ///< median background per pixel
  double bg_rms_e = kNaN;
  PsfMap sdk;             ///< S, D, K of the detected sources over the frame; kind none: too few
  std::string psf_model;  ///< none, gaussian, moffat, bicubic or prf
  std::string psf_terms;  ///< its expansion as fitted
  std::int64_t psf_n_star = 0;  ///< stars whose pixels took part
  int psf_rounds = 0;
  bool psf_converged = false;
  double psf_chi2 = kNaN;        ///< per degree of freedom
  double psf_fwhm_px = kNaN;     ///< of the map at the frame's centre
  double psf_elongation = kNaN;  ///< likewise
  double shift_x_px = kNaN;      ///< added to all positions; NaN: not asked for
  double shift_y_px = kNaN;
  std::int64_t n_recentred = 0;     ///< stars the shift was taken from
  double px_per_radius = kNaN;      ///< pixels per unit of the configured aperture radii
  double zero_point = kNaN;         ///< catalogue − instrumental magnitude (25 − 2.5 log10 e/s)
  double zero_point_err = kNaN;     ///< its standard error
  double zero_point_colour = kNaN;  ///< colour term, mag per mag
  double zero_point_scatter = kNaN;
  std::int64_t n_zero_point = 0;  ///< stars it was taken from
  double depth_mag = kNaN;        ///< of 5 sigma in the middle aperture
  double transparency = kNaN;     ///< relative to the clearest frames, extinction taken off
  Wcs wcs;                        ///< empty when unsolved
};

/// One row per exposure, sorted by time; decided before any work.
struct FrameCatalog {
  std::vector<FrameInfo> frames;
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(frames.size()); }
};

}  // namespace skyweft
