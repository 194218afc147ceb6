// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/detector_shutter.hpp"

#include <algorithm>
#include <map>

#include "workflows/verbs/detector_image.hpp"

namespace skyweft::workflows {
namespace {

constexpr double kLeastRatio = 4.0;  // below it the lamp's drift is mistaken for a delay

/// A flat as a Frame: electrons with photon and read noise.
Frame frame_of(const FrameInfo& info, const DetectorReport& report, const Grid<float>& bias_adu) {
  const JoinedFrame raw = read_joined(info);
  Frame frame;
  frame.signal_e = Grid<float>(raw.adu.nx(), raw.adu.ny());
  frame.variance_e2 = Grid<float>(raw.adu.nx(), raw.adu.ny(), 1.0F);
  frame.mask = raw.mask;
  frame.exposure_s = info.exposure_s;
  for (const AmplifierReport& a : report.amplifiers) {
    const auto gain = static_cast<float>(a.transfer.gain_e_per_adu);
    const auto read_e = static_cast<float>(a.transfer.read_noise_e);
    for (std::int64_t iy = a.box.y0; iy < a.box.y1; ++iy)
      for (std::int64_t ix = a.box.x0; ix < a.box.x1; ++ix) {
        const float signal = gain * (raw.adu(ix, iy) - bias_adu(ix, iy));
        frame.signal_e(ix, iy) = signal;
        frame.variance_e2(ix, iy) = std::max(signal, 0.0F) + read_e * read_e;
      }
  }
  return frame;
}

struct ShortAndLong {
  std::vector<const FrameInfo*> brief;
  std::vector<const FrameInfo*> lasting;
};

/// The shortest and the longest flats of the filter whose exposure times are furthest apart.
ShortAndLong extremes_of(const std::vector<FrameInfo>& flats) {
  std::map<std::string, std::vector<const FrameInfo*>> by_filter;
  for (const FrameInfo& f : flats) by_filter[f.filter].push_back(&f);
  ShortAndLong best;
  double best_ratio = kLeastRatio;
  for (const auto& [filter, frames] : by_filter) {
    const auto exposure = [](const FrameInfo* f) { return f->exposure_s; };
    const double least = exposure(*std::ranges::min_element(frames, {}, exposure));
    const double most = exposure(*std::ranges::max_element(frames, {}, exposure));
    if (!(least > 0.0) || most / least < best_ratio) continue;
    best_ratio = most / least;
    best = {};
    for (const FrameInfo* f : frames) {
      if (f->exposure_s == least) best.brief.push_back(f);
      if (f->exposure_s == most) best.lasting.push_back(f);
    }
  }
  return best;
}

}  // namespace

std::optional<calib::ShutterMap> measure_shutter(const DetectorReport& report,
                                                 const Grid<float>& bias_adu) {
  const ShortAndLong flats = extremes_of(report.frames.flats);
  const std::size_t n = std::min(flats.brief.size(), flats.lasting.size());
  if (n == 0) return std::nullopt;
  std::vector<calib::ShutterMap> maps;
  for (std::size_t i = 0; i < n; ++i)
    maps.push_back(calib::fit_shutter_map(frame_of(*flats.brief[i], report, bias_adu),
                                          frame_of(*flats.lasting[i], report, bias_adu)));
  return calib::average_shutter_maps(maps);
}

}  // namespace skyweft::workflows
