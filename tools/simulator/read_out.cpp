// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/read_out.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace skyweft::simulator {
namespace {

std::uint16_t converted(double value, double top) {
  return static_cast<std::uint16_t>(std::clamp(std::floor(value + 0.5), 0.0, top));
}

/// What a sensor with response true = a (1 + c a) shows for `true_adu`.
double shown_adu(double true_adu, double c) {
  if (c == 0.0 || true_adu <= 0.0) return true_adu;
  return (std::sqrt(std::max(0.0, 1.0 + 4.0 * c * true_adu)) - 1.0) / (2.0 * c);
}

double drift_adu(const SimConfig& c, std::int64_t iy) {
  return c.overscan_drift_adu * static_cast<double>(iy) / static_cast<double>(c.ny);
}

/// Every pixel of the frame in ADU, not yet rounded: [ny][nx].
Grid<double> values_of(const Scene& scene, const std::vector<Amplifier>& amplifiers,
                       const Grid<float>& light_e, double exposure_s, const Grid<float>& cosmic_e,
                       Random& random) {
  const SimConfig& c = scene.config;
  Grid<double> values{c.nx, c.ny};
  for (std::int64_t iy = 0; iy < c.ny; ++iy)
    for (std::int64_t ix = 0; ix < c.nx; ++ix) {
      const double mean_e = static_cast<double>(light_e.empty() ? 0.0F : light_e(ix, iy)) +
                            static_cast<double>(scene.detector.dark_e_per_s(ix, iy)) * exposure_s;
      const double charge_e = random.poisson(mean_e) +
                              static_cast<double>(cosmic_e.empty() ? 0.0F : cosmic_e(ix, iy)) +
                              c.read_noise_e * random.normal();
      const bool second = amplifiers.size() > 1 && ix >= amplifiers[1].frame.x0;
      const double gain = c.gain_e_per_adu * (second ? c.gain_ratio : 1.0);
      values(ix, iy) = shown_adu(charge_e / gain, c.nonlinearity_per_adu) +
                       static_cast<double>(scene.detector.bias_adu(ix, iy)) + drift_adu(c, iy);
    }
  return values;
}

PixelBox section(std::int64_t x0, std::int64_t width, std::int64_t ny) {
  return {x0, 0, x0 + width, ny};
}

std::string fits_section(const PixelBox& b, bool flip_x) {
  return flip_x ? fmt::format("[{}:{},{}:{}]", b.x1, b.x0 + 1, b.y0 + 1, b.y1)
                : fmt::format("[{}:{},{}:{}]", b.x0 + 1, b.x1, b.y0 + 1, b.y1);
}

}  // namespace

std::vector<Amplifier> amplifiers_of(const SimConfig& c) {
  const std::int64_t n_over = c.overscan_px;
  if (c.amplifiers < 2) {
    if (n_over == 0) return {};
    return {{.name = "",
             .data = section(0, c.nx, c.ny),
             .overscan = section(c.nx, n_over, c.ny),
             .frame = section(0, c.nx, c.ny)}};
  }
  const std::int64_t left = c.nx / 2;
  const std::int64_t right = c.nx - left;
  Amplifier a{.name = "left",
              .data = section(0, left, c.ny),
              .overscan = section(left, n_over, c.ny),
              .frame = section(0, left, c.ny)};
  Amplifier b{.name = "right",
              .data = section(left + 2 * n_over, right, c.ny),
              .overscan = section(left + n_over, n_over, c.ny),
              .frame = section(left, right, c.ny),
              .flip_x = true};
  for (Amplifier* amplifier : {&a, &b}) amplifier->read_noise_e = c.read_noise_e;
  a.gain_e_per_adu = c.gain_e_per_adu;
  b.gain_e_per_adu = c.gain_e_per_adu * c.gain_ratio;
  return {a, b};
}

std::vector<std::string> amplifier_texts(const SimConfig& c) {
  std::vector<std::string> texts;
  if (c.amplifiers < 2) return texts;
  for (const Amplifier& a : amplifiers_of(c)) {
    std::string text = fmt::format("{}: data={}", a.name, fits_section(a.data, a.flip_x));
    if (!a.overscan.empty()) text += fmt::format(" overscan={}", fits_section(a.overscan, false));
    text += fmt::format(" frame={} gain={} read_noise={}", fits_section(a.frame, false),
                        a.gain_e_per_adu, a.read_noise_e);
    texts.push_back(std::move(text));
  }
  return texts;
}

double ceiling_adu(const SimConfig& c) {
  return std::min(c.saturation_adu, std::exp2(c.bits) - 1.0);
}

Grid<std::uint16_t> read_out(const Scene& scene, const Grid<float>& light_e, double exposure_s,
                             const Grid<float>& cosmic_e, Random& random) {
  const SimConfig& c = scene.config;
  std::vector<Amplifier> amplifiers = amplifiers_of(c);
  const Grid<double> values = values_of(scene, amplifiers, light_e, exposure_s, cosmic_e, random);
  if (amplifiers.empty())
    amplifiers = {{.name = "",
                   .data = section(0, c.nx, c.ny),
                   .overscan = {},
                   .frame = section(0, c.nx, c.ny)}};
  const auto n_amplifier = static_cast<std::int64_t>(amplifiers.size());
  Grid<std::uint16_t> raw{c.nx + n_amplifier * c.overscan_px, c.ny};
  const double top = ceiling_adu(c);
  for (const Amplifier& a : amplifiers) {
    const double gain = c.gain_e_per_adu * (a.flip_x ? c.gain_ratio : 1.0);
    for (std::int64_t iy = 0; iy < c.ny; ++iy) {
      for (std::int64_t k = 0; k < a.data.nx(); ++k)
        raw(a.data.x0 + k, iy) =
            converted(values(a.flip_x ? a.frame.x1 - 1 - k : a.frame.x0 + k, iy), top);
      for (std::int64_t ix = a.overscan.x0; ix < a.overscan.x1; ++ix)
        raw(ix, iy) =
            converted(c.bias_adu + drift_adu(c, iy) + c.read_noise_e / gain * random.normal(), top);
    }
  }
  return raw;
}

}  // namespace skyweft::simulator
