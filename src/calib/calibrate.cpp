// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

constexpr auto kMasterSaturated = mask::saturated;

void check_size(std::int64_t measured, std::int64_t expected, const char* axis, const char* what) {
  if (measured == expected) return;
  throw Error{
      Errc::bad_input,
      fmt::format(
          "the frame has {} = {} but {} has {}; is it binned, cropped or from another camera?",
          axis, measured, what, expected)}
      .because({fmt::format("frame_{}", axis), static_cast<double>(measured),
                static_cast<double>(expected)});
}

/// The master to use, or an empty one; checks that it is there and fits.
MasterView wanted(const MasterView& master, bool switched_on, const char* name,
                  const Grid<float>& adu, const CalibConfig& config) {
  if (!switched_on) return {};
  if (master.empty()) {
    if (config.missing_master == "uncorrected") return {};
    throw Error{
        Errc::bad_config,
        fmt::format(
            "there is no master {0} for this frame; give {0} frames, set calib.{0} = false, "
            "or calib.missing_master = \"uncorrected\"",
            name)};
  }
  const std::string what = fmt::format("the master {}", name);
  check_size(adu.nx(), master.nx, "nx", what.c_str());
  check_size(adu.ny(), master.ny, "ny", what.c_str());
  return master;
}

/// One row of a master's plane, or a row of one value where there is none.
template <class T>
class Rows {
 public:
  Rows(std::span<const T> plane, std::int64_t nx, T instead)
      : plane_(plane),
        nx_(static_cast<std::size_t>(nx)),
        instead_(plane.empty() ? nx_ : 0, instead) {}
  const T* operator()(std::int64_t iy) const {
    return plane_.empty() ? instead_.data() : plane_.data() + static_cast<std::size_t>(iy) * nx_;
  }

 private:
  std::span<const T> plane_;
  std::size_t nx_;
  std::vector<T> instead_;
};

MaskBits from_master(MaskBits bits) {
  if ((bits & kMasterSaturated) == 0) return bits;
  return static_cast<MaskBits>((bits & ~kMasterSaturated) | mask::fault);
}

struct RawCounts {
  double no_data = 0.0;
  double saturated = 0.0;
  double sigma_adu = 0.0;
};

/// Joins all masks into `bits` and counts what decides about the frame.
RawCounts join_masks(const Grid<float>& adu, const Mask& raw_mask, const Masters& use,
                     const FrameInfo& info, const CalibConfig& config, Mask& bits) {
  const Rows<MaskBits> bias(use.bias.mask, adu.nx(), 0);
  const Rows<MaskBits> dark(use.dark.mask, adu.nx(), 0);
  const Rows<MaskBits> flat_mask(use.flat.mask, adu.nx(), 0);
  const Rows<float> flat(use.flat.value, adu.nx(), 1.0F);
  const double saturation = info.saturation_adu;
  const double suspect = config.suspect_fraction * saturation;
  std::int64_t n_no_data = 0;
  std::int64_t n_saturated = 0;
  std::int64_t n = 0;
  double origin = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (std::int64_t iy = 0; iy < adu.ny(); ++iy) {
    const auto value = adu.row(iy);
    const auto out = bits.row(iy);
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto b = static_cast<MaskBits>(from_master(bias(iy)[i]) | from_master(dark(iy)[i]) |
                                     from_master(flat_mask(iy)[i]));
      if (!raw_mask.empty()) b = static_cast<MaskBits>(b | raw_mask.row(iy)[i]);
      const double a = static_cast<double>(value[i]);
      if (!(static_cast<double>(flat(iy)[i]) >= config.low_flat))
        b = static_cast<MaskBits>(b | mask::low_flat);
      if (!std::isfinite(a)) b = static_cast<MaskBits>(b | mask::no_data);
      if (a >= saturation) b = static_cast<MaskBits>(b | mask::oversaturated);
      if (a >= suspect) b = static_cast<MaskBits>(b | mask::suspect);
      out[i] = b;
      n_saturated += (b & mask::oversaturated) != 0;
      if ((b & mask::no_data) != 0) {
        ++n_no_data;
        continue;
      }
      if (n++ == 0) origin = a;
      sum += a - origin;
      squares += (a - origin) * (a - origin);
    }
  }
  const auto all = static_cast<double>(adu.size());
  RawCounts counts{.no_data = static_cast<double>(n_no_data) / all,
                   .saturated = static_cast<double>(n_saturated) / all};
  if (n > 0) {
    const double mean = sum / static_cast<double>(n);
    counts.sigma_adu = std::sqrt(std::max(squares / static_cast<double>(n) - mean * mean, 0.0));
  }
  return counts;
}

void check_counts(const RawCounts& counts, const CalibConfig& config) {
  if (counts.no_data > config.no_data_fraction_max)
    throw Error{Errc::bad_input,
                fmt::format("{:.1f} % of the pixels have no value; is the file complete?",
                            100.0 * counts.no_data)}
        .because({"no_data_fraction", counts.no_data, config.no_data_fraction_max});
  if (counts.saturated > config.saturated_fraction_max)
    throw Error{
        Errc::bad_input,
        fmt::format(
            "{:.1f} % of the pixels are saturated: twilight, the Moon, or a wrong saturation level",
            100.0 * counts.saturated)}
        .because({"saturated_fraction", counts.saturated, config.saturated_fraction_max});
  if (!(counts.sigma_adu > 0.0))
    throw Error{Errc::bad_input,
                "all pixels have the same value: a blank exposure or a read-out failure"}
        .because({"pixel_sigma_adu", counts.sigma_adu, 0.0});
}

