// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calib/bleeding.hpp"
#include "calib/calibrate.hpp"
#include "calib/cosmic_rays.hpp"
#include "calib/overscan.hpp"
#include "calib/prepared_masters.hpp"
#include "calib/regions.hpp"
#include "core/grid.hpp"
#include "data/frame.hpp"
#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"
#include "data/psf_map.hpp"
#include "data/sky_index.hpp"
#include "data/star_catalog.hpp"
#include "data/subpixel_map.hpp"
#include "data/wcs.hpp"
#include "detect/background.hpp"
#include "detect/detect.hpp"
#include "io/calibrated_file.hpp"
#include "io/fits.hpp"
#include "lc/injection.hpp"
#include "phot/apertures.hpp"
#include "phot/noise.hpp"
#include "phot/psf_flux.hpp"
#include "phot/recentre.hpp"
#include "phot/zero_point.hpp"
#include "shape/sdk_map.hpp"
#include "shape/shape_config.hpp"
#include "sky/align.hpp"
#include "sky/blind.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/solve.hpp"

namespace skyweft::steps {

/// The options of all frame steps, each declared beside its kernel.
struct FrameOptions {
  calib::CalibConfig calibrate;
  calib::OverscanConfig overscan;
  calib::BleedConfig bleed;
  calib::CosmicConfig cosmics;
  io::Packing save;
  detect::BackgroundConfig background;
  detect::DetectConfig detect;
  sky::SolveConfig solve;
  sky::BlindConfig blind;
  sky::AlignConfig align;
  phot::RecentreConfig recentre;
  shape::SdkMapConfig sdk;
  shape::ShapeConfig shape;
  phot::ApertureConfig phot;
  phot::PsfFluxConfig psf_flux;
  phot::ZeroPointConfig zero_point;
  phot::NoiseModelConfig noise;
  Site site;
  sky::LeapSeconds leap_seconds = sky::shipped_leap_seconds();
};

/// What all frames of a run share; borrowed, so that a node holds it once.
struct FrameGivens {
  const calib::PreparedMasters* masters = nullptr;  ///< of the frame; null: none
  io::AppliedMaster bias;                           ///< their names and digests
  io::AppliedMaster dark;
  io::AppliedMaster flat;
  std::string masters_text;                 ///< which, and what is missing, in words
  std::span<const calib::Region> regions;   ///< the user's
  std::filesystem::path calibrated_folder;  ///< where the step `save` writes
  std::string save_suffix;                 ///< tells frames of equal file names apart; mostly empty
  std::string run_digest;                  ///< of the settings, for what is written
  const StarCatalog* field = nullptr;      ///< catalogue stars around the field, for solving
  const StarCatalog* stars = nullptr;      ///< the star list to measure; rows fixed for the field
  std::optional<SkyPos> default_pointing;  ///< for frames whose header names none
  const Wcs* known_wcs = nullptr;   ///< of a frame of the same camera and channel; null: none
  const SkyIndex* index = nullptr;  ///< of the whole sky; null: none
  /// The catalogue around a place, at the frames' epoch; set where `index` is.
  std::function<StarCatalog(const SkyPos&, Angle)> stars_around;
  const SubPixelMap* subpixels = nullptr;  ///< null: pixels are evenly sensitive
  const PsfMap* psf_map = nullptr;         ///< null: each frame's shapes are fitted
  double night_fwhm_px = kNaN;             ///< for apertures in units of it; NaN: the frame's own
  std::span<const std::uint8_t> held;      ///< [star] 1: never re-centred; empty: none
  const Wcs* reference_wcs = nullptr;      ///< no catalogue: `field` are the stars of this frame
  std::span<const lc::Injection> injections;  ///< into pixels, for the step inject; mostly none
};

/// One exposure on its way through the steps, in memory.
struct FrameWork {
  FrameInfo info;
  FrameRecord record;
  io::RawImage raw;
  Frame frame;
  calib::Corrections corrections;
  std::vector<std::string> history;  ///< what was done to the frame, one line a step
  detect::Background background;
  SourceList sources;
  std::vector<double> x_px;  ///< [star] where each is measured; NaN: not on the sky shown
  std::vector<double> y_px;
  std::vector<QualityBits> place_bits;     ///< [star] recentred, centroid_offset
  std::vector<phot::LocalBackground> sky;  ///< [star]
  PsfMap psf;                              ///< kind none: not asked for or not possible
  FramePhotometry photometry;
  Wcs previous_wcs;  ///< of the frame before, or of another channel of the exposure; may be empty
};

}  // namespace skyweft::steps
