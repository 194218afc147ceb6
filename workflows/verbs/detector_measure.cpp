// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/detector_measure.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/robust.hpp"
#include "workflows/verbs/detector_image.hpp"
#include "workflows/verbs/detector_marks.hpp"
#include "workflows/verbs/detector_shutter.hpp"

namespace skyweft::workflows {
namespace {

constexpr double kNearFull = 0.95;  // of the full well: linearity is not asked beyond

void subtract(Grid<float>& from, const Grid<float>& what) {
  for (std::size_t i = 0; i < from.pixels().size(); ++i) from.pixels()[i] -= what.pixels()[i];
}

/// Levels by filter and amplifier.
using Lamps = std::map<std::string, std::vector<std::vector<calib::LampLevel>>>;

/// Takes the levels of the filter with the most exposure times; returns how many these are.
std::size_t choose_lamp(const Lamps& lamps, std::size_t k, AmplifierReport& a) {
  std::size_t most = 0;
  for (const auto& [filter, levels] : lamps) {
    std::vector<calib::LampLevel> use;
    std::set<double> times;
    for (const auto& p : levels[k])
      if (!(p.level_adu > kNearFull * a.full_well_adu)) {
        use.push_back(p);
        times.insert(p.exposure_s);
      }
    if (times.size() <= most) continue;
    most = times.size();
    a.lamp = std::move(use);
    a.linearity_filter = filter;
  }
  return most;
}

class Measurement {
 public:
  Measurement(const DetectorFrames& frames, const calib::PhotonTransferConfig& config)
      : config_(config), amps_(amplifiers_of(frames.any())) {
    report_.frames = frames;
    const FrameInfo& info = frames.any();
    bias_ = Grid<float>(info.nx, info.ny);
    report_.bad = Mask(info.nx, info.ny);
    for (const Amplifier& amp : amps_) {
      AmplifierReport a;
      a.name = amp.name;
      a.box = amp.frame;
      report_.amplifiers.push_back(std::move(a));
    }
    overscan_mean_.resize(amps_.size(), 0.0);
    bias_pairs_.resize(amps_.size());
    flat_pairs_.resize(amps_.size());
  }

  DetectorReport run() {
    take_bias();
    take_flats();
    fit_transfer();
    take_darks();
    take_shutter();
    mark_response(report_, response_);
    mark_unstable(report_, scatter_, config_.quantum_adu);
    finish_bad_pixels(report_);
    return std::move(report_);
  }

 private:
  void take_shutter() {
    try {
      report_.shutter = measure_shutter(report_, bias_);
    } catch (const Error& error) {
      if (error.code() != Errc::bad_input) throw;
      report_.notes.push_back("the shutter was not mapped: " + error.text());
    }
  }

  AmplifierReport& amp(std::size_t k) { return report_.amplifiers[k]; }

  JoinedFrame read_like(const FrameInfo& info) const {
    JoinedFrame out = read_joined(info);
    if (out.overscan_adu.size() == amps_.size()) return out;
    throw Error{Errc::bad_input, fmt::format("{}: the frame has {} amplifiers, the others have {}",
                                             info.path, out.overscan_adu.size(), amps_.size())}
        .because({"amplifiers", static_cast<double>(out.overscan_adu.size()),
                  static_cast<double>(amps_.size())});
  }

  void add_boxes(std::size_t k, const JoinedFrame& a, const JoinedFrame& b, bool scaled,
                 std::vector<calib::PairNoise>& out) const {
    for (const PixelBox& box : calib::boxes_of(report_.amplifiers[k].box, config_.box_px))
      out.push_back(calib::pair_noise(a.adu, b.adu, a.mask, b.mask, box, scaled, config_));
  }

