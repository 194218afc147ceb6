// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "calib/calibrate_checks.hpp"
#include "calib/calibrate_kernel.hpp"
#include "calib/dark_scale.hpp"
#include "calib/linearity.hpp"
#include "core/error.hpp"

namespace skyweft::calib {
namespace {

/// Work memory is this long, so that it stays in the nearest cache.
constexpr std::int64_t kPiece = 1024;

/// The first float that is at or above a double, so that comparing floats is exact.
float threshold(double level) {
  auto f = static_cast<float>(level);
  if (static_cast<double>(f) < level) f = std::nextafter(f, std::numeric_limits<float>::infinity());
  return f;
}

/// One plane of a master cut to the frame, or one value everywhere.
template <class T>
class Plane {
 public:
  Plane(const MasterView& master, std::span<const T> plane, std::int64_t nx, T instead)
      : first_(plane.empty() ? nullptr : plane.data()),
        stride_(master.stride()),
        instead_(plane.empty() ? static_cast<std::size_t>(nx) : 0, instead) {}
  const T* operator()(std::int64_t ix, std::int64_t iy) const {
    return first_ == nullptr ? instead_.data() : first_ + iy * stride_ + ix;
  }

 private:
  const T* first_;
  std::int64_t stride_;
  std::vector<T> instead_;
};

/// All that one frame needs besides its pixels: masters cut to it, numbers, work memory.
class Worker {
 public:
  Worker(const FrameInfo& info, const Cuts& cuts, const Mask& raw_mask, std::int64_t nx,
         const CalibConfig& config)
      : bias_(cuts.bias, cuts.bias.value, nx, static_cast<float>(config.pedestal_adu)),
        bias_error_(cuts.bias, cuts.bias.error, nx, 0.0F),
        dark_(cuts.dark, cuts.dark.value, nx, 0.0F),
        dark_error_(cuts.dark, cuts.dark.error, nx, 0.0F),
        flat_(cuts.flat, cuts.flat.value, nx, 1.0F),
        flat_error_(cuts.flat, cuts.flat.error, nx, 0.0F),
        delay_(cuts.shutter, cuts.shutter.value, nx, 0.0F),
        delay_error_(cuts.shutter, cuts.shutter.error, nx, 0.0F),
        joined_(cuts.joined, cuts.joined.mask, nx, 0),
        raw_mask_({.nx = nx, .ny = 0, .value = {}, .error = {}, .mask = {}}, raw_mask.pixels(), nx,
                  0),
        linearity_(info.traits.linearity),
        dark_scale_(static_cast<float>(dark_scale_for(info, cuts.dark, config))),
        bias_weight_(cuts.dark.shares_bias ? std::abs(1.0F - dark_scale_) : 1.0F),
        has_shutter_(!cuts.shutter.value.empty()),
        per_exposure_s_(static_cast<float>(1.0 / info.exposure_s)) {
    const std::size_t n = needs_work() ? static_cast<std::size_t>(kPiece) : 0;
    for (auto* work : {&level_, &slope_, &response_, &response_error_}) work->resize(n);
  }

  float dark_scale() const noexcept { return dark_scale_; }
  float bias_weight() const noexcept { return bias_weight_; }

