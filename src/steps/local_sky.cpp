// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "steps/local_sky.hpp"

#include <cmath>

#include "phot/annulus.hpp"

namespace skyweft::steps {

phot::ApertureConfig apertures_of(const FrameWork& work, const FrameGivens& givens,
                                  const FrameOptions& options) {
  phot::ApertureConfig config = options.phot;
  const double night =
      std::isfinite(givens.night_fwhm_px) ? givens.night_fwhm_px : work.record.fwhm_px;
  config.radii_px =
      phot::radii_for(options.phot, work.record.scale_arcsec_px, night, work.record.fwhm_px);
  config.radii_arcsec.clear();
  config.radii_fwhm.clear();
  return config;
}

void measure_sky(FrameWork& work, const phot::ApertureConfig& config) {
  if (work.sky.size() == work.x_px.size()) return;
  work.sky = phot::local_backgrounds(work.frame, work.background.level_e, work.background.rms_e,
                                     work.x_px, work.y_px, work.record.fwhm_px, config);
}

}  // namespace skyweft::steps
