// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Every dataset that skyweft writes to HDF5: its path, shape, unit and meaning. A path as a string
// literal anywhere else is a defect.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/flags.hpp"
#include "data/photometry.hpp"

namespace skyweft::io {

/// Slowest axis first.
enum class Axes {
  scalar,
  star,
  frame,
  aperture,
  term,
  star_frame,
  star_aperture,
  group,
  star_group,
  star_frame_aperture,
  frame_star,
  frame_star_aperture,
  frame_term,
  shape_term,
  frame_shape_term,
  x_line,
  y_line,
  term_parameter,
  place,
  place_row_column,
  level,
  frame_aperture,
  frame_aperture_part,
  frame_aperture_part_term,
  frame_aperture_part_range,
  group_aperture_term,
  group_aperture_star,
};

/// One axis of a dataset.
enum class Axis {
  star,
  frame,
  aperture,
  group,
  term,
  shape_term,
  x_line,
  y_line,
  parameter,
  place,
  row,
  column,
  level,
  part,
  range
};

/// The single axes of a dataset, slowest first.
std::vector<Axis> axes_of(Axes axes);
std::string_view name_of(Axis axis) noexcept;

template <class T>
struct Column {
  std::string_view path;  ///< below the group it is written to
  Axes axes;
  std::string_view unit;  ///< as UDUNITS and astropy spell it; empty for a pure number or a text
  std::string_view meaning;
};

/// Written as root attributes of every file.
struct ProductStamp {
  std::string software_version;
  std::string config_digest;
  std::string run_name;
  bool operator==(const ProductStamp&) const = default;
};

inline constexpr std::string_view kConventions = "skyweft-1";
inline constexpr std::int32_t kSchemaVersion = 1;

/// The file kinds, for documentation.
inline constexpr std::string_view kSegmentFile = "segments/segment-*.h5";
inline constexpr std::string_view kFramesFile = "frames.h5";
inline constexpr std::string_view kStarsFile = "stars.h5";
inline constexpr std::string_view kShardFile = "lightcurves/STAGE-*.h5";
inline constexpr std::string_view kRawBlockFile = "lightcurves/raw-*.h5";
inline constexpr std::string_view kPsfMapFile = "psf_map.h5";
inline constexpr std::string_view kMagfitFile = "magfit.h5";
inline constexpr std::string_view kReferencesFile = "references.h5";

// clang-format off

/// Stars: stars.h5 and the header of every shard.
namespace star_column {
inline constexpr Column<std::int64_t> kId{"star_id", Axes::star, "", "star identifier (Gaia source_id or the user's)"};
inline constexpr Column<double> kEpoch{"epoch_yr", Axes::scalar, "yr", "epoch of the star positions, Julian year"};
inline constexpr Column<double> kRa{"ra_deg", Axes::star, "deg", "right ascension, ICRS, at epoch_yr"};
inline constexpr Column<double> kDec{"dec_deg", Axes::star, "deg", "declination, ICRS, at epoch_yr"};
inline constexpr Column<double> kPmRa{"pm_ra_mas_yr", Axes::star, "mas/yr", "proper motion in right ascension times cos(dec)"};
inline constexpr Column<double> kPmDec{"pm_dec_mas_yr", Axes::star, "mas/yr", "proper motion in declination"};
inline constexpr Column<float> kMag{"catalog_mag", Axes::star, "mag", "catalogue magnitude"};
inline constexpr Column<float> kColour{"colour", Axes::star, "mag", "catalogue colour index"};
inline constexpr Column<double> kRadius{"aperture_radius_px", Axes::aperture, "pixel", "aperture radius; 0: flux of the PSF fit"};
inline constexpr Column<std::int64_t> kPoints{"n_points", Axes::star, "", "frames with a finite magnitude in the chosen aperture"};
inline constexpr Column<std::int32_t> kAperture{"aperture", Axes::star, "", "index of the aperture chosen by magnitude"};
inline constexpr Column<float> kMedianMag{"median_mag", Axes::star_aperture, "mag", "median magnitude after the last stage run"};
inline constexpr std::array<Column<float>, 4> kScatter{{
    {"scatter_raw", Axes::star_aperture, "mag", "1.4826 MAD of raw magnitudes"},
    {"scatter_magfit", Axes::star_aperture, "mag", "1.4826 MAD after magnitude fitting"},
    {"scatter_epd", Axes::star_aperture, "mag", "1.4826 MAD after external parameter decorrelation"},
    {"scatter_tfa", Axes::star_aperture, "mag", "1.4826 MAD after trend filtering"}}};
inline constexpr std::array<Column<float>, 4> kRms{{
    {"rms_raw", Axes::star_aperture, "mag", "standard deviation of raw magnitudes, clipped points left out"},
    {"rms_magfit", Axes::star_aperture, "mag", "standard deviation after magnitude fitting, clipped points left out"},
    {"rms_epd", Axes::star_aperture, "mag", "standard deviation after external parameter decorrelation, clipped points left out"},
    {"rms_tfa", Axes::star_aperture, "mag", "standard deviation after trend filtering, clipped points left out"}}};
inline constexpr std::array<Column<float>, 4> kPointToPoint{{
    {"point_to_point_raw", Axes::star_aperture, "mag", "1.4826 median of steps from point to point over sqrt 2, of raw magnitudes"},
    {"point_to_point_magfit", Axes::star_aperture, "mag", "1.4826 median of steps from point to point over sqrt 2, after magnitude fitting"},
    {"point_to_point_epd", Axes::star_aperture, "mag", "1.4826 median of steps from point to point over sqrt 2, after external parameter decorrelation"},
    {"point_to_point_tfa", Axes::star_aperture, "mag", "1.4826 median of steps from point to point over sqrt 2, after trend filtering"}}};
inline constexpr std::array<Column<float>, 4> kWhiteNoise{{
    {"white_noise_raw", Axes::star_aperture, "mag", "white noise of one point of raw magnitudes"},
    {"white_noise_magfit", Axes::star_aperture, "mag", "white noise of one point after magnitude fitting"},
    {"white_noise_epd", Axes::star_aperture, "mag", "white noise of one point after external parameter decorrelation"},
    {"white_noise_tfa", Axes::star_aperture, "mag", "white noise of one point after trend filtering"}}};
inline constexpr std::array<Column<float>, 4> kRedNoise{{
    {"red_noise_raw", Axes::star_aperture, "mag", "red noise of raw magnitudes: scatter of bin means that more points do not lessen"},
    {"red_noise_magfit", Axes::star_aperture, "mag", "red noise after magnitude fitting: scatter of bin means that more points do not lessen"},
    {"red_noise_epd", Axes::star_aperture, "mag", "red noise after external parameter decorrelation: scatter of bin means that more points do not lessen"},
    {"red_noise_tfa", Axes::star_aperture, "mag", "red noise after trend filtering: scatter of bin means that more points do not lessen"}}};
inline constexpr std::array<Column<float>, 4> kBeta{{
    {"beta_raw", Axes::star_aperture, "", "scatter of bins of statistics.timescale_h over what white noise would leave, of raw magnitudes"},
    {"beta_magfit", Axes::star_aperture, "", "scatter of bins of statistics.timescale_h over what white noise would leave, after magnitude fitting"},
    {"beta_epd", Axes::star_aperture, "", "scatter of bins of statistics.timescale_h over what white noise would leave, after external parameter decorrelation"},
    {"beta_tfa", Axes::star_aperture, "", "scatter of bins of statistics.timescale_h over what white noise would leave, after trend filtering"}}};
inline constexpr std::array<Column<float>, 4> kFinite{{
    {"n_finite_raw", Axes::star_aperture, "", "number of finite magnitudes of raw magnitudes"},
    {"n_finite_magfit", Axes::star_aperture, "", "number of finite magnitudes after magnitude fitting"},
    {"n_finite_epd", Axes::star_aperture, "", "number of finite magnitudes after external parameter decorrelation"},
    {"n_finite_tfa", Axes::star_aperture, "", "number of finite magnitudes after trend filtering"}}};
inline constexpr Column<float> kNoiseModel{"noise_model", Axes::star_aperture, "mag", "expected scatter"};
inline constexpr Column<float> kExpectedLoss{"expected_loss", Axes::star, "", "share of a signal's amplitude that trend filtering is expected to take"};
inline constexpr Column<std::string> kGroup{"group", Axes::group, "", "observing groups, in the order of n_points_group"};
inline constexpr Column<std::int32_t> kPointsGroup{"n_points_group", Axes::star_group, "", "frames of each group with a finite magnitude in the chosen aperture"};
inline constexpr Column<float> kScatterGroup{"scatter_group", Axes::star_group, "mag", "1.4826 MAD in each group after the last stage run, in the chosen aperture"};
}  // namespace star_column

/// One row per exposure: frames.h5, and group kRecordsGroup of a segment.
inline constexpr std::string_view kRecordsGroup = "records";
namespace frame_column {
inline constexpr Column<std::int64_t> kId{"frame_id", Axes::frame, "", "frame identifier"};
inline constexpr Column<std::string> kFile{"file", Axes::frame, "", "file name without folder"};
inline constexpr Column<std::string> kState{"state", Axes::frame, "", "pending, measured or rejected"};
inline constexpr Column<std::string> kStage{"stage", Axes::frame, "", "where the frame was set aside; empty when measured"};
inline constexpr Column<std::string> kReason{"reason", Axes::frame, "", "why the frame was set aside; empty when measured"};
inline constexpr Column<std::string> kTest{"test", Axes::frame, "", "name of the failed test"};
inline constexpr Column<double> kMeasured{"measured", Axes::frame, "", "value that failed the test"};
inline constexpr Column<double> kThreshold{"threshold", Axes::frame, "", "threshold of the failed test"};
inline constexpr Column<double> kTimeUtc{"time_utc_mid_jd", Axes::frame, "d", "mid-exposure, Julian date, UTC"};
inline constexpr Column<double> kTimeTdb{"time_tdb_mid_jd", Axes::frame, "d", "mid-exposure, Julian date, TDB, at the observer"};
inline constexpr Column<double> kExposure{"exposure_s", Axes::frame, "s", "exposure time"};
inline constexpr Column<std::string> kCamera{"camera", Axes::frame, "", "camera, as the configuration calls it"};
inline constexpr Column<std::string> kChannel{"channel", Axes::frame, "", "channel of a mosaic; empty when there is one"};
inline constexpr Column<std::string> kFilter{"filter", Axes::frame, "", "filter, as the header has it"};
inline constexpr Column<std::string> kNight{"night", Axes::frame, "", "local date of the evening the night began, as 20171220"};
inline constexpr Column<std::string> kMasters{"masters", Axes::frame, "", "what the frame was corrected with, with the days to it, and what was missing"};
inline constexpr std::array<Column<double>, 3> kObserver{{
    {"observer_bary_x_ls", Axes::frame, "s", "observer from the barycentre, ICRS x, light seconds"},
    {"observer_bary_y_ls", Axes::frame, "s", "observer from the barycentre, ICRS y, light seconds"},
    {"observer_bary_z_ls", Axes::frame, "s", "observer from the barycentre, ICRS z, light seconds"}}};
inline constexpr std::array<Column<double>, 3> kZenith{{
    {"zenith_x", Axes::frame, "", "unit vector to the zenith, ICRS x"},
    {"zenith_y", Axes::frame, "", "unit vector to the zenith, ICRS y"},
    {"zenith_z", Axes::frame, "", "unit vector to the zenith, ICRS z"}}};
inline constexpr Column<double> kAirmass{"airmass", Axes::frame, "", "airmass at the frame's centre"};
inline constexpr Column<double> kHourAngle{"hour_angle_deg", Axes::frame, "deg", "hour angle of the frame's centre"};
inline constexpr Column<double> kZenithDistance{"zenith_distance_deg", Axes::frame, "deg", "zenith distance of the frame's centre, without refraction"};
inline constexpr Column<double> kAzimuth{"azimuth_deg", Axes::frame, "deg", "azimuth of the frame's centre, east of north"};
inline constexpr Column<double> kSunAltitude{"sun_altitude_deg", Axes::frame, "deg", "altitude of the Sun's centre, without refraction"};
inline constexpr Column<double> kMoonAltitude{"moon_altitude_deg", Axes::frame, "deg", "altitude of the Moon's centre, without refraction"};
inline constexpr Column<double> kMoonSeparation{"moon_separation_deg", Axes::frame, "deg", "Moon to the frame's centre"};
inline constexpr Column<double> kMoonLit{"moon_lit", Axes::frame, "", "lit fraction of the Moon's disc"};
inline constexpr Column<double> kRa{"ra_deg", Axes::frame, "deg", "right ascension of the frame's centre, ICRS"};
inline constexpr Column<double> kDec{"dec_deg", Axes::frame, "deg", "declination of the frame's centre, ICRS"};
inline constexpr Column<double> kScale{"scale_arcsec_px", Axes::frame, "arcsec/pixel", "pixel scale"};
inline constexpr Column<double> kRotation{"rotation_deg", Axes::frame, "deg", "position angle of +y, east of north"};
inline constexpr Column<std::int64_t> kSources{"n_sources", Axes::frame, "", "sources detected"};
inline constexpr Column<std::int64_t> kMatched{"n_matched", Axes::frame, "", "sources matched with the catalogue"};
inline constexpr Column<double> kWcsRms{"wcs_rms_px", Axes::frame, "pixel", "residual of the plate solution"};
inline constexpr Column<double> kLogOdds{"log_odds", Axes::frame, "", "natural logarithm of the odds for the plate solution; of the best attempt when unsolved"};
inline constexpr Column<std::string> kSolvedBy{"solved_by", Axes::frame, "", "how the plate solution was found: previous, header, hint, blind or reference; empty when unsolved"};
inline constexpr Column<double> kFwhm{"fwhm_px", Axes::frame, "pixel", "full width at half maximum of stars"};
inline constexpr Column<double> kElongation{"elongation", Axes::frame, "", "median major over minor axis"};
inline constexpr Column<std::int64_t> kMasked{"n_masked", Axes::frame, "", "pixels that are not used"};
inline constexpr Column<double> kOverscan{"overscan_adu", Axes::frame, "adu", "level of the first amplifier's overscan"};
inline constexpr Column<double> kBackground{"bg_e", Axes::frame, "electron", "median background per pixel"};
inline constexpr Column<double> kBackgroundRms{"bg_rms_e", Axes::frame, "electron", "background noise per pixel"};
inline constexpr Column<std::string> kSdkTerms{"sdk_terms", Axes::frame, "", "expansion of S, D, K over the frame; empty: not fitted"};
inline constexpr Column<std::int64_t> kSdkStars{"sdk_n_star", Axes::frame, "", "sources that S, D, K were fitted to"};
inline constexpr Column<std::int32_t> kSdkUsed{"sdk_n_term", Axes::frame, "", "terms used in sdk_s, sdk_d, sdk_k; the rest is padding"};
inline constexpr Column<std::int32_t> kSdkTerm{"sdk_term", Axes::shape_term, "", "term of sdk_terms"};
inline constexpr std::array<Column<double>, 3> kSdk{{
    {"sdk_s", Axes::frame_shape_term, "pixel-2", "S of exp(-(S(dx^2+dy^2)+D(dx^2-dy^2)+2K dx dy)/2): 1/width^2"},
    {"sdk_d", Axes::frame_shape_term, "pixel-2", "D: elongation along the axes"},
    {"sdk_k", Axes::frame_shape_term, "pixel-2", "K: elongation along the diagonals"}}};
inline constexpr Column<std::string> kPsfModel{"psf_model", Axes::frame, "", "star shape fitted to pixels: none, gaussian, moffat, bicubic or prf"};
inline constexpr Column<std::string> kPsfTerms{"psf_terms", Axes::frame, "", "its expansion as fitted"};
inline constexpr Column<std::int64_t> kPsfStars{"psf_n_star", Axes::frame, "", "stars whose pixels took part"};
inline constexpr Column<std::int32_t> kPsfRounds{"psf_rounds", Axes::frame, "", "alternations of shape and flux"};
inline constexpr Column<std::int32_t> kPsfConverged{"psf_converged", Axes::frame, "", "1 when they converged"};
inline constexpr Column<double> kPsfChi2{"psf_chi2", Axes::frame, "", "chi squared per degree of freedom of the shape fit"};
inline constexpr Column<double> kPsfFwhm{"psf_fwhm_px", Axes::frame, "pixel", "width of the fitted shape at the frame's centre"};
inline constexpr Column<double> kPsfElongation{"psf_elongation", Axes::frame, "", "major over minor axis of the fitted shape at the frame's centre"};
inline constexpr Column<double> kShiftX{"shift_x_px", Axes::frame, "pixel", "added to all x by re-centring"};
inline constexpr Column<double> kShiftY{"shift_y_px", Axes::frame, "pixel", "added to all y by re-centring"};
inline constexpr Column<std::int64_t> kRecentred{"n_recentred", Axes::frame, "", "stars the shift was taken from"};
inline constexpr Column<double> kPxPerRadius{"px_per_radius", Axes::frame, "pixel", "pixels per unit of the configured aperture radii"};
inline constexpr Column<double> kZeroPoint{"zero_point", Axes::frame, "mag", "catalogue minus instrumental magnitude (25 - 2.5 log10 of electrons per second)"};
inline constexpr Column<double> kZeroPointErr{"zero_point_err", Axes::frame, "mag", "standard error of zero_point"};
inline constexpr Column<double> kZeroPointColour{"zero_point_colour", Axes::frame, "", "colour term of the zero point"};
inline constexpr Column<double> kZeroPointScatter{"zero_point_scatter", Axes::frame, "mag", "robust scatter of stars about it"};
inline constexpr Column<std::int64_t> kZeroPointStars{"n_zero_point", Axes::frame, "", "stars it was taken from"};
inline constexpr Column<double> kDepth{"depth_mag", Axes::frame, "mag", "magnitude of 5 sigma in the middle aperture"};
inline constexpr Column<double> kTransparency{"transparency", Axes::frame, "", "relative to the clearest frames, extinction taken off"};
inline constexpr Column<double> kWcsRa{"wcs_centre_ra_rad", Axes::frame, "rad", "right ascension of the tangent point, ICRS"};
inline constexpr Column<double> kWcsDec{"wcs_centre_dec_rad", Axes::frame, "rad", "declination of the tangent point, ICRS"};
inline constexpr Column<double> kWcsUnit{"wcs_unit_deg", Axes::frame, "deg", "unit of the polynomial's variables u = xi/unit, v = eta/unit"};
inline constexpr Column<std::int32_t> kWcsOrder{"wcs_order", Axes::frame, "", "order of the polynomial; 0: unsolved"};
inline constexpr Column<std::int32_t> kWcsTerms{"wcs_n_term", Axes::frame, "", "terms used in wcs_cx and wcs_cy; the rest is padding"};
inline constexpr Column<std::int32_t> kWcsTerm{"wcs_term", Axes::term, "", "term of O<order>{u,v}: 1, u, v, u^2, uv, v^2, ..."};
inline constexpr Column<double> kWcsColourZero{"wcs_colour_zero", Axes::frame, "mag", "colour at which the colour term vanishes"};
inline constexpr Column<double> kWcsColourX{"wcs_colour_x_px", Axes::frame, "pixel/mag", "colour term of x"};
inline constexpr Column<double> kWcsColourY{"wcs_colour_y_px", Axes::frame, "pixel/mag", "colour term of y"};
inline constexpr Column<double> kWcsCx{"wcs_cx", Axes::frame_term, "pixel", "polynomial of x (0-based, pixel centres at integers)"};
inline constexpr Column<double> kWcsCy{"wcs_cy", Axes::frame_term, "pixel", "polynomial of y (0-based, pixel centres at integers)"};
}  // namespace frame_column

/// Photometry of one batch of frames (segment): order [frame][star][aperture].
namespace segment_column {
inline constexpr Column<std::int64_t> kFrame{"frame_id", Axes::frame, "", "frame identifier"};
inline constexpr Column<std::int64_t> kStarRow{"star_row", Axes::star, "", "row of the star in the run's star list"};
inline constexpr Column<float> kFlux{"flux_e", Axes::frame_star_aperture, "electron", "flux in the aperture, background removed"};
inline constexpr Column<float> kFluxErr{"flux_err_e", Axes::frame_star_aperture, "electron", "standard error of flux_e"};
inline constexpr Column<float> kX{"x_px", Axes::frame_star, "pixel", "x of the star, 0-based, pixel centres at integers"};
inline constexpr Column<float> kY{"y_px", Axes::frame_star, "pixel", "y of the star, 0-based, pixel centres at integers"};
inline constexpr Column<float> kBg{"bg_e", Axes::frame_star, "electron", "background per pixel"};
inline constexpr Column<float> kBgErr{"bg_err_e", Axes::frame_star, "electron", "standard error of bg_e"};
inline constexpr Column<QualityBits> kQuality{"quality", Axes::frame_star, "", "quality bits"};
}  // namespace segment_column

/// The extra columns of a segment (axes frame_star) or of a shard's raw group (star_frame).
inline Column<float> extra_column(std::string_view name, Axes axes) {
  const PointExtra& e = point_extra(name);
  return {e.name, axes, e.unit, e.meaning};
}

/// Header of a shard besides star_column.
namespace shard_column {
inline constexpr Column<std::int64_t> kFirstStar{"first_star", Axes::scalar, "", "row of the shard's first star in the run's star list"};
inline constexpr Column<std::int64_t> kFrameId{"frame_id", Axes::frame, "", "frame identifier"};
inline constexpr Column<double> kTimeUtc{"time_utc_mid_jd", Axes::frame, "d", "mid-exposure, Julian date, UTC"};
inline constexpr Column<std::string> kSegment{"segment", Axes::frame, "", "the segment the frame was read from, and its digest; raw only"};
}  // namespace shard_column

/// Group kRawGroup of a shard: order [star][frame][aperture].
inline constexpr std::string_view kRawGroup = "raw";
/// Attribute of the raw group: how magnitudes follow from the fluxes, which alone are stored.
inline constexpr std::string_view kRawMagAttribute = "magnitude";
inline constexpr std::string_view kRawMagFormula = "mag = 25 - 2.5 log10(flux_e / exposure_s), mag_err = 1.0857362 flux_err_e / flux_e";
namespace raw_column {
inline constexpr Column<float> kFlux{"flux_e", Axes::star_frame_aperture, "electron", "flux in the aperture, background removed"};
inline constexpr Column<float> kFluxErr{"flux_err_e", Axes::star_frame_aperture, "electron", "standard error of flux_e"};
inline constexpr Column<float> kX{"x_px", Axes::star_frame, "pixel", "x of the star, 0-based, pixel centres at integers"};
inline constexpr Column<float> kY{"y_px", Axes::star_frame, "pixel", "y of the star, 0-based, pixel centres at integers"};
inline constexpr Column<float> kBg{"bg_e", Axes::star_frame, "electron", "background per pixel"};
inline constexpr Column<float> kBgErr{"bg_err_e", Axes::star_frame, "electron", "standard error of bg_e"};
inline constexpr Column<QualityBits> kQuality{"quality", Axes::star_frame, "", "quality bits"};
}  // namespace raw_column

/// Groups magfit, epd and tfa of shards; mag_err is in magfit only.
inline constexpr std::string_view kGroupWithErrors = "magfit";
namespace stage_column {
inline constexpr Column<float> kMag{"mag", Axes::star_frame_aperture, "mag", "magnitude after this stage"};
inline constexpr Column<float> kMagErr{"mag_err", Axes::star_frame_aperture, "mag", "standard error of mag from photon, read-out and background noise"};
inline constexpr Column<QualityBits> kQuality{"quality", Axes::star_frame, "", "quality bits"};
}  // namespace stage_column

/// A map of star shapes; a grid and its lines only where there is one.
namespace psf_column {
inline constexpr Column<std::string> kModel{"model", Axes::scalar, "", "what the parameters describe: none, bicubic, gaussian or moffat"};
inline constexpr Column<std::string> kView{"view", Axes::scalar, "", "what a pixel shows of it: psf (the integral over its area) or prf (the value at its centre)"};
inline constexpr Column<std::string> kTerms{"terms", Axes::scalar, "", "the expansion of every parameter, in the language of fit terms"};
inline constexpr Column<double> kXLine{"x_line_px", Axes::x_line, "pixel", "grid lines in x, from the star"};
inline constexpr Column<double> kYLine{"y_line_px", Axes::y_line, "pixel", "grid lines in y, from the star"};
inline constexpr Column<double> kCoefficient{"coefficient", Axes::term_parameter, "", "bicubic: value, d/dx, d/dy, d2/dxdy of every inner node, x fastest; gaussian: S, D, K; moffat: S, D, K, beta"};
inline constexpr Column<std::int64_t> kStars{"n_stars", Axes::scalar, "", "stars whose pixels took part in the fit"};
inline constexpr Column<std::int64_t> kPixels{"n_pixels", Axes::scalar, "", "pixels used"};
inline constexpr Column<std::int32_t> kRounds{"rounds", Axes::scalar, "", "alternations of shape and flux"};
inline constexpr Column<std::int32_t> kConverged{"converged", Axes::scalar, "", "1 when the fit converged"};
inline constexpr Column<double> kChi2{"chi2_dof", Axes::scalar, "", "chi square per degree of freedom"};
inline constexpr Column<double> kStampX{"stamp_x_px", Axes::place, "pixel", "x of the star shown by a stamp, 0-based, pixel centres at integers"};
inline constexpr Column<double> kStampY{"stamp_y_px", Axes::place, "pixel", "y of the star shown by a stamp"};
inline constexpr Column<double> kStampStep{"stamp_step_px", Axes::scalar, "pixel", "distance of a stamp's samples; the star is at the middle one"};
inline constexpr Column<float> kStamp{"stamp", Axes::place_row_column, "pixel-2", "star shape, of integral one"};
}  // namespace psf_column

/// What magnitude fitting did to every frame; rows of frames are the measured ones in time order.
namespace magfit_column {
inline constexpr Column<std::string> kGroup{"group", Axes::group, "", "observing group"};
inline constexpr Column<std::int64_t> kReferenceFrame{"reference_frame_id", Axes::group, "", "frame that was the group's first reference and fixes its gauge"};
inline constexpr Column<std::int32_t> kRounds{"rounds", Axes::group, "", "iterations of the group's master reference"};
inline constexpr Column<std::int32_t> kConverged{"converged", Axes::group, "", "1 when they ended by convergence"};
inline constexpr Column<std::int64_t> kFrame{"frame_id", Axes::frame, "", "frame identifier"};
inline constexpr Column<std::int32_t> kGroupOfFrame{"group_of_frame", Axes::frame, "", "index of the frame's group"};
inline constexpr Column<std::int32_t> kExcluded{"excluded", Axes::frame, "", "1: left out of the master reference by magfit.exclude"};
inline constexpr Column<std::string> kTerms{"terms", Axes::level, "", "correction terms of each level, in the language of fit terms"};
inline constexpr Column<std::string> kSplit{"split", Axes::scalar, "", "expression by whose values stars are split into parts; empty: one part"};
inline constexpr Column<double> kRadius{"aperture_radius_px", Axes::aperture, "pixel", "aperture radius; 0: flux of the PSF fit"};
inline constexpr Column<double> kFrameRms{"rms_mag", Axes::frame_aperture, "mag", "weighted rms of the residuals of the used stars"};
inline constexpr Column<double> kFrameShift{"zero_shift_mag", Axes::frame_aperture, "mag", "median of reference minus measured over the used stars; of several parts, their mean by stars"};
inline constexpr Column<double> kPart{"part", Axes::frame_aperture_part, "", "value of split; NaN where the frame has fewer parts"};
inline constexpr Column<std::int32_t> kLevel{"level", Axes::frame_aperture_part, "", "which of the terms; -1: no fit"};
inline constexpr Column<std::int64_t> kUsed{"n_used", Axes::frame_aperture_part, "", "stars used"};
inline constexpr Column<double> kCoefficient{"coefficient", Axes::frame_aperture_part_term, "", "corrected minus measured magnitude is coefficient times term, of the terms as written; NaN beyond the level's terms"};
inline constexpr Column<double> kLow{"low", Axes::frame_aperture_part_range, "", "least x, y, magnitude of the used stars"};
inline constexpr Column<double> kHigh{"high", Axes::frame_aperture_part_range, "", "largest x, y, magnitude of the used stars"};
inline constexpr Column<std::string> kGroupTerms{"group_terms", Axes::scalar, "", "how references of groups differ, in the language of fit terms"};
inline constexpr Column<double> kGroupCoefficient{"group_coefficient", Axes::group_aperture_term, "", "reference of the group minus that of the first is coefficient times group term; taken off the corrected magnitudes"};
inline constexpr Column<double> kAnchor{"anchor_mag", Axes::aperture, "mag", "added to all corrected magnitudes at the end"};
}  // namespace magfit_column

/// The master references: star_column::kId and the groups and apertures, then these.
namespace reference_column {
inline constexpr Column<double> kMag{"mag", Axes::group_aperture_star, "mag", "reference magnitude, before group offsets and anchor"};
inline constexpr Column<double> kErr{"mag_err", Axes::group_aperture_star, "mag", "its error: scatter over the root of the number of points"};
inline constexpr Column<double> kScatter{"scatter_mag", Axes::group_aperture_star, "mag", "median absolute deviation of the star's points"};
inline constexpr Column<std::int64_t> kPoints{"n_points", Axes::group_aperture_star, "", "points kept"};
inline constexpr Column<std::int32_t> kUsed{"used", Axes::group_aperture_star, "", "1: frames are fitted to this star"};
}  // namespace reference_column

// clang-format on

/// One dataset as documentation shows it.
struct ColumnText {
  std::string file;   ///< kind of file
  std::string path;   ///< with its group
  std::string type;   ///< "float32", "float64", "int32", "int64", "text"
  std::string shape;  ///< "[star][frame][aperture]"; empty for a single value
  std::string unit;
  std::string meaning;
};

/// Every dataset of every file, in file order. Collective: no.
std::vector<ColumnText> all_columns();

}  // namespace skyweft::io
