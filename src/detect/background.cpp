// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/background.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"
#include "data/detector.hpp"
#include "detect/box_sky.hpp"
#include "detect/mesh.hpp"

namespace skyweft::detect {
namespace {

/// Replaces missing boxes by the mean of their known neighbours, ring by ring.
void fill_missing(Grid<double>& mesh) {
  for (bool missing = true; missing;) {
    missing = false;
    const Grid<double> before = mesh;
    for (std::int64_t j = 0; j < mesh.ny(); ++j)
      for (std::int64_t i = 0; i < mesh.nx(); ++i) {
        if (!std::isnan(before(i, j))) continue;
        double sum = 0.0;
        int n = 0;
        for (std::int64_t b = j - 1; b <= j + 1; ++b)
          for (std::int64_t a = i - 1; a <= i + 1; ++a)
            if (before.contains(a, b) && !std::isnan(before(a, b))) sum += before(a, b), ++n;
        if (n > 0)
          mesh(i, j) = sum / n;
        else
          missing = true;
      }
  }
}

/// Median filter; a box that sees fewer than half of the window's boxes is left as it is.
Grid<double> median_filtered(const Grid<double>& mesh, int side) {
  Grid<double> out = mesh;
  const int half = side / 2, window = 2 * half + 1;
  std::vector<double> seen;
  for (std::int64_t j = 0; j < mesh.ny(); ++j)
    for (std::int64_t i = 0; i < mesh.nx(); ++i) {
      seen.clear();
      for (std::int64_t b = j - half; b <= j + half; ++b)
        for (std::int64_t a = i - half; a <= i + half; ++a)
          if (mesh.contains(a, b)) seen.push_back(mesh(a, b));
      if (2 * static_cast<int>(seen.size()) >= window * window)
        out(i, j) = median_in_place(std::span<double>{seen});
    }
  return out;
}

/// Whether every pixel of a piece of a row is usable.
bool all_usable(const float* __restrict signal, const MaskBits* __restrict bits, std::size_t n) {
  std::uint32_t seen = 0, odd = 0;
  for (std::size_t x = 0; x < n; ++x) seen |= bits[x];
  for (std::size_t x = 0; x < n; ++x) odd |= std::abs(signal[x]) < 1e30f ? 0u : 1u;
  return (seen & mask::unusable) == 0 && odd == 0;
}

/// The usable pixels of one box, packed.
struct BoxPixels {
  PixelBox where;
  std::vector<float> values;  ///< with room for one more
  std::size_t n = 0;

  void start(const PixelBox& box) {
    where = box;
    values.resize(static_cast<std::size_t>(box.nx() * box.ny()) + 1);
    n = 0;
  }
  void add_row(const Frame& frame, std::int64_t y) {
    const auto nx = static_cast<std::size_t>(where.nx());
    const float* signal = frame.signal_e.row(y).data() + where.x0;
    const MaskBits* bits = frame.mask.row(y).data() + where.x0;
    if (all_usable(signal, bits, nx)) {
      std::copy_n(signal, nx, values.data() + n);
      n += nx;
      return;
    }
    for (std::size_t x = 0; x < nx; ++x) {
      values[n] = signal[x];
      n += static_cast<std::size_t>(((bits[x] & mask::unusable) == 0) &
                                    (std::abs(signal[x]) < 1e30f));
    }
  }
  bool has_enough(double least_fraction) const {
    const auto area = static_cast<double>(where.nx() * where.ny());
    return static_cast<double>(n) >= std::max(4.0, least_fraction * area);
  }
};

}  // namespace

void estimate_background_into(Background& out, const Frame& frame, const BackgroundConfig& config) {
  const std::int64_t nx = frame.nx(), ny = frame.ny();
  if (frame.signal_e.empty() || !same_shape(frame.signal_e, frame.mask))
    throw Error{Errc::bad_input, "background: the frame has no pixels or a mask of another shape"};
  const auto boxes_along = [&](std::int64_t n) {
    return std::max<std::int64_t>(1, (n + config.mesh_px / 2) / config.mesh_px);
  };
  const std::int64_t mx = boxes_along(nx), my = boxes_along(ny);
  Grid<double> level(mx, my, kNaN), rms(mx, my, kNaN);
  std::array<BoxPixels, 8> side_by_side;  // long pieces of rows are read faster than short ones
  const auto n_side = static_cast<std::int64_t>(side_by_side.size());
  BoxSky sky_of_box{config.clip_sigma, config.max_rounds};
  std::int64_t n_good = 0;
  for (std::int64_t j = 0; j < my; ++j)
    for (std::int64_t first = 0; first < mx; first += n_side) {
      const std::span<BoxPixels> boxes{side_by_side.data(),
                                       static_cast<std::size_t>(std::min(n_side, mx - first))};
      const std::int64_t y0 = j * ny / my, y1 = (j + 1) * ny / my;
      for (std::int64_t i = first; BoxPixels & box : boxes) {
        box.start({i * nx / mx, y0, (i + 1) * nx / mx, y1});
        ++i;
      }
      for (std::int64_t y = y0; y < y1; ++y)
        for (BoxPixels& box : boxes) box.add_row(frame, y);
      for (std::int64_t i = first; BoxPixels & box : boxes) {
        if (box.has_enough(config.min_box_fraction)) {
          const BoxValue sky = sky_of_box({box.values.data(), box.n});
          level(i, j) = sky.level_e;
          rms(i, j) = sky.rms_e;
          ++n_good;
        }
        ++i;
      }
    }
  if (n_good == 0)
    throw Error{Errc::bad_input,
                "background: no box has enough usable pixels; check the mask and saturation level"}
        .because({"background_boxes", 0.0, 1.0});
  fill_missing(level);
  fill_missing(rms);
  if (config.filter_px > 1 && (config.filter_small_mesh || std::min(mx, my) >= 5)) {
    level = median_filtered(level, config.filter_px);
    rms = median_filtered(rms, config.filter_px);
  }
  out.median_level_e = median_of_finite(level.pixels());
  out.median_rms_e = median_of_finite(rms.pixels());
  const bool cubic = config.interpolation == "bicubic";
  constexpr float kNoLimit = -std::numeric_limits<float>::infinity();
  interpolate_mesh_into(out.level_e, level, nx, ny, cubic, kNoLimit);
  const auto least =
      static_cast<float>(*std::min_element(rms.pixels().begin(), rms.pixels().end()));
  interpolate_mesh_into(out.rms_e, rms, nx, ny, cubic, 0.5f * least);  // splines may overshoot
}

Background estimate_background(const Frame& frame, const BackgroundConfig& config) {
  Background out;
  estimate_background_into(out, frame, config);
  return out;
}

}  // namespace skyweft::detect
