// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/scene.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "simulator/observing.hpp"
#include "simulator/random.hpp"
#include "simulator/season.hpp"
#include "sky/time.hpp"
#include "sky/wcs.hpp"

namespace skyweft::simulator {
namespace {

constexpr double kSlopePerMag = 0.3;  // log10 of the number of stars per magnitude
constexpr double kMarginShare = 0.03;
constexpr double kEpochYr = 2016.0;

double year_of_ms(std::int64_t ms) {
  return 2000.0 + (jd_of_ms(ms) - 2451545.0) / 365.25;
}

void draw_stars(Scene& scene) {
  const SimConfig& c = scene.config;
  Random random{static_cast<std::uint64_t>(c.seed), Stream::stars};
  const Wcs wcs = base_wcs(c);
  const double years = year_of_ms(scene.start_ms) - kEpochYr;
  const double nx = static_cast<double>(c.nx), ny = static_cast<double>(c.ny);
  StarCatalog& stars = scene.catalogue;
  stars.epoch_yr = kEpochYr;
  for (std::int64_t i = 0; i < c.n_stars; ++i) {
    const PixelPos at{random.uniform(-kMarginShare, 1.0 + kMarginShare) * nx,
                      random.uniform(-kMarginShare, 1.0 + kMarginShare) * ny};
    const SkyPos place = sky::to_sky(wcs, at);
    const double pm_ra = 8.0 * random.normal(), pm_dec = 8.0 * random.normal();
    const double faint = std::pow(10.0, kSlopePerMag * (c.mag_faint - c.mag_bright));
    const double mag =
        c.mag_bright + std::log10(1.0 + random.uniform() * (faint - 1.0)) / kSlopePerMag;
    const double colour = std::clamp(0.9 + 0.4 * random.normal(), -0.2, 3.0);
    stars.id.push_back(4'000'000'000'000'000'000 + i * 1'000'000'000'000 +
                       static_cast<std::int64_t>(random.bits() % 1'000'000'000'000ULL));
    stars.ra_deg.push_back(place.ra.deg() - pm_ra * years / 3.6e6 / std::cos(place.dec.rad()));
    stars.dec_deg.push_back(place.dec.deg() - pm_dec * years / 3.6e6);
    stars.pm_ra_mas_yr.push_back(pm_ra);
    stars.pm_dec_mas_yr.push_back(pm_dec);
    stars.mag.push_back(static_cast<float>(mag));
    stars.colour.push_back(static_cast<float>(colour));
    scene.at_date.push_back(place);
  }
}

// Well inside the frame and without a star within 10 px that is brighter than mag + 4.
bool stands_alone(const Scene& scene, const std::vector<PixelPos>& at, std::size_t i) {
  const SimConfig& c = scene.config;
  const double nx = static_cast<double>(c.nx), ny = static_cast<double>(c.ny);
  if (std::abs(at[i].x_px - 0.5 * nx) > 0.38 * nx || std::abs(at[i].y_px - 0.5 * ny) > 0.38 * ny)
    return false;
  const auto& mag = scene.catalogue.mag;
  for (std::size_t j = 0; j < at.size(); ++j)
    if (j != i && mag[j] < mag[i] + 4.0F &&
        std::hypot(at[j].x_px - at[i].x_px, at[j].y_px - at[i].y_px) < 10.0)
      return false;
  return true;
}

void choose_variables(Scene& scene) {
  const SimConfig& c = scene.config;
  if (!c.variables) return;
  const Wcs wcs = base_wcs(c);
  std::vector<PixelPos> at;
  for (const SkyPos& place : scene.at_date) at.push_back(sky::to_pixel(wcs, place));
  std::vector<std::size_t> order(at.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair{scene.catalogue.mag[a], a} < std::pair{scene.catalogue.mag[b], b};
  });
  const double faintest_saturated = saturation_mag(c, scene.profile);
  const double night_d = (c.n_frames - 1) * c.cadence_s / kSecondsPerDay;
  const auto bjd = [&](double night_fraction, std::size_t i) {
    const double utc =
        jd_of_ms(scene.start_ms) + 0.5 * c.exposure_s / kSecondsPerDay + night_fraction * night_d;
    return sky::bjd_tdb(sky::frame_time(utc, scene.site), scene.at_date[i]);
  };
  const std::vector<Variable> wanted{{.kind = VariableKind::transit,
                                      .period_d = c.transit_period_d,
                                      .amplitude = c.transit_depth,
                                      .duration_d = c.transit_duration_h / 24.0},
                                     {.kind = VariableKind::eclipsing,
                                      .period_d = c.eclipse_period_d,
                                      .amplitude = c.eclipse_depth,
                                      .duration_d = 0.16 * c.eclipse_period_d},
                                     {.kind = VariableKind::pulsating,
                                      .period_d = c.rr_period_d,
                                      .amplitude = c.rr_amplitude_mag}};
  const std::vector<double> epoch_fraction{c.transit_mid_fraction, 0.3, 0.7};
  for (const std::size_t i : order) {
    const std::size_t k = scene.variables.size();
    if (k == wanted.size()) break;
    if (static_cast<double>(scene.catalogue.mag[i]) < faintest_saturated + 0.7) continue;
    if (!stands_alone(scene, at, i)) continue;
    Variable v = wanted[k];
    v.i_star = static_cast<std::int64_t>(i);
    v.epoch_bjd_tdb = bjd(epoch_fraction[k], i);
    scene.variables.push_back(v);
  }
}

Detector make_detector(const SimConfig& c) {
  Random random{static_cast<std::uint64_t>(c.seed), Stream::detector};
  Detector d{Grid<float>{c.nx, c.ny}, Grid<float>{c.nx, c.ny}, Grid<float>{c.nx, c.ny}, {}};
  std::vector<double> column(static_cast<std::size_t>(c.nx));
  for (double& v : column) v = random.normal();
  const double nx = static_cast<double>(c.nx), ny = static_cast<double>(c.ny);
  for (std::int64_t iy = 0; iy < c.ny; ++iy) {
    const double row = random.normal();
    const double y = 2.0 * static_cast<double>(iy) / ny - 1.0;
    for (std::int64_t ix = 0; ix < c.nx; ++ix) {
      const double x = 2.0 * static_cast<double>(ix) / nx - 1.0;
      const double pattern = 0.5 * std::exp(-4.0 * (x + 1.0)) + 0.3 * y +
                             0.15 * column[static_cast<std::size_t>(ix)] + 0.1 * row;
      const double vignetting = 1.0 - c.flat_vignetting * 0.5 * (x * x + y * y);
      d.bias_adu(ix, iy) = static_cast<float>(c.bias_adu + c.bias_structure_adu * pattern);
      d.flat(ix, iy) = static_cast<float>(
          std::max(0.05, vignetting * (1.0 + c.flat_pixel_noise * random.normal())));
      d.dark_e_per_s(ix, iy) =
          static_cast<float>(c.dark_e_per_s * std::max(0.0, 1.0 + 0.2 * random.normal()));
    }
  }
  Random hot{static_cast<std::uint64_t>(c.seed), Stream::hot_pixels};
  const double n_hot = hot.poisson(c.hot_pixel_fraction * nx * ny);
  for (double k = 0.0; k < n_hot; k += 1.0) {
    const auto place =
        static_cast<std::int64_t>(hot.bits() % static_cast<std::uint64_t>(c.nx * c.ny));
    d.dark_e_per_s.pixels()[static_cast<std::size_t>(place)] +=
        static_cast<float>(2.0 * std::pow(10.0, 2.0 * hot.uniform()));
    d.hot_pixels.push_back(place);
  }
  std::sort(d.hot_pixels.begin(), d.hot_pixels.end());
  d.hot_pixels.erase(std::unique(d.hot_pixels.begin(), d.hot_pixels.end()), d.hot_pixels.end());
  return d;
}

}  // namespace

