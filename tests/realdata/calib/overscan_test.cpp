// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/overscan.hpp"

#include <cmath>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "calib/assemble.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"
#include "io/fits.hpp"
#include "support/real_data.hpp"

using namespace skyweft;

namespace {

/// An NGTS camera: TRIMSEC [21:2068,4:2048], BIASSEC [2070:2088,4:2048], as its headers say.
FrameInfo ngts() {
  FrameInfo info;
  info.nx = 2048;
  info.ny = 2045;
  info.raw_nx = 2088;
  info.raw_ny = 2048;
  info.saturation_adu = 65535;
  info.read_noise_e = kNaN;
  info.amplifiers = {{.name = "",
                      .data = {20, 3, 2068, 2048},
                      .overscan = {2069, 3, 2088, 2048},
                      .frame = {0, 0, 2048, 2045}}};
  return info;
}

struct Result {
  double level;        ///< median of the corrected frame
  double row_scatter;  ///< robust, of the medians of its rows
  calib::OverscanLevel overscan;
};

Result corrected(const io::RawImage& raw, const char* model) {
  calib::OverscanConfig config;
  config.overscan = model;
  auto out = calib::assemble(Grid{raw.adu}, Mask{raw.mask}, ngts(), 0.8, config);
  std::vector<double> rows;
  for (std::int64_t iy = 0; iy < out.adu.ny(); ++iy) {
    std::vector<float> row(out.adu.row(iy).begin(), out.adu.row(iy).end());
    // Whole numbers less one level: steps of 1 ADU.
    rows.push_back(grouped_median_in_place(row, 1.0));
  }
  return {.level = median_of_finite(rows),
          .row_scatter = robust_summary(std::span<const double>{rows}).sigma,
          .overscan = std::move(out.overscan[0])};
}

io::RawImage frame(const char* name) {
  return io::read_image(support::real_data_dir() / "ngts" / name);
}

constexpr auto kBias = "biasFrames_IMAGE80220150320105441.fits.fz";
constexpr auto kDark = "darkFrames_IMAGE80220150320104805.fits.fz";
constexpr auto kScience = "observeField_IMAGE80220150320023345.fits.fz";

TEST(NgtsOverscan, IsAConstantAndTheModelsAgree) {
  SKYWEFT_NEEDS(support::real_data_dir() / "ngts" / kBias);
  for (const char* name : {kBias, kDark, kScience}) {
    const auto raw = frame(name);
    const Result constant = corrected(raw, "constant");
    EXPECT_EQ(corrected(raw, "auto").overscan.model, "constant") << name;
    // 34 765 pixels of one amplifier scatter by its read noise, whatever light the frame holds.
    EXPECT_NEAR(constant.overscan.sigma_adu, 6.2, 0.2) << name;
    for (const char* model : {"row", "polynomial", "spline"}) {
      const Result r = corrected(raw, model);
      EXPECT_EQ(r.overscan.model, model);
      EXPECT_EQ(r.overscan.median_adu, constant.overscan.median_adu);
      // A model's mean over 2045 rows rests on the same pixels as the median of all and is about as
      // uncertain: 5 of its sigmas.
      double mean = 0.0;
      for (const float v : r.overscan.level_adu) mean += static_cast<double>(v) / 2045.0;
      EXPECT_NEAR(mean, constant.overscan.median_adu,
                  5.0 * std::sqrt(static_cast<double>(constant.overscan.variance_adu2[0])))
          << name << ' ' << model;
    }
  }
}

TEST(NgtsOverscan, OfABiasFrameLeavesItsLevelWithinTheNoise) {
  SKYWEFT_NEEDS(support::real_data_dir() / "ngts" / kBias);
  const auto raw = frame(kBias);
  const Result constant = corrected(raw, "constant");
  for (const char* model : {"auto", "constant", "row", "polynomial", "spline"}) {
    const Result r = corrected(raw, model);
    // Within a fifth of one pixel's noise: the bias itself climbs by 2 ADU from the overscan to the
    // far side of the detector, which is for the master bias to take off.
    EXPECT_LT(std::abs(r.level), 0.2 * r.overscan.sigma_adu) << model;
    // The rows share no structure with this overscan (a polynomial finds 0.15 ADU of trend that the
    // image lacks), so a model of rows adds its own scatter and no more: which is why "auto" takes
    // none. A robust sigma of 2045 rows is known to 1.17/√(2·2045) = 1.8 %, a variance to 3.7 %:
    // 3 of these.
    const auto& level = r.overscan.level_adu;
    const double own = robust_summary(std::span<const float>{level}).sigma;
    EXPECT_LT(r.row_scatter * r.row_scatter,
              1.11 * (constant.row_scatter * constant.row_scatter + own * own))
        << model;
    if (std::string_view{model} == "auto") {
      EXPECT_LE(r.row_scatter, constant.row_scatter);
    }
  }
}

}  // namespace
