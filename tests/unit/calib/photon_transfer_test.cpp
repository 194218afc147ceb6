// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/photon_transfer.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::PairNoise;

namespace {

constexpr PixelBox kFour{.x0 = 0, .y0 = 0, .x1 = 4, .y1 = 4};

/// A point of known level and variance measured with 1001 pixels.
PairNoise point(double level_adu, double variance_adu2) {
  return {.level_adu = level_adu,
          .variance_adu2 = variance_adu2,
          .variance_error_adu2 = variance_adu2 * std::sqrt(2.0 / 1000.0),
          .ratio = 1.0,
          .clipped_sigma_adu = kNaN,
          .n_px = 1001};
}

TEST(Boxes, CoverTheRegionOnceAndAreOfLikeSize) {
  const PixelBox region{.x0 = 3, .y0 = 5, .x1 = 103, .y1 = 75};
  const auto boxes = calib::boxes_of(region, 32);
  ASSERT_EQ(boxes.size(), 6U);  // 100/32 → 3, 70/32 → 2
  std::int64_t area = 0;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_TRUE(region.contains(boxes[i]));
    EXPECT_GE(boxes[i].nx(), 33);
    EXPECT_EQ(boxes[i].ny(), 35);
    area += boxes[i].nx() * boxes[i].ny();
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(boxes[i].overlaps(boxes[j]));
  }
  EXPECT_EQ(area, 7000);
  EXPECT_EQ(calib::boxes_of(kFour, 64), std::vector<PixelBox>{kFour});
  EXPECT_TRUE(calib::boxes_of({}, 64).empty());
}

TEST(ClippedVarianceShare, IsTheFixedPointOfClipping) {
  // c² = 1 − 2kφ(k)/erf(k/√2) at k = 4c: k = 3.997812, φ = 1.350065e-4, c² = 0.9989207 by hand.
  EXPECT_NEAR(calib::clipped_variance_share(4.0), 0.9989205, 1e-6);
  EXPECT_NEAR(calib::clipped_variance_share(20.0), 1.0, 1e-15);
}

TEST(PairNoise, IsHalfTheVarianceOfTheDifferenceLessRounding) {
  Grid<float> first(4, 4, 1000.0F);
  const Grid<float> second(4, 4, 990.0F);
  for (std::int64_t i = 0; i < 16; ++i)
    first.pixels()[static_cast<std::size_t>(i)] += i % 2 == 0 ? 3.0F : -3.0F;
  const PairNoise p = calib::pair_noise(first, second, {}, {}, kFour, false, {});
  EXPECT_DOUBLE_EQ(p.level_adu, 995.0);
  EXPECT_DOUBLE_EQ(p.clipped_sigma_adu, 3.0);
  EXPECT_EQ(p.n_px, 16);
  const double variance = 9.0 * 16.0 / 15.0 / calib::clipped_variance_share(4.0) / 2.0;
  EXPECT_NEAR(p.variance_adu2, variance - 1.0 / 12.0, 1e-12);
  EXPECT_NEAR(p.variance_error_adu2, variance * std::sqrt(2.0 / 15.0), 1e-12);
}

TEST(PairNoise, DoesNotSeeStructureWhenTheLampChanged) {
  Grid<float> first(8, 8);
  Grid<float> second(8, 8);
  for (std::size_t i = 0; i < 64; ++i) {
    first.pixels()[i] = static_cast<float>(800 + 4 * (i % 9));
    second.pixels()[i] = 1.25F * first.pixels()[i];
  }
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = 8, .y1 = 8};
  const PairNoise p = calib::pair_noise(first, second, {}, {}, all, true, {.quantum_adu = 0.0});
  EXPECT_DOUBLE_EQ(p.ratio, 0.8);
  // Exact but for the rounding of 0.8 × 1000 in double: (1e-13)².
  EXPECT_NEAR(p.variance_adu2, 0.0, 1e-24);
  double mean = 0.0;
  for (const float v : first.pixels()) mean += static_cast<double>(v) / 64.0;
  EXPECT_NEAR(p.level_adu, mean * (1.0 + 0.64 * 1.25) / 1.64, 1e-9);
  // Frames that differ twofold are no pair.
  for (std::size_t i = 0; i < 64; ++i) second.pixels()[i] = 2.0F * first.pixels()[i];
  EXPECT_TRUE(std::isnan(calib::pair_noise(first, second, {}, {}, all, true, {}).variance_adu2));
}

TEST(PairNoise, LeavesOutMaskedAndOutlyingPixels) {
  Grid<float> first(16, 16, 500.0F);
  const Grid<float> second(16, 16, 500.0F);
  for (std::size_t i = 0; i < 256; ++i) first.pixels()[i] += i % 2 == 0 ? 1.0F : -1.0F;
  first(3, 3) = 9000.0F;  // cosmic ray: 8500 of the first sigma 532, 16 sigma
  Mask bits(16, 16);
  first(5, 5) = 501.5F;
  bits(5, 5) = mask::fault;
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = 16, .y1 = 16};
  const PairNoise p = calib::pair_noise(first, second, {}, bits, all, false, {});
  EXPECT_EQ(p.n_px, 254);
  // Without (3,3) and (5,5), both even and up: 126 at +1, 128 at −1, mean −2/254.
  EXPECT_NEAR(p.clipped_sigma_adu, std::sqrt(1.0 - std::pow(2.0 / 254.0, 2)), 1e-12);
  bits(0, 0) = mask::oversaturated;
  EXPECT_TRUE(std::isnan(calib::pair_noise(first, second, bits, {}, all, false, {}).variance_adu2));
  EXPECT_THROW(calib::pair_noise(first, Grid<float>(16, 15), {}, {}, all, false, {}), Error);
  EXPECT_THROW(
      calib::pair_noise(first, second, {}, {}, {.x0 = 0, .y0 = 0, .x1 = 17, .y1 = 4}, false, {}),
      Error);
}

