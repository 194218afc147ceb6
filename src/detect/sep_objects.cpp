// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/sep_objects.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"

namespace skyweft::detect {
namespace {

constexpr int kPixelStackFull = 2;  // SEP's status codes
constexpr int kDeblendOverflow = 7;

struct Kernel {
  std::vector<float> weights;
  int side = 0;
};

Kernel kernel_of(const ExtendedConfig& config, double star_fwhm_px) {
  if (config.filter == "3x3") return {{1, 2, 1, 2, 4, 2, 1, 2, 1}, 3};
  if (config.filter == "none") return {};
  const double sigma = (star_fwhm_px > 0.0 ? star_fwhm_px : 2.5) / 2.3548;
  const int reach = std::clamp(static_cast<int>(std::ceil(3.0 * sigma)), 1, 30);
  Kernel out{{}, 2 * reach + 1};
  for (int y = -reach; y <= reach; ++y)
    for (int x = -reach; x <= reach; ++x)
      out.weights.push_back(static_cast<float>(std::exp(-0.5 * (x * x + y * y) / (sigma * sigma))));
  return out;
}

/// SEP keeps these two limits globally: raised where needed, and put back.
class Limits {
 public:
  Limits() = default;
  ~Limits() {
    sep_set_extract_pixstack(stack_);
    sep_set_sub_object_limit(objects_);
  }
  Limits(const Limits&) = delete;
  Limits& operator=(const Limits&) = delete;

 private:
  std::size_t stack_ = sep_get_extract_pixstack();
  int objects_ = sep_get_sub_object_limit();
};

}  // namespace

SepImages prepare_for_sep(const Frame& frame, const Background& sky) {
  const auto n = static_cast<std::size_t>(frame.signal_e.size());
  SepImages out;
  out.signal_e.resize(n);
  out.variance_e2.resize(n);
  out.unusable.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const float value = frame.signal_e.pixels()[i] - sky.level_e.pixels()[i];
    const float rms = sky.rms_e.pixels()[i];
    const float variance = frame.variance_e2.pixels()[i];
    // Only what is saturated may be used although it is not exact.
    const bool bad = (frame.mask.pixels()[i] & mask::unusable & ~mask::saturated) != 0 ||
                     !std::isfinite(value) || !(rms > 0.0F);
    out.signal_e[i] = bad ? 0.0F : value;
    out.variance_e2[i] = std::isfinite(variance) ? std::max(variance, rms * rms) : rms * rms;
    out.unusable[i] = bad ? 1 : 0;
  }
  sep_image& image = out.by_sky;
  image.data = out.signal_e.data();
  image.dtype = SEP_TFLOAT;
  image.mask = out.unusable.data();
  image.mdtype = SEP_TBYTE;
  image.w = static_cast<int>(frame.nx());
  image.h = static_cast<int>(frame.ny());
  image.noise = sky.rms_e.pixels().data();
  image.ndtype = SEP_TFLOAT;
  image.noise_type = SEP_NOISE_STDDEV;
  out.by_variance = image;
  out.by_variance.noise = out.variance_e2.data();
  out.by_variance.noise_type = SEP_NOISE_VAR;
  return out;
}

void check_sep(int status) {
  if (status == 0) return;
  std::array<char, 64> text{};
  sep_get_errmsg(status, text.data());
  throw Error{Errc::numeric, fmt::format("SEP could not measure the frame: {}", text.data())};
}

double kernel_variance_px2(const ExtendedConfig& config, double star_fwhm_px) {
  const Kernel kernel = kernel_of(config, star_fwhm_px);
  double sum = 0.0;
  double second = 0.0;
  for (std::size_t i = 0; i < kernel.weights.size(); ++i) {
    const auto weight = static_cast<double>(kernel.weights[i]);
    const int x = static_cast<int>(i) % kernel.side - kernel.side / 2;
    sum += weight;
    second += weight * x * x;
  }
  return sum > 0.0 ? second / sum : 0.0;
}

SepCatalog extract_with_sep(const sep_image& image, double star_fwhm_px,
                            const ExtendedConfig& config) {
  const Kernel kernel = kernel_of(config, star_fwhm_px);
  const Limits put_back;
  const auto n_pixel = static_cast<std::size_t>(image.w) * static_cast<std::size_t>(image.h);
  std::size_t stack = std::max<std::size_t>(300000, n_pixel / 16);
  int objects = 1024;
  for (;;) {
    sep_set_extract_pixstack(stack);
    sep_set_sub_object_limit(objects);
    sep_catalog* raw = nullptr;
    const int status = sep_extract(
        &image, static_cast<float>(config.threshold_sigma), SEP_THRESH_REL, config.min_pixels,
        kernel.weights.empty() ? nullptr : kernel.weights.data(), kernel.side, kernel.side,
        config.filter == "matched" ? SEP_FILTER_MATCHED : SEP_FILTER_CONV, config.deblend_levels,
        config.deblend_contrast, config.clean > 0.0 ? 1 : 0, config.clean, &raw);
    SepCatalog found{status == 0 ? raw : nullptr};
    if (status == kPixelStackFull && stack <= n_pixel) {
      stack *= 4;
    } else if (status == kDeblendOverflow) {
      if (objects > 60000)
        throw Error{Errc::bad_input,
                    "one group of pixels above the sky falls into more than 65536 objects; is the "
                    "background right? Raise extended.threshold_sigma or extended.deblend_contrast"}
            .because({"deblend", static_cast<double>(objects), 65536.0});
      objects *= 8;
    } else {
      check_sep(status);
      return found;
    }
  }
}

}  // namespace skyweft::detect
