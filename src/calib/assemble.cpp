// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/assemble.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The smallest float that is not below `limit`: a float is >= the one just when it is >= the
/// other.
float at_or_above(double limit) {
  const auto f = static_cast<float>(limit);
  return static_cast<double>(f) < limit ? std::nextafter(f, kInfinity) : f;
}

/// The smallest float above `limit`.
float above(double limit) {
  const auto f = static_cast<float>(limit);
  return static_cast<double>(f) <= limit ? std::nextafter(f, kInfinity) : f;
}

/// Limits as floats to be reached; NaN is never reached.
struct Reach {
  explicit Reach(const RawLimits& limits)
      : saturated(at_or_above(limits.saturation_adu)),
        suspect(at_or_above(limits.suspect_adu)),
        nonlinear(above(limits.nonlinear_adu)) {}
  float saturated;
  float suspect;
  float nonlinear;
};

/// `bit` where `yes`, by arithmetic: a choice would be compiled to a branch.
constexpr int bit_if(bool yes, MaskBits bit) {
  return -static_cast<int>(yes) & bit;
}

/// What one raw value deserves.
constexpr int judged(float raw, const Reach& reach) {
  return bit_if(raw >= reach.saturated, mask::oversaturated) |
         bit_if(raw >= reach.suspect, mask::suspect) |
         bit_if(raw >= reach.nonlinear, mask::nonlinear);
}

/// One row of one amplifier, not yet flipped; no branches, so that it vectorises.
template <bool kMasked>
void place_row(std::size_t n, float level, const Reach& reach, const float* __restrict raw,
               const MaskBits* __restrict raw_bits, float* __restrict out,
               MaskBits* __restrict bits) {
  const Reach limits = reach;  // a copy: what is written below cannot be it
  for (std::size_t i = 0; i < n; ++i) {
    const float a = raw[i];
    const int given = kMasked ? raw_bits[i] : 0;
    const bool measured = (std::abs(a) < kInfinity) & ((given & mask::no_data) == 0);
    const float above_level = a - level;
    out[i] = measured ? above_level : 0.0F;
    bits[i] = static_cast<MaskBits>(given | (-static_cast<int>(measured) & judged(a, limits)) |
                                    bit_if(!measured, mask::no_data));
  }
}

void place_row(const Amplifier& amp, float level, const Reach& reach, const float* raw,
               const MaskBits* raw_bits, float* out, MaskBits* bits) {
  const auto n = static_cast<std::size_t>(amp.data.nx());
  (raw_bits == nullptr ? place_row<false> : place_row<true>)(n, level, reach, raw, raw_bits, out,
                                                             bits);
  if (!amp.flip_x) return;
  std::reverse(out, out + n);
  std::reverse(bits, bits + n);
}

std::string text_of(const PixelBox& b) {
  return fmt::format("x {}…{}, y {}…{} (0-based)", b.x0, b.x1 - 1, b.y0, b.y1 - 1);
}

[[noreturn]] void bad_section(const Amplifier& amp, const std::string& what, double measured,
                              double threshold) {
  throw Error{Errc::bad_input,
              fmt::format("amplifier '{}': {}; check the camera's sections, and whether this frame "
                          "is binned or windowed",
                          amp.name, what)}
      .because({"section", measured, threshold});
}

void check_inside(const Amplifier& amp, const PixelBox& box, std::int64_t nx, std::int64_t ny,
                  const char* what, const char* of_what) {
  if (!box.empty() && PixelBox{0, 0, nx, ny}.contains(box)) return;
  const bool in_x = box.x0 >= 0 && box.x1 <= nx;
  const std::int64_t reached =
      in_x ? (box.y0 < 0 ? box.y0 : box.y1) : (box.x0 < 0 ? box.x0 : box.x1);
  bad_section(amp,
              fmt::format("its {} {} does not lie in the {} of {} x {}", what, text_of(box),
                          of_what, nx, ny),
              static_cast<double>(reached), static_cast<double>(in_x ? ny : nx));
}

void check_raw_size(std::int64_t measured, std::int64_t expected, const char* axis) {
  if (expected <= 0 || measured == expected) return;
  throw Error{Errc::bad_input,
              fmt::format("the raw image has {} = {} but its header promises {}; is the file "
                          "complete?",
                          axis, measured, expected)}
      .because({fmt::format("raw_{}", axis), static_cast<double>(measured),
                static_cast<double>(expected)});
}

}  // namespace

RawLimits raw_limits(const Amplifier& amplifier, const FrameInfo& info, double suspect_fraction) {
  const double saturation =
      std::isnan(amplifier.saturation_adu) ? info.saturation_adu : amplifier.saturation_adu;
  return {.saturation_adu = saturation,
          .suspect_adu = suspect_fraction * saturation,
          .nonlinear_adu = info.traits.nonlinear_adu};
}

void judge_raw(std::span<const float> adu, const RawLimits& limits, std::span<MaskBits> bits) {
  const Reach reach(limits);
  for (std::size_t i = 0; i < adu.size(); ++i)
    bits[i] = static_cast<MaskBits>(bits[i] | bit_if(!std::isfinite(adu[i]), mask::no_data) |
                                    judged(adu[i], reach));
}

