// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/registration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

constexpr std::int64_t kHalf = 2;   // of the box whose mean is taken off
constexpr double kFewest = 13.0;    // usable pixels in it: half
constexpr double kFrameClip = 3.0;  // robust sigmas
constexpr double kMasterClip = 5.0;
constexpr double kDecisive = 5.0;        // sigmas
constexpr double kFewestPixels = 100.0;  // a correlation over fewer says nothing

/// Small-scale pattern and where it is known (1) or not (0; the value is 0 there).
struct Pattern {
  Grid<float> value;
  Grid<float> known;
};

/// Sums of 2 kHalf + 1 neighbours along x, then y; outside counts as 0.
Grid<double> box_sums(const Grid<double>& in) {
  Grid<double> rows(in.nx(), in.ny());
  Grid<double> out(in.nx(), in.ny());
  for (std::int64_t iy = 0; iy < in.ny(); ++iy)
    for (std::int64_t k = -kHalf; k <= kHalf; ++k) {
      const double* const from = in.row(iy).data();
      double* const to = rows.row(iy).data();
      const std::int64_t end = std::min(in.nx(), in.nx() - k);
      for (std::int64_t ix = std::max<std::int64_t>(0, -k); ix < end; ++ix) to[ix] += from[ix + k];
    }
  for (std::int64_t iy = 0; iy < in.ny(); ++iy)
    for (std::int64_t k = std::max<std::int64_t>(iy - kHalf, 0);
         k <= std::min(iy + kHalf, in.ny() - 1); ++k)
      for (std::int64_t ix = 0; ix < in.nx(); ++ix) out(ix, iy) += rows(ix, k);
  return out;
}

/// Takes the local mean off, clips, and leaves 0 where unknown. `value` is NaN where unusable.
Pattern pattern_of(const Grid<float>& value, double clip_sigma) {
  const std::int64_t nx = value.nx();
  const std::int64_t ny = value.ny();
  Grid<double> filled(nx, ny);
  Grid<double> usable(nx, ny);
  for (std::size_t i = 0; i < value.pixels().size(); ++i) {
    const float v = value.pixels()[i];
    if (!std::isfinite(v)) continue;
    filled.pixels()[i] = static_cast<double>(v);
    usable.pixels()[i] = 1.0;
  }
  const Grid<double> sum = box_sums(filled);
  const Grid<double> count = box_sums(usable);
  Pattern out{.value = Grid<float>(nx, ny), .known = Grid<float>(nx, ny)};
  std::vector<float> all;
  for (std::size_t i = 0; i < value.pixels().size(); ++i) {
    if (usable.pixels()[i] == 0.0 || count.pixels()[i] < kFewest) continue;
    const double mean = sum.pixels()[i] / count.pixels()[i];
    out.value.pixels()[i] = static_cast<float>(filled.pixels()[i] - mean);
    out.known.pixels()[i] = 1.0F;
    all.push_back(out.value.pixels()[i]);
  }
  const auto noise = robust_summary(std::span<const float>{all});
  if (!(noise.sigma > 0.0)) return out;
  const auto limit = static_cast<float>(clip_sigma * noise.sigma);
  for (float& v : out.value.pixels()) v = std::clamp(v, -limit, limit);
  return out;
}

/// The master from (x0, y0) on, NaN outside and where unusable.
Grid<float> cut_out(const MasterView& master, std::int64_t x0, std::int64_t y0, std::int64_t nx,
                    std::int64_t ny) {
  Grid<float> out(nx, ny, kNaNf);
  for (std::int64_t iy = 0; iy < ny; ++iy)
    for (std::int64_t ix = 0; ix < nx; ++ix) {
      const std::int64_t x = x0 + ix;
      const std::int64_t y = y0 + iy;
      if (x < 0 || y < 0 || x >= master.nx || y >= master.ny) continue;
      const auto i = static_cast<std::size_t>(y * master.nx + x);
      if (!master.mask.empty() && (master.mask[i] & mask::unusable) != 0) continue;
      out(ix, iy) = master.value[i];
    }
  return out;
}

constexpr std::size_t kLanes = 4;
using Lanes = std::array<double, kLanes>;

/// Sums over every fourth column each: an order the processor can add in, fixed by the image alone.
struct Sums {
  Lanes product{};
  Lanes of_frame{};
  Lanes of_master{};
  Lanes n{};
};

