// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/masters.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::calib {

MasterView MasterView::window(std::int64_t x0_cut, std::int64_t y0_cut, std::int64_t nx_cut,
                              std::int64_t ny_cut) const {
  const PixelBox wanted{x0_cut, y0_cut, x0_cut + nx_cut, y0_cut + ny_cut};
  if (wanted.empty() || !box().contains(wanted))
    throw Error{Errc::bad_input,
                fmt::format("the window x {}..{}, y {}..{} is not covered by the master's "
                            "x {}..{}, y {}..{}; is it binned, cropped or from another camera?",
                            wanted.x0, wanted.x1, wanted.y0, wanted.y1, box().x0, box().x1,
                            box().y0, box().y1)}
        .because({"window", static_cast<double>(nx_cut * ny_cut), static_cast<double>(nx * ny)});
  const auto first = static_cast<std::size_t>((y0_cut - y0) * stride() + (x0_cut - x0));
  const auto length = static_cast<std::size_t>((ny_cut - 1) * stride() + nx_cut);
  MasterView cut = *this;
  if (!value.empty()) cut.value = value.subspan(first, length);
  if (!error.empty()) cut.error = error.subspan(first, length);
  if (!mask.empty()) cut.mask = mask.subspan(first, length);
  cut.nx = nx_cut;
  cut.ny = ny_cut;
  cut.x0 = x0_cut;
  cut.y0 = y0_cut;
  cut.row_stride = stride();
  return cut;
}

}  // namespace skyweft::calib
