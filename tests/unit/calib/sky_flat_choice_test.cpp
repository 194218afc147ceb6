// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat_choice.hpp"

#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::FlatClass;
using calib::judge_flats;
using calib::SkyFlatConfig;
using calib::stamp_statistics;
using calib::StampStatistics;

namespace {

SkyPos sky(double ra_deg, double dec_deg) {
  return {.ra = Angle::from_deg(ra_deg), .dec = Angle::from_deg(dec_deg)};
}

std::string test_of(auto run) {
  try {
    run();
  } catch (const Error& e) {
    return e.test() ? e.test()->name : "no test";
  }
  return "no error";
}

/// A frame of pure photon and read noise, gain 2 e-/ADU.
StampStatistics photon_noise(double mean_e, double read_noise_e = 10.0, double excess = 0.0) {
  return {.mean_adu = mean_e / 2.0,
          .variance_adu2 = (1.0 + excess) * (mean_e + read_noise_e * read_noise_e) / 4.0,
          .saturated_fraction = 0.0,
          .valid_fraction = 1.0,
          .n_px = 10000};
}

TEST(Colocated, UsesTheGreatCircle) {
  // 0.1° of RA at Dec 60° is 180″; across RA 0 the distance is 72″; poles are one place.
  const std::vector<std::optional<SkyPos>> at{sky(10.0, 60.0),    sky(10.1, 60.0), sky(359.99, 0.0),
                                              sky(0.01, 0.0),     std::nullopt,    sky(0.0, 89.999),
                                              sky(180.0, 89.999), sky(kNaN, 1.0)};
  const auto nearest = calib::nearest_separations(at);
  EXPECT_NEAR(nearest[0].arcsec(), 180.0, 1e-3);  // chord against arc: (0.1°)² / 24 × tan² 60°
  EXPECT_NEAR(nearest[2].arcsec(), 72.0, 1e-9);
  EXPECT_NEAR(nearest[5].arcsec(), 7.2, 1e-9);
  EXPECT_TRUE(std::isnan(nearest[4].rad()));
  EXPECT_EQ(calib::colocated(at, Angle::from_arcsec(150.0)),
            (std::vector<std::uint8_t>{0, 0, 1, 1, 0, 1, 1, 0}));
  EXPECT_EQ(calib::colocated(at, Angle::from_arcsec(200.0))[0], 1);
  const std::vector<std::optional<SkyPos>> same{sky(5.0, 5.0), sky(5.0, 5.0)};
  EXPECT_EQ(calib::nearest_separations(same)[0].rad(), 0.0);
  EXPECT_EQ(calib::colocated(same, Angle::from_arcsec(0.0))[0], 0);  // 0 uses all
}

TEST(Stamp, MeasuresMeanAndVarianceAboutTheSlope) {
  // 100 × 80, noise σ = 20 on a surface that the 3 × 3 terms hold; the stamp is 50 × 40. σ² of 2000
  // values is known to √(2/2000) = 3.2 %, clipping at 3σ takes 2.7 % (1 − 0.9733); seed 5: 4 sigma.
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0.0, 20.0);
  Grid<float> adu(100, 80);
  double truth = 0.0;
  for (std::int64_t iy = 0; iy < 80; ++iy)
    for (std::int64_t ix = 0; ix < 100; ++ix) {
      const double u = static_cast<double>(ix - 50) / 50.0;
      const double v = static_cast<double>(iy - 40) / 40.0;
      const double s = 10000.0 * (1.0 + 0.05 * u - 0.1 * v * v);
      if (ix >= 25 && ix < 75 && iy >= 20 && iy < 60) truth += s / 2000.0;
      adu(ix, iy) = static_cast<float>(s + noise(random));
    }
  adu(50, 40) = 60000.0F;  // a star
  const StampStatistics s = stamp_statistics(adu, {}, {});
  EXPECT_NEAR(s.mean_adu, truth, 4.0 * 20.0 / std::sqrt(2000.0));
  EXPECT_NEAR(s.variance_adu2 / 400.0, 0.973, 4.0 * 0.032);
  EXPECT_GT(s.n_px, 1970);  // 0.27 % of 2000 beyond 3σ: 5.4 ± 2.3 a round
  EXPECT_LT(s.n_px, 2000);
  const StampStatistics m = stamp_statistics(adu, {}, {.stamp_average = "median"});
  EXPECT_NEAR(m.mean_adu, s.mean_adu, 1.0);
}

TEST(Stamp, SkipsMaskedAndMissingPixels) {
  Grid<float> adu(40, 40, 1000.0F);
  Mask bits(40, 40);
  for (std::int64_t i = 10; i < 20; ++i) {
    bits(i, 12) = mask::hot;
    adu(i, 12) = 1e9F;
    adu(i, 14) = kNaNf;
  }
  const StampStatistics s = stamp_statistics(adu, bits, {});
  EXPECT_EQ(s.n_px, 380);
  EXPECT_EQ(s.valid_fraction, 0.95);
  EXPECT_NEAR(s.mean_adu, 1000.0, 1e-3);  // float rounding of z/s × mean(s)
  EXPECT_NEAR(s.variance_adu2, 0.0, 1e-6);
}

TEST(Stamp, HasNoNumbersWhereThereIsNothingToMeasure) {
  const SkyFlatConfig config;
  EXPECT_FALSE(stamp_statistics(Grid<float>(20, 20, kNaNf), {}, config).ok());
  EXPECT_FALSE(stamp_statistics(Grid<float>(20, 20, 0.0F), {}, config).ok());
  EXPECT_FALSE(stamp_statistics(Grid<float>(20, 20, -5.0F), {}, config).ok());
  EXPECT_FALSE(stamp_statistics({}, {}, config).ok());
  EXPECT_TRUE(stamp_statistics(Grid<float>(1, 1, 5.0F), {}, config).ok());
  const StampStatistics s =
      stamp_statistics(Grid<float>(20, 20, 6e4F), Mask(20, 20, mask::oversaturated), config);
  EXPECT_FALSE(s.ok());
  EXPECT_TRUE(std::isnan(s.mean_adu));
  EXPECT_EQ(s.saturated_fraction, 1.0);
}

