// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "lc/magnitudes.hpp"
#include "phot/apertures.hpp"
#include "sky/wcs.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {
namespace {

/// Median of catalogue minus instrumental magnitude in the middle aperture.
double zero_point(const FramePhotometry& photometry, const StarCatalog& stars, double exposure_s) {
  std::vector<double> differences;
  const std::int64_t middle = photometry.n_ap / 2;
  for (std::int64_t s = 0; s < photometry.n_star; ++s) {
    const auto at = static_cast<std::size_t>(s * photometry.n_ap + middle);
    const double mag = lc::instrumental_mag(photometry.points.flux_e[at], exposure_s);
    const double known = static_cast<double>(stars.mag[static_cast<std::size_t>(s)]);
    if (std::isfinite(mag) && std::isfinite(known)) differences.push_back(known - mag);
  }
  return median_in_place(std::span<double>{differences});
}

/// A frame that shows none of the stars belongs to another field.
void refuse_empty_frame(const std::vector<double>& x_px, const std::vector<double>& y_px,
                        const FrameWork& work) {
  const auto nx = static_cast<double>(work.frame.nx()), ny = static_cast<double>(work.frame.ny());
  for (std::size_t i = 0; i < x_px.size(); ++i)
    if (x_px[i] >= -0.5 && y_px[i] >= -0.5 && x_px[i] < nx - 0.5 && y_px[i] < ny - 0.5) return;
  throw Error{Errc::bad_input,
              fmt::format("the frame shows RA {:.4f} Dec {:.4f}, where none of the run's {} stars "
                          "is; it belongs to another field",
                          work.record.ra_deg, work.record.dec_deg, x_px.size())}
      .because({"n_stars_inside", 0.0, 1.0});
}

}  // namespace

void measure(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const StarCatalog& stars = *givens.stars;
  const auto n = static_cast<std::size_t>(stars.size());
  std::vector<double> x_px(n);
  std::vector<double> y_px(n);
  sky::to_pixels(work.record.wcs, stars.ra_deg, stars.dec_deg, x_px, y_px);
  refuse_empty_frame(x_px, y_px, work);
  work.photometry = phot::measure_frame(work.frame, work.background.level_e, work.background.rms_e,
                                        x_px, y_px, stars.mag, work.record.fwhm_px, options.phot);
  if (work.corrections.missing != 0)
    for (QualityBits& bits : work.photometry.points.quality)
      bits = static_cast<QualityBits>(bits | quality::uncalibrated);
  work.record.zero_point = zero_point(work.photometry, stars, work.info.exposure_s);
}

}  // namespace skyweft::steps