  /// Pixels [x0, x1) of one row.
  RowCounts run(std::int64_t x0, std::int64_t x1, std::int64_t iy, const Grid<float>& adu,
                const RowScale& scale, Frame& out) {
    RowCounts counts;
    const std::int64_t step = needs_work() ? kPiece : x1 - x0;
    for (std::int64_t ix = x0; ix < x1; ix += step) {
      const auto n = static_cast<std::size_t>(std::min(step, x1 - ix));
      RowPlanes p{.adu = adu.row(iy).data() + ix,
                  .bias = bias_(ix, iy),
                  .bias_error = bias_error_(ix, iy),
                  .dark = dark_(ix, iy),
                  .dark_error = dark_error_(ix, iy),
                  .flat = flat_(ix, iy),
                  .flat_error = flat_error_(ix, iy),
                  .raw_mask = raw_mask_(ix, iy),
                  .joined = joined_(ix, iy),
                  .level = level_.data(),
                  .slope = slope_.data(),
                  .signal_e = out.signal_e.row(iy).data() + ix,
                  .variance_e2 = out.variance_e2.row(iy).data() + ix,
                  .mask = out.mask.row(iy).data() + ix};
      if (has_shutter_) lengthen(ix, iy, n, p);
      RowCounts more;
      if (linearity_.empty()) {
        more = calibrate_row(n, p, scale);
      } else {
        for (std::size_t i = 0; i < n; ++i) level_[i] = p.adu[i] - p.bias[i];
        linearise_row(std::span{level_}.first(n), std::span{slope_}.first(n), linearity_);
        more = calibrate_linearised_row(n, p, scale);
      }
      counts.no_data += more.no_data;
      counts.saturated += more.saturated;
      counts.different |= more.different;
    }
    return counts;
  }

 private:
  bool needs_work() const noexcept { return has_shutter_ || !linearity_.empty(); }

  /// r = F (τ + δ) / τ and its error, in place of the flat's.
  void lengthen(std::int64_t ix, std::int64_t iy, std::size_t n, RowPlanes& p) {
    const float* delay = delay_(ix, iy);
    const float* delay_error = delay_error_(ix, iy);
    for (std::size_t i = 0; i < n; ++i) {
      const float longer = 1.0F + delay[i] * per_exposure_s_;
      const float of_flat = p.flat_error[i] * longer;
      const float of_delay = p.flat[i] * (delay_error[i] * per_exposure_s_);
      response_[i] = p.flat[i] * longer;
      response_error_[i] = std::sqrt(of_flat * of_flat + of_delay * of_delay);
    }
    p.flat = response_.data();
    p.flat_error = response_error_.data();
  }

