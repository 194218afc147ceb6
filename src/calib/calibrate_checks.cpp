// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate_checks.hpp"

#include <string>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

[[noreturn]] void refuse_size(std::int64_t measured, std::int64_t expected, const char* axis,
                              const std::string& what) {
  throw Error{
      Errc::bad_input,
      fmt::format(
          "the frame has {} = {} but {} has {}; is it binned, cropped or from another camera?",
          axis, measured, what, expected)}
      .because({fmt::format("frame_{}", axis), static_cast<double>(measured),
                static_cast<double>(expected)});
}

MasterView cut(const MasterView& master, const FrameInfo& info, std::int64_t nx, std::int64_t ny,
               const char* name) {
  if (master.empty()) return {};
  const std::string what = fmt::format("the master {}", name);
  if (nx > master.nx) refuse_size(nx, master.nx, "nx", what);
  if (ny > master.ny) refuse_size(ny, master.ny, "ny", what);
  try {
    return master.window(info.window_x0, info.window_y0, nx, ny);
  } catch (Error& e) {
    e.during(what);
    throw;
  }
}

}  // namespace

void check_frame(const Grid<float>& adu, const Mask& raw_mask, const FrameInfo& info,
                 std::span<const ReadOut> parts, const CalibConfig& config) {
  for (const ReadOut& part : parts)
    if (!(part.gain_e_per_adu > 0.0))
      throw Error{Errc::bad_input,
                  "the gain is not positive; give it in the camera's section of the configuration"}
          .because({"gain_e_per_adu", part.gain_e_per_adu, 0.0});
  if (info.nx > 0 && adu.nx() != info.nx) refuse_size(adu.nx(), info.nx, "nx", "its header");
  if (info.ny > 0 && adu.ny() != info.ny) refuse_size(adu.ny(), info.ny, "ny", "its header");
  if (!raw_mask.empty() && !same_shape(adu, raw_mask))
    throw Error{Errc::internal, "raw mask and image differ in shape"};
  if (adu.empty())
    throw Error{Errc::bad_input, "the frame has no pixels; is the file complete?"}.because(
        {"no_data_fraction", 1.0, config.no_data_fraction_max});
  const PixelBox all{0, 0, adu.nx(), adu.ny()};
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const ReadOut& part = parts[k];
    const auto n_row = static_cast<std::int64_t>(part.row_variance_adu2.size());
    if (!all.contains(part.frame) || (n_row != 0 && n_row != part.frame.ny()))
      throw Error{Errc::internal, "an amplifier does not fit the assembled frame"};
    for (std::size_t other = 0; other < k; ++other)
      if (part.frame.overlaps(parts[other].frame))
        throw Error{Errc::internal, "two amplifiers claim the same pixels"};
  }
}

Corrections corrections_for(const FrameInfo& info, const Masters& use, const CalibConfig& config) {
  Corrections out;
  const auto want = [&](CorrectionBits bit, const MasterView& master, bool is_wanted,
                        const char* name, const std::string& remedy) {
    if (!master.empty()) {
      out.done |= bit;
      return;
    }
    if (!is_wanted) return;
    out.missing |= bit;
    const std::string text = fmt::format(
        "there is no master {} for this frame; {}, or calibrate.missing_master = "
        "\"uncorrected\"",
        name, remedy);
    if (config.missing_master == "fail") throw Error{Errc::bad_config, text};
    if (config.missing_master == "skip")
      throw Error{Errc::bad_input, text}.because({fmt::format("has_master_{}", name), 0.0, 1.0});
  };
  const auto frames = [](const char* name) {
    return fmt::format("give {0} frames, set calibrate.{0} = false", name);
  };
  want(correction::bias, use.bias, config.bias, "bias", frames("bias"));
  want(correction::dark, use.dark, config.dark, "dark", frames("dark"));
  want(correction::flat, use.flat, config.flat, "flat", frames("flat"));
  const std::string file = "check the file that the camera's section names";
  want(correction::shutter, use.shutter, !info.traits.shutter_map.empty(), "shutter", file);
  want(correction::bad_pixels, use.bad_pixels, !info.traits.bad_pixels.empty(), "bad_pixels", file);
  if (!info.traits.linearity.empty()) out.done |= correction::linearity;
  return out;
}

Cuts cut_masters(const PreparedMasters& masters, const FrameInfo& info, std::int64_t nx,
                 std::int64_t ny) {
  return {.bias = cut(masters.use.bias, info, nx, ny, "bias"),
          .dark = cut(masters.use.dark, info, nx, ny, "dark"),
          .flat = cut(masters.use.flat, info, nx, ny, "flat"),
          .shutter = cut(masters.use.shutter, info, nx, ny, "shutter"),
          .joined = cut(masters.joined, info, nx, ny, "mask")};
}

void check_counts(const FrameCounts& counts, const CalibConfig& config) {
  const auto all = static_cast<double>(counts.n_pixel);
  const double no_data = static_cast<double>(counts.no_data) / all;
  const double saturated = static_cast<double>(counts.saturated) / all;
  if (no_data > config.no_data_fraction_max)
    throw Error{
        Errc::bad_input,
        fmt::format("{:.1f} % of the pixels have no value; is the file complete?", 100.0 * no_data)}
        .because({"no_data_fraction", no_data, config.no_data_fraction_max});
  if (saturated > config.saturated_fraction_max)
    throw Error{
        Errc::bad_input,
        fmt::format(
            "{:.1f} % of the pixels are saturated: twilight, the Moon, or a wrong saturation level",
            100.0 * saturated)}
        .because({"saturated_fraction", saturated, config.saturated_fraction_max});
  if (counts.is_constant)
    throw Error{Errc::bad_input,
                "all pixels have the same value: a blank exposure or a read-out failure"}
        .because({"pixel_sigma_adu", 0.0, 0.0});
}

}  // namespace skyweft::calib