double total(const Lanes& lanes) {
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

void add_row(std::int64_t nx, const float* __restrict f, const float* __restrict f_known,
             const float* __restrict m, const float* __restrict m_known, Sums& sums) {
  Sums s = sums;
  const auto n = static_cast<std::size_t>(nx);
  const auto add = [&](std::size_t i, std::size_t lane) {
    const auto a = static_cast<double>(f[i]);
    const auto b = static_cast<double>(m[i]);
    const auto a_known = static_cast<double>(f_known[i]);
    const auto b_known = static_cast<double>(m_known[i]);
    s.product[lane] += a * b;
    s.of_frame[lane] += a * a * b_known;
    s.of_master[lane] += b * b * a_known;
    s.n[lane] += a_known * b_known;
  };
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) add(i + lane, lane);
  for (; i < n; ++i) add(i, i % kLanes);
  sums = s;
}

struct Correlation {
  double value = 0.0;
  double n = 0.0;  ///< pixels
};

/// Correlates the frame with the master's pattern moved by (sx, sy).
Correlation correlate(const Pattern& frame, const Pattern& master, std::int64_t sx,
                      std::int64_t sy) {
  Sums sums;
  const std::int64_t nx = frame.value.nx();
  for (std::int64_t iy = 0; iy < frame.value.ny(); ++iy)
    add_row(nx, frame.value.row(iy).data(), frame.known.row(iy).data(),
            master.value.row(iy + sy).data() + sx, master.known.row(iy + sy).data() + sx, sums);
  const double product = total(sums.product);
  const double of_frame = total(sums.of_frame);
  const double of_master = total(sums.of_master);
  const double n = total(sums.n);
  if (n < kFewestPixels || !(of_frame > 0.0) || !(of_master > 0.0)) return {.value = 0.0, .n = n};
  return {.value = product / std::sqrt(of_frame * of_master), .n = n};
}

}  // namespace

RegistrationShift registration_shift(const Grid<float>& frame_adu, const Mask& mask,
                                     const MasterView& master, std::int64_t x0, std::int64_t y0,
                                     std::int64_t radius_px) {
  const std::int64_t nx = frame_adu.nx();
  const std::int64_t ny = frame_adu.ny();
  if (x0 < 0 || y0 < 0 || x0 + nx > master.nx || y0 + ny > master.ny)
    throw Error{Errc::bad_input,
                fmt::format("the frame of {} x {} at ({}, {}) does not lie in the master of {} x "
                            "{}; check the window's keywords and the binning",
                            nx, ny, x0, y0, master.nx, master.ny)}
        .because({"window", static_cast<double>(std::max(x0 + nx, y0 + ny)),
                  static_cast<double>(std::max(master.nx, master.ny))});
  Grid<float> usable = frame_adu;
  if (!mask.empty())
    for (std::size_t i = 0; i < usable.pixels().size(); ++i)
      if ((mask.pixels()[i] & skyweft::mask::unusable) != 0) usable.pixels()[i] = kNaNf;
  const Pattern frame = pattern_of(usable, kFrameClip);
  // Wider by the box, so that the pattern is the same wherever the window is cut.
  const std::int64_t r = radius_px;
  const std::int64_t rim = r + kHalf;
  const Pattern around =
      pattern_of(cut_out(master, x0 - rim, y0 - rim, nx + 2 * rim, ny + 2 * rim), kMasterClip);

  RegistrationShift out;
  const std::int64_t side = 2 * r + 1;
  out.correlation = Grid<double>(side, side, 0.0);
  std::int64_t best_x = r;
  std::int64_t best_y = r;
  double n_px = 0.0;
  for (std::int64_t sy = 0; sy < side; ++sy)
    for (std::int64_t sx = 0; sx < side; ++sx) {
      const Correlation c = correlate(frame, around, sx + kHalf, sy + kHalf);
      out.correlation(sx, sy) = c.value;
      if (sx == r && sy == r) n_px = c.n;
      if (c.value > out.correlation(best_x, best_y)) {
        best_x = sx;
        best_y = sy;
      }
    }
  if (n_px < kFewestPixels) return out;
  const double best = out.correlation(best_x, best_y);
  std::vector<double> others;
  for (std::int64_t sy = 0; sy < side; ++sy)
    for (std::int64_t sx = 0; sx < side; ++sx)
      if (sx != best_x || sy != best_y) others.push_back(out.correlation(sx, sy));
  const double middle = out.correlation(r, r);
  double sigma = 1.0 / std::sqrt(n_px);
  double rival = middle;
  if (!others.empty()) {
    sigma = std::max(sigma, robust_summary(std::span<const double>{others}).sigma);
    if (best_x == r && best_y == r) rival = *std::ranges::max_element(others);
  }
  out.dx = best_x - r;
  out.dy = best_y - r;
  out.significance = best / sigma;
  out.lead = (best - rival) / (sigma * std::numbers::sqrt2);
  if (out.significance < kDecisive) return out;
  if (out.dx == 0 && out.dy == 0)
    out.verdict = Registration::agrees;
  else if (out.lead >= kDecisive)
    out.verdict = Registration::shifted;
  return out;
}

}  // namespace skyweft::calib
