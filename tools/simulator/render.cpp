// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/render.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "io/iso_utc.hpp"
#include "simulator/random.hpp"
#include "simulator/read_out.hpp"
#include "simulator/season.hpp"

namespace skyweft::simulator {
namespace {

constexpr double kSkyColour = 0.8;
constexpr double kCosmicSeen_e = 50.0;

// Straight tracks of exponential length, a few thousand electrons along each.
void add_cosmic_rays(Grid<float>& charge_e, double mean_hits, Random& random,
                     std::vector<std::int64_t>& pixels) {
  const double hits = random.poisson(mean_hits);
  for (double k = 0.0; k < hits; k += 1.0) {
    const double x0 = random.uniform() * static_cast<double>(charge_e.nx());
    const double y0 = random.uniform() * static_cast<double>(charge_e.ny());
    const double angle = 2.0 * kPi * random.uniform();
    const double length = 1.0 - 4.0 * std::log(1.0 - random.uniform());
    const double per_step_e = 0.5 * (300.0 - 900.0 * std::log(1.0 - random.uniform()));
    for (double s = 0.0; s < length; s += 0.5) {
      const auto ix = static_cast<std::int64_t>(std::floor(x0 + s * std::cos(angle)));
      const auto iy = static_cast<std::int64_t>(std::floor(y0 + s * std::sin(angle)));
      if (!charge_e.contains(ix, iy)) continue;
      charge_e(ix, iy) += static_cast<float>(per_step_e);
      if (per_step_e > kCosmicSeen_e) pixels.push_back(iy * charge_e.nx() + ix);
    }
  }
  std::sort(pixels.begin(), pixels.end());
  pixels.erase(std::unique(pixels.begin(), pixels.end()), pixels.end());
}

io::Header header_of(const Scene& scene, const char* kind, std::int64_t start_ms,
                     double exposure_s) {
  const SimConfig& c = scene.config;
  io::Header h;
  h.add_text("IMAGETYP", kind, "kind of frame");
  h.add_text("DATE-OBS", io::iso_utc_of_ms(start_ms), "UTC, start of exposure");
  h.add_text("TIMESYS", "UTC", "");
  h.add_number("EXPTIME", exposure_s, "[s] exposure");
  h.add_text("FILTER", c.filter, "");
  h.add_number("EGAIN", c.gain_e_per_adu, "[e-/ADU]");
  h.add_number("RDNOISE", c.read_noise_e, "[e-] rms");
  h.add_number("SATURATE", std::floor(0.99 * ceiling_adu(c)), "[ADU] at or above is saturated");
  h.add_number("SITELAT", c.latitude_deg, "[deg] north");
  h.add_number("SITELONG", c.longitude_deg, "[deg] east");
  h.add_number("SITEELEV", c.height_m, "[m]");
  h.add_number("CCD-TEMP", -20.0, "[C]");
  h.add_text("INSTRUME", instrument_name(c, scene.i_camera), "");
  if (c.overscan_px > 0 && c.amplifiers < 2) {
    h.add_text("TRIMSEC", fmt::format("[1:{},1:{}]", c.nx, c.ny), "light-sensitive pixels");
    h.add_text("BIASSEC", fmt::format("[{}:{},1:{}]", c.nx + 1, c.nx + c.overscan_px, c.ny),
               "overscan");
  }
  if (c.bayer) {
    h.add_text("BAYERPAT", "RGGB", "first row of the file first");
    h.add_text("ROWORDER", "BOTTOM-UP", "");
  }
  return h;
}

RenderedFrame calibration_frame(const Scene& scene, const char* kind, Stream stream,
                                std::int64_t index, double exposure_s, std::int64_t first_ms) {
  const SimConfig& c = scene.config;
  Random random{static_cast<std::uint64_t>(c.seed), stream, static_cast<std::uint64_t>(index)};
  Grid<float> light;
  if (stream == Stream::flat) {
    light = scene.detector.flat;
    const auto transmission =
        c.bayer ? bayer_response(kSkyColour) : std::array<double, 4>{1, 1, 1, 1};
    const double level_e = c.flat_level_e * random.uniform(0.9, 1.1);
    for (std::int64_t iy = 0; iy < c.ny; ++iy)
      for (std::int64_t ix = 0; ix < c.nx; ++ix)
        light(ix, iy) *= static_cast<float>(
            level_e * transmission[static_cast<std::size_t>(2 * (iy & 1) + (ix & 1))]);
  }
  RenderedFrame out;
  Grid<float> cosmic{c.nx, c.ny};
  add_cosmic_rays(cosmic, c.cosmic_rays_per_frame * exposure_s / c.exposure_s, random,
                  out.cosmic_pixels);
  out.adu = read_out(scene, light, exposure_s, cosmic, random);
  const std::int64_t start_ms = first_ms + index * (std::llround(exposure_s * 1000.0) + 2000);
  out.time_utc_mid_jd = jd_of_ms(start_ms) + 0.5 * exposure_s / kSecondsPerDay;
  out.header = header_of(scene, kind, start_ms, exposure_s);
  out.header.add_text("OBJECT", kind, "");
  return out;
}

// The series follow one another and end ten minutes before the first light frame.
std::int64_t series_start_ms(const SimConfig& c, std::int64_t night_start_ms, int i_series) {
  const auto length_ms = [](int n, double exposure_s) {
    return n * (std::llround(exposure_s * 1000.0) + 2000);
  };
  std::int64_t start = night_start_ms - 600'000 - length_ms(c.n_dark, c.dark_exposure_s);
  if (i_series == 0) return start;
  start -= length_ms(c.n_bias, 0.0);
  if (i_series == 1) return start;
  return start - length_ms(c.n_flat, c.flat_exposure_s);
}

}  // namespace

std::array<double, 4> bayer_response(double colour) {
  const double red = 0.7 * std::pow(10.0, 0.2 * (colour - kSkyColour));
  const double blue = 0.6 * std::pow(10.0, -0.25 * (colour - kSkyColour));
  return {red, 1.0, 1.0, blue};
}

Grid<float> expected_light_e(const Scene& scene, const FrameTruth& truth) {
  const SimConfig& c = scene.config;
  Grid<float> image{c.nx, c.ny};
  Random random{static_cast<std::uint64_t>(c.seed), Stream::detector, 1};
  const double gradient_angle = 2.0 * kPi * random.uniform();
  const double half_px = 0.5 * std::hypot(static_cast<double>(c.nx), static_cast<double>(c.ny));
  const double gx = c.sky_gradient * std::cos(gradient_angle) / half_px;
  const double gy = c.sky_gradient * std::sin(gradient_angle) / half_px;
  const auto sky_response =
      c.bayer ? bayer_response(kSkyColour) : std::array<double, 4>{1, 1, 1, 1};
  for (std::int64_t iy = 0; iy < c.ny; ++iy) {
    const double dy = static_cast<double>(iy) - 0.5 * static_cast<double>(c.ny - 1);
    for (std::int64_t ix = 0; ix < c.nx; ++ix) {
      const double dx = static_cast<double>(ix) - 0.5 * static_cast<double>(c.nx - 1);
      image(ix, iy) =
          static_cast<float>(truth.sky_e_per_px * std::max(0.0, 1.0 + gx * dx + gy * dy) *
                             sky_response[static_cast<std::size_t>(2 * (iy & 1) + (ix & 1))]);
    }
  }
  for (std::size_t i = 0; i < truth.flux_e.size(); ++i) {
    const PixelPos at{truth.x_px[i], truth.y_px[i]};
    const auto response = c.bayer ? bayer_response(static_cast<double>(scene.catalogue.colour[i]))
                                  : std::array<double, 4>{1, 1, 1, 1};
    scene.profile.add_star(image, at, truth.flux_e[i], shape_at(c, truth.fwhm_px, at), response);
  }
  const auto flat = scene.detector.flat.pixels();
  const auto pixels = image.pixels();
  for (std::size_t p = 0; p < pixels.size(); ++p) pixels[p] *= flat[p];
  return image;
}

RenderedFrame render_light(const Scene& scene, std::int64_t index) {
  const SimConfig& c = scene.config;
  RenderedFrame out;
  out.truth = frame_truth(scene, index);
  Random random{static_cast<std::uint64_t>(c.seed), Stream::light,
                static_cast<std::uint64_t>(index)};
  const Grid<float> light = expected_light_e(scene, out.truth);
  Grid<float> cosmic{c.nx, c.ny};
  add_cosmic_rays(cosmic, c.cosmic_rays_per_frame, random, out.cosmic_pixels);
  out.adu = read_out(scene, light, c.exposure_s, cosmic, random);
  out.time_utc_mid_jd = out.truth.time_utc_mid_jd;

  out.header = header_of(scene, "Light Frame", out.truth.start_ms, c.exposure_s);
  Random mount{static_cast<std::uint64_t>(c.seed), Stream::weather, 0};
  const double error_angle = 2.0 * kPi * mount.uniform();
  const double error_deg = c.pointing_error_arcsec / 3600.0;
  const double cos_dec = std::max(1e-6, std::cos(c.dec_deg * kRadPerDeg));
  const double ra_deg = c.ra_deg + error_deg * std::cos(error_angle) / cos_dec;
  out.header.add_text("OBJECT", "simulated field", "");
  out.header.add_number("RA", ra_deg - 360.0 * std::floor(ra_deg / 360.0),
                        "[deg] as the mount believes");
  out.header.add_number("DEC",
                        std::clamp(c.dec_deg + error_deg * std::sin(error_angle), -90.0, 90.0),
                        "[deg] as the mount believes");
  out.header.add_number("PIXSCALE", c.scale_arcsec_px, "[arcsec/px]");
  return out;
}

RenderedFrame render_bias(const Scene& scene, std::int64_t index) {
  return calibration_frame(scene, "Bias Frame", Stream::bias, index, 0.0,
                           series_start_ms(scene.config, scene.start_ms, 1));
}

RenderedFrame render_dark(const Scene& scene, std::int64_t index) {
  return calibration_frame(scene, "Dark Frame", Stream::dark, index, scene.config.dark_exposure_s,
                           series_start_ms(scene.config, scene.start_ms, 0));
}

RenderedFrame render_flat(const Scene& scene, std::int64_t index) {
  return calibration_frame(scene, "Flat Field", Stream::flat, index, scene.config.flat_exposure_s,
                           series_start_ms(scene.config, scene.start_ms, 2));
}

}  // namespace skyweft::simulator
