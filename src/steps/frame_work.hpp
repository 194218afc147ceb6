// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "calib/calibrate.hpp"
#include "core/grid.hpp"
#include "data/frame.hpp"
#include "data/frame_catalog.hpp"
#include "data/photometry.hpp"
#include "data/star_catalog.hpp"
#include "data/wcs.hpp"
#include "detect/background.hpp"
#include "detect/detect.hpp"
#include "io/fits.hpp"
#include "phot/apertures.hpp"
#include "sky/solve.hpp"

namespace skyweft::steps {

/// The options of all frame steps, each declared beside its kernel.
struct FrameOptions {
  calib::CalibConfig calibrate;
  detect::BackgroundConfig background;
  detect::DetectConfig detect;
  sky::SolveConfig solve;
  phot::ApertureConfig phot;
  Site site;
};

/// What all frames of a run share; borrowed, so that a node holds it once.
struct FrameGivens {
  calib::Masters masters;
  const StarCatalog* field = nullptr;  ///< catalogue stars around the field, for solving
  const StarCatalog* stars = nullptr;  ///< the star list to measure; rows fixed for the field
  SkyPos default_pointing;             ///< for frames whose header names none
  bool has_default_pointing = false;
};

/// One exposure on its way through the steps, in memory.
struct FrameWork {
  FrameInfo info;
  FrameRecord record;
  io::RawImage raw;
  Frame frame;
  detect::Background background;
  SourceList sources;
  FramePhotometry photometry;
  const Wcs* previous_wcs = nullptr;  ///< the last solution of the same batch, when there is one
};

}  // namespace skyweft::steps
