// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/series.hpp"

#include <cmath>
#include <random>

#include <fmt/format.h>

#include "phot/apertures.hpp"
#include "simulator/observing.hpp"

namespace skyweft::bench {
namespace {

void add_frame(const simulator::FrameTruth& truth, const simulator::SimConfig& sim,
               std::mt19937_64& random, std::int64_t i_frame, Series& series) {
  std::normal_distribution<double> gauss{0.0, 1.0};
  FrameBlock& block = series.block;
  const auto n_ap = series.radii_px.size();
  const double variance_per_px_e2 = truth.sky_e_per_px + sim.read_noise_e * sim.read_noise_e;
  const double sigma_px = truth.fwhm_px / 2.3548;
  for (std::size_t s = 0; s < truth.x_px.size(); ++s) {
    const std::size_t point = static_cast<std::size_t>(i_frame * block.n_star) + s;
    const double x = truth.x_px[s];
    const double y = truth.y_px[s];
    const double margin_px = series.radii_px.back();
    const bool is_inside = x > margin_px && y > margin_px &&
                           x < static_cast<double>(sim.nx) - margin_px &&
                           y < static_cast<double>(sim.ny) - margin_px;
    block.points.x_px[point] = static_cast<float>(x);
    block.points.y_px[point] = static_cast<float>(y);
    block.points.bg_e[point] = static_cast<float>(truth.sky_e_per_px);
    block.points.bg_err_e[point] = 1.0F;
    block.points.quality[point] = is_inside ? 0 : quality::not_measured;
    if (!is_inside) continue;  // the block was made of NaNs
    const double noise = gauss(random);
    for (std::size_t a = 0; a < n_ap; ++a) {
      const double r = series.radii_px[a];
      const double flux_e =
          truth.flux_e[s] * (1.0 - std::exp(-0.5 * r * r / (sigma_px * sigma_px)));
      const double error_e = std::sqrt(flux_e + kPi * r * r * variance_per_px_e2);
      block.points.flux_e[point * n_ap + a] = static_cast<float>(flux_e + noise * error_e);
      block.points.flux_err_e[point * n_ap + a] = static_cast<float>(error_e);
    }
  }
}

}  // namespace

Series make_series(const Options& options, const Night& night) {
  Series series;
  series.radii_px = phot::ApertureConfig{}.radii_px;
  series.exposure_s = night.scene.config.exposure_s;
  series.block = make_frame_block(options.n_frame, night.scene.n_star(),
                                  static_cast<std::int64_t>(series.radii_px.size()));
  std::mt19937_64 random{1};
  for (std::int64_t i = 0; i < options.n_frame; ++i) {
    const simulator::FrameTruth truth = simulator::frame_truth(night.scene, i);
    add_frame(truth, night.scene.config, random, i, series);
    FrameRecord record;
    record.id = 64 * (truth.start_ms + 1);
    record.file = truth.file;
    record.state = FrameState::measured;
    record.time_utc_mid_jd = truth.time_utc_mid_jd;
    record.exposure_s = series.exposure_s;
    record.airmass = truth.airmass;
    record.fwhm_px = truth.fwhm_px;
    record.bg_e = truth.sky_e_per_px;
    record.wcs = truth.wcs;
    series.records.push_back(std::move(record));
  }
  return series;
}

}  // namespace skyweft::bench