TEST(FlatChoice, NamesTheTestThatDecided) {
  std::vector<StampStatistics> stamps;
  for (int i = 0; i < 12; ++i) stamps.push_back(photon_noise(12000.0 + 2000.0 * i));
  stamps.push_back(photon_noise(3000.0));
  stamps.push_back(photon_noise(7000.0));
  stamps.push_back(photon_noise(20000.0, 10.0, 0.5));
  stamps.push_back({.saturated_fraction = 0.5, .valid_fraction = 0.5});
  stamps.push_back({});
  stamps.push_back(photon_noise(20000.0));
  std::vector<Angle> nearest(stamps.size(), Angle::from_deg(1.0));
  nearest.back() = Angle::from_arcsec(100.0);
  const auto session = judge_flats(stamps, nearest, 2.0, 10.0, {});
  EXPECT_TRUE(session.compared);
  EXPECT_FALSE(session.cloudy);
  EXPECT_EQ(session.n_high, 12);
  EXPECT_EQ(session.n_low, 1);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(session.frames[i].kind, FlatClass::high);
  EXPECT_EQ(session.frames[12].kind, FlatClass::low);
  EXPECT_NEAR(session.frames[12].measured, 3000.0, 1e-9);
  EXPECT_EQ(session.frames[13].kind, FlatClass::medium);
  EXPECT_EQ(session.frames[14].kind, FlatClass::cloudy);
  EXPECT_EQ(session.frames[14].test, "variance_sigma");
  EXPECT_NEAR(session.frames[14].measured, 0.5 / 0.02, 1.0);  // in units of the floor
  EXPECT_EQ(session.frames[15].kind, FlatClass::saturated);
  EXPECT_EQ(session.frames[16].kind, FlatClass::no_data);
  EXPECT_EQ(session.frames[17].kind, FlatClass::colocated);
  EXPECT_EQ(name_of(session.frames[17].kind), "colocated");
  EXPECT_EQ(test_of([&] { calib::require_high_flats(session, {}); }), "no error");
  EXPECT_EQ(test_of([&] { calib::require_high_flats(session, {.min_high_combine = 13}); }),
            "n_high_flats");
}

TEST(FlatChoice, FollowsTheResponseOfThePixels) {
  // Pixel response of 1 % adds (0.01 μ)², a quadratic: 4 times the photon noise at 40000 e-, no
  // cloud.
  std::vector<StampStatistics> stamps;
  for (int i = 0; i < 12; ++i) {
    const double mean_e = 5000.0 + 3000.0 * i;
    stamps.push_back(photon_noise(mean_e));
    stamps.back().variance_adu2 += std::pow(0.01 * mean_e / 2.0, 2);
  }
  const auto session = judge_flats(stamps, {}, 2.0, 10.0, {});
  EXPECT_LT(session.variance_scatter, 1e-9);
  for (const auto& v : session.frames) EXPECT_NE(v.kind, FlatClass::cloudy);
}

TEST(FlatChoice, CallsAWildSessionCloudy) {
  std::vector<StampStatistics> stamps;
  for (int i = 0; i < 12; ++i)
    stamps.push_back(photon_noise(15000.0 + 1000.0 * i, 10.0, i % 2 == 0 ? 0.0 : 2.0));
  const auto session = judge_flats(stamps, {}, 2.0, 10.0, {});
  EXPECT_TRUE(session.cloudy);
  EXPECT_EQ(session.n_high, 0);
  EXPECT_EQ(test_of([&] { calib::require_high_flats(session, {}); }), "variance_scatter");
}

TEST(FlatChoice, ComparesNothingInASmallSession) {
  const std::vector<StampStatistics> stamps{photon_noise(20000.0),
                                            photon_noise(20000.0, 10.0, 9.0)};
  const auto session = judge_flats(stamps, {}, 2.0, 10.0, {});
  EXPECT_FALSE(session.compared);
  EXPECT_EQ(session.n_high, 2);
  EXPECT_TRUE(judge_flats({}, {}, 2.0, 10.0, {}).frames.empty());
}

TEST(FlatChoice, ComparesFramesOfOneLevelWithTheirMean) {
  std::vector<StampStatistics> stamps(8, photon_noise(20000.0));
  stamps[3] = photon_noise(20000.0, 10.0, 1.0);
  const auto session = judge_flats(stamps, {}, 2.0, 10.0, {});
  EXPECT_EQ(session.frames[3].kind, FlatClass::cloudy);
  EXPECT_EQ(session.n_high, 7);
}

TEST(SkyFlatConfig, IsReadFromItsSection) {
  SkyFlatConfig config;
  std::set<std::string, std::less<>> used;
  const ConfigTable table{{"skyflat.cloudy_frame", {.value = 3.0, .origin = "test"}},
                          {"skyflat.filter_size", {.value = std::int64_t{8}, .origin = "test"}}};
  read_section(table, "skyflat", config, used);
  EXPECT_EQ(config.cloudy_frame, 3.0);
  EXPECT_EQ(config.filter_size, 8);
  EXPECT_EQ(used.size(), 2U);
  EXPECT_EQ(config.stack().clip_high, 2.0);
  EXPECT_EQ(config.stack().clip_low, 3.0);
}

}  // namespace