double saturation_mag(const SimConfig& c, const StarProfile& profile) {
  const double ceiling_adu = std::min(c.saturation_adu, std::exp2(c.bits) - 1.0);
  const double room_e = std::max(
      1.0, (ceiling_adu - c.bias_adu) * c.gain_e_per_adu - c.sky_e_per_s_px * c.exposure_s);
  const double flux_e = room_e / profile.peak_share(c.fwhm_px);
  return c.zero_point_e_per_s_mag - 2.5 * std::log10(flux_e / c.exposure_s);
}

Scene make_scene(const SimConfig& c) {
  if (!(c.mag_faint > c.mag_bright))
    throw Error{Errc::bad_config, fmt::format("mag_faint {} is not fainter than mag_bright {}",
                                              c.mag_faint, c.mag_bright)};
  Scene scene;
  scene.config = c;
  scene.sky_seed = c.seed;
  scene.site = {Angle::from_deg(c.longitude_deg), Angle::from_deg(c.latitude_deg), c.height_m};
  scene.profile = StarProfile{c.psf, c.moffat_beta};
  scene.start_ms = parse_utc_ms(c.start_utc);
  if (c.n_frames > 0) {
    const double mid_jd =
        jd_of_ms(scene.start_ms) + 0.5 * c.n_frames * c.cadence_s / kSecondsPerDay;
    const SkyPos field{Angle::from_deg(c.ra_deg), Angle::from_deg(c.dec_deg)};
    if (!std::isfinite(sky::airmass(sky::frame_time(mid_jd, scene.site), field)))
      throw Error{
          Errc::bad_config,
          fmt::format("the field is under the horizon half-way through the night that starts "
                      "at {}; change start_utc, ra_deg or the site",
                      c.start_utc)};
  }
  draw_stars(scene);
  choose_variables(scene);
  scene.detector = make_detector(c);
  return scene;
}

Scene make_further_scene(const Scene& first, std::int64_t i_camera) {
  constexpr std::int64_t kLater_ms = 17'000;
  Scene scene;
  scene.config = camera_config(first.config, i_camera);
  scene.i_camera = i_camera;
  scene.sky_seed = first.sky_seed;
  scene.site = first.site;
  scene.catalogue = first.catalogue;
  scene.at_date = first.at_date;
  scene.variables = first.variables;
  scene.profile = first.profile;
  scene.start_ms = first.start_ms + i_camera * kLater_ms;
  scene.detector = make_detector(scene.config);
  return scene;
}

}  // namespace skyweft::simulator
