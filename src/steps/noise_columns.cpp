// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "steps/noise_columns.hpp"

#include <cmath>
#include <string_view>
#include <vector>

#include "phot/noise.hpp"
#include "phot/noise_budget.hpp"

namespace skyweft::steps {
namespace {

/// A plane of a master at a pixel of the frame; `missing` outside or without the plane.
double at_pixel(const calib::MasterView& master, std::span<const float> plane,
                const FrameInfo& info, std::int64_t ix, std::int64_t iy, double missing) {
  const std::int64_t x = ix + info.window_x0 - master.x0;
  const std::int64_t y = iy + info.window_y0 - master.y0;
  if (plane.empty() || x < 0 || y < 0 || x >= master.nx || y >= master.ny) return missing;
  const double value =
      static_cast<double>(plane[static_cast<std::size_t>(y * master.stride() + x)]);
  return std::isfinite(value) ? value : missing;
}

/// The frame's noise with what the masters add at one place, all in electrons of the sky.
phot::FrameNoise noise_at(const FrameWork& work, const FrameGivens& givens,
                          const FrameOptions& options, phot::FrameNoise common, double x_px,
                          double y_px) {
  if (givens.masters == nullptr) return common;
  const calib::Masters& masters = givens.masters->use;
  const std::int64_t ix = std::llround(x_px), iy = std::llround(y_px);
  const FrameInfo& info = work.info;
  const auto plane = [&](const calib::MasterView& m, std::span<const float> p, double missing) {
    return at_pixel(m, p, info, ix, iy, missing);
  };
  const double flat = plane(masters.flat, masters.flat.value, 1.0);
  const double e_per_adu = info.gain_e_per_adu / flat;
  const double scale =
      masters.dark.empty() ? 0.0 : calib::dark_scale_for(info, masters.dark, options.calibrate);
  const double bias_weight = masters.dark.shares_bias ? std::abs(1.0 - scale) : 1.0;
  common.dark_e = std::max(0.0, e_per_adu * scale * plane(masters.dark, masters.dark.value, 0.0));
  common.dark_err_e = e_per_adu * scale * plane(masters.dark, masters.dark.error, 0.0);
  common.bias_err_e = e_per_adu * bias_weight * plane(masters.bias, masters.bias.error, 0.0);
  return common;
}

}  // namespace

double scintillation_of(const FrameWork& work, const FrameOptions& options) {
  const double airmass = std::isfinite(work.record.airmass) ? work.record.airmass : 1.0;
  return phot::scintillation_rel(options.noise.telescope_diameter_m, options.noise.scintillation_cy,
                                 work.info.exposure_s, airmass, options.site.height_m);
}

void keep_noise_columns(FrameWork& work, const FrameGivens& givens, const FrameOptions& options,
                        const phot::ApertureConfig& config, double scintillation_rel) {
  struct Kept {
    double phot::NoiseBudget::*part;
    std::vector<float>* column;
  };
  std::vector<Kept> kept;
  PointColumns& points = work.photometry.points;
  for (ExtraColumn& column : points.extra) {
    const auto keep = [&](std::string_view name, double phot::NoiseBudget::*part) {
      if (column.name == name) kept.push_back({part, &column.value});
    };
    keep("noise_source_e", &phot::NoiseBudget::source_e);
    keep("noise_sky_e", &phot::NoiseBudget::sky_e);
    keep("noise_read_e", &phot::NoiseBudget::read_e);
    keep("noise_dark_e", &phot::NoiseBudget::dark_e);
    keep("noise_bias_e", &phot::NoiseBudget::bias_e);
    keep("noise_flat_e", &phot::NoiseBudget::flat_e);
    keep("noise_background_e", &phot::NoiseBudget::background_e);
    keep("noise_scintillation_e", &phot::NoiseBudget::scintillation_e);
    keep("noise_total_e", &phot::NoiseBudget::total_e);
  }
  if (kept.empty()) return;
  const phot::FrameNoise common{.read_noise_e = work.frame.read_noise_e,
                                .gain_e_per_adu = work.frame.gain_e_per_adu,
                                .flat_error = config.flat_error,
                                .scintillation_rel = scintillation_rel};
  const auto n_ap = static_cast<std::size_t>(work.photometry.n_ap);
  const std::size_t middle = (config.radii_px.size() - 1) / 2;
  const double radius = config.radii_px[middle];
  for (std::size_t i = 0; i < points.quality.size(); ++i) {
    const double flux = static_cast<double>(points.flux_e[i * n_ap + middle]);
    if (!std::isfinite(flux)) continue;
    phot::NoiseBudget budget =
        phot::noise_budget(noise_at(work, givens, options, common, work.x_px[i], work.y_px[i]),
                           {.flux_e = flux,
                            .area_px = kPi * radius * radius,
                            .background_e = work.sky[i].level_e,
                            .background_err_e = work.sky[i].error_e,
                            .n_background_px = static_cast<double>(work.sky[i].n_pixel)});
    budget.read_e = std::hypot(budget.read_e, budget.quantisation_e);
    for (const Kept& k : kept) (*k.column)[i] = static_cast<float>(budget.*k.part);
  }
}

}  // namespace skyweft::steps