  Plane<float> bias_, bias_error_, dark_, dark_error_, flat_, flat_error_, delay_, delay_error_;
  Plane<MaskBits> joined_, raw_mask_;
  std::span<const double> linearity_;
  float dark_scale_;
  float bias_weight_;
  bool has_shutter_;
  float per_exposure_s_;
  std::vector<float> level_, slope_, response_, response_error_;
};

RowScale scale_of(const ReadOut& part, float dark_scale, float bias_weight) {
  const double g = part.gain_e_per_adu;
  return {.gain_e_per_adu = static_cast<float>(g),
          .dark_scale = dark_scale,
          .bias_weight = bias_weight,
          .read_e2 = static_cast<float>(part.read_noise_e * part.read_noise_e + g * g / 12.0),
          .level_adu2 = 0.0F,
          .saturation_adu = std::numeric_limits<float>::quiet_NaN(),
          .suspect_adu = std::numeric_limits<float>::quiet_NaN(),
          .first_adu = 0.0F,
          .is_constant_so_far = true};
}

/// Pixels of no amplifier.
void no_value(std::int64_t x0, std::int64_t x1, std::int64_t iy, float variance_e2, Frame& out) {
  for (std::int64_t ix = x0; ix < x1; ++ix) {
    out.signal_e(ix, iy) = 0.0F;
    out.variance_e2(ix, iy) = variance_e2;
    out.mask(ix, iy) = mask::no_data;
  }
}

}  // namespace

double dark_scale_for(const FrameInfo& info, const MasterView& dark, const CalibConfig& config) {
  if (dark.empty()) return 1.0;
  const bool by_time = config.dark_scale_exposure && dark.exposure_s > 0.0;
  return dark_scale(by_time ? info.exposure_s : 1.0, by_time ? dark.exposure_s : 1.0,
                    info.temperature_c, dark.temperature_c, config.dark_temperature_kappa);
}

Corrections calibrate_into(Frame& out, const Grid<float>& adu, const Mask& raw_mask,
                           const FrameInfo& info, std::span<const ReadOut> amplifiers,
                           const PreparedMasters& masters, const CalibConfig& config) {
  const std::int64_t nx = adu.nx();
  const std::int64_t ny = adu.ny();
  const ReadOut whole{.frame = {0, 0, nx, ny},
                      .gain_e_per_adu = info.gain_e_per_adu,
                      .read_noise_e = info.read_noise_e};
  std::vector<ReadOut> parts(amplifiers.begin(), amplifiers.end());
  if (parts.empty()) parts.push_back(whole);
  std::ranges::stable_sort(parts, {}, [](const ReadOut& p) { return p.frame.x0; });
  check_frame(adu, raw_mask, info, parts, config);
  const Corrections corrections = corrections_for(info, masters.use, config);
  const Cuts cuts = cut_masters(masters, info, nx, ny);

  if (!same_shape(out.signal_e, adu)) out.signal_e = Grid<float>(nx, ny);
  if (!same_shape(out.variance_e2, adu)) out.variance_e2 = Grid<float>(nx, ny);
  if (!same_shape(out.mask, adu)) out.mask = Mask(nx, ny);
  out.exposure_s = info.exposure_s;
  out.gain_e_per_adu = info.gain_e_per_adu;
  out.read_noise_e = info.read_noise_e;
  out.time_utc_mid_jd = info.time_utc_mid_jd;

  Worker worker(info, cuts, raw_mask, nx, config);
  std::vector<RowScale> scales;
  for (const ReadOut& part : parts) {
    scales.push_back(scale_of(part, worker.dark_scale(), worker.bias_weight()));
    if (!amplifiers.empty()) continue;
    scales.back().saturation_adu = threshold(info.saturation_adu);
    scales.back().suspect_adu = threshold(config.suspect_fraction * info.saturation_adu);
  }
  FrameCounts counts{.n_pixel = adu.size()};
  bool has_first = false;
  float first_adu = 0.0F;
  for (std::int64_t iy = 0; iy < ny; ++iy) {
    std::int64_t x_done = 0;
    for (std::size_t k = 0; k < parts.size(); ++k) {
      const ReadOut& part = parts[k];
      if (iy < part.frame.y0 || iy >= part.frame.y1) continue;
      if (part.frame.x0 > x_done) {
        no_value(x_done, part.frame.x0, iy, scales[k].read_e2, out);
        counts.no_data += part.frame.x0 - x_done;
      }
      RowScale& scale = scales[k];
      scale.first_adu = first_adu;
      scale.is_constant_so_far = has_first && counts.is_constant;
      if (!part.row_variance_adu2.empty())
        scale.level_adu2 = part.row_variance_adu2[static_cast<std::size_t>(iy - part.frame.y0)];
      const RowCounts row = worker.run(part.frame.x0, part.frame.x1, iy, adu, scale, out);
      x_done = part.frame.x1;
      counts.no_data += row.no_data;
      counts.saturated += row.saturated;
      if (has_first) {
        counts.is_constant = counts.is_constant && row.different == 0;
        continue;
      }
      for (std::int64_t ix = part.frame.x0; ix < x_done; ++ix) {
        if ((out.mask(ix, iy) & mask::no_data) != 0) continue;
        if (!has_first) first_adu = adu(ix, iy);
        has_first = true;
        counts.is_constant = counts.is_constant && adu(ix, iy) == first_adu;
      }
    }
    if (x_done < nx) {
      no_value(x_done, nx, iy, scales.front().read_e2, out);
      counts.no_data += nx - x_done;
    }
  }
  check_counts(counts, config);
  return corrections;
}

Frame calibrate(const Grid<float>& adu, const Mask& raw_mask, const FrameInfo& info,
                const Masters& masters, const CalibConfig& config) {
  Mask joined;
  Frame frame;
  calibrate_into(frame, adu, raw_mask, info, {}, prepare_masters(masters, config, joined), config);
  return frame;
}

}  // namespace skyweft::calib
