// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "data/views.hpp"
#include "lc/variables.hpp"

namespace skyweft::support {

/// What a simulated run suffers from.
struct LcNight {
  std::size_t n_frame = 60;
  std::size_t n_star = 300;
  unsigned seed = 1;
  double noise = 1.0;         ///< times each star's own sigma
  double zero_point = 0.1;    ///< mag, scatter of frames' zero points
  double position = 0.03;     ///< mag, scatter of each second-order coefficient over the field
  double colour_term = 0.02;  ///< mag per mag, scatter over frames
  double clouds = 1.0;        ///< mag of extinction in the middle fifth of the frames
  double drift_px = 20.0;     ///< over the run, along x; half of it along y
  double absent_share = 0.1;  ///< of stars enter late or leave early
};

/// A frames × stars matrix whose every error is known:
///   m = true + zero point + O2(x, y) + c·colour + d·mag + noise.
struct LcSimulation {
  std::size_t n_frame = 0;
  std::size_t n_star = 0;
  std::vector<double> star_mag;   ///< [star] also the magnitude without errors
  std::vector<double> colour;     ///< [star]
  std::vector<double> sigma_mag;  ///< [star]
  std::vector<float> mag;         ///< [frame][star]; NaN: absent
  std::vector<float> mag_err;
  std::vector<float> x_px;
  std::vector<float> y_px;
  std::vector<QualityBits> quality;

  FrameSlice frame(std::size_t f) const {
    const auto part = [&](const auto& v) { return std::span{v}.subspan(f * n_star, n_star); };
    return {part(mag), part(mag_err), part(x_px), part(y_px), part(quality)};
  }
  template <class T>
  std::vector<T> of_star(const std::vector<T>& by_frame, std::size_t s) const {
    std::vector<T> out;
    for (std::size_t f = 0; f < n_frame; ++f) out.push_back(by_frame[f * n_star + s]);
    return out;
  }
  lc::NamedColumns frame_columns() const {
    lc::NamedColumns columns;
    columns.add("mag", star_mag);
    columns.add("colour", colour);
    return columns;
  }
  lc::NamedColumns star_columns(std::size_t s) const {
    lc::NamedColumns columns;
    columns.add_scalar("mag", star_mag[s]);
    columns.add_scalar("colour", colour[s]);
    return columns;
  }
};

/// Stars of 9 to 13 mag with sigma 5 to 20 mmag on a 1000 × 1000 detector. Magnitudes are multiples
/// of 2^-18, so that adding 0.5 to one is exact. Frame 0 is clear and complete.
inline LcSimulation simulate_lc(const LcNight& night) {
  std::mt19937_64 random{night.seed};
  std::normal_distribution<double> gauss{0.0, 1.0};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  LcSimulation out;
  out.n_frame = night.n_frame;
  out.n_star = night.n_star;
  std::vector<double> x0;
  std::vector<double> y0;
  std::vector<std::size_t> first(night.n_star, 0);
  std::vector<std::size_t> last(night.n_star, night.n_frame);
  for (std::size_t s = 0; s < night.n_star; ++s) {
    out.star_mag.push_back(9.0 + 4.0 * uniform(random));
    out.colour.push_back(0.7 + 0.3 * gauss(random));
    out.sigma_mag.push_back(0.005 * std::pow(10.0, 0.15 * (out.star_mag[s] - 9.0)));
    x0.push_back(1000.0 * uniform(random));
    y0.push_back(1000.0 * uniform(random));
    const double share = uniform(random);
    const auto when =
        static_cast<std::size_t>(uniform(random) * static_cast<double>(night.n_frame));
    if (share < 0.5 * night.absent_share) first[s] = when;
    if (share > 1.0 - 0.5 * night.absent_share) last[s] = when + 1;
  }
  for (std::size_t f = 0; f < night.n_frame; ++f) {
    const double age = static_cast<double>(f) / static_cast<double>(night.n_frame);
    double c[8];
    for (double& v : c) v = night.position * gauss(random);
    c[6] = night.colour_term * gauss(random);
    c[7] *= 0.1;
    const double zero = night.zero_point * gauss(random) +
                        (std::abs(age - 0.5) < 0.1 ? night.clouds * uniform(random) : 0.0);
    for (std::size_t s = 0; s < night.n_star; ++s) {
      const auto x = static_cast<float>(x0[s] + night.drift_px * age);
      const auto y = static_cast<float>(y0[s] + 0.5 * night.drift_px * age);
      const double u = static_cast<double>(x) / 500.0 - 1.0;
      const double v = static_cast<double>(y) / 500.0 - 1.0;
      const double m = out.star_mag[s] + zero + c[0] + c[1] * u + c[2] * v + c[3] * u * u +
                       c[4] * u * v + c[5] * v * v + c[6] * out.colour[s] +
                       c[7] * (out.star_mag[s] - 11.0) +
                       night.noise * out.sigma_mag[s] * gauss(random);
      const bool is_there = f == 0 || (f >= first[s] && f < last[s]);
      out.mag.push_back(is_there ? static_cast<float>(std::round(m * 262144.0) / 262144.0) : NAN);
      out.mag_err.push_back(static_cast<float>(out.sigma_mag[s]));
      out.x_px.push_back(x);
      out.y_px.push_back(y);
      out.quality.push_back(is_there ? 0 : quality::not_measured);
    }
  }
  return out;
}

}  // namespace skyweft::support
