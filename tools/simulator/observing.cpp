// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/observing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "simulator/random.hpp"
#include "simulator/season.hpp"
#include "sky/time.hpp"
#include "sky/wcs.hpp"

namespace skyweft::simulator {
namespace {

constexpr std::int64_t kSiderealDay_ms = 86'164'091;  // the field is where it was

PixelPos middle_px(const SimConfig& c) {
  return {0.5 * static_cast<double>(c.nx - 1), 0.5 * static_cast<double>(c.ny - 1)};
}

double corner_px(const SimConfig& c) {
  return 0.5 * std::hypot(static_cast<double>(c.nx), static_cast<double>(c.ny));
}

// TAN and r³: to first order pixel = centre + L·(ξ,η)·(1 + k r²).
Wcs distorted_wcs(const SimConfig& c, const SkyPos& centre, double rotation_deg) {
  const Wcs linear =
      sky::linear_wcs(centre, c.scale_arcsec_px, rotation_deg, c.mirrored, middle_px(c));
  Wcs out = linear;
  out.order = 3;
  out.cx.assign(10, 0.0);
  out.cy.assign(10, 0.0);
  const double corner_u = corner_px(c) * c.scale_arcsec_px / 3600.0 / linear.unit_deg;
  const double k = c.distortion_px / corner_px(c) / (corner_u * corner_u);
  const auto bend = [k](const std::vector<double>& from, std::vector<double>& to) {
    for (std::size_t i = 0; i < 3; ++i) to[i] = from[i];
    to[6] = k * from[1];  // u³
    to[7] = k * from[2];  // u²v
    to[8] = k * from[1];  // uv²
    to[9] = k * from[2];  // v³
  };
  bend(linear.cx, out.cx);
  bend(linear.cy, out.cy);
  return out;
}

// A smooth function of time in [-1, 1]: three slow waves with phases drawn once.
double slow_wave(Random& random, double night_fraction) {
  double sum = 0.0;
  for (const double cycles : {0.8, 1.9, 4.3})
    sum += std::sin(2.0 * kPi * (cycles * night_fraction + random.uniform())) / 3.0;
  return sum;
}

// How a later night differs from the first, whose numbers are all 0.
struct Night {
  double dx_px = 0.0;
  double dy_px = 0.0;
  double width = 0.0;  // of the stars, in units of fwhm_time_variation
};

Night night_of(const Scene& scene, std::int64_t i_night) {
  if (i_night == 0) return {};
  const SimConfig& c = scene.config;
  Random random{static_cast<std::uint64_t>(c.seed), Stream::night,
                static_cast<std::uint64_t>(i_night)};
  return {.dx_px = c.night_offset_px * random.normal(),
          .dy_px = c.night_offset_px * random.normal(),
          .width = std::clamp(random.normal(), -2.0, 2.0)};
}

}  // namespace

Wcs base_wcs(const SimConfig& c) {
  return distorted_wcs(c, {Angle::from_deg(c.ra_deg), Angle::from_deg(c.dec_deg)},
                       c.camera_rotation_deg);
}

StarShape shape_at(const SimConfig& c, double fwhm_px, const PixelPos& at) {
  const PixelPos middle = middle_px(c);
  const double dx = at.x_px - middle.x_px, dy = at.y_px - middle.y_px;
  const double rho2 = std::min(4.0, (dx * dx + dy * dy) / (corner_px(c) * corner_px(c)));
  return {.fwhm_px = fwhm_px * (1.0 + c.fwhm_field_variation * rho2),
          .elongation = 1.0 + c.elongation_corner * rho2,
          .angle_rad = std::atan2(dy, dx)};
}

FrameTruth frame_truth(const Scene& scene, std::int64_t i_frame) {
  const SimConfig& c = scene.config;
  FrameTruth t;
  t.i_frame = scene.i_camera * scene.n_light() + i_frame;
  t.i_camera = scene.i_camera;
  t.i_night = i_frame / std::max(1, c.n_frames);
  const std::int64_t in_night = i_frame - t.i_night * c.n_frames;
  t.file = light_name(c, scene.i_camera, i_frame);
  t.start_ms = scene.start_ms + t.i_night * c.night_gap_d * kSiderealDay_ms +
               std::llround(static_cast<double>(in_night) * c.cadence_s * 1000.0);
  t.time_utc_mid_jd = jd_of_ms(t.start_ms) + 0.5 * c.exposure_s / kSecondsPerDay;
  const double night_fraction =
      c.n_frames > 1 ? static_cast<double>(in_night) / (c.n_frames - 1) : 0.5;

  Random weather{static_cast<std::uint64_t>(scene.sky_seed), Stream::weather,
                 static_cast<std::uint64_t>(t.i_night) << 32};
  Random frame{static_cast<std::uint64_t>(c.seed), Stream::weather,
               static_cast<std::uint64_t>(i_frame) + 1};
  const bool is_cloudy = t.i_night + 1 == c.cloudy_night;
  const double wave = slow_wave(weather, night_fraction);
  t.transparency_mag =
      is_cloudy ? c.cloudy_mag * 0.5 * (1.0 + wave) : c.cloud_mag * std::max(0.0, wave);
  const Night night = night_of(scene, t.i_night);
  t.fwhm_px =
      c.fwhm_px * (1.0 + c.fwhm_time_variation * (slow_wave(weather, night_fraction) + night.width +
                                                  0.15 * std::clamp(frame.normal(), -2.0, 2.0)));

  // Pointing: the optical axis moves over the sky, the distortion stays with it.
  const PixelPos middle = middle_px(c);
  const Wcs base = base_wcs(c);
  const double dx_px =
      c.drift_x_px * (night_fraction - 0.5) + c.jitter_px * frame.normal() + night.dx_px;
  const double dy_px =
      c.drift_y_px * (night_fraction - 0.5) + c.jitter_px * frame.normal() + night.dy_px;
  const SkyPos centre = sky::to_sky(base, {middle.x_px - dx_px, middle.y_px - dy_px});
  t.rotation_deg = c.camera_rotation_deg + c.rotation_deg * (night_fraction - 0.5);
  t.wcs = distorted_wcs(c, centre, t.rotation_deg);

  const Site& site = scene.site;
  const sky::FrameTime time = sky::frame_time(t.time_utc_mid_jd, site);
  t.airmass = sky::airmass(time, centre);
  t.bjd_tdb = sky::bjd_tdb(time, centre);
  const double sky_airmass = std::isfinite(t.airmass) ? t.airmass : 1.0;
  t.sky_e_per_px = c.sky_e_per_s_px * c.exposure_s * (1.0 + 0.3 * (sky_airmass - 1.0));

  const double tilt = is_cloudy ? c.cloudy_gradient / corner_px(c) : 0.0;
  const double tilt_x = tilt * std::cos(2.0 * kPi * night_fraction);
  const double tilt_y = tilt * std::sin(2.0 * kPi * night_fraction);

  const auto n_star = static_cast<std::size_t>(scene.n_star());
  t.relative_variation.assign(n_star, 1.0);
  t.star_bjd_tdb.resize(n_star);
  t.flux_e.resize(n_star);
  t.x_px.resize(n_star);
  t.y_px.resize(n_star);
  for (std::size_t i = 0; i < n_star; ++i) t.star_bjd_tdb[i] = sky::bjd_tdb(time, scene.at_date[i]);
  for (const Variable& v : scene.variables) {
    const auto i = static_cast<std::size_t>(v.i_star);
    t.relative_variation[i] = relative_brightness(v, t.star_bjd_tdb[i]);
  }
  for (std::size_t i = 0; i < n_star; ++i) {
    const PixelPos at = sky::to_pixel(t.wcs, scene.at_date[i]);
    t.x_px[i] = at.x_px;
    t.y_px[i] = at.y_px;
    const double airmass = sky::airmass(time, scene.at_date[i]);
    const double cloud_mag =
        t.transparency_mag *
        std::max(0.0, 1.0 + tilt_x * (at.x_px - middle.x_px) + tilt_y * (at.y_px - middle.y_px));
    const double loss_mag = c.extinction_mag_per_airmass * airmass + cloud_mag +
                            c.colour_term * (static_cast<double>(scene.catalogue.colour[i]) - 0.8);
    const double mag = static_cast<double>(scene.catalogue.mag[i]) + loss_mag;
    const double twinkle = std::max(0.0, 1.0 + c.scintillation * frame.normal());
    t.flux_e[i] = std::isfinite(airmass)
                      ? c.exposure_s * std::pow(10.0, 0.4 * (c.zero_point_e_per_s_mag - mag)) *
                            t.relative_variation[i] * twinkle
                      : 0.0;
  }
  return t;
}

}  // namespace skyweft::simulator
