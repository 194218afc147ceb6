// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "sky/solve.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "sky/time.hpp"
#include "sky/wcs.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {

void solve(FrameWork& work, const FrameGivens& givens, const FrameOptions& options) {
  FrameRecord& record = work.record;
  sky::SolveHint hint;
  if (work.info.pointing)
    hint.pointing = *work.info.pointing;
  else if (givens.has_default_pointing)
    hint.pointing = givens.default_pointing;
  else
    throw Error{
        Errc::bad_input,
        "the header names no pointing; set field.ra_deg and field.dec_deg, or camera.NAME.ra_keys"}
        .because({"has_pointing", 0.0, 1.0});
  if (!work.info.scale_arcsec_px)
    throw Error{Errc::bad_input, "the pixel scale is unknown; set camera.NAME.scale_arcsec_px"}
        .because({"has_scale", 0.0, 1.0});
  hint.scale_arcsec_px = *work.info.scale_arcsec_px;

  const std::int64_t nx = work.frame.nx();
  const std::int64_t ny = work.frame.ny();
  const sky::Solution solution =
      sky::solve_field(work.sources, nx, ny, *givens.field, hint, options.solve, work.previous_wcs);
  record.wcs = solution.wcs;
  record.n_matched = solution.n_matched;
  record.wcs_rms_px = solution.rms_px;

  const PixelPos middle{0.5 * static_cast<double>(nx - 1), 0.5 * static_cast<double>(ny - 1)};
  const SkyPos centre = sky::to_sky(solution.wcs, middle);
  record.ra_deg = centre.ra.deg();
  record.dec_deg = centre.dec.deg();
  record.scale_arcsec_px = sky::scale_arcsec_px(solution.wcs, middle);
  record.rotation_deg = sky::rotation_deg(solution.wcs, middle);

  const sky::FrameTime time = sky::frame_time(work.info.time_utc_mid_jd, options.site);
  record.time_tdb_mid_jd = time.tdb_jd;
  std::ranges::copy(time.observer_bary_ls, record.observer_bary_ls);
  std::ranges::copy(time.zenith, record.zenith);
  record.airmass = sky::airmass(time, centre);
  record.hour_angle_deg = sky::hour_angle(work.info.time_utc_mid_jd, options.site, centre).deg();
}

}  // namespace skyweft::steps
