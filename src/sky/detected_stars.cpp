// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/detected_stars.hpp"

#include <cmath>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "sky/points.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {

StarCatalog stars_from_detections(const SourceList& sources, const Wcs& wcs,
                                  const StarCatalog& known, double exposure_s,
                                  double match_radius_arcsec, double min_snr) {
  if (!(exposure_s > 0.0))
    throw Error{Errc::bad_input,
                "a star list needs the exposure time of its frame; check the header"}
        .because({"exposure_s", exposure_s, 0.0});
  const auto n_known = static_cast<std::size_t>(known.size());
  std::vector<double> x(n_known);
  std::vector<double> y(n_known);
  to_pixels(wcs, known.ra_deg, known.dec_deg, x, y);
  std::vector<PixelPos> known_px(n_known);
  for (std::size_t i = 0; i < n_known; ++i) known_px[i] = {x[i], y[i]};
  const PointIndex near_by{known_px};

  StarCatalog out;
  out.epoch_yr = known.epoch_yr;
  std::vector<double> differences;
  std::vector<std::uint8_t> taken(n_known, 0);
  std::vector<std::size_t> without_mag;
  std::set<StarId> ids;
  for (std::size_t s = 0; s < sources.x_px.size(); ++s) {
    const auto flux_e = static_cast<double>(sources.flux_e[s]);
    if (!(static_cast<double>(sources.snr[s]) >= min_snr) || !(flux_e > 0.0)) continue;
    const PixelPos at{sources.x_px[s], sources.y_px[s]};
    const SkyPos position = to_sky(wcs, at);
    if (!std::isfinite(position.ra.rad())) continue;
    const StarId id = id_from_position(position);
    if (!ids.insert(id).second) continue;
    const double radius_px = match_radius_arcsec / scale_arcsec_px(wcs, at);
    const double instrumental = 25.0 - 2.5 * std::log10(flux_e / exposure_s);
    float mag = kNaNf;
    float colour = kNaNf;
    if (const std::int64_t star = near_by.nearest(at, radius_px);
        star >= 0 && taken[static_cast<std::size_t>(star)] == 0) {
      const auto k = static_cast<std::size_t>(star);
      taken[k] = 1;
      mag = known.mag[k];
      colour = known.colour[k];
      if (std::isfinite(mag)) differences.push_back(static_cast<double>(mag) - instrumental);
    }
    if (!std::isfinite(mag)) {
      without_mag.push_back(out.id.size());
      mag = static_cast<float>(instrumental);
    }
    out.id.push_back(id);
    out.ra_deg.push_back(position.ra.deg());
    out.dec_deg.push_back(position.dec.deg());
    out.pm_ra_mas_yr.push_back(0.0);
    out.pm_dec_mas_yr.push_back(0.0);
    out.mag.push_back(mag);
    out.colour.push_back(colour);
  }
  const double zero_point =
      differences.empty() ? 0.0 : median_in_place(std::span<double>{differences});
  for (const std::size_t i : without_mag) out.mag[i] += static_cast<float>(zero_point);
  sort_by_id(out);
  return out;
}

}  // namespace skyweft::sky
