// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "bench/night.hpp"
#include "bench/options.hpp"

#include "data/photometry.hpp"

namespace skyweft::bench {

/// The photometry of a whole night without its pixels: the simulator's true fluxes and positions
/// with photon noise, in six apertures.
struct Series {
  FrameBlock block;
  std::vector<double> radii_px;
  std::vector<FrameRecord> records;  ///< [frame] time, airmass, FWHM
  double exposure_s = 0.0;
};

/// Makes options.n_frame frames of all stars. Deterministic. Collective: no.
Series make_series(const Options& options, const Night& night);

}  // namespace skyweft::bench
