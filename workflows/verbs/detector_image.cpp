// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/detector_image.hpp"

#include <cmath>

#include <fmt/format.h>

#include "calib/assemble.hpp"
#include "core/error.hpp"
#include "core/robust.hpp"
#include "io/fits.hpp"

namespace skyweft::workflows {

std::vector<Amplifier> amplifiers_of(const FrameInfo& info) {
  if (!info.amplifiers.empty()) return info.amplifiers;
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = info.nx, .y1 = info.ny};
  Amplifier one;
  one.data = all;
  one.frame = all;
  return {one};
}

JoinedFrame read_joined(const FrameInfo& info) {
  io::RawImage raw = io::read_image(info.path, info.layout);
  FrameInfo with_amplifiers = info;
  with_amplifiers.amplifiers = amplifiers_of(info);
  calib::OverscanConfig config;
  config.overscan = "constant";
  calib::Assembled joined =
      calib::assemble(std::move(raw.adu), std::move(raw.mask), with_amplifiers, 1.0, config);
  JoinedFrame out{.adu = std::move(joined.adu), .mask = std::move(joined.mask), .overscan_adu = {}};
  for (const calib::OverscanLevel& level : joined.overscan)
    out.overscan_adu.push_back(level.median_adu);
  return out;
}

double level_of(const JoinedFrame& frame, const PixelBox& box) {
  std::vector<float> values;
  std::int64_t saturated = 0;
  for (std::int64_t iy = box.y0; iy < box.y1; ++iy)
    for (std::int64_t ix = box.x0; ix < box.x1; ++ix) {
      const MaskBits bits = frame.mask(ix, iy);
      saturated += (bits & mask::saturated) != 0 ? 1 : 0;
      if ((bits & mask::unusable) == 0) values.push_back(frame.adu(ix, iy));
    }
  if (values.empty() || saturated * 1000 > box.nx() * box.ny()) return kNaN;
  return sigma_clipped_in_place(values, 4.0, 10).mean;
}

PixelBox centre_of(const PixelBox& box) {
  return {.x0 = box.x0 + box.nx() / 4,
          .y0 = box.y0 + box.ny() / 4,
          .x1 = box.x1 - box.nx() / 4,
          .y1 = box.y1 - box.ny() / 4};
}

}  // namespace skyweft::workflows
