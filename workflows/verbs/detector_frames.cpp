// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "core/log.hpp"
#include "workflows/verbs/detector_measure.hpp"

namespace skyweft::workflows {
namespace {

constexpr double kEqualExposure = 1e-3;

bool equal_exposure(const FrameInfo& a, const FrameInfo& b) {
  return std::abs(a.exposure_s - b.exposure_s) <= kEqualExposure * b.exposure_s;
}

}  // namespace

std::string DetectorFrames::label() const {
  const FrameInfo& f = any();
  return fmt::format("camera {}{}, {}x{} px, binning {}x{}", printable(camera),
                     channel.empty() ? "" : ", channel " + printable(channel), f.nx, f.ny,
                     f.x_binning, f.y_binning);
}

std::vector<DetectorFrames> sort_into_detectors(const std::vector<FrameInfo>& frames) {
  using Key = std::tuple<std::string, std::string, std::int64_t, std::int64_t, std::int64_t,
                         std::int64_t, std::int64_t, std::int64_t>;
  std::map<Key, DetectorFrames> detectors;
  for (const FrameInfo& f : frames) {
    if (f.type != FrameType::bias && f.type != FrameType::dark && f.type != FrameType::flat)
      continue;
    DetectorFrames& d = detectors[{f.camera, f.channel, f.x_binning, f.y_binning, f.nx, f.ny,
                                   f.window_x0, f.window_y0}];
    d.camera = f.camera;
    d.channel = f.channel;
    (f.type == FrameType::bias   ? d.bias
     : f.type == FrameType::dark ? d.darks
                                 : d.flats)
        .push_back(f);
  }
  std::vector<DetectorFrames> out;
  for (auto& [key, d] : detectors) {
    const auto by_time = [](const FrameInfo& a, const FrameInfo& b) {
      return std::tie(a.time_utc_mid_jd, a.path) < std::tie(b.time_utc_mid_jd, b.path);
    };
    std::ranges::sort(d.bias, by_time);
    std::ranges::sort(d.darks, by_time);
    std::ranges::sort(d.flats, [](const FrameInfo& a, const FrameInfo& b) {
      return std::tie(a.filter, a.exposure_s, a.time_utc_mid_jd, a.path) <
             std::tie(b.filter, b.exposure_s, b.time_utc_mid_jd, b.path);
    });
    out.push_back(std::move(d));
  }
  return out;
}

std::vector<std::pair<std::size_t, std::size_t>> flat_pairs(const std::vector<FrameInfo>& flats) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0; i + 1 < flats.size();) {
    if (flats[i].filter == flats[i + 1].filter && equal_exposure(flats[i], flats[i + 1])) {
      pairs.emplace_back(i, i + 1);
      i += 2;
    } else {
      ++i;
    }
  }
  return pairs;
}

std::string missing_for_detector(const DetectorFrames& frames) {
  std::string missing;
  const auto need = [&](const std::string& text) {
    missing += (missing.empty() ? "" : ", and ") + text;
  };
  if (frames.bias.size() < 2)
    need(fmt::format("two bias frames at least (there {} {})",
                     frames.bias.size() == 1 ? "is" : "are", frames.bias.size()));
  if (flat_pairs(frames.flats).empty())
    need(fmt::format("two flats of equal exposure and filter at least ({})",
                     frames.flats.empty()
                         ? "there are 0 flats"
                         : fmt::format("there are {} flats, no two alike", frames.flats.size())));
  return missing.empty() ? "" : fmt::format("{} needs {}", frames.label(), missing);
}

}  // namespace skyweft::workflows