  /// Mean, scatter in time (both by Welford's update) and pair noise of the bias frames. A frame's
  /// own level is taken out first, so that a drifting bias is no noise.
  void take_bias() {
    const auto& frames = report_.frames.bias;
    scatter_ = Grid<float>(bias_.nx(), bias_.ny());
    std::vector<double> level_sum(amps_.size(), 0.0);
    JoinedFrame last;
    for (std::size_t f = 0; f < frames.size(); ++f) {
      JoinedFrame now = read_like(frames[f]);
      for (std::size_t k = 0; k < amps_.size(); ++k) {
        const PixelBox& box = amp(k).box;
        const double level = level_of(now, box);
        if (!std::isfinite(level))
          throw Error{Errc::bad_input,
                      fmt::format("{}: this bias frame has no usable pixels", frames[f].path)}
              .because({"usable_pixels", 0.0, 1.0});
        level_sum[k] += level;
        overscan_mean_[k] += now.overscan_adu[k] / static_cast<double>(frames.size());
        if (f % 2 == 1) add_boxes(k, last, now, false, bias_pairs_[k]);
        const auto n = static_cast<float>(f + 1);
        for (std::int64_t iy = box.y0; iy < box.y1; ++iy)
          for (std::int64_t ix = box.x0; ix < box.x1; ++ix) {
            const float value = now.adu(ix, iy) - static_cast<float>(level);
            const float step = value - bias_(ix, iy);
            bias_(ix, iy) += step / n;
            scatter_(ix, iy) += step * (value - bias_(ix, iy));
          }
      }
      last = std::move(now);
    }
    const auto n = static_cast<double>(frames.size());
    for (std::size_t k = 0; k < amps_.size(); ++k) {
      const double level = level_sum[k] / n;
      amp(k).bias_adu = level + overscan_mean_[k];
      const PixelBox& box = amp(k).box;
      for (std::int64_t iy = box.y0; iy < box.y1; ++iy)
        for (std::int64_t ix = box.x0; ix < box.x1; ++ix)
          bias_(ix, iy) += static_cast<float>(level);
    }
    for (float& v : scatter_.pixels())
      v = std::sqrt(v / static_cast<float>(std::max<std::size_t>(1, frames.size() - 1)));
  }

  /// Level of one flat in every amplifier, and what the flat says about the pixels' response.
  void take_flat(const FrameInfo& info, const JoinedFrame& frame) {
    if (response_.empty()) response_ = Grid<float>(bias_.nx(), bias_.ny());
    for (std::size_t k = 0; k < amps_.size(); ++k) {
      const double level = level_of(frame, centre_of(amp(k).box));
      lamps_[info.filter].resize(amps_.size());
      if (!(level > 0.0)) continue;
      lamps_[info.filter][k].push_back({.exposure_s = info.exposure_s, .level_adu = level});
      // Every flat weighs with its level, as its photons do.
      const PixelBox& box = amp(k).box;
      for (std::int64_t iy = box.y0; iy < box.y1; ++iy)
        for (std::int64_t ix = box.x0; ix < box.x1; ++ix) response_(ix, iy) += frame.adu(ix, iy);
    }
  }

  void take_flats() {
    const auto& flats = report_.frames.flats;
    const auto pairs = workflows::flat_pairs(flats);
    std::size_t next = 0;
    JoinedFrame last;
    for (std::size_t f = 0; f < flats.size(); ++f) {
      JoinedFrame now = read_like(flats[f]);
      subtract(now.adu, bias_);
      take_flat(flats[f], now);
      if (next < pairs.size() && pairs[next].second == f) {
        for (std::size_t k = 0; k < amps_.size(); ++k) {
          std::vector<calib::PairNoise> boxes;
          add_boxes(k, last, now, true, boxes);
          const calib::PairNoise typical = calib::typical_noise(boxes);
          if (std::isfinite(typical.variance_adu2)) amp(k).pairs.push_back(typical);
          flat_pairs_[k].insert(flat_pairs_[k].end(), boxes.begin(), boxes.end());
        }
        ++next;
      }
      last = std::move(now);
    }
  }

  void fit_transfer() {
    for (std::size_t k = 0; k < amps_.size(); ++k) {
      AmplifierReport& a = amp(k);
      std::ranges::stable_sort(a.pairs, {}, &calib::PairNoise::level_adu);
      if (!a.pairs.empty()) a.brightest_adu = a.pairs.back().level_adu;
      a.full_well_adu = calib::turnover_adu(a.pairs);
      try {
        a.transfer =
            calib::fit_photon_transfer(bias_pairs_[k], flat_pairs_[k], a.full_well_adu, config_);
      } catch (Error& error) {
        error.during(a.name.empty() ? report_.frames.label()
                                    : fmt::format("amplifier {}", printable(a.name)));
        throw;
      }
      fit_lamp(k);
    }
  }

