// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/stages/shape_variables.hpp"

#include <cmath>

#include "core/error.hpp"

namespace skyweft::workflows {
namespace {

/// x, y or u, v of a place, in the order in which the terms name them.
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

ShapeVariables::ShapeVariables(const RunState& state) {
  for (const std::int64_t i : state.measured) {
    const FrameRecord& record = state.records[static_cast<std::size_t>(i)];
    FrameMap& frame = frames_.emplace_back();
    if (record.sdk.n_term() == 0) continue;
    auto it = terms_.find(record.sdk.terms);
    if (it == terms_.end())
      it = terms_.emplace(record.sdk.terms, Terms::parse(record.sdk.terms)).first;
    const FrameInfo& info = state.lights[static_cast<std::size_t>(i)].info;
    frame = {.map = &record.sdk,
             .terms = &it->second,
             .half_nx = 0.5 * static_cast<double>(info.nx),
             .half_ny = 0.5 * static_cast<double>(info.ny)};
  }
}

std::array<std::vector<double>, 3> ShapeVariables::along(std::span<const double> x_px,
                                                         std::span<const double> y_px) const {
  std::array<std::vector<double>, 3> out;
  for (auto& column : out) column.assign(frames_.size(), kNaN);
  std::vector<double> values;
  std::vector<double> terms;
  for (std::size_t f = 0; f < frames_.size(); ++f) {
    const FrameMap& frame = frames_[f];
    if (frame.map == nullptr || !std::isfinite(x_px[f]) || !std::isfinite(y_px[f])) continue;
    place_values(*frame.terms, x_px[f], y_px[f], frame.half_nx, frame.half_ny, values);
    terms.resize(static_cast<std::size_t>(frame.terms->n_term()));
    frame.terms->evaluate(values, terms);
    for (std::size_t p = 0; p < 3; ++p) {
      double sum = 0.0;
      for (std::size_t k = 0; k < terms.size(); ++k)
        sum += frame.map->coefficient[3 * k + p] * terms[k];
      out[p][f] = sum;
    }
  }
  return out;
}

}  // namespace skyweft::workflows
