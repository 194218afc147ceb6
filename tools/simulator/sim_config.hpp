// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "core/fields.hpp"

namespace skyweft::simulator {

/// Everything that decides a simulated night or season. The same values give the same bytes.
struct SimConfig {
  std::int64_t seed = 1;
  std::int64_t nx = 1024, ny = 1024;
  int n_frames = 60, n_stars = 800;
  int n_nights = 1, night_gap_d = 1, n_cameras = 1;
  double mag_bright = 8.5, mag_faint = 15.0;
  double ra_deg = 150.0, dec_deg = 25.0;
  double scale_arcsec_px = 3.0, camera_rotation_deg = 4.0;
  bool mirrored = false;
  double exposure_s = 60.0, cadence_s = 180.0;
  std::string start_utc = "2024-02-10T06:30:00";
  double longitude_deg = -110.878, latitude_deg = 31.681, height_m = 2345.0;
  std::string filter = "R";
  double zero_point_e_per_s_mag = 20.0, colour_term = 0.02;
  std::string psf = "moffat";
  double moffat_beta = 3.5, fwhm_px = 2.6;
  double fwhm_field_variation = 0.1, fwhm_time_variation = 0.08, elongation_corner = 0.08;
  double sky_e_per_s_px = 3.0, sky_gradient = 0.1;
  double extinction_mag_per_airmass = 0.15, cloud_mag = 0.03, scintillation = 0.0;
  int cloudy_night = 0;
  double cloudy_mag = 0.6, cloudy_gradient = 0.3;
  double drift_x_px = 3.0, drift_y_px = -2.0, jitter_px = 0.3, rotation_deg = 0.05;
  double night_offset_px = 4.0;
  double distortion_px = 2.0, pointing_error_arcsec = 60.0;
  double gain_e_per_adu = 1.5, read_noise_e = 8.0;
  double bias_adu = 1000.0, bias_structure_adu = 5.0;
  double dark_e_per_s = 0.05, hot_pixel_fraction = 2e-4;
  double flat_vignetting = 0.15, flat_pixel_noise = 0.01;
  double cosmic_rays_per_frame = 10.0;
  double saturation_adu = 60000.0;
  int bits = 16;
  bool bayer = false;
  int amplifiers = 1, overscan_px = 0;
  double overscan_drift_adu = 0.0, gain_ratio = 1.15, nonlinearity_per_adu = 0.0;
  bool calibration = true;
  int n_bias = 10, n_dark = 10, n_flat = 10;
  double dark_exposure_s = 60.0, flat_exposure_s = 3.0, flat_level_e = 40000.0;
  bool variables = true;
  double transit_depth = 0.015, transit_mid_fraction = 0.5, transit_duration_h = 1.2;
  double transit_period_d = 3.3;
  double eclipse_depth = 0.3, eclipse_period_d = 0.35;
  double rr_amplitude_mag = 0.5, rr_period_d = 0.3;