TEST(PhotonTransferFit, RecoversExactPoints) {
  // σ² = 13 + S/1.7 − 1e-6 S².
  const std::vector<PairNoise> bias{point(0.3, 13.0), point(-0.2, 13.0)};
  std::vector<PairNoise> flats;
  for (const double s : {500.0, 2000.0, 8000.0, 20000.0, 40000.0})
    flats.push_back(point(s, 13.0 + s / 1.7 - 1e-6 * s * s));
  const auto fit = calib::fit_photon_transfer(bias, flats, kNaN, {});
  // Seven equations solved in double: 1e-10 relative is 10⁵ roundings.
  EXPECT_NEAR(fit.gain_e_per_adu, 1.7, 1e-9);
  EXPECT_NEAR(fit.curvature, 1e-6, 1e-14);
  EXPECT_NEAR(fit.read_noise_adu, std::sqrt(13.0), 1e-9);
  EXPECT_NEAR(fit.read_noise_e, 1.7 * std::sqrt(13.0), 1e-9);
  EXPECT_EQ(fit.n_used, 5);
  EXPECT_LT(fit.chi2_per_dof, 1e-12);
  // Two bias pairs of 1000 degrees of freedom: σ(R)/R = √(2/2000)/2, with the rounding put back.
  const double read = std::sqrt(2.0 / 2000.0) / 2.0 * (13.0 + 1.0 / 12.0) / 13.0;
  EXPECT_NEAR(fit.read_noise_error_e / fit.read_noise_e,
              std::hypot(read, fit.gain_error_e_per_adu / 1.7), 1e-9);
}

TEST(PhotonTransferFit, ErrorOfTwoLevelsIsThatOfPropagation) {
  const std::vector<PairNoise> bias{point(0.0, 10.0)};
  const std::vector<PairNoise> flats{point(10000.0, 5010.0)};
  const auto fit = calib::fit_photon_transfer(bias, flats, kNaN, {.quantum_adu = 0.0});
  EXPECT_NEAR(fit.gain_e_per_adu, 2.0, 1e-12);
  EXPECT_TRUE(std::isnan(fit.curvature));
  EXPECT_NEAR(fit.gain_error_e_per_adu / 2.0,
              std::sqrt(2.0 / 1000.0) * std::hypot(5010.0, 10.0) / 5000.0, 1e-9);
}

TEST(PhotonTransferFit, StopsBelowTheTurnover) {
  const std::vector<PairNoise> bias{point(0.0, 10.0)};
  std::vector<PairNoise> flats;
  for (const double s : {1000.0, 10000.0, 20000.0, 30000.0})
    flats.push_back(point(s, 10.0 + s / 2));
  flats.push_back(point(50000.0, 20000.0));  // filling up: less than 25010
  flats.push_back(point(60000.0, 900.0));
  EXPECT_DOUBLE_EQ(calib::turnover_adu(flats), 50000.0);
  const auto fit = calib::fit_photon_transfer(bias, flats, 50000.0, {.curvature = false});
  EXPECT_NEAR(fit.gain_e_per_adu, 2.0, 1e-9);
  EXPECT_EQ(fit.n_used, 4);
  EXPECT_TRUE(std::isnan(calib::turnover_adu({flats.data(), 5})));
  EXPECT_TRUE(std::isnan(calib::turnover_adu({})));
}

TEST(PhotonTransferFit, SaysWhatIsMissing) {
  const std::vector<PairNoise> bias{point(0.0, 10.0)};
  const auto test_of = [&](std::span<const PairNoise> b, std::span<const PairNoise> f) {
    try {
      (void)calib::fit_photon_transfer(b, f, kNaN, {});
    } catch (const Error& error) {
      return error.test() ? error.test()->name : std::string{};
    }
    return std::string{"no error"};
  };
  const std::vector<PairNoise> one{point(1000.0, 500.0)};
  const std::vector<PairNoise> quiet{point(1000.0, 5.0)};
  EXPECT_EQ(test_of(bias, {}), "flat_boxes");
  EXPECT_EQ(test_of({}, one), "ptc_rank");
  EXPECT_EQ(test_of(bias, quiet), "variance_slope");
}

TEST(TypicalNoise, IsTheMedianOfUsableBoxes) {
  const std::vector<PairNoise> boxes{point(10.0, 4.0), {}, point(30.0, 9.0), point(20.0, 5.0)};
  const PairNoise t = calib::typical_noise(boxes);
  EXPECT_DOUBLE_EQ(t.level_adu, 20.0);
  EXPECT_DOUBLE_EQ(t.variance_adu2, 5.0);
  EXPECT_EQ(t.n_px, 3003);
  EXPECT_TRUE(std::isnan(calib::typical_noise({}).variance_adu2));
}

TEST(GainOfTwoPairs, FollowsTheTextbook) {
  // (2 × 21000 − 2 × 1000)/(101² − 1) = 40000/10200.
  const auto g = calib::gain_of_two_pairs(42000.0, 2000.0, 101.0, 1.0, 10001);
  EXPECT_DOUBLE_EQ(g.gain_e_per_adu, 40000.0 / 10200.0);
  EXPECT_DOUBLE_EQ(g.read_noise_e, 40000.0 / 10200.0 / std::sqrt(2.0));
  EXPECT_TRUE(std::isnan(calib::gain_of_two_pairs(42000.0, 2000.0, 1.0, 1.0, 9).gain_e_per_adu));
}

}  // namespace