  void fit_lamp(std::size_t k) {
    AmplifierReport& a = amp(k);
    const std::size_t most = choose_lamp(lamps_, k, a);
    if (most < 3) {
      if (k == 0)
        report_.notes.push_back(fmt::format(
            "linearity was not measured: it needs flats of a stable lamp at three exposure times "
            "or more (there {} {})",
            most == 1 ? "is" : "are", most));
      return;
    }
    a.linearity = calib::fit_linearity(a.lamp, {});
  }

  void take_darks() {
    const auto& darks = report_.frames.darks;
    if (darks.empty()) {
      report_.notes.emplace_back("dark rate and hot pixels were not measured: there are no darks");
      return;
    }
    // Every other dark apart: what a cosmic ray leaves in one half is not in the other.
    std::array<Grid<float>, 2> sum{Grid<float>(bias_.nx(), bias_.ny()),
                                   Grid<float>(bias_.nx(), bias_.ny())};
    std::array<double, 2> exposure_s{};
    std::size_t half = 0;
    // Levels by temperature in whole degrees; frames without one belong together.
    std::vector<std::map<double, std::vector<calib::DarkLevel>>> levels(amps_.size());
    for (const FrameInfo& info : darks) {
      if (!(info.exposure_s > 0.0)) continue;
      JoinedFrame now = read_like(info);
      subtract(now.adu, bias_);
      exposure_s[half] += info.exposure_s;
      const auto total = sum[half].pixels();
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += now.adu.pixels()[i];
      half = 1 - half;
      const double t = std::isfinite(info.temperature_c) ? std::round(info.temperature_c) : -1e9;
      for (std::size_t k = 0; k < amps_.size(); ++k)
        if (const double level = level_of(now, amp(k).box); std::isfinite(level))
          levels[k][t].push_back({.exposure_s = info.exposure_s, .level_adu = level});
    }
    const double total_s = exposure_s[0] + exposure_s[1];
    if (!(total_s > 0.0)) {
      report_.notes.emplace_back("dark rate was not measured: the darks' exposure time is zero");
      return;
    }
    for (std::size_t k = 0; k < amps_.size(); ++k) {
      AmplifierReport& a = amp(k);
      std::vector<calib::DarkAtTemperature> rates;
      std::size_t most = 0;
      for (const auto& [t, group] : levels[k]) {
        const calib::DarkRate rate = calib::fit_dark_rate(group);
        rates.push_back({.temperature_c = t > -1e8 ? t : kNaN, .rate_adu_s = rate.rate_adu_s});
        if (group.size() <= most) continue;
        most = group.size();
        a.dark = rate;
        a.dark_temperature_c = rates.back().temperature_c;
      }
      a.warming = calib::fit_dark_warming(rates);
    }
    Grid<float> mean(bias_.nx(), bias_.ny());
    Grid<float> least(bias_.nx(), bias_.ny());
    for (std::size_t i = 0; i < mean.pixels().size(); ++i) {
      const float a = sum[0].pixels()[i], b = sum[1].pixels()[i];
      mean.pixels()[i] = (a + b) / static_cast<float>(total_s);
      least.pixels()[i] = exposure_s[1] > 0.0 ? std::min(a / static_cast<float>(exposure_s[0]),
                                                         b / static_cast<float>(exposure_s[1]))
                                              : mean.pixels()[i];
    }
    mark_hot(report_, least, mean);
  }

  calib::PhotonTransferConfig config_;
  std::vector<Amplifier> amps_;
  DetectorReport report_;
  Grid<float> bias_;      // mean, overscan subtracted
  Grid<float> scatter_;   // of the bias in time
  Grid<float> response_;  // sum of flats
  std::vector<double> overscan_mean_;
  std::vector<std::vector<calib::PairNoise>> bias_pairs_;  // [amplifier]
  std::vector<std::vector<calib::PairNoise>> flat_pairs_;  // [amplifier]
  Lamps lamps_;
};

}  // namespace

DetectorReport measure_detector(const DetectorFrames& frames,
                                const calib::PhotonTransferConfig& config) {
  if (const std::string missing = missing_for_detector(frames); !missing.empty())
    throw Error{Errc::bad_input, missing};
  return Measurement{frames, config}.run();
}

}  // namespace skyweft::workflows
