// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/light_curve_shapes.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "sky/wcs.hpp"

namespace skyweft::workflows {
namespace {

bool has_map(const FrameRecord& record) {
  return record.sdk.n_term() > 0;
}

/// x, y or u, v (from -1 to 1 over the frame), in the order in which the terms name them.
void place_values(const Terms& terms, double x, double y, double half_nx, double half_ny,
                  std::vector<double>& values) {
  values.clear();
  for (const std::string& name : terms.names()) {
    if (name == "x")
      values.push_back(x);
    else if (name == "y")
      values.push_back(y);
    else if (name == "u")
      values.push_back((x + 0.5 - half_nx) / half_nx);
    else if (name == "v")
      values.push_back((y + 0.5 - half_ny) / half_ny);
    else
      throw Error{Errc::bad_config, "sdk.terms may name x, y, u and v only, not '" + name + "'"};
  }
}

}  // namespace

bool FrameShapes::any(const std::vector<FrameRecord>& frames) {
  return std::ranges::any_of(frames, has_map);
}

FrameShapes::FrameShapes(const std::vector<FrameRecord>& frames) {
  for (const FrameRecord& record : frames) {
    OneFrame& one = frames_.emplace_back();
    if (!has_map(record)) continue;
    auto it = terms_.find(record.sdk.terms);
    if (it == terms_.end())
      it = terms_.emplace(record.sdk.terms, Terms::parse(record.sdk.terms)).first;
    // The record keeps the direction of the frame's middle, which tells the frame's size.
    const PixelPos middle = sky::to_pixel(
        record.wcs, {Angle::from_deg(record.ra_deg), Angle::from_deg(record.dec_deg)});
    one = {.map = &record.sdk,
           .terms = &it->second,
           .half_nx = middle.x_px + 0.5,
           .half_ny = middle.y_px + 0.5};
  }
}

std::array<std::vector<float>, 3> FrameShapes::along(const std::vector<float>& x_px,
                                                     const std::vector<float>& y_px) const {
  std::array<std::vector<float>, 3> out;
  for (auto& column : out) column.assign(frames_.size(), kNaNf);
  std::vector<double> values;
  std::vector<double> terms;
  for (std::size_t f = 0; f < frames_.size(); ++f) {
    const OneFrame& frame = frames_[f];
    if (frame.map == nullptr || !std::isfinite(x_px[f]) || !std::isfinite(y_px[f])) continue;
    place_values(*frame.terms, static_cast<double>(x_px[f]), static_cast<double>(y_px[f]),
                 frame.half_nx, frame.half_ny, values);
    terms.resize(static_cast<std::size_t>(frame.terms->n_term()));
    frame.terms->evaluate(values, terms);
    for (std::size_t p = 0; p < 3; ++p) {
      double sum = 0.0;
      for (std::size_t k = 0; k < terms.size(); ++k)
        sum += frame.map->coefficient[3 * k + p] * terms[k];
      out[p][f] = static_cast<float>(sum);
    }
  }
  return out;
}

}  // namespace skyweft::workflows