/// Factors of one frame, all in electrons per ADU or electrons squared.
struct Scale {
  float gain;
  float dark;         ///< τ/τ_D
  float constant_e2;  ///< read noise and quantisation
};

/// One row of the formula in the header; plain arrays, no branches, so that it vectorises.
void calibrate_row(std::size_t n, const Scale& s, const float* __restrict adu,
                   const float* __restrict bias, const float* __restrict bias_error,
                   const float* __restrict dark, const float* __restrict dark_error,
                   const float* __restrict flat, const float* __restrict flat_error,
                   float* __restrict signal, float* __restrict variance) {
  const float gain2 = s.gain * s.gain;
  for (std::size_t i = 0; i < n; ++i) {
    const float above_bias = adu[i] - bias[i];
    const float response = flat[i] > 0.0F ? flat[i] : 1.0F;
    const float value = s.gain * (above_bias - s.dark * dark[i]) / response;
    const float shot = s.gain * (above_bias > 0.0F ? above_bias : 0.0F);
    const float scaled = s.dark * dark_error[i];
    const float of_masters = gain2 * (bias_error[i] * bias_error[i] + scaled * scaled);
    const float of_flat = value * flat_error[i];
    signal[i] = value;
    variance[i] = (shot + s.constant_e2 + of_masters + of_flat * of_flat) / (response * response);
  }
}

}  // namespace

Frame calibrate(const Grid<float>& adu, const Mask& raw_mask, const FrameInfo& info,
                const Masters& masters, const CalibConfig& config) {
  if (!(info.gain_e_per_adu > 0.0))
    throw Error{Errc::bad_input,
                "the gain is not positive; give it in the camera's section of the configuration"}
        .because({"gain_e_per_adu", info.gain_e_per_adu, 0.0});
  if (info.nx > 0) check_size(adu.nx(), info.nx, "nx", "its header");
  if (info.ny > 0) check_size(adu.ny(), info.ny, "ny", "its header");
  if (!raw_mask.empty() && !same_shape(adu, raw_mask))
    throw Error{Errc::internal, "raw mask and image differ in shape"};
  const Masters use{.bias = wanted(masters.bias, config.bias, "bias", adu, config),
                    .dark = wanted(masters.dark, config.dark, "dark", adu, config),
                    .flat = wanted(masters.flat, config.flat, "flat", adu, config)};

  Frame frame;
  frame.mask = Mask(adu.nx(), adu.ny());
  frame.exposure_s = info.exposure_s;
  frame.gain_e_per_adu = info.gain_e_per_adu;
  frame.read_noise_e = info.read_noise_e;
  frame.time_utc_mid_jd = info.time_utc_mid_jd;
  if (adu.empty())
    throw Error{Errc::bad_input, "the frame has no pixels; is the file complete?"}.because(
        {"no_data_fraction", 1.0, config.no_data_fraction_max});
  check_counts(join_masks(adu, raw_mask, use, info, config, frame.mask), config);

  const double g = info.gain_e_per_adu;
  double dark_scale = use.dark.exposure_s > 0.0 ? info.exposure_s / use.dark.exposure_s : 1.0;
  if (!std::isfinite(dark_scale)) dark_scale = 1.0;
  const Scale scale{
      .gain = static_cast<float>(g),
      .dark = static_cast<float>(dark_scale),
      .constant_e2 = static_cast<float>(info.read_noise_e * info.read_noise_e + g * g / 12.0)};
  const std::int64_t nx = adu.nx();
  const Rows<float> bias(use.bias.value, nx, static_cast<float>(config.pedestal_adu));
  const Rows<float> bias_error(use.bias.error, nx, 0.0F);
  const Rows<float> dark(use.dark.value, nx, 0.0F);
  const Rows<float> dark_error(use.dark.error, nx, 0.0F);
  const Rows<float> flat(use.flat.value, nx, 1.0F);
  const Rows<float> flat_error(use.flat.error, nx, 0.0F);
  frame.signal_e = Grid<float>(nx, adu.ny());
  frame.variance_e2 = Grid<float>(nx, adu.ny());
  for (std::int64_t iy = 0; iy < adu.ny(); ++iy) {
    const auto signal = frame.signal_e.row(iy);
    const auto variance = frame.variance_e2.row(iy);
    const auto bits = frame.mask.row(iy);
    calibrate_row(signal.size(), scale, adu.row(iy).data(), bias(iy), bias_error(iy), dark(iy),
                  dark_error(iy), flat(iy), flat_error(iy), signal.data(), variance.data());
    for (std::size_t i = 0; i < signal.size(); ++i) {
      if (std::isfinite(signal[i]) && std::isfinite(variance[i])) continue;
      bits[i] = static_cast<MaskBits>(bits[i] | mask::no_data);
      signal[i] = 0.0F;
      variance[i] = scale.constant_e2;
    }
  }
  return frame;
}

}  // namespace skyweft::calib
