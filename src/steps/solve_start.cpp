// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "steps/solve_start.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "data/pixel_map.hpp"
#include "io/wcs_cards.hpp"
#include "sky/header_wcs.hpp"
#include "sky/wcs.hpp"

namespace skyweft::steps {
namespace {

/// How many pixels of the file, from its first on, n pixels of the frame lie on.
std::int64_t reach(double start, double step, std::int64_t n) {
  return std::llround(std::max(start, start + step * static_cast<double>(n - 1))) + 1;
}

/// The frame's own header as a solution; empty when it states none that makes sense.
Wcs stated_by_header(const FrameInfo& info) {
  try {
    const auto map = file_pixels_of(info);
    if (!map) return {};
    const std::string cards = io::header_cards(info.path, info.layout);
    const auto wcs = sky::wcs_from_header(cards, reach(map->x_start, map->x_step, info.nx),
                                          reach(map->y_start, map->y_step, info.ny), nullptr);
    return wcs ? sky::in_frame_pixels(*wcs, *map) : Wcs{};
  } catch (const Error&) {
    return {};  // a header is a hint, no more
  }
}

}  // namespace

Start start_of(const FrameWork& work, const FrameGivens& givens) {
  if (work.previous_wcs.valid()) return {work.previous_wcs, "previous"};
  if (givens.known_wcs != nullptr && givens.known_wcs->valid())
    return {*givens.known_wcs, "previous"};
  return {stated_by_header(work.info), "header"};
}

std::optional<sky::SolveHint> hint_of(const FrameWork& work, const FrameGivens& givens,
                                      const Start& start) {
  const PixelPos middle{0.5 * static_cast<double>(work.frame.nx() - 1),
                        0.5 * static_cast<double>(work.frame.ny() - 1)};
  sky::SolveHint hint;
  if (start.wcs.valid())
    hint.scale_arcsec_px = sky::scale_arcsec_px(start.wcs, middle);
  else if (work.info.scale_arcsec_px)
    hint.scale_arcsec_px = *work.info.scale_arcsec_px;
  else
    return std::nullopt;
  if (work.info.pointing)
    hint.pointing = *work.info.pointing;
  else if (givens.default_pointing)
    hint.pointing = *givens.default_pointing;
  else if (start.wcs.valid() && start.from == "header")
    hint.pointing = sky::to_sky(start.wcs, middle);
  else
    return std::nullopt;
  return hint;
}

}  // namespace skyweft::steps