void check_sections(const FrameInfo& info, std::int64_t raw_nx, std::int64_t raw_ny) {
  check_raw_size(raw_nx, info.raw_nx, "nx");
  check_raw_size(raw_ny, info.raw_ny, "ny");
  for (std::size_t k = 0; k < info.amplifiers.size(); ++k) {
    const Amplifier& amp = info.amplifiers[k];
    check_inside(amp, amp.data, raw_nx, raw_ny, "data", "raw image");
    check_inside(amp, amp.frame, info.nx, info.ny, "place", "frame");
    if (amp.data.nx() != amp.frame.nx() || amp.data.ny() != amp.frame.ny())
      bad_section(amp,
                  fmt::format("its data {} and its place in the frame {} differ in size",
                              text_of(amp.data), text_of(amp.frame)),
                  static_cast<double>(amp.data.nx() * amp.data.ny()),
                  static_cast<double>(amp.frame.nx() * amp.frame.ny()));
    for (std::size_t j = 0; j < k; ++j)
      if (amp.frame.overlaps(info.amplifiers[j].frame))
        bad_section(amp,
                    fmt::format("its place in the frame {} overlaps that of amplifier '{}'",
                                text_of(amp.frame), info.amplifiers[j].name),
                    static_cast<double>(j), static_cast<double>(k));
  }
}

Assembled assemble(Grid<float>&& raw, Mask&& raw_mask, const FrameInfo& info,
                   double suspect_fraction, const OverscanConfig& config) {
  if (info.amplifiers.empty()) return {std::move(raw), std::move(raw_mask), {}};
  if (!raw_mask.empty() && !same_shape(raw, raw_mask))
    throw Error{Errc::internal, "raw mask and image differ in shape"};
  check_sections(info, raw.nx(), raw.ny());
  Assembled out{.adu = Grid<float>(info.nx, info.ny, 0.0F),
                .mask = Mask(info.nx, info.ny, mask::no_data),
                .overscan = {}};
  for (const Amplifier& amp : info.amplifiers) {
    const double gain = std::isnan(amp.gain_e_per_adu) ? info.gain_e_per_adu : amp.gain_e_per_adu;
    const double read_e = std::isnan(amp.read_noise_e) ? info.read_noise_e : amp.read_noise_e;
    try {
      out.overscan.push_back(fit_overscan(raw, raw_mask, amp, read_e / gain, config));
    } catch (Error& e) {
      e.during(fmt::format("amplifier '{}'", amp.name));
      throw;
    }
    const auto& level = out.overscan.back().level_adu;
    const Reach reach(raw_limits(amp, info, suspect_fraction));
    for (std::int64_t iy = amp.frame.y0; iy < amp.frame.y1; ++iy) {
      const std::int64_t from = raw_row_of(amp, iy);
      place_row(amp, level[static_cast<std::size_t>(from - amp.data.y0)], reach,
                raw.row(from).data() + amp.data.x0,
                raw_mask.empty() ? nullptr : raw_mask.row(from).data() + amp.data.x0,
                out.adu.row(iy).data() + amp.frame.x0, out.mask.row(iy).data() + amp.frame.x0);
    }
  }
  return out;
}

std::int64_t raw_row_of(const Amplifier& amplifier, std::int64_t frame_row) noexcept {
  return amplifier.flip_y ? amplifier.data.y0 + (amplifier.frame.y1 - 1 - frame_row)
                          : amplifier.data.y0 + (frame_row - amplifier.frame.y0);
}

RawRows raw_rows_of(const Amplifier& amplifier, std::int64_t first_row,
                    std::int64_t n_row) noexcept {
  const std::int64_t begin = std::max(first_row, amplifier.frame.y0);
  const std::int64_t end = std::min(first_row + n_row, amplifier.frame.y1);
  if (end <= begin) return {};
  return {.first = raw_row_of(amplifier, amplifier.flip_y ? end - 1 : begin), .n = end - begin};
}

void place_rows(std::span<const float> raw_rows, const RawRows& rows, std::int64_t raw_nx,
                const Amplifier& amplifier, const OverscanLevel& level, const RawLimits& limits,
                std::int64_t first_row, Grid<float>& out, Mask& bits) {
  const RawRows needed = raw_rows_of(amplifier, first_row, out.ny());
  if (rows.n != needed.n || (rows.n > 0 && rows.first != needed.first) ||
      std::ssize(raw_rows) != rows.n * raw_nx || !same_shape(out, bits) ||
      amplifier.data.x1 > raw_nx || amplifier.frame.x1 > out.nx() ||
      std::ssize(level.level_adu) != amplifier.data.ny())
    throw Error{Errc::internal, "place_rows: rows, level or strip do not fit the amplifier"};
  const Reach reach(limits);
  const std::int64_t begin = std::max(first_row, amplifier.frame.y0);
  for (std::int64_t iy = begin; iy < begin + rows.n; ++iy) {
    const std::int64_t from = raw_row_of(amplifier, iy);
    place_row(amplifier, level.level_adu[static_cast<std::size_t>(from - amplifier.data.y0)], reach,
              raw_rows.data() + (from - rows.first) * raw_nx + amplifier.data.x0, nullptr,
              out.row(iy - first_row).data() + amplifier.frame.x0,
              bits.row(iy - first_row).data() + amplifier.frame.x0);
  }
}

}  // namespace skyweft::calib
