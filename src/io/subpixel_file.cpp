// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/subpixel_file.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "io/fits.hpp"

namespace skyweft::io {
namespace {

constexpr std::int64_t kPartsMax = 64 * 64;

}  // namespace

Grid<double> read_subpixel_sensitivity(const std::filesystem::path& path) {
  const RawImage image = read_image(path, {}, kPartsMax);
  const auto missing =
      std::ranges::count_if(image.mask.pixels(), [](MaskBits bits) { return bits != 0; });
  if (missing > 0)
    throw Error{
        Errc::bad_input,
        fmt::format("the sub-pixel map {} has {} values that are blank or not finite; every "
                    "part of a pixel needs its sensitivity",
                    path.string(), missing)}
        .because({"n_missing", static_cast<double>(missing), 0.0});
  Grid<double> out(image.adu.nx(), image.adu.ny());
  std::ranges::copy(image.adu.pixels(), out.pixels().begin());
  return out;
}

}  // namespace skyweft::io
