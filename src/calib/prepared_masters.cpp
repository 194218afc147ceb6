// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/prepared_masters.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

std::array<const MasterView*, 5> all_of(const Masters& m) {
  return {&m.bias, &m.dark, &m.flat, &m.shutter, &m.bad_pixels};
}

MaskBits from_master(MaskBits bits) {
  if ((bits & mask::saturated) == 0) return bits;
  return static_cast<MaskBits>((bits & ~mask::saturated) | mask::fault);
}

}  // namespace

std::string correction_names(CorrectionBits bits) {
  constexpr std::array<std::pair<CorrectionBits, const char*>, 6> kNames{
      {{correction::bias, "bias"},
       {correction::dark, "dark"},
       {correction::flat, "flat"},
       {correction::linearity, "linearity"},
       {correction::shutter, "shutter"},
       {correction::bad_pixels, "bad_pixels"}}};
  std::string out;
  for (const auto& [bit, name] : kNames)
    if ((bits & bit) != 0) out += (out.empty() ? "" : "|") + std::string{name};
  return out;
}

Masters wanted_masters(const Masters& masters, const CalibConfig& config) {
  Masters use = masters;
  if (!config.bias) use.bias = {};
  if (!config.dark) use.dark = {};
  if (!config.flat) use.flat = {};
  return use;
}

PixelBox common_box(const Masters& masters) {
  PixelBox box;
  bool is_first = true;
  for (const MasterView* m : all_of(masters)) {
    if (m->empty()) continue;
    const PixelBox b = m->box();
    if (is_first)
      box = b;
    else
      box = {std::max(box.x0, b.x0), std::max(box.y0, b.y0), std::min(box.x1, b.x1),
             std::min(box.y1, b.y1)};
    is_first = false;
  }
  return box;
}

void join_masks(const Masters& wanted, const CalibConfig& config, const PixelBox& box,
                std::span<MaskBits> out) {
  const auto nx = static_cast<std::size_t>(box.nx());
  std::ranges::fill(out, MaskBits{0});
  for (const MasterView* m : all_of(wanted)) {
    if (m->mask.empty()) continue;
    const MasterView cut = m->window(box.x0, box.y0, box.nx(), box.ny());
    for (std::int64_t iy = 0; iy < box.ny(); ++iy) {
      const auto to = out.subspan(static_cast<std::size_t>(iy) * nx, nx);
      const auto from = cut.row(cut.mask, iy);
      for (std::size_t i = 0; i < nx; ++i)
        to[i] = static_cast<MaskBits>(to[i] | from_master(from[i]));
    }
  }
  if (wanted.flat.value.empty()) return;
  const MasterView flat = wanted.flat.window(box.x0, box.y0, box.nx(), box.ny());
  for (std::int64_t iy = 0; iy < box.ny(); ++iy) {
    const auto to = out.subspan(static_cast<std::size_t>(iy) * nx, nx);
    const auto value = flat.row(flat.value, iy);
    for (std::size_t i = 0; i < nx; ++i)
      if (!(static_cast<double>(value[i]) >= config.low_flat))
        to[i] = static_cast<MaskBits>(to[i] | mask::low_flat);
  }
}

PreparedMasters prepare_masters(const Masters& masters, const CalibConfig& config, Mask& storage) {
  PreparedMasters out{.use = wanted_masters(masters, config), .joined = {}};
  const auto all = all_of(out.use);
  if (std::ranges::all_of(all, [](const MasterView* m) { return m->empty(); })) return out;
  const PixelBox box = common_box(out.use);
  if (box.empty())
    throw Error{Errc::bad_input,
                "the masters of this frame have no pixel in common; are they of one camera?"}
        .because({"window", 0.0, 1.0});
  if (storage.nx() != box.nx() || storage.ny() != box.ny()) storage = Mask(box.nx(), box.ny());
  join_masks(out.use, config, box, storage.pixels());
  out.joined.nx = box.nx();
  out.joined.ny = box.ny();
  out.joined.x0 = box.x0;
  out.joined.y0 = box.y0;
  out.joined.mask = storage.pixels();
  return out;
}

}  // namespace skyweft::calib
