// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "phot/recentre.hpp"
#include "sky/wcs.hpp"
#include "steps/local_sky.hpp"
#include "steps/step.hpp"
#include "steps/subpixels.hpp"

namespace skyweft::steps {
namespace {

/// A frame that shows none of the stars belongs to another field.
void refuse_empty_frame(const FrameWork& work) {
  const auto nx = static_cast<double>(work.frame.nx()), ny = static_cast<double>(work.frame.ny());
  for (std::size_t i = 0; i < work.x_px.size(); ++i)
    if (work.x_px[i] >= -0.5 && work.y_px[i] >= -0.5 && work.x_px[i] < nx - 0.5 &&
        work.y_px[i] < ny - 0.5)
      return;
  throw Error{Errc::bad_input,
              fmt::format("the frame shows RA {:.4f} Dec {:.4f}, where none of the run's {} stars "
                          "is; it belongs to another field",
                          work.record.ra_deg, work.record.dec_deg, work.x_px.size())}
      .because({"n_stars_inside", 0.0, 1.0});
}

}  // namespace

void place_stars(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  const StarCatalog& stars = *givens.stars;
  const auto n = static_cast<std::size_t>(stars.size());
  work.x_px.resize(n);
  work.y_px.resize(n);
  work.place_bits.assign(n, 0);
  sky::to_pixels(work.record.wcs, stars.ra_deg, stars.dec_deg, stars.colour, work.x_px, work.y_px);
  refuse_empty_frame(work);
  work.sky.clear();
  if (options.recentre.mode == "none") return;
  measure_sky(work, apertures_of(work, givens, options));
  std::vector<double> level;
  for (const phot::LocalBackground& sky : work.sky) level.push_back(sky.level_e);
  phot::RecentredStars moved =
      phot::recentre_stars(work.frame, work.x_px, work.y_px, level, stars.mag, givens.held, {},
                           subpixels_of(givens), work.record.fwhm_px, options.recentre);
  work.x_px = std::move(moved.x_px);
  work.y_px = std::move(moved.y_px);
  work.place_bits = std::move(moved.quality);
  work.sky.clear();  // it was that of the old places
  work.record.shift_x_px = moved.shift_x_px[0];
  work.record.shift_y_px = moved.shift_y_px[0];
  work.record.n_recentred = moved.n_used;
}

}  // namespace skyweft::steps
