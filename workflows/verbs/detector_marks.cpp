// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/detector_marks.hpp"

#include <algorithm>
#include <cmath>

#include "calib/master_rows.hpp"
#include "core/robust.hpp"
#include "workflows/verbs/detector_image.hpp"

namespace skyweft::workflows {
namespace {

constexpr std::size_t kHottest = 20;

void put_bits(Mask& bad, const PixelBox& box, const std::vector<MaskBits>& bits) {
  std::size_t at = 0;
  for (std::int64_t iy = box.y0; iy < box.y1; ++iy)
    for (std::int64_t ix = box.x0; ix < box.x1; ++ix, ++at)
      bad(ix, iy) = static_cast<MaskBits>(bad(ix, iy) | bits[at]);
}

/// Pixels with a bit of `bits`.
std::int64_t count_of(const std::vector<MaskBits>& pixels, int bits) {
  return std::ranges::count_if(pixels, [bits](MaskBits b) { return (b & bits) != 0; });
}

}  // namespace

void mark_response(DetectorReport& report, const Grid<float>& flat_sum) {
  if (flat_sum.empty()) return;
  for (const AmplifierReport& a : report.amplifiers) {
    std::vector<float> flat = cut_out(flat_sum, a.box);
    const double level = median_of_finite(flat);
    if (!(level > 0.0)) continue;
    for (float& v : flat) v = static_cast<float>(static_cast<double>(v) / level);
    std::vector<MaskBits> bits(flat.size(), 0);
    calib::mark_flat_pixels(a.box.nx(), a.box.ny(), flat, {}, bits);
    put_bits(report.bad, a.box, bits);
  }
}

void mark_hot(DetectorReport& report, const Grid<float>& least_adu_s,
              const Grid<float>& mean_adu_s) {
  for (AmplifierReport& a : report.amplifiers) {
    const std::vector<float> rate = cut_out(mean_adu_s, a.box);
    std::vector<MaskBits> bits(rate.size(), 0);
    calib::mark_hot_pixels(cut_out(least_adu_s, a.box), bits);
    for (std::size_t i = 0; i < rate.size(); ++i) {
      if ((bits[i] & mask::hot) == 0) continue;
      const auto at = static_cast<std::int64_t>(i);
      a.hottest.push_back({.ix = a.box.x0 + at % a.box.nx(),
                           .iy = a.box.y0 + at / a.box.nx(),
                           .rate_adu_s = static_cast<double>(rate[i])});
    }
    std::ranges::stable_sort(a.hottest, std::greater{}, &HotPixel::rate_adu_s);
    if (a.hottest.size() > kHottest) a.hottest.resize(kHottest);
    put_bits(report.bad, a.box, bits);
  }
}

void mark_unstable(DetectorReport& report, const Grid<float>& bias_scatter_adu,
                   double quantum_adu) {
  if (report.frames.bias.size() < 3) {
    report.notes.emplace_back("unstable pixels were not looked for: that needs three bias frames");
    return;
  }
  for (const AmplifierReport& a : report.amplifiers) {
    const double read = a.transfer.read_noise_adu;
    const double expected = std::sqrt(read * read + quantum_adu * quantum_adu / 12.0);
    const std::vector<float> scatter = cut_out(bias_scatter_adu, a.box);
    std::vector<MaskBits> bits(scatter.size(), 0);
    const float one_for_all = static_cast<float>(expected);
    calib::mark_unstable_pixels(scatter, std::span{&one_for_all, 1}, bits);
    put_bits(report.bad, a.box, bits);
  }
}

void finish_bad_pixels(DetectorReport& report) {
  const bool along_rows = report.frames.any().traits.read_out.starts_with('x');
  for (AmplifierReport& a : report.amplifiers) {
    calib::mark_bad_columns(report.bad, a.box, along_rows);
    const auto pixels = cut_out(report.bad, a.box);
    a.n_hot = count_of(pixels, mask::hot);
    a.n_fault = count_of(pixels, mask::fault);
    a.n_low_flat = count_of(pixels, mask::low_flat);
    a.n_bad = count_of(pixels, 0xffff);
  }
}

}  // namespace skyweft::workflows