  static constexpr auto fields() {
    using C = SimConfig;
    return std::tuple{
        field("seed", &C::seed, "", "the same seed gives the same bytes", non_negative),
        field("nx", &C::nx, "px", "width of a frame", between(32, 20000)),
        field("ny", &C::ny, "px", "height of a frame", between(32, 20000)),
        field("n_frames", &C::n_frames, "", "light frames of a night and camera",
              between(0, 1000000)),
        field("n_nights", &C::n_nights, "", "nights on which the field is observed",
              between(1, 10000)),
        field("night_gap_d", &C::night_gap_d, "d", "sidereal days from one night to the next",
              at_least(1)),
        field("n_cameras", &C::n_cameras, "",
              "cameras that look at the field at the same time, each different from the others",
              between(1, 16)),
        field("n_stars", &C::n_stars, "", "stars in the catalogue", non_negative),
        field("mag_bright", &C::mag_bright, "mag", "brightest star"),
        field("mag_faint", &C::mag_faint, "mag", "faintest star"),
        field("ra_deg", &C::ra_deg, "deg", "right ascension of the field", between(0, 360)),
        field("dec_deg", &C::dec_deg, "deg", "declination of the field", between(-90, 90)),
        field("scale_arcsec_px", &C::scale_arcsec_px, "arcsec/px", "pixel scale", positive),
        field("camera_rotation_deg", &C::camera_rotation_deg, "deg", "position angle of +y"),
        field("mirrored", &C::mirrored, "", "an odd number of mirrors"),
        field("exposure_s", &C::exposure_s, "s", "exposure of a light frame", positive),
        field("cadence_s", &C::cadence_s, "s", "start to start", positive),
        field("start_utc", &C::start_utc, "", "start of the first light frame, ISO 8601 UTC"),
        field("longitude_deg", &C::longitude_deg, "deg", "site, east positive", between(-360, 360)),
        field("latitude_deg", &C::latitude_deg, "deg", "site", between(-90, 90)),
        field("height_m", &C::height_m, "m", "site, above the ellipsoid"),
        field("filter", &C::filter, "", "FILTER of the headers"),
        field("zero_point_e_per_s_mag", &C::zero_point_e_per_s_mag, "mag",
              "magnitude that gives 1 e-/s above the atmosphere"),
        field("colour_term", &C::colour_term, "mag/mag",
              "instrument minus catalogue magnitude per magnitude of colour - 0.8"),
        field("psf", &C::psf, "", "profile of a star", one_of("moffat|gaussian")),
        field("moffat_beta", &C::moffat_beta, "", "exponent of the Moffat profile", between(2, 20)),
        field("fwhm_px", &C::fwhm_px, "px", "width at the centre, mean of the night",
              between(0.8, 50)),
        field("fwhm_field_variation", &C::fwhm_field_variation, "",
              "relative widening at the corners", between(-0.5, 5)),
        field("fwhm_time_variation", &C::fwhm_time_variation, "",
              "relative amplitude of the change with time", between(0, 0.5)),
        field("elongation_corner", &C::elongation_corner, "",
              "major / minor axis - 1 at the corners, radial", between(0, 2)),
        field("sky_e_per_s_px", &C::sky_e_per_s_px, "e-/s/px", "sky at airmass 1", non_negative),
        field("sky_gradient", &C::sky_gradient, "", "relative change centre to corner", fraction),
        field("extinction_mag_per_airmass", &C::extinction_mag_per_airmass, "mag", "extinction"),
        field("cloud_mag", &C::cloud_mag, "mag", "amplitude of passing clouds", non_negative),
        field("cloudy_night", &C::cloudy_night, "", "the night, from 1, with more clouds; 0: none",
              non_negative),
        field("cloudy_mag", &C::cloudy_mag, "mag", "thickest clouds of that night", non_negative),
        field("cloudy_gradient", &C::cloudy_gradient, "",
              "relative change of its clouds centre to corner, turning once a night", fraction),
        field("scintillation", &C::scintillation, "", "relative, per star and frame", non_negative),
        field("drift_x_px", &C::drift_x_px, "px", "drift of the pointing over the night"),
        field("drift_y_px", &C::drift_y_px, "px", "drift of the pointing over the night"),
        field("night_offset_px", &C::night_offset_px, "px",
              "scatter per axis of where later nights point", non_negative),
        field("jitter_px", &C::jitter_px, "px", "pointing scatter per axis", non_negative),
        field("rotation_deg", &C::rotation_deg, "deg", "rotation over the night"),
        field("distortion_px", &C::distortion_px, "px", "cubic distortion at the corner"),
        field("pointing_error_arcsec", &C::pointing_error_arcsec, "arcsec",
              "error of RA and DEC in the headers", non_negative),
        field("gain_e_per_adu", &C::gain_e_per_adu, "e-/ADU", "gain", positive),
        field("read_noise_e", &C::read_noise_e, "e-", "read noise", non_negative),
        field("bias_adu", &C::bias_adu, "ADU", "level of the bias", non_negative),
        field("bias_structure_adu", &C::bias_structure_adu, "ADU", "amplitude of its pattern"),
        field("dark_e_per_s", &C::dark_e_per_s, "e-/s", "mean dark current", non_negative),
        field("hot_pixel_fraction", &C::hot_pixel_fraction, "", "share of hot pixels", fraction),
        field("flat_vignetting", &C::flat_vignetting, "", "loss of light at the corners", fraction),
        field("flat_pixel_noise", &C::flat_pixel_noise, "", "pixel to pixel response", fraction),
        field("cosmic_rays_per_frame", &C::cosmic_rays_per_frame, "", "hits per light exposure",
              non_negative),
        field("saturation_adu", &C::saturation_adu, "ADU", "no pixel is brighter", positive),
        field("bits", &C::bits, "", "of the converter", between(8, 16)),
        field("bayer", &C::bayer, "", "RGGB mosaic in front of the pixels"),
        field("amplifiers", &C::amplifiers, "", "1, or 2 with the right half mirrored",
              between(1, 2)),
        field("overscan_px", &C::overscan_px, "px", "overscan columns of an amplifier",
              between(0, 1000)),
        field("overscan_drift_adu", &C::overscan_drift_adu, "ADU",
              "change of the bias level from the first row to the last"),
        field("gain_ratio", &C::gain_ratio, "", "gain of the second amplifier over the first",
              positive),
        field("nonlinearity_per_adu", &C::nonlinearity_per_adu, "1/ADU",
              "c of the response true = a (1 + c a)", non_negative),
        field("calibration", &C::calibration, "", "make bias, dark and flat frames"),
        field("n_bias", &C::n_bias, "", "bias frames", non_negative),
        field("n_dark", &C::n_dark, "", "dark frames", non_negative),
        field("n_flat", &C::n_flat, "", "flat frames", non_negative),
        field("dark_exposure_s", &C::dark_exposure_s, "s", "exposure of a dark", positive),
        field("flat_exposure_s", &C::flat_exposure_s, "s", "exposure of a flat", positive),
        field("flat_level_e", &C::flat_level_e, "e-", "level of a flat at the centre", positive),
        field("variables", &C::variables, "", "inject a transit, a binary and a pulsator"),
        field("transit_depth", &C::transit_depth, "", "relative depth", fraction),
        field("transit_mid_fraction", &C::transit_mid_fraction, "", "where in the night it is"),
        field("transit_duration_h", &C::transit_duration_h, "h", "first to last contact", positive),
        field("transit_period_d", &C::transit_period_d, "d", "from transit to transit", positive),
        field("eclipse_depth", &C::eclipse_depth, "", "relative depth, primary", fraction),
        field("eclipse_period_d", &C::eclipse_period_d, "d", "period of the binary", positive),
        field("rr_amplitude_mag", &C::rr_amplitude_mag, "mag", "pulsator, full amplitude"),
        field("rr_period_d", &C::rr_period_d, "d", "period of the pulsator", positive)};
  }
};

}  // namespace skyweft::simulator
